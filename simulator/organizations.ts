import * as v from "valibot";
import { type Answer, empty, json, jsonText, refusal, textRefusal } from "./answer";
import {
  adminOnly,
  bodyAnd,
  type Call,
  loggedUser,
  organizationOf,
  ownerOnly,
  pathId,
  queryId,
} from "./call";
import { i32, scopes, uuid } from "./json";
import { completeOrganization, keyView, planJson, slimUser } from "./views";
import type { World } from "./world";

const createData = v.object({ name: v.string() });
const updateData = v.object({
  name: v.nullish(v.string(), null),
  partner_configuration: v.nullish(v.unknown(), null),
});
const keyData = v.object({
  name: v.string(),
  role: i32,
  dataset_ids: v.nullish(v.array(uuid), null),
  scopes,
  expires_at: v.nullish(v.string(), null),
});

/** `GET /api/auth/me`. An organization key is nobody, so there is nobody to show. */
export function me({ store }: World, call: Call): Answer {
  const account = store.accounts.get(loggedUser(call).id);
  if (account === undefined) {
    throw refusal(400, "Error loading user by itself for get_user_by_id_query");
  }
  return json(slimUser(store, account, store.membershipsOf(account.id)));
}

/** `GET /api/organization/{organization_id}`. Any organization. */
export function getOrganization({ store }: World, call: Call): Answer {
  const id = pathId(call, "id");
  adminOnly(call);
  const organization = store.liveOrganization(id);
  if (organization === undefined) {
    throw refusal(404, "Not Found: Organization not found");
  }
  const text = JSON.stringify(completeOrganization(organization));
  return jsonText(`{"organization":${text},"plan":${planJson(organization)},"subscription":null}`);
}

/** `POST /api/organization`. With an organization key, which is no account, the organization stays without owner. */
export function createOrganization({ store }: World, call: Call): Answer {
  const { data, rest: user } = bodyAnd(call, createData, () => loggedUser(call));
  const organization = store.addOrganization(data.name);
  if (!store.accounts.has(user.id)) {
    throw refusal(500, "Failed to add user to organization");
  }
  store.addMembership(user.id, organization.id, 2, null);
  return json(organization);
}

/** Both writes end by deleting the members from a cache, and deleting nobody is an error of the cache. */
function forgetMembers({ store }: World, organizationId: string): void {
  if (store.membershipsIn(organizationId).size === 0) {
    throw refusal(500, "Failed to delete user from redis");
  }
}

/**
 * What is left of a name when an HTML parser has read it: blanks before it, tags and scripts go, the rest is escaped.
 * A `<` that begins no tag is text.
 */
function sanitize(name: string): string {
  const [start = "", ...pieces] = name.trimStart().split("<");
  const texts = pieces.map((piece) => {
    if (!/^[a-z/!]/i.test(piece)) {
      return `<${piece}`;
    }
    const end = piece.indexOf(">");
    return end < 0 || /^(script|style)\b/i.test(piece) ? "" : piece.slice(end + 1);
  });
  return (start + texts.join(""))
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

/** `PUT /api/organization`: the header's. */
export function updateOrganization(world: World, call: Call): Answer {
  const { data, rest: organization } = bodyAnd(call, updateData, () => {
    const found = organizationOf(call);
    ownerOnly(call);
    return found;
  });
  organization.name = sanitize(data.name ?? organization.name);
  organization.partner_configuration =
    data.partner_configuration ?? organization.partner_configuration;
  forgetMembers(world, organization.id);
  return json(completeOrganization(organization));
}

/** `DELETE /api/organization/{organization_id}`. Any organization; memberships and invitations stay. */
export function deleteOrganization(world: World, call: Call): Answer {
  const id = pathId(call, "id");
  ownerOnly(call);
  const organization = world.store.organizations.get(id);
  if (organization !== undefined) {
    organization.deleted = 1;
  }
  forgetMembers(world, id);
  return empty(204);
}

/** A date with a zone, or with a blank and no zone, which is UTC. Anything else counts for nothing, without a word. */
function expiry(text: string | null): number | null {
  const zoned = text?.replace(/^\S{10} [\d:]{8}$/, "$&Z") ?? "";
  const readable = /^\d{4}-\d\d-\d\d[T ][\d:.]+(Z|[+-]\d\d:\d\d)$/i.test(zoned);
  const at = readable ? Date.parse(zoned) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

/** `POST /api/organization/api_key`. Any role, also above the caller's. */
export function createKey({ store }: World, call: Call): Answer {
  adminOnly(call);
  const { data, rest: organization } = bodyAnd(call, keyData, () => organizationOf(call));
  const key = store.addOrganizationKey({
    organization_id: organization.id,
    name: data.name,
    role: data.role,
    scopes: data.scopes,
    dataset_ids: data.dataset_ids,
    expires_at: expiry(data.expires_at),
  });
  return json({ api_key: key.text });
}

/** `GET /api/organization/api_key?cursor=…&limit=…`: ten a page unless told, by id. */
export function listKeys({ store }: World, call: Call): Answer {
  adminOnly(call);
  const organization = organizationOf(call);
  const cursor = queryId(call.query, "cursor") ?? "";
  const limit = call.query.get("limit") ?? "10";
  if (!/^\d+$/.test(limit)) {
    throw textRefusal(400, "Query deserialize error: invalid digit found in string");
  }
  const page = [...store.organizationKeys.values()]
    .filter((key) => key.organization_id === organization.id && key.id > cursor)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .slice(0, Number(limit));
  return json({ api_keys: page.map(keyView), cursor: page.at(-1)?.id ?? null });
}

/** `DELETE /api/organization/api_key/{api_key_id}`: a key that is not there is no error. */
export function deleteKey({ store }: World, call: Call): Answer {
  adminOnly(call);
  const organization = organizationOf(call);
  const id = pathId(call, "id");
  for (const key of store.organizationKeys.values()) {
    if (key.id === id && key.organization_id === organization.id) {
      store.organizationKeys.delete(key.text);
    }
  }
  return empty(204);
}
