import * as v from "valibot";
import { type Answer, empty, refusal } from "./answer";
import { adminOnly, bodyAnd, type Call, list, loggedUser, organizationOf, pathId } from "./call";
import { i32, scopes, uuid } from "./json";
import { roleOf } from "./rows";
import { slimUser } from "./views";
import type { World } from "./world";

const updateData = v.object({
  user_id: v.nullish(uuid, null),
  role: v.nullish(i32, null),
  scopes,
});

/** `GET /api/organization/users/{organization_id}`: one entry per membership row. Any organization's. */
export function listMembers(world: World, call: Call): Promise<Answer> {
  const { store } = world;
  const id = pathId(call, "id");
  adminOnly(call);
  if (store.liveOrganization(id) === undefined) {
    return list(world, []);
  }
  const members = [];
  for (const membership of store.membershipsIn(id)) {
    const account = store.accounts.get(membership.user_id);
    if (account !== undefined) {
      members.push(slimUser(store, account, [membership]));
    }
  }
  return list(world, members);
}

/** `DELETE /api/organization/{anything}/user/{user_id}`: the organization is the header's, the path's is not read. */
export function removeMember({ store }: World, call: Call): Answer {
  const accountId = pathId(call, "user");
  const organization = organizationOf(call);
  const user = adminOnly(call);
  const own = user.memberships.find((row) => row.organization_id === organization.id);
  const rows = store.memberships(accountId, organization.id);
  if (rows[0] === undefined) {
    throw refusal(400, "Error loading user role");
  }
  if (own === undefined || rows[0].role > own.role) {
    throw refusal(403, "Forbidden");
  }
  for (const row of rows) {
    store.deleteMembership(row);
  }
  return empty(204);
}

/**
 * `PUT /api/user`: role and scopes of a member, or of the caller. Without `user_id` no role is needed, so anybody may
 * set their own scopes; and the role of the target is not looked at, so an admin may demote an owner.
 */
export function updateMember({ store }: World, call: Call): Answer {
  const { data, rest } = bodyAnd(call, updateData, () => ({
    user: loggedUser(call),
    organization: organizationOf(call),
  }));
  const { user, organization } = rest;
  const own = user.memberships.find((row) => row.organization_id === organization.id);
  if (own === undefined) {
    throw refusal(400, "You are not a member of this organization");
  }
  if (data.user_id !== null) {
    if (own.role < 1) {
      throw refusal(400, "You must have an admin or owner role to update other users");
    }
    if (!store.accounts.has(data.user_id)) {
      throw refusal(400, "Error loading user by itself for get_user_by_id_query");
    }
    if (store.memberships(data.user_id, organization.id).length === 0) {
      throw refusal(
        400,
        "The user who you would like to update the role of must be added to the specified org first before their role can be updated",
      );
    }
  }
  if (data.role !== null && roleOf(data.role) > own.role) {
    throw refusal(400, "Can not grant a user a higher role than that of the requesting user's");
  }
  // An organization key is nobody: without `user_id` it updates no row, and that is a success.
  for (const row of store.memberships(data.user_id ?? user.id, organization.id)) {
    if (data.role !== null || data.scopes !== null) {
      // null changes nothing, so scopes can be set but never cleared.
      const change = { role: data.role ?? undefined, scopes: data.scopes ?? undefined };
      store.updateMembership(row, change);
    }
  }
  return empty(204);
}
