import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { expect } from "chai";
import { Client, type Connection, type NewInvitation } from "../../provider/trieve/client";
import { startSimulator } from "../../simulator";
import { limits } from "../lifecycle/world";

const organizationId = "01234567-89ab-cdef-0123-456789abcdef";
const key = "tr-0123456789abcdefghijklmnopqrstuv";
const email = "ada@x.example";

const invitation: NewInvitation = {
  email,
  role: "admin",
  scopes: null,
  appUrl: "http://t.example/api",
  redirectUri: "http://d.example/",
};

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** A server that answers as told. */
interface Stand {
  url: string;
  server: Server;
  requests: { method: string; path: string; headers: IncomingMessage["headers"]; body: unknown }[];
  connections: Socket[];
}

async function withServer(handler: Handler, test: (stand: Stand) => Promise<void>): Promise<void> {
  const stand = { requests: [], connections: [] } as unknown as Stand;
  stand.server = createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    const { method = "", url: path = "", headers } = request;
    stand.requests.push({ method, path, headers, body: body && JSON.parse(body) });
    handler(request, response, body);
  });
  stand.server.on("connection", (socket) => stand.connections.push(socket));
  stand.server.listen(0, "127.0.0.1");
  await once(stand.server, "listening");
  stand.url = `http://127.0.0.1:${(stand.server.address() as AddressInfo).port}`;
  try {
    await test(stand);
  } finally {
    stand.server.close();
    stand.server.closeAllConnections();
  }
}

const connect = (apiUrl: string, more: Partial<Connection> = {}) =>
  new Client({
    apiUrl,
    apiKey: key,
    maxConcurrency: 4,
    keyAdvice: "Advice.",
    ...more,
    limits: { ...limits, ...more.limits },
  });

const answer =
  (status: number, body = "", headers: Record<string, string> = {}): Handler =>
  (_request, response) =>
    response.writeHead(status, headers).end(body);
const says = (status: number, message: string) => answer(status, JSON.stringify({ message }));
const emptyList = answer(200, "[]");
const silent: Handler = () => {};

/** The error of a question that fails. */
async function errorOf(question: Promise<unknown>): Promise<Error & { code?: string }> {
  return question.then(
    (result) => new Error(`no error: ${JSON.stringify(result)}`),
    (error) => error,
  );
}

describe("client: requests", () => {
  const organization = { "tr-organization": organizationId };
  const json = { "content-type": "application/json" };
  const links = { app_url: "http://t.example/api", redirect_uri: "http://d.example/" };
  const account = answer(200, JSON.stringify({ id: organizationId, email }));
  const rows: readonly [
    it: string,
    call: (client: Client) => Promise<unknown>,
    handler: Handler,
    request: string,
    headers: Record<string, string>,
    body: unknown,
  ][] = [
    [
      "list of invitations",
      (client) => client.listInvitations(organizationId),
      emptyList,
      `GET /api/invitations/${organizationId}`,
      organization,
      "",
    ],
    [
      "list of members",
      (client) => client.listMembers(organizationId),
      emptyList,
      `GET /api/organization/users/${organizationId}`,
      organization,
      "",
    ],
    ["account", (client) => client.account(), account, "GET /api/auth/me", {}, ""],
    [
      "invitation without scopes",
      (client) => client.invite(organizationId, invitation),
      answer(204),
      "POST /api/invitation",
      { ...organization, ...json },
      { email, user_role: 1, ...links },
    ],
    [
      "invitation with scopes",
      (client) =>
        client.invite(organizationId, { ...invitation, role: "owner", scopes: ["GET /api/a"] }),
      answer(204),
      "POST /api/invitation",
      { ...organization, ...json },
      { email, user_role: 2, ...links, scopes: ["GET /api/a"] },
    ],
    [
      "deletion of an invitation",
      (client) => client.deleteInvitation(organizationId, email, "i/1"),
      answer(204),
      "DELETE /api/invitation/i%2F1",
      organization,
      "",
    ],
    [
      "removal of a member",
      (client) => client.removeMember(organizationId, email, "u/1"),
      answer(204),
      `DELETE /api/organization/${organizationId}/user/u%2F1`,
      organization,
      "",
    ],
    [
      "role of a member: always with their id, since without it the caller would change",
      (client) => client.updateMember(organizationId, email, "u1", { role: "user" }),
      answer(204),
      "PUT /api/user",
      { ...organization, ...json },
      { user_id: "u1", role: 0 },
    ],
    [
      "scopes of a member",
      (client) => client.updateMember(organizationId, email, "u1", { scopes: ["GET /api/a"] }),
      answer(204),
      "PUT /api/user",
      { ...organization, ...json },
      { user_id: "u1", scopes: ["GET /api/a"] },
    ],
    [
      "both",
      (client) =>
        client.updateMember(organizationId, email, "u1", { role: "owner", scopes: ["GET /api/a"] }),
      answer(204),
      "PUT /api/user",
      { ...organization, ...json },
      { user_id: "u1", role: 2, scopes: ["GET /api/a"] },
    ],
  ];
  for (const [name, call, handler, request, headers, body] of rows)
    it(name, () =>
      withServer(handler, async ({ url, requests }) => {
        await call(connect(url));
        expect(requests).to.have.length(1);
        const [sent] = requests;
        const told = ["authorization", "tr-organization", "content-type"].flatMap((header) => {
          const value = sent?.headers[header];
          return value === undefined ? [] : [[header, value]];
        });
        expect([
          `${sent?.method} ${sent?.path}`,
          Object.fromEntries(told),
          sent?.body,
        ]).to.deep.equal([request, { authorization: key, ...headers }, body]);
      }),
    );

  it("under a path", () =>
    withServer(emptyList, async ({ url, requests }) => {
      await connect(`${url}/trieve`).listInvitations(organizationId);
      expect(requests[0]?.path).to.equal(`/trieve/api/invitations/${organizationId}`);
    }));

  it("never with an empty key: a server without an admin key would take it for that", () => {
    expect(() => connect("http://127.0.0.1:9", { apiKey: "" })).to.throw("The API key is empty.");
  });
});

describe("client: answers to writes", () => {
  const writes: Record<string, (client: Client) => Promise<{ result: string }>> = {
    invite: (client) => client.invite(organizationId, invitation),
    "delete invitation": (client) => client.deleteInvitation(organizationId, email, "i1"),
    "remove member": (client) => client.removeMember(organizationId, email, "u1"),
    "update member": (client) => client.updateMember(organizationId, email, "u1", { role: "user" }),
  };
  const meanings: readonly [write: string, message: string, result: string][] = [
    ["invite", "Error sending email.", "mail failed"],
    ["invite", "User with email ada@x.example is already in the organization", "already there"],
    ["invite", "User with email ada@x.example has already been invited", "already there"],
    ["delete invitation", "Error getting invitation.", "gone"],
    ["remove member", "Error loading user role", "gone"],
    ["update member", "Error loading user by itself for get_user_by_id_query", "gone"],
  ];
  for (const [write, message, result] of meanings)
    for (const [name, call] of Object.entries(writes)) {
      const means = name === write ? result : "Declined";
      it(`${name}, 400 ${message}: ${means}`, () =>
        withServer(says(400, message), async ({ url, requests }) => {
          const outcome = await call(connect(url)).then(
            (done) => done.result,
            (error: Error) => error.name,
          );
          expect([outcome, requests.length]).to.deep.equal([means, 1]);
        }));
    }

  it("the same text with another status means nothing", () =>
    withServer(says(422, "Error sending email."), async ({ url }) => {
      expect((await errorOf(connect(url).invite(organizationId, invitation))).name).to.equal(
        "Declined",
      );
    }));

  it("bodies whose message is no text say nothing", () =>
    withServer(answer(400, '{"message":{"a":1}}'), async ({ url }) => {
      expect((await errorOf(connect(url).invite(organizationId, invitation))).message).to.contain(
        "400 (no message)",
      );
    }));

  for (const [name, call] of Object.entries(writes))
    it(`${name}: sent once, whatever becomes of it`, () =>
      withServer(answer(503), async ({ url, requests }) => {
        expect(await call(connect(url))).to.nested.include({
          result: "unclear",
          "error.name": "ServerFailed",
        });
        expect(requests).to.have.length(1);
      }));

  it("the words of each", () =>
    withServer(answer(403), async ({ url }) => {
      const client = connect(url);
      const where = ` in organization ${organizationId} at ${url}: `;
      const texts = [
        ...Object.values(writes),
        () => client.updateMember(organizationId, email, "u1", { scopes: ["GET /api/a"] }),
        () =>
          client.updateMember(organizationId, email, "u1", {
            role: "user",
            scopes: ["GET /api/a"],
          }),
      ].map(async (call) => (await errorOf(call(client))).message.split(where)[0]);
      expect(await Promise.all(texts)).to.deep.equal([
        "Could not invite ada@x.example as admin",
        "Could not delete the invitation of ada@x.example",
        "Could not remove ada@x.example",
        "Could not change the role of ada@x.example to user",
        "Could not change the scopes of ada@x.example",
        "Could not change the role of ada@x.example to user and the scopes of ada@x.example",
      ]);
    }));
});

describe("client: the permission to write", () => {
  it("is asked for before each write", () =>
    withServer(answer(204), async ({ url }) => {
      let asked = 0;
      const permit = async () => void asked++;
      const client = connect(url);
      await client.invite(organizationId, invitation, permit);
      await client.deleteInvitation(organizationId, email, "i1", permit);
      await client.removeMember(organizationId, email, "u1", permit);
      await client.updateMember(organizationId, email, "u1", { role: "user" }, permit);
      expect(asked).to.equal(4);
    }));

  it("without it nothing is sent", () =>
    withServer(answer(204), async ({ url, requests }) => {
      const refused = connect(url).invite(organizationId, invitation, () =>
        Promise.reject(new Error("stop")),
      );
      expect((await errorOf(refused)).message).to.equal("stop");
      expect(requests).to.deep.equal([]);
    }));

  // It was asked for before the wait for a slot: when the CLI was killed during an `up` of 60 people on a slow server,
  // twelve more were invited, who had the permission already.
  it("and it is that of the moment at which a write is sent, not of that at which it began to wait", () => {
    let engineIsAlive = true;
    const slow: Handler = (_request, response) => {
      engineIsAlive = false;
      response.writeHead(204).end();
    };
    return withServer(slow, async ({ url, requests }) => {
      const client = connect(url, { maxConcurrency: 1 });
      const permit = async () => {
        if (!engineIsAlive) throw new Error("stop");
      };
      const [first, ...others] = await Promise.allSettled(
        [1, 2, 3].map((n) => client.removeMember(organizationId, email, `u${n}`, permit)),
      );
      expect(first).to.deep.equal({ status: "fulfilled", value: { result: "done" } });
      for (const other of others) expect(other).to.have.nested.property("reason.message", "stop");
      expect(requests).to.have.length(1);
    });
  });
});

describe("client: a question that goes without an answer", () => {
  // `up` and `refresh` were silent for a minute and a half if the server was down.
  it("is told of after two seconds, once, and anew when the server was there in between", async () => {
    const answers = [503, 503, 503, 200, 503, 503, 200];
    const told: string[] = [];
    const moody: Handler = (_request, response) => {
      const status = answers.shift() ?? 200;
      response.writeHead(status, { "retry-after": "1" }).end(status === 200 ? "[]" : "");
    };
    await withServer(moody, async ({ url }) => {
      const client = connect(url, {
        onWaiting: (text) => told.push(text),
        limits: { retryForMs: 60_000 },
      });
      await client.listMembers(organizationId);
      expect(told).to.have.length(1);
      expect(told[0]).to.match(
        /^Could not list the members .*503.* It is retried for 60 s at most\.$/,
      );
      await client.listMembers(organizationId);
      expect(told).to.have.length(2);
    });
  }).timeout(30_000);

  // A server that took connections and never answered was named after 30 s.
  it("is told of while it waits for a server that is silent, be it a question or a write", () =>
    withServer(silent, async ({ url }) => {
      const told: string[] = [];
      const client = () =>
        connect(url, {
          onWaiting: (text) => told.push(text),
          limits: { readMs: 2_500, writeMs: 2_500 },
        });
      const where = `in organization ${organizationId}`;
      await errorOf(client().listMembers(organizationId));
      expect(told).to.deep.equal([
        `No answer from ${url} for 2 s, asked to list the members ${where}. It has 2.5 s.`,
      ]);
      expect((await client().invite(organizationId, invitation)).result).to.equal("unclear");
      expect(told[1]).to.equal(
        `No answer from ${url} for 2 s, asked to invite ${email} as admin ${where}. It has 2.5 s.`,
      );
    })).timeout(30_000);

  // After a Ctrl-C the run waited for 90 s of questions, each asked anew.
  it("is not asked again where the server was silent, unless that may be sending a mail of ours", () =>
    withServer(silent, async ({ url, requests }) => {
      const client = connect(url, { limits: { readMs: 200, writeMs: 1_000, retryForMs: 60_000 } });
      await errorOf(client.listMembers(organizationId));
      expect(requests.filter(({ path }) => path.includes("users"))).to.have.length(1);
      const invited = client.invite(organizationId, invitation);
      await errorOf(client.listInvitations(organizationId));
      expect((await invited).result).to.equal("unclear");
      expect(requests.filter(({ path }) => path.includes("invitations")).length).to.be.greaterThan(
        1,
      );
    })).timeout(30_000);
});

describe("client: whose key", () => {
  it("an organization key belongs to nobody", async () => {
    const simulator = await startSimulator();
    const { apiKey } = simulator.createOrganization("acme");
    expect(await connect(simulator.url, { apiKey }).account()).to.equal(undefined);
    await simulator.close();
  });

  it("any other belongs to an account", async () => {
    const simulator = await startSimulator({ adminKey: "admin-key" });
    const account = await connect(simulator.url, { apiKey: "admin-key" }).account();
    expect(account?.email).to.equal("default");
    await simulator.close();
  });

  it("a key that the server does not know is an error", async () => {
    const simulator = await startSimulator();
    const error = await errorOf(connect(simulator.url).account());
    expect(error.message).to.equal(
      `Could not check the API key at ${simulator.url}: the server answered 401 (Unauthorized). The API key is wrong, expired or revoked. Advice.`,
    );
    await simulator.close();
  });
});

describe("client: redirects", () => {
  for (const status of [301, 302, 303, 307, 308])
    it(`${status} to another origin is not followed, so the key stays here`, () =>
      withServer(emptyList, async (elsewhere) => {
        const location = `${elsewhere.url}/api/invitations/${organizationId}`;
        await withServer(answer(status, "", { location }), async ({ url, requests }) => {
          const client = connect(url);
          expect((await errorOf(client.listInvitations(organizationId))).name).to.equal(
            "UnexpectedAnswer",
          );
          expect(await client.invite(organizationId, invitation)).to.nested.include({
            result: "unclear",
            "error.name": "UnexpectedAnswer",
            "error.transient": false,
          });
          expect(requests).to.have.length(2);
        });
        expect(elsewhere.requests).to.deep.equal([]);
      }));
});

describe("client: connections", () => {
  it("are used again", () =>
    withServer(emptyList, async ({ url, connections }) => {
      const client = connect(url);
      for (let i = 0; i < 5; i++) await client.listMembers(organizationId);
      expect(connections).to.have.length(1);
    }));

  it("are as many as requests in flight, at most", () =>
    withServer(emptyList, async ({ url, connections, requests }) => {
      const client = connect(url, { maxConcurrency: 3 });
      await Promise.all(Array.from({ length: 20 }, () => client.listMembers(organizationId)));
      expect(requests).to.have.length(20);
      expect(connections.length).to.be.within(1, 3);
    }));

  it("that are idle are given up before the server's patience ends", async () => {
    await withServer(emptyList, async ({ url, connections }) => {
      await connect(url).listMembers(organizationId);
      // This server would keep them for a minute.
      await once(connections[0] as Socket, "end");
      expect(connections).to.have.length(1);
    });
  }).timeout(30_000);

  it("that nobody accepts: said, and worth another try", async () => {
    const server = createTcpServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    const client = connect(`http://127.0.0.1:${port}`, { limits: { retryForMs: 0 } });
    expect(await errorOf(client.listMembers(organizationId))).to.include({
      name: "NoAnswer",
      code: "ECONNREFUSED",
      outcome: "not executed",
      message: `Could not list the members in organization ${organizationId} at http://127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}. Check that the server is running and that the URL is correct.`,
    });
  });

  it("that neither of two addresses accepts", async () => {
    const server = createTcpServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    // Node tries ::1 as well, and its error for both has no text.
    const client = connect(`http://localhost:${port}`, { limits: { retryForMs: 0 } });
    const { message } = await errorOf(client.listMembers(organizationId));
    expect(message).to.match(/: (connect )?ECONNREFUSED/);
  });

  it("that are not there in time", async () => {
    // Takes connections, but never answers the TLS handshake.
    const sockets: Socket[] = [];
    const server = createTcpServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const client = connect(`https://127.0.0.1:${port}`, {
      limits: { connectMs: 100, retryForMs: 0 },
    });
    expect(await errorOf(client.listMembers(organizationId))).to.include({
      name: "NoAnswer",
      code: "CONNECT_TIMEOUT",
      outcome: "not executed",
    });
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  it("that break without a reason", () =>
    withServer(
      (request) => request.socket.destroy(),
      async ({ url }) => {
        const client = connect(url, { limits: { retryForMs: 0 } });
        const error = await errorOf(client.listMembers(organizationId));
        expect(error.message).to.equal(
          `Could not list the members in organization ${organizationId} at ${url}: socket hang up. Try again. If it keeps failing, check the server and any proxy in front of it.`,
        );
      },
    ));
});

describe("client: bodies", () => {
  const once_ = { retryForMs: 0 };
  const tooLarge = (url: string) =>
    `Could not list the members in organization ${organizationId} at ${url}: the answer is too large. Check that the URL is that of a Trieve server.`;

  it("too large: given up, and not asked for again", () =>
    withServer(answer(200, JSON.stringify(["x".repeat(2000)])), async ({ url, requests }) => {
      const client = connect(url, { limits: { maxBytes: 1000 } });
      expect((await errorOf(client.listMembers(organizationId))).message).to.equal(tooLarge(url));
      expect(requests).to.have.length(1);
    }));

  it("without an end: given up at the same size", () =>
    withServer(
      (_request, response) => {
        response.writeHead(200);
        const more = () => {
          if (!response.destroyed) response.write("x".repeat(1000), () => setImmediate(more));
        };
        more();
      },
      async ({ url, requests, connections }) => {
        const client = connect(url, { limits: { maxBytes: 100_000 } });
        expect((await errorOf(client.listMembers(organizationId))).message).to.equal(tooLarge(url));
        expect(requests).to.have.length(1);
        const [connection] = connections as [Socket];
        if (!connection.destroyed) await once(connection, "close");
      },
    ));

  it("that trickle: given up in time", () =>
    withServer(
      (_request, response) => {
        response.writeHead(200).write("[");
      },
      async ({ url }) => {
        const client = connect(url, { limits: { ...once_, readMs: 200, connectMs: 200 } });
        expect(await errorOf(client.listMembers(organizationId))).to.include({
          name: "NoAnswer",
          code: "TIMEOUT",
        });
      },
    ));

  it("that are cut short: asked for again", () => {
    let asked = 0;
    return withServer(
      (_request, response) => {
        if (++asked > 1) return response.end("[]");
        response.writeHead(200, { "content-length": "100" }).write("[", () => {
          response.socket?.destroy();
        });
        return response;
      },
      async ({ url }) => {
        expect(await connect(url).listMembers(organizationId)).to.deep.equal([]);
        expect(asked).to.equal(2);
      },
    );
  });

  it("that are longer than they may be at the limit", () =>
    withServer(emptyList, async ({ url }) => {
      const client = connect(url, { limits: { maxBytes: 2 } });
      expect(await client.listMembers(organizationId)).to.deep.equal([]);
    }));
});

describe("client: load", () => {
  it("never more requests in flight than allowed", async () => {
    const simulator = await startSimulator({ serviceTimes: { list: 5 } });
    const { id, apiKey } = simulator.createOrganization("acme");
    const client = connect(simulator.url, { apiKey, maxConcurrency: 3 });
    await Promise.all(Array.from({ length: 30 }, () => client.listMembers(id)));
    expect(simulator.requests).to.have.length(30);
    expect(simulator.highestInFlight).to.be.within(1, 3);
    await simulator.close();
  });

  it("after two 408s invitations go one at a time", async () => {
    const simulator = await startSimulator({ mailDelayMs: 20 });
    const { id, apiKey } = simulator.createOrganization("acme");
    const client = connect(simulator.url, { apiKey });
    const invite = (n: number) => client.invite(id, { ...invitation, email: `p${n}@x.example` });
    const inviteAll = () => Promise.all(Array.from({ length: 6 }, (_, n) => invite(n)));
    simulator.fault({ route: "invite", times: 1, effect: { status: 408 } });
    await inviteAll();
    expect(simulator.highestInFlight, "after one").to.be.above(1);
    simulator.deleteInvitations(id, "p0@x.example");
    simulator.fault({ route: "listMembers", times: 1, effect: { status: 408 } });
    await client.listMembers(id);
    simulator.resetCounters();
    await inviteAll();
    expect(simulator.highestInFlight, "after two").to.equal(1);
    await simulator.close();
  });

  it("a server that hangs is told from one that does not answer", () =>
    withServer(
      (request, response) => {
        if (request.url === "/api/health") response.end();
      },
      async ({ url, requests }) => {
        const client = connect(url, { limits: { readMs: 100, retryForMs: 0 } });
        expect((await errorOf(client.listMembers(organizationId))).name).to.equal("ServerHangs");
        const health = requests.find(({ path }) => path === "/api/health");
        expect(health?.headers, "no key where none is needed").not.to.have.property(
          "authorization",
        );
      },
    ));

  it("a health check that fails says nothing", () =>
    withServer(
      (request, response) => {
        if (request.url === "/api/health") response.writeHead(502).end();
      },
      async ({ url }) => {
        const client = connect(url, { limits: { readMs: 100, retryForMs: 0 } });
        expect((await errorOf(client.listMembers(organizationId))).name).to.equal("NoAnswer");
      },
    ));

  it("a POST that comes back too late is no hang", () =>
    withServer(
      () => {},
      async ({ url, requests }) => {
        const client = connect(url, { limits: { writeMs: 100 } });
        expect(await client.invite(organizationId, invitation)).to.nested.include({
          result: "unclear",
          "error.code": "TIMEOUT",
        });
        expect(requests).to.have.length(1);
      },
    ));
});
