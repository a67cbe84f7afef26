import { randomUUID } from "node:crypto";
import { refusal } from "./answer";
import { type Membership, type Organization, roleOf } from "./rows";
import { scopesAllow } from "./scopes";
import type { Store } from "./store";
import { parseUuid } from "./uuid";
import type { World } from "./world";

/** Whom a credential stands for. */
export interface User {
  readonly id: string;
  /** `""` for organization keys. */
  readonly email: string;
  readonly memberships: readonly Pick<Membership, "organization_id" | "role" | "scopes">[];
}

/** What the authentication middleware knows of a request. */
export interface Caller {
  readonly user?: User;
  /** The organization of the header. */
  readonly organization?: Organization;
  /** What gates see. `user.memberships` keep the role without the elevation that scopes give. */
  readonly gateRole?: 0 | 1 | 2;
  /** By the time that the database answers, a request's body is there; without a question it is not. */
  readonly askedDatabase: boolean;
}

/** The key of a request. `Authorization` hides `x-api-key`, whatever it holds; `Bearer ` must be spelled so. */
export function keyOf(headers: Headers): string | undefined {
  return (headers.get("authorization") ?? headers.get("x-api-key") ?? undefined)?.replace(
    /^Bearer /,
    "",
  );
}

/** The organization header of a request as it came. */
export function organizationHeader(headers: Headers): string | undefined {
  return headers.get("tr-organization") ?? headers.get("x-organization") ?? undefined;
}

function organizationId(header: string): string {
  const id = parseUuid(header);
  if (id === undefined) {
    throw refusal(400, "Could not convert Organization to UUID");
  }
  return id;
}

/** The admin key acts as some owner of the organization, and sees only that membership. */
function someOwner(store: Store, header: string | undefined): User | undefined {
  const id = parseUuid(header ?? "");
  if (id === undefined || store.liveOrganization(id) === undefined) {
    return undefined;
  }
  for (const membership of store.membershipsIn(id)) {
    const account = store.accounts.get(membership.user_id);
    if (membership.role === 2 && account !== undefined) {
      return { id: account.id, email: account.email, memberships: [membership] };
    }
  }
  return undefined;
}

function userOfKey(
  store: Store,
  adminKey: string,
  text: string,
  header: string | undefined,
): User | undefined {
  const owner = text === adminKey ? someOwner(store, header) : undefined;
  if (owner !== undefined) {
    return owner;
  }
  const key = store.organizationKey(text);
  if (key !== undefined && store.liveOrganization(key.organization_id) !== undefined) {
    // Nobody in particular: another id on every request.
    return { id: randomUUID(), email: "", memberships: [key] };
  }
  const account = store.userKeys.get(text);
  const memberships = account === undefined ? [] : store.membershipsOf(account.id);
  // The query joins memberships: an account without any is not found.
  return account === undefined || memberships.length === 0
    ? undefined
    : { ...account, memberships };
}

/** No route is about one dataset, so a dataset header, which comes before the organization's, finds none here. */
function refuseDataset(headers: Headers): void {
  const dataset = headers.get("tr-dataset") ?? headers.get("x-dataset");
  if (dataset === null) {
    return;
  }
  const header = organizationHeader(headers);
  if (parseUuid(dataset) === undefined) {
    if (header === undefined) {
      throw refusal(
        400,
        "Using Dataset Tracking IDs requires providing the TR-Organization header",
      );
    }
    organizationId(header);
  }
  throw refusal(404, "Not Found: Could not find dataset");
}

/**
 * Trieve's authentication middleware. It runs before routing, so also for paths that do not exist, and an unknown key
 * is no error here: the request goes on without a user.
 *
 * @throws {Refusal} in this order: header is no UUID, no such organization, not its member, scopes do not allow.
 */
export async function authenticate(
  { store, pool, adminKey }: World,
  method: string,
  path: string,
  headers: Headers,
): Promise<Caller> {
  const text = keyOf(headers);
  const header = organizationHeader(headers);
  if (text !== undefined) {
    await pool.query();
  }
  const user = text === undefined ? undefined : userOfKey(store, adminKey, text, header);
  refuseDataset(headers);
  if (header === undefined) {
    return { user, askedDatabase: text !== undefined };
  }
  const id = organizationId(header);
  await pool.query();
  const organization = store.liveOrganization(id);
  if (organization === undefined) {
    throw refusal(404, "Not Found: Organization not found");
  }
  if (user === undefined) {
    return { organization, askedDatabase: true };
  }
  const membership = user.memberships.find((row) => row.organization_id === id);
  if (membership === undefined) {
    throw refusal(403, "Forbidden");
  }
  if (membership.scopes === null) {
    return { user, organization, gateRole: roleOf(membership.role), askedDatabase: true };
  }
  if (!scopesAllow(membership.scopes, `${method} ${path}`)) {
    throw refusal(403, "Forbidden");
  }
  return { user, organization, gateRole: 2, askedDatabase: true };
}
