import { expect } from "chai";
import { send } from "./http";
import { type Asking, eachTest, invitationTo, outcome } from "./world";

const stranger = "11111111-1111-4111-8111-111111111111";

describe("simulator: who may do what", () => {
  const world = eachTest();

  /** The cases of one row of the matrix, made when the test runs. */
  type Case = () => Asking;
  const matrix: [title: string, asking: Case, list: string, invite: string][] = [
    [
      "no key, no organization",
      () => ({ key: null, organization: null }),
      "401 Unauthorized",
      "500 Could not get dataset from request",
    ],
    [
      "unknown key, no organization",
      () => ({ key: "tr-nothing", organization: null }),
      "401 Unauthorized",
      "500 Could not get dataset from request",
    ],
    [
      "valid key, no organization",
      () => ({ organization: null }),
      "401 Unauthorized",
      "500 Could not get dataset from request",
    ],
    ...(["valid", "none"] as const).map((key): [string, Case, string, string] => [
      `malformed organization, key: ${key}`,
      () => ({ organization: "zzz", ...(key === "none" ? { key: null } : {}) }),
      "400 Could not convert Organization to UUID",
      "400 Could not convert Organization to UUID",
    ]),
    ...(["valid", "none"] as const).map((key): [string, Case, string, string] => [
      `unknown organization, key: ${key}`,
      () => ({ organization: stranger, ...(key === "none" ? { key: null } : {}) }),
      "404 Not Found: Organization not found",
      "404 Not Found: Organization not found",
    ]),
    ["no key", () => ({ key: null }), "401 Unauthorized", "401 Unauthorized"],
    ["unknown key", () => ({ key: "tr-nothing" }), "401 Unauthorized", "401 Unauthorized"],
    [
      "key of another organization",
      () => ({ key: world.simulator.createOrganization("other").apiKey }),
      "403 Forbidden",
      "403 Forbidden",
    ],
    [
      "role user",
      () => ({ key: world.simulator.createKey(world.organization.id, "user") }),
      "403 Forbidden",
      "403 Forbidden",
    ],
    [
      "role admin",
      () => ({ key: world.simulator.createKey(world.organization.id, "admin") }),
      "200",
      "204",
    ],
    ["role owner", () => ({}), "200", "204"],
    ["admin key", () => ({ key: "admin" }), "200", "204"],
  ];

  for (const [title, asking, list, invite] of matrix) {
    it(`${title}: list ${list}, invite ${invite}`, async () => {
      const { id } = world.organization;
      expect(outcome(await world.ask("GET", `/api/invitations/${id}`, asking()))).to.equal(list);
      expect(outcome(await world.invite("ada@x.example", {}, asking()))).to.equal(invite);
    });
  }

  const headers: [
    title: string,
    make: (key: string, id: string) => Record<string, string>,
    status: number,
  ][] = [
    ["Authorization", (key, id) => ({ Authorization: key, "TR-Organization": id }), 200],
    ["Bearer", (key, id) => ({ Authorization: `Bearer ${key}`, "TR-Organization": id }), 200],
    ["bearer", (key, id) => ({ Authorization: `bearer ${key}`, "TR-Organization": id }), 401],
    ["ApiKey", (key, id) => ({ Authorization: `ApiKey ${key}`, "TR-Organization": id }), 401],
    ["x-api-key", (key, id) => ({ "x-api-key": key, "TR-Organization": id }), 200],
    [
      "x-api-key with Bearer",
      (key, id) => ({ "x-api-key": `Bearer ${key}`, "TR-Organization": id }),
      200,
    ],
    [
      "Authorization hides x-api-key",
      (key, id) => ({ Authorization: "Basic eA==", "x-api-key": key, "TR-Organization": id }),
      401,
    ],
    ["x-organization", (key, id) => ({ Authorization: key, "x-organization": id }), 200],
    [
      "TR-Organization hides x-organization",
      (key, id) => ({ Authorization: key, "TR-Organization": "zzz", "x-organization": id }),
      400,
    ],
    [
      "organization in upper case",
      (key, id) => ({ Authorization: key, "TR-Organization": id.toUpperCase() }),
      200,
    ],
    [
      "organization without hyphens",
      (key, id) => ({ Authorization: key, "TR-Organization": id.replaceAll("-", "") }),
      200,
    ],
    [
      "organization as a URN",
      (key, id) => ({ Authorization: key, "TR-Organization": `urn:uuid:${id}` }),
      200,
    ],
    [
      "unknown dataset",
      (key, id) => ({ Authorization: key, "TR-Organization": id, "TR-Dataset": stranger }),
      404,
    ],
    [
      "dataset by tracking id, no organization",
      (key) => ({ Authorization: key, "TR-Dataset": "docs" }),
      400,
    ],
  ];

  for (const [title, make, status] of headers) {
    it(`header ${title}: ${status}`, async () => {
      const { id, apiKey } = world.organization;
      const path = `/api/organization/users/${id}`;
      const reply = await send(world.simulator.url, "GET", path, { headers: make(apiKey, id) });
      expect(reply.status).to.equal(status);
    });
  }

  it("is checked on every path, also those that do not exist", async () => {
    expect(outcome(await world.ask("GET", "/api/nope"))).to.equal("404");
    expect(outcome(await world.ask("GET", "/api/nope", { organization: "zzz" }))).to.match(/^400/);
    expect(outcome(await world.ask("GET", "/api/health", { organization: stranger }))).to.match(
      /^404/,
    );
    const other = world.simulator.createOrganization("other").apiKey;
    expect(outcome(await world.ask("PATCH", "/api/invitation", { key: other }))).to.equal(
      "403 Forbidden",
    );
  });

  it("ends with a revoked key", async () => {
    const { id, apiKey } = world.organization;
    world.simulator.revokeKey(apiKey);
    expect(outcome(await world.ask("GET", `/api/invitations/${id}`))).to.equal("401 Unauthorized");
  });

  it("ends with an expired key", async () => {
    const { id } = world.organization;
    const mint = async (expires_at: string) => {
      const body = { name: "k", role: 1, expires_at };
      const reply = await world.ask("POST", "/api/organization/api_key", { body });
      return (JSON.parse(reply.body) as { api_key: string }).api_key;
    };
    const list = async (key: string) =>
      outcome(await world.ask("GET", `/api/invitations/${id}`, { key }));
    expect(await list(await mint("2001-01-01T00:00:00Z"))).to.equal("401 Unauthorized");
    expect(await list(await mint("2001-01-01T00:00:00.5+01:00"))).to.equal("401 Unauthorized");
    expect(await list(await mint("2001-01-01 00:00:00")), "UTC").to.equal("401 Unauthorized");
    expect(await list(await mint("2999-01-01T00:00:00Z"))).to.equal("200");
    expect(await list(await mint("2999-01-01 00:00:00"))).to.equal("200");
    for (const unreadable of ["2001-01-01T00:00:00", "2001-01-01", "2001-01-01 77:00:00", "soon"]) {
      expect(await list(await mint(unreadable)), `${unreadable} means never`).to.equal("200");
    }
  });

  describe("with scopes", () => {
    /** A key of role user with scopes. */
    async function scoped(scopes: string[] | null): Promise<string> {
      const body = { name: "k", role: 0, scopes };
      const reply = await world.ask("POST", "/api/organization/api_key", { body });
      return (JSON.parse(reply.body) as { api_key: string }).api_key;
    }

    const table: [scopes: string[] | null, list: string, invite: string][] = [
      [null, "403 Forbidden", "403 Forbidden"],
      [[], "403 Forbidden", "403 Forbidden"],
      [["GET /api"], "200", "403 Forbidden"],
      [["GET /api/invitations/{organization_id}"], "200", "403 Forbidden"],
      [["POST /api/invitation"], "403 Forbidden", "204"],
      [["/api/chunk", "POST /api/invitation"], "403 Forbidden", "204"],
      [[""], "200", "204"],
      [[".*"], "200", "204"],
      [["*"], "403 Forbidden", "403 Forbidden"],
      [["(?=GET)"], "403 Forbidden", "403 Forbidden"],
      [["get /api"], "403 Forbidden", "403 Forbidden"],
    ];

    for (const [scopes, list, invite] of table) {
      it(`${JSON.stringify(scopes)}: list ${list}, invite ${invite}`, async () => {
        const key = await scoped(scopes);
        const { id } = world.organization;
        expect(outcome(await world.ask("GET", `/api/invitations/${id}`, { key }))).to.equal(list);
        expect(outcome(await world.invite("ada@x.example", {}, { key }))).to.equal(invite);
      });
    }

    it("make an owner of a user, on these routes", async () => {
      const key = await scoped(["PUT /api/organization"]);
      const body = { name: "renamed" };
      expect(outcome(await world.ask("PUT", "/api/organization", { key, body }))).to.equal("200");
    });

    it("open the gate, but do not raise the role", async () => {
      const key = await scoped([".*"]);
      expect(outcome(await world.invite("ada@x.example", { user_role: 1 }, { key }))).to.equal(
        "400 Can not invite user with higher role than yours",
      );
    });
  });

  describe("with the admin key", () => {
    it("acts as an owner, who cannot be invited", async () => {
      expect(outcome(await world.invite("owner@acme.example", {}, { key: "admin" }))).to.equal(
        "400 Can not invite yourself",
      );
    });

    it("finds nobody to act as where there is no owner", async () => {
      const { id } = world.simulator.createOrganization("empty", { ownerless: true });
      const reply = await world.ask("GET", `/api/invitations/${id}`, {
        key: "admin",
        organization: id,
      });
      expect(outcome(reply)).to.equal("403 Forbidden");
    });

    it("is the default account's own key without an organization", async () => {
      const reply = await world.ask("GET", "/api/auth/me", { key: "admin", organization: null });
      const me = JSON.parse(reply.body) as { email: string; orgs: { name: string }[] };
      expect(me.email).to.equal("default");
      expect(me.orgs.map(({ name }) => name)).to.deep.equal(["default"]);
    });

    it("shows only the organization of the header", async () => {
      const reply = await world.ask("GET", "/api/auth/me", { key: "admin" });
      expect((JSON.parse(reply.body) as { email: string }).email).to.equal("owner@acme.example");
    });
  });

  it("reads the body before the caller, but only once the database was asked", async () => {
    const broken = { body: "{" };
    const missing = await world.ask("POST", "/api/invitation", {
      ...broken,
      key: null,
      organization: null,
    });
    expect(outcome(missing)).to.equal("500 Could not get dataset from request");
    const unknown = await world.ask("POST", "/api/invitation", { ...broken, key: null });
    expect(outcome(unknown)).to.match(/^400 Json Deserialization Error/);
    const wrongType = await world.ask("POST", "/api/invitation", {
      key: null,
      organization: null,
      headers: { "Content-Type": "text/plain" },
      body: invitationTo("ada@x.example"),
    });
    expect(outcome(wrongType)).to.match(/Content type error/);
  });
});
