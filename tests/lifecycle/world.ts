import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HalfDone, type Organization } from "../../provider/lifecycle/act";
import { OwnerWrites } from "../../provider/lifecycle/owners";
import type { Inputs, Outputs } from "../../provider/lifecycle/state";
import type { MailPolicy } from "../../provider/settings";
import { Client, type Limits } from "../../provider/trieve/client";
import { Directory } from "../../provider/trieve/directory";
import {
  type Effect,
  type RequestRecord,
  type RoleName,
  type Simulator,
  startSimulator,
} from "../../simulator";

/** Generous where a test is to succeed, with pauses that nobody notices. */
export const limits: Limits = {
  connectMs: 5_000,
  readMs: 5_000,
  writeMs: 5_000,
  retryForMs: 5_000,
  firstPauseMs: 1,
  maxBytes: 1_000_000,
};

/** A question is asked once. */
export const onlyOnce: Partial<Limits> = { retryForMs: 0 };
/** No answer comes as late as this. */
export const late = 5_000;
/** Nobody waits as long as that. */
export const impatient: Partial<Limits> = { readMs: 500, writeMs: 500, retryForMs: 0 };

/** A simulator with one organization, in which nobody is, and the provider's side of it. */
export interface World {
  simulator: Simulator;
  organizationId: string;
  /** The provider's. */
  organization: Organization;
  warnings: string[];
  /**
   * Requests, see {@link callsOf}, when no list is under way any more: one may fail before the other is asked for.
   *
   * @param after this many, which are left out
   */
  calls(after?: number): Promise<string[]>;
}

export interface WorldOptions {
  limits?: Partial<Limits>;
  mail?: MailPolicy;
  /** @default the organization's, of role owner */
  key?: RoleName | "account" | "unknown";
}

/** A key of the account with the address `default`. */
const accountKey = "key-of-the-account-default";
const unknownKey = "tr-nobodyknowsthiskeynobodyknowsthi";
/** No error text may hold one of these. */
export const keys = new Set([accountKey, unknownKey]);

const links = {
  appUrl: "http://trieve.example/api",
  redirectUri: "http://dashboard.example/",
} as const;

async function openWorld(options: WorldOptions = {}): Promise<World> {
  // What hangs a server is not the matter here, and watching for it takes time.
  const simulator = await startSimulator({ adminKey: accountKey, hangs: false });
  const { id, apiKey } = simulator.createOrganization("acme", { ownerless: true });
  keys.add(apiKey);
  const warnings: string[] = [];
  const client = new WatchedClient({
    apiUrl: simulator.url,
    apiKey: keyOf(simulator, id, options.key ?? "owner"),
    maxConcurrency: 4,
    keyAdvice: "Advice about keys.",
    limits: { ...limits, ...options.limits },
  });
  return {
    simulator,
    organizationId: id,
    organization: {
      directory: new Directory(client, id),
      owners: new OwnerWrites(id),
      links: { ...links, mail: options.mail ?? "required" },
      mayBegin: async () => {},
      warn: (text) => warnings.push(text),
    },
    warnings,
    calls: async (after = 0) => {
      await client.quiet();
      return callsOf(simulator.requests.slice(after));
    },
  };
}

/** Knows which lists are under way. */
class WatchedClient extends Client {
  readonly #lists: Promise<unknown>[] = [];

  override listInvitations(organizationId: string) {
    return this.#watch(super.listInvitations(organizationId));
  }

  override listMembers(organizationId: string) {
    return this.#watch(super.listMembers(organizationId));
  }

  async quiet(): Promise<void> {
    await Promise.allSettled(this.#lists);
  }

  #watch<T>(list: Promise<T>): Promise<T> {
    this.#lists.push(list);
    return list;
  }
}

function keyOf(simulator: Simulator, id: string, key: RoleName | "account" | "unknown"): string {
  if (key === "account") return accountKey;
  if (key === "unknown") return unknownKey;
  const text = simulator.createKey(id, key);
  keys.add(text);
  return text;
}

/** Runs a test in a world of its own. */
export async function inWorld(
  options: WorldOptions,
  test: (world: World) => Promise<void>,
): Promise<void> {
  const world = await openWorld(options);
  try {
    await test(world);
  } finally {
    await world.simulator.close();
  }
}

/** Where processes of one user meet, for the enclosing suite alone. */
export function ownMeetingFolder(): { path: () => string } {
  const before_ = process.env.TMPDIR;
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "trieve-test-"));
    process.env.TMPDIR = folder;
  });
  after(() => {
    if (before_ === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before_;
    rmSync(folder, { recursive: true, force: true });
  });
  return { path: () => folder };
}

const routes: Record<string, string> = {
  listInvitations: "invitations",
  listMembers: "members",
  invite: "POST invitation",
  deleteInvitation: "DELETE invitation",
  removeMember: "DELETE member",
  updateMember: "PUT user",
  me: "me",
  health: "health",
};

/**
 * Requests in their order, by method and route; those that only ask by route alone. Lists that follow each other are
 * asked for at the same time, so their order is that of the alphabet.
 */
function callsOf(requests: readonly RequestRecord[]): string[] {
  const calls: string[] = [];
  let lists: string[] = [];
  const flush = () => {
    calls.push(...lists.sort());
    lists = [];
  };
  for (const { route, method, path } of requests) {
    const call = routes[route] ?? `${method} ${path}`;
    if (call === "invitations" || call === "members") lists.push(call);
    else {
      flush();
      calls.push(call);
    }
  }
  flush();
  return calls;
}

/** Whether a call changes something. */
export const isWrite = (call: string) => /^[A-Z]/.test(call);

/**
 * One row at the server: what it is, role, address, scopes.
 *
 * `invited user Ada@x.example`, `used admin ada@x.example` (accepted, and removed since, so that an account is left),
 * `member owner ada@x.example [GET /api/chunk, GET /api/file]`, `account user ada@x.example` (in no organization).
 */
export type Row = string;

/** Puts rows into the organization. */
export function put({ simulator, organizationId }: World, rows: readonly Row[]): void {
  for (const row of rows) {
    const [, kind, role, email = "", list] =
      /^(\w+) (\w+) (\S+)(?: \[(.*)\])?$/.exec(row) ?? fail(row);
    const scopes = list === undefined ? null : list.split(", ").filter(Boolean);
    const person = [organizationId, email, role as RoleName, scopes] as const;
    if (kind === "invited") simulator.addInvitation(...person);
    else if (kind === "member") simulator.addMember(...person);
    else if (kind === "account") simulator.createAccount(email);
    else if (kind === "used") {
      const { id } = simulator.addInvitation(...person);
      accept(simulator, organizationId, id, email);
      simulator.removeMember(organizationId, email);
    } else fail(row);
  }
}

function fail(row: string): never {
  throw new Error(`not a row: ${row}`);
}

/** Somebody opens the link of an invitation. */
export function accept(
  simulator: Simulator,
  organizationId: string,
  id: string,
  email: string,
): void {
  const query = `inv_code=${id}&organization_id=${organizationId}&redirect_uri=/`;
  const landing = simulator.accept(`http://trieve.example/api/auth?${query}`, { email });
  if (landing.status !== 303) throw new Error(`not accepted: ${landing.body}`);
}

/** The rows of the organization, in the order of the alphabet. */
export function rowsOf({ simulator, organizationId }: World): Row[] {
  const names = ["user", "admin", "owner"];
  const withScopes = (scopes: string[] | null) => (scopes ? ` [${scopes.join(", ")}]` : "");
  return [
    ...simulator
      .members(organizationId)
      .map(({ role, email, scopes }) => `member ${role} ${email}${withScopes(scopes)}`),
    ...simulator
      .invitations(organizationId)
      .map(
        ({ used, role, email, scopes }) =>
          `${used ? "used" : "invited"} ${names[role]} ${email}${withScopes(scopes)}`,
      ),
  ].sort();
}

/** What a program declares of somebody. */
export function declared(world: World, more: Partial<Inputs> = {}): Inputs {
  return {
    email: "ada@x.example",
    organizationId: world.organizationId,
    deletionPolicy: "revert",
    ...more,
  };
}

/** What is recorded of somebody. */
export function recorded(world: Pick<World, "organizationId">, more: Partial<Outputs>): Outputs {
  return {
    email: "ada@x.example",
    organizationId: world.organizationId,
    role: "user",
    scopes: null,
    status: "pending",
    userId: null,
    invitedAt: "2026-01-01T00:00:00Z",
    joinedAt: null,
    adopted: false,
    originalRole: null,
    inviteUrl: null,
    mailFailed: false,
    deletionPolicy: "revert",
    resendTrigger: null,
    roster: null,
    managed: [],
    instance: "instance-1",
    ...more,
  };
}

/** Outputs in a few words: `pending user`, `member owner [GET /api/chunk] adopted from user`, `absent, mail owed`. */
export function briefly(outputs: Outputs): string {
  const { status, role, scopes, adopted, originalRole, mailFailed } = outputs;
  return [
    status,
    role === null ? "" : ` ${role}`,
    scopes === null ? "" : ` [${scopes.join(", ")}]`,
    adopted ? ` adopted${originalRole === null ? "" : ` from ${originalRole}`}` : "",
    mailFailed ? ", mail owed" : "",
  ].join("");
}

/** Every error message that the tables have produced. */
export const messages: string[] = [];

/** How an operation ended: outputs, `nothing`, the class of an error, or `HalfDone(class): outputs`. */
export async function outcomeOf(operation: Promise<unknown>): Promise<string> {
  try {
    const result = await operation;
    return result === undefined ? "nothing" : briefly(result as Outputs);
  } catch (error) {
    const { name, message } = error as Error;
    messages.push(message);
    return error instanceof HalfDone
      ? `HalfDone(${(error.cause as Error).name}): ${briefly(error.outputs)}`
      : name;
  }
}

/** An answer as Trieve writes its errors. */
export function says(status: number, message: string): Effect {
  const headers = { "content-type": "application/json" };
  return { status, headers, body: JSON.stringify({ message }) };
}

const overload =
  "Trieve is currently under extended load and we are working to autoscale. If you continue facing this issue, please send an email to humans@trieve.ai with 'request timeout' in the subject line and we will get back to you as soon as possible.";

/** What may come in place of an answer, by name, and the class of the error that it makes. */
export type Failures = Readonly<Record<string, readonly [effect: Effect, error: string]>>;

/** Trieve understood and did nothing; the same question gets the same answer. The error each of them makes. */
export const refusals: Failures = {
  "400 Invalid email": [says(400, "Invalid email"), "Declined"],
  "400 Can not invite yourself": [says(400, "Can not invite yourself"), "Declined"],
  "400 higher role": [says(400, "Can not invite user with higher role than yours"), "Declined"],
  "400 higher role of a member": [
    says(400, "Can not grant a user a higher role than that of the requesting user's"),
    "Declined",
  ],
  "400 Error loading users": [says(400, "Error loading users"), "Declined"],
  "400 Error inserting invitation.": [says(400, "Error inserting invitation."), "Declined"],
  "400 Error getting invitations.": [says(400, "Error getting invitations."), "Declined"],
  "400 not a member": [says(400, "You are not a member of this organization"), "Declined"],
  "400 no admin": [
    says(400, "You must have an admin or owner role to update other users"),
    "Declined",
  ],
  "400 Could not convert Organization to UUID": [
    says(400, "Could not convert Organization to UUID"),
    "Declined",
  ],
  "400 bad JSON": [
    says(
      400,
      "Json Deserialization Error: *Type* : Data error in JSON | *Message* : Json deserialize error: missing field `user_role` at line 1 column 20 | Ensure that the data in the JSON payload is valid and consistent with the expected schema.",
    ),
    "Declined",
  ],
  "400 bad path": [
    says(400, "Path deserialize error: UUID parsing failed: invalid length"),
    "Declined",
  ],
  "400 text": [{ status: 400, body: "Query deserialize error: missing field" }, "Declined"],
  "400 empty": [{ status: 400 }, "Declined"],
  "401": [says(401, "Unauthorized"), "KeyRejected"],
  "403": [says(403, "Forbidden"), "NotAllowed"],
  "403 empty": [{ status: 403 }, "NotAllowed"],
  "404 Organization not found": [says(404, "Not Found: Organization not found"), "NotFound"],
  "404 empty": [{ status: 404 }, "NotFound"],
  "405": [{ status: 405, headers: { allow: "GET" } }, "Declined"],
  "413": [says(413, "Payload too large"), "Declined"],
  "426": [says(426, "Your plan must be upgraded"), "Declined"],
  "431": [{ status: 431 }, "Declined"],
};

/** Something that passes, and the request was not carried out. */
export const passing: Failures = {
  "408 empty, which closes the connection": [
    { status: 408, headers: { connection: "close" } },
    "ServerFailed",
  ],
  "408 with Trieve's message": [says(408, overload), "ServerFailed"],
  "429": [{ status: 429 }, "ServerFailed"],
  "429 with Retry-After in seconds": [
    { status: 429, headers: { "retry-after": "0" } },
    "ServerFailed",
  ],
  "429 with Retry-After as a date": [
    { status: 429, headers: { "retry-after": "Thu, 01 Jan 2026 00:00:00 GMT" } },
    "ServerFailed",
  ],
  "500": [says(500, "Could not get dataset from request"), "ServerFailed"],
  "500 with a body that is no JSON": [{ status: 500, body: '{"mess' }, "ServerFailed"],
  "502 with a page": [
    { status: 502, headers: { "content-type": "text/html" }, body: "<h1>Bad Gateway</h1>" },
    "ServerFailed",
  ],
  "503": [{ status: 503 }, "ServerFailed"],
  "504": [{ status: 504 }, "ServerFailed"],
  "reset before": [{ reset: "before" }, "NoAnswer"],
};

/** Something before Trieve answers in its place; the same again would come of it. */
export const misleading: Failures = {
  "302 to a sign-in page": [
    { status: 302, headers: { location: "http://127.0.0.1:9/sign-in" } },
    "UnexpectedAnswer",
  ],
  "200 with a page in place of Trieve": [
    { status: 200, headers: { "content-type": "text/html" }, body: "<h1>Sign in</h1>" },
    "UnexpectedAnswer",
  ],
  "202": [{ status: 202 }, "UnexpectedAnswer"],
};

/** A write is carried out, but there is no answer. */
export const unanswered: Failures = {
  "reset after": [{ reset: "after" }, "NoAnswer"],
  "an answer cut short": [{ truncate: true }, "NoAnswer"],
};

/** A write is carried out, but something else answers in Trieve's place. */
export const disguised: Failures = {
  "a page with status 200": [{ replaceBody: "<p>Welcome</p>" }, "UnexpectedAnswer"],
  "JSON with status 200 that is no Trieve's": [
    { replaceBody: '{"ok":true}', contentType: "application/json" },
    "UnexpectedAnswer",
  ],
};

/** A write is carried out, and the answer does not say so. */
export const lost: Failures = { ...unanswered, ...disguised };

/** The answer to a question is no answer, but the next may be one. */
export const garbled: Failures = {
  "a list cut short": [{ truncate: true }, "NoAnswer"],
  "a reset": [{ reset: "after" }, "NoAnswer"],
  "JSON that ends too early": [
    { replaceBody: '[{"id":', contentType: "application/json" },
    "UnexpectedAnswer",
  ],
  "a page with status 200": [{ replaceBody: "<p>Sign in</p>" }, "UnexpectedAnswer"],
  "nothing at all with status 200": [{ status: 200 }, "UnexpectedAnswer"],
};

/** The answer to a question is JSON, but not Trieve's. */
export const foreign: Failures = {
  "an object": [{ replaceBody: '{"ok":true}' }, "UnexpectedAnswer"],
  "a list of something else": [{ replaceBody: '[{"name":"ada"}]' }, "UnexpectedAnswer"],
  null: [{ replaceBody: "null" }, "UnexpectedAnswer"],
  "a redirect": [{ status: 307, headers: { location: "http://127.0.0.1:9/" } }, "UnexpectedAnswer"],
  "204": [{ status: 204 }, "UnexpectedAnswer"],
};
