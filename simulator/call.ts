import type { GenericSchema } from "valibot";
import { type Answer, json, refusal, textRefusal } from "./answer";
import type { Caller, User } from "./auth";
import { jsonRefusal, readJson } from "./json";
import { pause } from "./pause";
import type { Organization } from "./rows";
import { parseUuid } from "./uuid";
import type { World } from "./world";

/** One authenticated request to a handler. */
export interface Call {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly body: string;
  readonly caller: Caller;
  /** A fault: the mail server refuses the mail of this request. */
  readonly mailFails: boolean;
}

/** Any user. */
export function loggedUser({ caller }: Call): User {
  if (caller.user === undefined) {
    throw refusal(401, "Unauthorized");
  }
  return caller.user;
}

/** A user with at least a role in the organization of the header. Without that header nobody has a role. */
function withRole({ caller }: Call, least: 1 | 2): User {
  if (caller.user === undefined || caller.gateRole === undefined) {
    throw refusal(401, "Unauthorized");
  }
  if (caller.gateRole < least) {
    throw refusal(403, "Forbidden");
  }
  return caller.user;
}

/** An admin or owner. */
export function adminOnly(call: Call): User {
  return withRole(call, 1);
}

/** An owner. */
export function ownerOnly(call: Call): User {
  return withRole(call, 2);
}

/** The organization of the header. The text is Trieve's. */
export function organizationOf({ caller }: Call): Organization {
  if (caller.organization === undefined) {
    throw refusal(500, "Could not get dataset from request");
  }
  return caller.organization;
}

/** A UUID in the path. */
export function pathId(call: Call, name: string): string {
  const id = parseUuid(call.params[name] ?? "");
  if (id === undefined) {
    throw refusal(400, "Path deserialize error: UUID parsing failed: no UUID");
  }
  return id;
}

/** A UUID in the query, if there. */
export function queryId(query: URLSearchParams, name: string): string | null {
  const text = query.get(name);
  const id = text === null ? null : parseUuid(text);
  if (id === undefined) {
    throw textRefusal(400, "Query deserialize error: UUID parsing failed: no UUID");
  }
  return id;
}

/** Rows as they are now, sent when their time is over. */
export async function list({ serviceTimes }: World, rows: readonly unknown[]): Promise<Answer> {
  const answer = json(rows);
  await pause((serviceTimes.row ?? 0) * rows.length);
  return answer;
}

/**
 * The JSON body, for handlers that name it before `rest`, which are the other things they ask for.
 *
 * A wrong content type is found first of all. The body comes next if it has arrived, that is if authentication has
 * waited for the database; otherwise `rest` is looked at while the body is still on its way.
 */
export function bodyAnd<B, T>(
  call: Call,
  schema: GenericSchema<unknown, B>,
  rest: () => T,
): { data: B; rest: T } {
  // A missing content type is filled in by a middleware.
  const contentType = call.headers.get("content-type") ?? "application/json";
  if (!/^[^/;]+\/([^;]+\+)?json\s*(;|$)/i.test(contentType)) {
    throw jsonRefusal("contentType", "Content type error");
  }
  const early = call.caller.askedDatabase ? undefined : { value: rest() };
  const data = readJson(call.body, schema);
  return { data, rest: early === undefined ? rest() : early.value };
}
