import { Agent, request as httpRequest, type IncomingHttpHeaders } from "node:http";

/** An answer, or `status` 0: the connection closed without one. */
export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** What to send; an object is sent as JSON. */
export interface Sending {
  headers?: Record<string, string>;
  body?: unknown;
}

const agent = new Agent({ keepAlive: true });

/** One request with exactly these headers: `fetch` would add some. */
export function send(
  url: string,
  method: string,
  path: string,
  { headers = {}, body }: Sending = {},
): Promise<Reply> {
  return new Promise((resolve) => {
    const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
    const length = text === undefined ? {} : { "Content-Length": Buffer.byteLength(text) };
    const { hostname, port } = new URL(url);
    const request = httpRequest(
      { hostname, port, method, path, headers: { ...length, ...headers }, agent },
      (response) => {
        let received = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          received += chunk;
        });
        response.on("error", () =>
          resolve({ status: 0, headers: response.headers, body: received }),
        );
        response.on("end", () => {
          const { statusCode = 0 } = response;
          resolve({ status: statusCode, headers: response.headers, body: received });
        });
      },
    );
    request.on("error", () => resolve({ status: 0, headers: {}, body: "" }));
    request.end(text);
  });
}

/** The `message` of an error answer. */
export function messageOf(reply: { body: string }): string {
  return (JSON.parse(reply.body) as { message: string }).message;
}
