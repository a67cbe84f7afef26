import http from "node:http";
import https from "node:https";
import type { Socket } from "node:net";

/** One request. The path includes `/api`. */
export interface Request {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  /** For the whole exchange, from connecting to the last byte. */
  readonly timeoutMs: number;
  /** Ends the exchange earlier. */
  readonly signal?: AbortSignal;
}

export interface Response {
  readonly status: number;
  readonly header: (name: string) => string | null;
  readonly text: string;
}

/** No complete answer came. `code` is Node's (`ECONNRESET`), or `TIMEOUT`, `CONNECT_TIMEOUT`, `TOO_LARGE`. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  constructor(
    message: string,
    readonly reason: string | undefined,
  ) {
    super(message);
  }
}

export type Transport = (request: Request) => Promise<Response>;

/**
 * HTTP over kept connections.
 *
 * @param server base URL
 * @param limits in milliseconds and bytes
 */
export function transport(
  server: string,
  limits: { connectMs: number; maxBytes: number },
): Transport {
  const agent = agentFor(server, limits.connectMs);
  return async ({ method, path, headers, body, timeoutMs, signal: ended }) => {
    // Loaded at the first request: verbs that ask nothing of the server start faster.
    const { default: fetch } = await import("node-fetch");
    const late = AbortSignal.timeout(timeoutMs);
    const signal = ended ? AbortSignal.any([late, ended]) : late;
    try {
      const response = await fetch(server + path, {
        method,
        headers,
        body,
        agent,
        signal,
        // The key must not follow a redirect to somewhere else.
        redirect: "manual",
        size: limits.maxBytes,
      });
      return {
        status: response.status,
        header: (name) => response.headers.get(name),
        text: await response.text(),
      };
    } catch (error) {
      if (signal.aborted) {
        throw new TransportError(`no answer within ${Math.round(timeoutMs / 1000)} s`, "TIMEOUT");
      }
      throw failure(error);
    }
  };
}

function failure(error: unknown): TransportError {
  const { message, code, type } = error as { message: string; code?: string; type?: string };
  if (type === "max-size") return new TransportError("the answer is too large", "TOO_LARGE");
  const reason = message.replace(/^request to \S+ failed, reason: /, "");
  return new TransportError(reason || code || "the connection failed", code);
}

/** A Trieve server closes idle connections after 5 s; one given up before that never meets its reset. */
const idleMs = 4_000;

function agentFor(server: string, connectMs: number): http.Agent {
  const secure = new URL(server).protocol === "https:";
  const agent = new (secure ? https : http).Agent({ keepAlive: true, timeout: idleMs });
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = connect(options, callback) as Socket;
    const timer = setTimeout(() => {
      socket.destroy(
        Object.assign(new Error(`no connection within ${Math.round(connectMs / 1000)} s`), {
          code: "CONNECT_TIMEOUT",
        }),
      );
    }, connectMs);
    const connected = () => clearTimeout(timer);
    socket.once(secure ? "secureConnect" : "connect", connected).once("close", connected);
    return socket;
  };
  return agent;
}
