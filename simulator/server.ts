import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono } from "hono";
import { type Answer, empty, Panic, Refusal } from "./answer";
import { authenticate, keyOf, kindOfKey, organizationHeader } from "./auth";
import type { Call, World } from "./call";
import type { Effect, Faults } from "./faults";
import type { Log, RequestRecord, Route } from "./log";
import { type Resource, resources } from "./routes";

/** How long the server takes, in milliseconds. */
export interface ServiceTimes {
  /** The two lists. @default 0 */
  list?: number;
  /** Each row of a list, after it was read. @default 0 */
  row?: number;
  /** Between the checks of an invitation and its row: two requests for one address in that time make two. @default 0 */
  invite?: number;
  /** Everything else but health. @default 0 */
  other?: number;
}

/** What the HTTP side needs. */
export interface Machinery {
  readonly world: World;
  readonly log: Log;
  readonly faults: Faults;
  readonly adminKey: string;
  readonly serviceTimes: ServiceTimes;
  /** A request begins or has ended. */
  emit(event: "request" | "response", record: RequestRecord): void;
  /** The server's code has panicked. */
  panicked(): void;
}

type Env = { Bindings: HttpBindings };

/** The connection breaks instead of an answer. */
type Outcome = Answer | { broken: "closed" | "reset" | "truncated"; answer?: Answer };

function headersOf(answer: Answer): Record<string, string> {
  const length = Buffer.byteLength(answer.body ?? "");
  return {
    ...answer.headers,
    ...(answer.status === 204 ? {} : { "content-length": String(length) }),
  };
}

function send(outgoing: ServerResponse, outcome: Outcome): void {
  if (!("broken" in outcome)) {
    outgoing.writeHead(outcome.status, headersOf(outcome));
    outgoing.end(outcome.body);
    return;
  }
  const { socket } = outgoing;
  const body = outcome.answer?.body ?? "";
  if (outcome.broken === "truncated" && outcome.answer !== undefined && body !== "") {
    outgoing.writeHead(outcome.answer.status, headersOf(outcome.answer));
    outgoing.write(body.slice(0, body.length / 2), () => socket?.destroy());
  } else if (outcome.broken === "reset") {
    socket?.resetAndDestroy();
  } else {
    socket?.destroy();
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body === "" ? undefined : body;
  }
}

function emailIn(body: unknown): string | undefined {
  return typeof body === "object" &&
    body !== null &&
    "email" in body &&
    typeof body.email === "string"
    ? body.email
    : undefined;
}

function serviceTime({ serviceTimes }: Machinery, route: Route): number {
  if (route === "listInvitations" || route === "listMembers") {
    return serviceTimes.list ?? 0;
  }
  return route === "invite" || route === "health" ? 0 : (serviceTimes.other ?? 0);
}

/** Authentication, then routing: wrong paths and methods are found only after the key and the organization. */
async function handle(
  machinery: Machinery,
  c: Context<Env>,
  resource: Resource | undefined,
  route: Route,
  body: string,
  mailFails: boolean,
): Promise<Answer> {
  const { world } = machinery;
  const { headers } = c.req.raw;
  const request = { method: c.req.method, path: c.req.path, headers };
  const caller = await authenticate(world.store, world.pool, machinery.adminKey, request);
  if (resource === undefined) {
    return empty(404);
  }
  const [, handler] = resource.methods[c.req.method] ?? [];
  if (handler === undefined) {
    return empty(405, { allow: Object.keys(resource.methods).join(", ") });
  }
  const ms = serviceTime(machinery, route);
  if (ms > 0) {
    await sleep(ms, undefined, { ref: false });
  }
  if (caller.askedDatabase && route !== "health") {
    await world.pool.query();
  }
  const query = new URL(c.req.url).searchParams;
  const call: Call = { params: c.req.param(), query, headers, body, caller, mailFails };
  return handler(world, call);
}

function withEffect(answer: Answer, effect: Effect | undefined): Outcome {
  if (effect === undefined) {
    return answer;
  }
  if ("truncate" in effect) {
    return { broken: "truncated", answer };
  }
  if ("reset" in effect) {
    return { broken: "reset" };
  }
  if ("replaceBody" in effect) {
    const headers = { "content-type": effect.contentType ?? "text/html" };
    return { status: 200, headers, body: effect.replaceBody };
  }
  return answer;
}

async function outcomeOf(
  machinery: Machinery,
  effect: Effect | undefined,
  carryOut: (mailFails: boolean) => Promise<Answer>,
): Promise<Outcome> {
  if (effect !== undefined) {
    if ("status" in effect) {
      return effect;
    }
    if ("reset" in effect && effect.reset === "before") {
      return { broken: "reset" };
    }
    if ("delayMs" in effect) {
      await sleep(effect.delayMs, undefined, { ref: false });
    }
  }
  try {
    return withEffect(await carryOut(effect !== undefined && "mailFails" in effect), effect);
  } catch (error) {
    if (error instanceof Refusal) {
      return withEffect(error.answer, effect);
    }
    if (error instanceof Panic) {
      machinery.panicked();
      return { broken: "closed" };
    }
    throw error;
  }
}

async function serve(
  machinery: Machinery,
  c: Context<Env>,
  resource: Resource | undefined,
): Promise<Response> {
  const { world, log, faults, adminKey } = machinery;
  const { outgoing } = c.env;
  const end = log.begin();
  outgoing.once("close", end);
  const text = await c.req.text();
  const [route = "other"] = resource?.methods[c.req.method] ?? [];
  const { headers } = c.req.raw;
  const { pathname, search } = new URL(c.req.url);
  const keyText = keyOf(headers);
  const body = parsed(text);
  const record = log.add({
    method: c.req.method,
    path: pathname + search,
    route,
    organizationId: organizationHeader(headers),
    key: kindOfKey(world.store, adminKey, keyText),
    keyText,
    body,
    email: route === "invite" ? emailIn(body) : undefined,
  });
  machinery.emit("request", record);
  const outcome = await outcomeOf(machinery, faults.take(record), (mailFails) => {
    const answer = () => handle(machinery, c, resource, route, text, mailFails);
    return record.key === "organization" ? world.pool.forOrganizationKey(answer) : answer();
  });
  record.status = "broken" in outcome ? outcome.answer?.status : outcome.status;
  // Before the client can know of it: its next request is not at the same time.
  end();
  machinery.emit("response", record);
  if (c.req.method === "HEAD" && !("broken" in outcome)) {
    // Hono puts the answer to HEAD into a response of its own, which would be sent as well.
    return new Response(null, { status: outcome.status, headers: headersOf(outcome) });
  }
  send(outgoing, outcome);
  return RESPONSE_ALREADY_SENT;
}

/** The HTTP server: Trieve's paths, and `control` under `/simulator`. */
export function createServer(machinery: Machinery, control: Hono): Server {
  const app = new Hono<Env>();
  app.route("/simulator", control);
  for (const resource of resources) {
    app.all(resource.path, (c) => serve(machinery, c, resource));
  }
  app.notFound((c) => serve(machinery, c, undefined));
  // Longer header blocks get a 431, as from the real server.
  const serverOptions = { maxHeaderSize: 131_072 };
  const server = createAdaptorServer({ fetch: app.fetch, serverOptions }) as Server;
  const heardOf = new WeakMap<Socket, () => void>();
  server.on("connection", (socket) => {
    const heard = machinery.world.pool.connected();
    heardOf.set(socket, heard);
    socket.once("close", heard);
  });
  server.on("request", ({ socket }) => heardOf.get(socket)?.());
  return server;
}
