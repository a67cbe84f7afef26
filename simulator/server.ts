import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono } from "hono";
import { type Answer, empty, Panic, Refusal } from "./answer";
import { authenticate, keyOf, organizationHeader } from "./auth";
import type { Effect, Faults } from "./faults";
import type { Log, RequestRecord, Route } from "./log";
import { pause } from "./pause";
import { type Resource, resources } from "./routes";
import type { World } from "./world";

/** What the HTTP side needs. */
interface Machinery extends World {
  readonly log: Log;
  readonly faults: Faults;
  /** A request begins or has ended. */
  emit(event: "request" | "response", record: RequestRecord): void;
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

function serviceTime({ serviceTimes }: World, route: Route): number {
  if (route === "listInvitations" || route === "listMembers") {
    return serviceTimes.list ?? 0;
  }
  return route === "invite" || route === "health" ? 0 : (serviceTimes.other ?? 0);
}

/** Authentication, then routing: wrong paths and methods are found only after the key and the organization. */
async function handle(
  world: World,
  c: Context<Env>,
  resource: Resource | undefined,
  body: string,
  mailFails: boolean,
): Promise<Answer> {
  const { method, path, raw } = c.req;
  const caller = await authenticate(world, method, path, raw.headers);
  if (resource === undefined) {
    return empty(404);
  }
  const found = resource.methods[method];
  if (found === undefined) {
    return empty(405, { allow: Object.keys(resource.methods).join(", ") });
  }
  const [route, handler] = found;
  await pause(serviceTime(world, route));
  if (caller.askedDatabase && route !== "health") {
    await world.pool.query();
  }
  const query = new URL(c.req.url).searchParams;
  const { headers } = raw;
  return handler(world, { params: c.req.param(), query, headers, body, caller, mailFails });
}

function withEffect(answer: Answer, effect: Effect): Outcome {
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
  effect: Effect,
  carryOut: (mailFails: boolean) => Promise<Answer>,
): Promise<Outcome> {
  if ("status" in effect) {
    return effect;
  }
  if ("reset" in effect && effect.reset === "before") {
    return { broken: "reset" };
  }
  if ("delayMs" in effect) {
    await pause(effect.delayMs);
  }
  try {
    return withEffect(await carryOut("mailFails" in effect), effect);
  } catch (error) {
    if (error instanceof Refusal) {
      return withEffect(error.answer, effect);
    }
    if (error instanceof Panic) {
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
  const { store, pool, log, faults } = machinery;
  const { outgoing } = c.env;
  const end = log.begin();
  outgoing.once("close", end);
  const text = await c.req.text();
  const [route = "other"] = resource?.methods[c.req.method] ?? [];
  const { headers } = c.req.raw;
  const { pathname, search } = new URL(c.req.url);
  const keyText = keyOf(headers);
  const body = parsed(text);
  const email: unknown = route === "invite" ? Object(body).email : undefined;
  const record = log.add({
    method: c.req.method,
    path: pathname + search,
    route,
    organizationId: organizationHeader(headers),
    keyText,
    body,
    email: typeof email === "string" ? email : undefined,
  });
  machinery.emit("request", record);
  const outcome = await outcomeOf(faults.take(record), (mailFails) => {
    const answer = () => handle(machinery, c, resource, text, mailFails);
    const organizationKey = store.organizationKey(keyText ?? "");
    return organizationKey === undefined ? answer() : pool.forOrganizationKey(answer);
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
    const heard = machinery.pool.connected();
    heardOf.set(socket, heard);
    socket.once("close", heard);
  });
  server.on("request", ({ socket }) => heardOf.get(socket)?.());
  return server;
}
