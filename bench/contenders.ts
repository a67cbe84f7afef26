/** The programs that are compared. Each declares the same people. */
import type { Organization } from "./server";

export interface Contender {
  readonly name: string;
  /**
   * The files of its Pulumi project.
   *
   * @param isEnding a `destroy` follows
   */
  readonly files: (
    people: readonly Person[],
    organization: Organization,
    isEnding: boolean,
  ) => Record<string, string>;
  /** Its people refuse a `destroy` that the program has not declared in an `up` before. */
  readonly isGuarded?: boolean;
  /** Further options of the CLI. */
  readonly options?: readonly string[];
  /** Asks for both lists once per person: not run with more people than this. */
  readonly maxPeople?: number;
}

export interface Person {
  readonly email: string;
  readonly role: "user" | "admin";
}

/** `changed`: the first of them has another role. */
export function peopleOf(n: number, changed: boolean): Person[] {
  return Array.from({ length: n }, (_, i) => ({
    email: `somebody.number.${i}@example.com`,
    role: changed && i === 0 ? "admin" : "user",
  }));
}

const dashboard = "http://localhost:5173/";

/** Config of the project, for those who read it. */
export function settingsOf({ url, id, apiKey }: Organization) {
  return {
    config: {
      "trieve:organizationId": id,
      "trieve:apiUrl": url,
      "trieve:redirectUri": dashboard,
    },
    secrets: { "trieve:apiKey": apiKey },
  };
}

/** What the engine costs by itself. */
const floor: Contender = {
  name: "floor: no request at all",
  files: (people, { id }) => ({
    "index.js": `
      const pulumi = require("@pulumi/pulumi");
      const provider = require("pulumi-floor");
      const names = ${JSON.stringify(["organizationId", "role", "scopes", "status", "userId", "invitedAt", "joinedAt", "adopted", "originalRole", "inviteUrl", "mailFailed", "instance"])};
      const outputs = Object.fromEntries(names.map((name) => [name, undefined]));
      class Floor extends pulumi.dynamic.Resource {
        constructor(name, args) {
          super(provider, name, { ...outputs, ...args }, { additionalSecretOutputs: ["inviteUrl"] }, "bench", "Floor");
        }
      }
      for (const { email, role } of ${JSON.stringify(people)})
        new Floor(email, { email, role, organizationId: "${id}" });`,
  }),
};

/** Outputs of the same names and sizes as ours. Lies in a package, since that is how ours is stored in state. */
export const floorPackage = `
  const outputsOf = (inputs) => ({
    email: inputs.email, organizationId: inputs.organizationId, role: inputs.role, scopes: null, status: "pending",
    userId: null, invitedAt: "2026-01-01T00:00:00.000000Z", joinedAt: null, adopted: false, originalRole: null,
    inviteUrl: "http://127.0.0.1:40000/api/auth?inv_code=" + inputs.organizationId + "&organization_id=" +
      inputs.organizationId + "&redirect_uri=${dashboard}",
    mailFailed: false, deletionPolicy: inputs.deletionPolicy, resendTrigger: null, managed: ["role"],
    instance: "0123abcd",
  });
  module.exports = {
    check: async (olds, { email, organizationId, role }) =>
      ({ inputs: { email, organizationId, role, deletionPolicy: "revert" }, failures: [] }),
    diff: async (id, olds, news) => ({ changes: news.role !== olds.role }),
    create: async (inputs) => ({ id: inputs.organizationId + "/" + inputs.email, outs: outputsOf(inputs) }),
    update: async (id, olds, news) => ({ outs: outputsOf(news) }),
    read: async (id, props) => ({ id, props }),
    delete: async () => {},
  };`;

/** What everybody writes first: a POST to create, both lists to read one person. */
const plain: Contender = {
  name: "plain provider",
  // As many requests at once as ours, since ten lock a real server for good.
  options: ["--parallel", "4"],
  maxPeople: 1000,
  files: (people, { url, id, apiKey }) => ({
    "index.js": `
      const pulumi = require("@pulumi/pulumi");
      const url = "${url}", organizationId = "${id}", apiKey = "${apiKey}";
      class PlainProvider {
        async request(method, path, body) {
          const headers = { Authorization: apiKey, "TR-Organization": organizationId, "Content-Type": "application/json" };
          const response = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
          if (!response.ok) throw new Error(response.status + " " + (await response.text()));
          return response.status === 204 ? undefined : response.json();
        }
        async find(email) {
          const invitations = await this.request("GET", "/api/invitations/" + organizationId);
          const members = await this.request("GET", "/api/organization/users/" + organizationId);
          return {
            invitation: invitations.find((row) => row.email === email && !row.used),
            member: members.find((row) => row.email === email),
          };
        }
        async create({ email, role }) {
          const body = { email, user_role: role === "admin" ? 1 : 0, app_url: url + "/api", redirect_uri: "${dashboard}" };
          await this.request("POST", "/api/invitation", body);
          return { id: email, outs: { email, role, organizationId } };
        }
        async read(id, props) {
          const { invitation, member } = await this.find(id);
          return invitation || member ? { id, props } : { id: "" };
        }
        async update(id, olds, news) {
          await this.delete(id);
          return { outs: (await this.create(news)).outs };
        }
        async delete(id) {
          const { invitation, member } = await this.find(id);
          if (invitation) await this.request("DELETE", "/api/invitation/" + invitation.id);
          if (member) await this.request("DELETE", "/api/organization/" + organizationId + "/user/" + member.id);
        }
      }
      const provider = new PlainProvider();
      class Plain extends pulumi.dynamic.Resource {
        constructor(name, args) { super(provider, name, args, {}, "bench", "Plain"); }
      }
      for (const { email, role } of ${JSON.stringify(people)})
        new Plain(email, { email, role });`,
  }),
};

const resources: Contender = {
  name: "TrieveInvitation",
  files: (people) => ({
    "index.js": `
      const trieve = require("pulumi-trieve");
      for (const { email, role } of ${JSON.stringify(people)})
        new trieve.TrieveInvitation(email, { email, role });`,
  }),
};

const membersYaml = (people: readonly Person[]) =>
  ["members:", ...people.map(({ email, role }) => `  - { email: ${email}, role: ${role} }`)].join(
    "\n",
  );

const rosterArgs = (isEnding: boolean) => ({
  file: "members.yaml",
  ...(isEnding ? { limits: { maxRemovals: "100%" } } : {}),
});

const roster: Contender = {
  name: "TrieveRoster",
  isGuarded: true,
  files: (people, _, isEnding) => ({
    "index.js": `
      const trieve = require("pulumi-trieve");
      new trieve.TrieveRoster("team", ${JSON.stringify(rosterArgs(isEnding))});`,
    "members.yaml": membersYaml(people),
  }),
};

// Pulumi's host of YAML programs costs less than a Node.js program, and the plugin is another process than the others'.

const yamlProgram = (resources: object) =>
  // JSON is YAML.
  JSON.stringify({
    name: "bench",
    runtime: "yaml",
    plugins: { providers: [{ name: "trieve", path: "../node_modules/.bin" }] },
    resources,
  });

const yaml: Contender = {
  name: "trieve:Invitation in YAML",
  files: (people) => ({
    "Pulumi.yaml": yamlProgram(
      Object.fromEntries(
        people.map((properties) => [properties.email, { type: "trieve:Invitation", properties }]),
      ),
    ),
  }),
};

const yamlRoster: Contender = {
  name: "trieve:Roster in YAML",
  isGuarded: true,
  files: (people, _, isEnding) => ({
    "Pulumi.yaml": yamlProgram({
      team: { type: "trieve:Roster", properties: rosterArgs(isEnding) },
    }),
    "members.yaml": membersYaml(people),
  }),
};

export const contenders = [floor, plain, resources, roster, yaml, yamlRoster] as const;

/** The same as an earlier version of this package has it. */
export const before: Contender = { ...resources, name: "TrieveInvitation before" };

/** Trieve's own client in a loop, one request after the other. */
export const pythonScript = (n: number, { url, id, apiKey }: Organization) => `
import sys
from trieve_py_client import ApiClient, Configuration
from trieve_py_client.api.invitation_api import InvitationApi
from trieve_py_client.models.invitation_data import InvitationData

client = ApiClient(Configuration(host="${url}", api_key={"ApiKey": "${apiKey}"}))
api = InvitationApi(client)
if sys.argv[1] == "up from nothing":
    for i in range(${n}):
        api.post_invitation("${id}", InvitationData(
            email=f"somebody.number.{i}@example.com", user_role=0,
            app_url="${url}/api", redirect_uri="${dashboard}"))
else:
    for invitation in api.get_invitations("${id}", "${id}"):
        api.delete_invitation("${id}", invitation.id)
`;
