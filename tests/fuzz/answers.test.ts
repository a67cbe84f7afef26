import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync, gzipSync } from "node:zlib";
import { expect } from "chai";
import fc from "fast-check";
import { type Organization, read } from "../../provider/lifecycle/act";
import { OwnerWrites } from "../../provider/lifecycle/owners";
import type { Outputs } from "../../provider/lifecycle/state";
import { Client } from "../../provider/trieve/client";
import { Directory } from "../../provider/trieve/directory";
import { TrieveError } from "../../provider/trieve/errors";
import { roles } from "../../provider/trieve/model";
import { startSimulator } from "../../simulator";
import { limits, ownMeetingFolder } from "../lifecycle/world";
import { expectPlain, fuzz, mutated, nasty, nastyWords } from "./fuzz";

const key = "tr-0123456789abcdefghijklmnopqrstuv";
const email = "ada@x.example";
const retiredId = "01234567-89ab-cdef-0123-456789abcdef";

/** What goes over the wire, cut off after so many bytes if at all. */
interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly cutAfter?: number;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/;

describe("fuzz: answers of a server", () => {
  ownMeetingFolder();
  let server: Server;
  let url: string;
  let organizationId: string;
  /** Of the simulator: both lists and an account. */
  const real: string[] = [];
  /** By the beginning of the path, what is answered now. */
  let answers: (path: string) => Answer;

  before(async () => {
    const simulator = await startSimulator({ adminKey: "admin-key" });
    const organization = simulator.createOrganization("acme", { owner: "owner@x.example" });
    organizationId = organization.id;
    const client = new Client({ ...connection(simulator.url), apiKey: organization.apiKey });
    for (const invited of [email, "bob@x.example"])
      await client.invite(organizationId, invitation(invited));
    for (const path of [
      `/api/invitations/${organizationId}`,
      `/api/organization/users/${organizationId}`,
    ]) {
      const headers = { Authorization: organization.apiKey, "TR-Organization": organizationId };
      real.push(await (await fetch(simulator.url + path, { headers })).text());
    }
    await simulator.close();
    server = createServer((request, response) => {
      request.resume();
      const { status, headers, body, cutAfter } = answers(request.url ?? "");
      response.writeHead(status, headers);
      if (cutAfter === undefined) response.end(body);
      else response.write(body.subarray(0, cutAfter), () => response.destroy());
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const connection = (apiUrl: string) => ({
    apiUrl,
    apiKey: key,
    maxConcurrency: 8,
    keyAdvice: "Advice.",
    limits: { ...limits, retryForMs: 0 },
  });
  const invitation = (to: string) => ({
    email: to,
    role: "admin" as const,
    scopes: null,
    appUrl: "http://t.example/api",
    redirectUri: "http://d.example/",
  });

  const hostile = fc.oneof(
    nasty,
    fc.constantFrom(key, `Bearer ${key}`, email, email.toUpperCase(), retiredId, "x".repeat(5_000)),
  );
  const value = fc.oneof(
    hostile,
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom(-1, 3, 1.5, 2 ** 53, 1e308, -0),
  );
  const messages = fc.constantFrom(
    "Error sending email.",
    `User with email ${email} is already in the organization`,
    `User with email ${email} has already been invited`,
    "Error getting invitation.",
    "Error loading user role",
    "Error loading user by itself for get_user_by_id_query",
    "Not Found: Organization not found",
    "Can not invite yourself",
  );

  /** One value somewhere in a real answer is another one, or another property is there. */
  const twisted = fc
    .tuple(fc.nat(1), fc.nat(), value, fc.oneof(fc.constantFrom(...nastyWords), hostile), fc.nat(4))
    .map(([which, where, other, name, how]) => {
      const json = JSON.parse(real[which] ?? "") as unknown;
      const places: [container: Record<string, unknown>, name: string][] = [];
      const visit = (node: unknown) => {
        if (typeof node !== "object" || node === null) return;
        for (const [child, inner] of Object.entries(node)) {
          places.push([node as Record<string, unknown>, child]);
          visit(inner);
        }
      };
      visit(json);
      const [container, child] = places[where % places.length] ?? [{}, ""];
      if (how === 0) delete container[child];
      else if (how === 1)
        Object.defineProperty(container, name, { value: other, enumerable: true, writable: true });
      else container[child] = other;
      return JSON.stringify(json);
    });

  // Made when a run begins: the real answers are not there before.
  const realText = fc.nat(1).map((which) => real[which] ?? "");
  const bodyText = fc.oneof(
    { weight: 3, arbitrary: twisted },
    {
      weight: 3,
      arbitrary: mutated(realText, fc.oneof(hostile, fc.constantFrom("1e999", "-1", "null", "{}"))),
    },
    { weight: 2, arbitrary: realText },
    { weight: 1, arbitrary: value.map((json) => JSON.stringify(json)) },
    { weight: 1, arbitrary: fc.array(value).map((json) => JSON.stringify(json)) },
    {
      weight: 2,
      arbitrary: fc.oneof(messages, hostile, value).map((message) => JSON.stringify({ message })),
    },
    { weight: 1, arbitrary: hostile },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "",
        "[]",
        "{}",
        "null",
        "[".repeat(50_000),
        "[[]]",
        '{"__proto__":{"email":"a"}}',
        '[{"__proto__":{"polluted":1}}]',
      ),
    },
  );
  const answer: fc.Arbitrary<Answer> = fc
    .record({
      status: fc.oneof(
        { weight: 4, arbitrary: fc.constant(200) },
        { weight: 2, arbitrary: fc.constantFrom(204, 400, 401, 403, 404, 408, 429, 500, 503) },
        { weight: 1, arbitrary: fc.integer({ min: 200, max: 599 }) },
      ),
      text: bodyText,
      bytes: fc.option(fc.uint8Array({ maxLength: 20 })),
      headers: fc.oneof(
        { weight: 4, arbitrary: fc.constant<Record<string, string>>({}) },
        {
          weight: 1,
          arbitrary: fc.constantFrom<Record<string, string>>(
            { "retry-after": "9".repeat(300) },
            { "retry-after": "Thu, 01 Jan 1970 00:00:00 GMT" },
            { "retry-after": "-1" },
            { "content-type": "text/html; charset=utf-16" },
            { "content-encoding": "gzip" },
            { "content-encoding": "br" },
            { location: "http://127.0.0.1:9/" },
            { location: "::::" },
          ),
        },
      ),
      packed: fc.boolean(),
      cut: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 6 }),
    })
    .map(({ status, text, bytes, headers, packed, cut }) => {
      const plain = bytes ? Buffer.concat([Buffer.from(text), bytes]) : Buffer.from(text);
      const body = headers["content-encoding"] === "gzip" && packed ? gzipSync(plain) : plain;
      return {
        status,
        headers,
        body,
        ...(cut === null ? {} : { cutAfter: Math.floor(cut * body.length) }),
      };
    });

  /** An error of ours, fit to be read. */
  function expectOurs(error: unknown): TrieveError {
    if (!(error instanceof TrieveError)) throw error;
    expectPlain(error.message);
    expect(error.message).not.to.contain(key);
    expect(error.message).to.match(/^Could not .* at http:\/\/127\.0\.0\.1:\d+: /);
    return error;
  }

  fuzz(
    "a list or an account is what Trieve sends, or an error of ours",
    300,
    answer,
    async (given) => {
      answers = () => given;
      const client = new Client(connection(url));
      const ask = async <T>(question: Promise<T>): Promise<T | undefined> =>
        question.catch((error) => void expectOurs(error));
      for (const row of (await ask(client.listInvitations(organizationId))) ?? []) {
        expect(row.id).to.match(uuid);
        expect([typeof row.email, typeof row.used]).to.deep.equal(["string", "boolean"]);
        expect(row.role).to.be.oneOf(roles);
        expect(Object.getPrototypeOf(row)).to.equal(Object.prototype);
      }
      for (const row of (await ask(client.listMembers(organizationId))) ?? []) {
        expect(row.userId).to.match(uuid);
        expect(row.role).to.be.oneOf(roles);
      }
      const account = await ask(client.account());
      if (account) expect(account.userId).to.match(uuid);
    },
  );

  fuzz(
    "a write is done, known to be void, unclear, or an error of ours",
    300,
    answer,
    async (given) => {
      answers = () => given;
      const client = new Client(connection(url));
      const writes = [
        client.invite(organizationId, invitation(email)),
        client.deleteInvitation(organizationId, email, retiredId),
        client.removeMember(organizationId, email, retiredId),
        client.updateMember(organizationId, email, retiredId, { role: "user" }),
      ];
      const outcomes = writes.map((write) =>
        write.catch((error) => {
          expect(expectOurs(error).outcome).to.equal("not executed");
          return undefined;
        }),
      );
      for (const outcome of await Promise.all(outcomes)) {
        if (outcome?.result === "unclear") expectOurs(outcome.error);
        if (outcome?.result === "done") expect(given.status).to.equal(204);
        if (outcome?.result === "gone") {
          expect(given.status).to.equal(400);
          expect(given.body.toString()).to.match(/"message":"(Error|The user)/);
        }
      }
    },
  );

  /** Said without what the provider says it with. */
  function isCompleteList({ status, headers, body, cutAfter }: Answer, members: boolean): boolean {
    if (status !== 200 || cutAfter !== undefined) return false;
    let rows: unknown;
    try {
      rows = JSON.parse(unpacked(headers, body));
    } catch {
      return false;
    }
    type Row = Record<string, unknown>;
    const isHere = (row: Row) => row.organization_id === organizationId;
    const wellFormed = (row: Row) =>
      Number.isInteger(row.role) && time.test(String(row.created_at)) && row.scopes !== undefined;
    return (
      Array.isArray(rows) &&
      rows.every((row: Row | null) => {
        if (!uuid.test(String(row?.id)) || typeof row?.email !== "string") return false;
        if (row.email.toLowerCase() === email) return false;
        if (!members) return isHere(row) && wellFormed(row) && typeof row.used === "boolean";
        const memberships = row.user_orgs as Row[];
        return (
          Array.isArray(memberships) && memberships.some(isHere) && memberships.every(wellFormed)
        );
      })
    );
  }
  const unpacked = (headers: Answer["headers"], body: Buffer): string => {
    if (headers["content-encoding"] === "br") return "";
    if (headers["content-encoding"] !== "gzip") return new TextDecoder().decode(body);
    return new TextDecoder().decode(gunzipSync(body));
  };

  fuzz(
    "somebody is gone only if both lists are whole and neither names them",
    500,
    fc.tuple(answer, answer),
    async ([invitations, members]) => {
      answers = (path) => (path.startsWith("/api/invitations/") ? invitations : members);
      const organization: Organization = {
        directory: new Directory(new Client(connection(url)), organizationId),
        owners: new OwnerWrites(organizationId),
        links: {
          appUrl: "http://t.example/api",
          redirectUri: "http://d.example/",
          mail: "required",
        },
        mayBegin: async () => {},
        warn: expectPlain,
      };
      let outputs: Outputs | undefined;
      try {
        outputs = await read(organization, { email, organizationId }, undefined);
      } catch (error) {
        expectOurs(error);
        return;
      }
      if (outputs) {
        expect(outputs).to.include({ email, organizationId });
        expect(outputs.status).to.be.oneOf(["pending", "member"]);
        // What the engine cannot store would be lost with the write.
        expect(JSON.parse(JSON.stringify(outputs))).to.deep.equal(outputs);
      } else
        expect([isCompleteList(invitations, false), isCompleteList(members, true)]).to.deep.equal([
          true,
          true,
        ]);
    },
  );
});
