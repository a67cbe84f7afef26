import { type Answer, empty } from "./answer";
import type { Call } from "./call";
import { createDataset, listDatasets } from "./datasets";
import { deleteInvitation, invite, listInvitations } from "./invitations";
import type { Route } from "./log";
import { listMembers, removeMember, updateMember } from "./members";
import {
  createKey,
  createOrganization,
  deleteKey,
  deleteOrganization,
  getOrganization,
  listKeys,
  me,
  updateOrganization,
} from "./organizations";
import { startSignIn } from "./sign-in";
import type { World } from "./world";

/** Answers one kind of request. */
type Handler = (world: World, call: Call) => Answer | Promise<Answer>;

/** A path and what its methods do, in the order in which `allow` names them. */
export interface Resource {
  readonly path: string;
  readonly methods: Readonly<Record<string, readonly [route: Route, handler: Handler]>>;
}

const ok: Handler = () => empty(200);

/** The paths of Trieve that the simulator knows. The first that matches a request takes it. */
export const resources: readonly Resource[] = [
  { path: "/", methods: { GET: ["root", ok] } },
  { path: "/api/health", methods: { GET: ["health", ok] } },
  { path: "/api/auth", methods: { GET: ["signIn", startSignIn] } },
  { path: "/api/auth/me", methods: { GET: ["me", me] } },
  { path: "/api/user", methods: { PUT: ["updateMember", updateMember] } },
  { path: "/api/organization/users/:id", methods: { GET: ["listMembers", listMembers] } },
  {
    path: "/api/organization/api_key",
    methods: { POST: ["createKey", createKey], GET: ["listKeys", listKeys] },
  },
  { path: "/api/organization/api_key/:id", methods: { DELETE: ["deleteKey", deleteKey] } },
  {
    path: "/api/organization/:organization/user/:user",
    methods: { DELETE: ["removeMember", removeMember] },
  },
  {
    path: "/api/organization/:id",
    methods: {
      GET: ["getOrganization", getOrganization],
      DELETE: ["deleteOrganization", deleteOrganization],
    },
  },
  {
    path: "/api/organization",
    methods: {
      POST: ["createOrganization", createOrganization],
      PUT: ["updateOrganization", updateOrganization],
    },
  },
  { path: "/api/dataset", methods: { POST: ["createDataset", createDataset] } },
  { path: "/api/dataset/organization/:id", methods: { GET: ["listDatasets", listDatasets] } },
  { path: "/api/invitation", methods: { POST: ["invite", invite] } },
  {
    path: "/api/invitation/:id",
    methods: {
      GET: ["listInvitations", listInvitations],
      DELETE: ["deleteInvitation", deleteInvitation],
    },
  },
  { path: "/api/invitations/:id", methods: { GET: ["listInvitations", listInvitations] } },
];
