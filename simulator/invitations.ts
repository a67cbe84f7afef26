import * as v from "valibot";
import { type Answer, empty, refusal } from "./answer";
import type { User } from "./auth";
import { adminOnly, bodyAnd, type Call, list, organizationOf, pathId } from "./call";
import { i32, scopes } from "./json";
import { invitationLink, memberLink } from "./mail";
import type { Organization } from "./rows";
import type { World } from "./world";

const invitationData = v.object({
  user_role: i32,
  email: v.string(),
  app_url: v.string(),
  redirect_uri: v.string(),
  scopes,
});

/** Trieve's pattern: no end, so anything may follow; the apostrophe is a curly one, so a straight one is refused. */
const emailPattern = /^[a-zA-Z0-9.!#$%&’*+/=?^_`{|}~-]+@[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*/;
/** What Rust's `trim` takes away. */
const edgeBlanks = /^\p{White_Space}+|(?<!\p{White_Space})\p{White_Space}+$/gu;
/** Width of the column. */
const longestEmail = 100;

/** Checks that come before anything is looked up. Addresses compare exactly, in any check of an invitation. */
function checkRequest(user: User, organization: Organization, email: string, role: number): void {
  if (!emailPattern.test(email)) {
    throw refusal(400, "Invalid email");
  }
  if (user.email === email) {
    throw refusal(400, "Can not invite yourself");
  }
  // The role that the caller really has: scopes open the gate, they do not raise it.
  const own = user.memberships.find((row) => row.organization_id === organization.id);
  if (own === undefined || own.role < role) {
    throw refusal(400, "Can not invite user with higher role than yours");
  }
}

/**
 * `POST /api/invitation`: somebody with an account becomes a member at once, anybody else gets an invitation.
 * The row is written before the mail is sent and stays, whatever becomes of the mail.
 */
export async function invite(world: World, call: Call): Promise<Answer> {
  const { store, postOffice } = world;
  const { data, rest } = bodyAnd(call, invitationData, () => ({
    organization: organizationOf(call),
    user: adminOnly(call),
  }));
  const { organization, user } = rest;
  const email = data.email.replace(edgeBlanks, "");
  checkRequest(user, organization, email, data.user_role);
  const account = store.accountByEmail(email);
  if (account !== undefined && store.memberships(account.id, organization.id).length > 0) {
    throw refusal(400, `User with email ${email} is already in the organization`);
  }
  const invited = store.invitationsLike(organization.id, email).some((row) => row.email === email);
  if (account === undefined && invited) {
    throw refusal(400, `User with email ${email} has already been invited`);
  }
  if (account !== undefined) {
    store.addMembership(account.id, organization.id, data.user_role, data.scopes);
    const links = [memberLink(data.redirect_uri)];
    const mail = { to: email, kind: "added", organizationId: organization.id, links } as const;
    await postOffice.send(mail, call.mailFails);
    return empty(204);
  }
  if ([...email].length > longestEmail) {
    throw refusal(400, "Error inserting invitation.");
  }
  const { id } = store.addInvitation(organization.id, email, data.user_role, data.scopes);
  const links = [invitationLink(data.app_url, id, organization.id, data.redirect_uri)];
  const mail = { to: email, kind: "invitation", organizationId: organization.id, links } as const;
  await postOffice.send(mail, call.mailFails);
  return empty(204);
}

/** `GET /api/invitations/{organization_id}`, also at `/api/invitation/…`. Any organization's, not only the header's. */
export function listInvitations(world: World, call: Call): Promise<Answer> {
  adminOnly(call);
  return list(world, [...world.store.invitationsIn(pathId(call, "id"))]);
}

/** `DELETE /api/invitation/{invitation_id}`. Any organization's, used or not; a membership stays. */
export function deleteInvitation({ store }: World, call: Call): Answer {
  adminOnly(call);
  const invitation = store.invitations.get(pathId(call, "id"));
  if (invitation === undefined) {
    throw refusal(400, "Error getting invitation.");
  }
  store.deleteInvitation(invitation);
  return empty(204);
}
