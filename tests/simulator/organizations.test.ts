import { expect } from "chai";
import { messageOf } from "./http";
import { eachTest, outcome } from "./world";

const unknown = "11111111-1111-4111-8111-111111111111";

interface KeyPage {
  api_keys: { id: string; name: string; role: number; organization_id: string }[];
  cursor: string | null;
}

describe("simulator: organizations", () => {
  const world = eachTest();

  it("are shown to admins of any organization", async () => {
    const other = world.simulator.createOrganization("other");
    const reply = await world.ask("GET", `/api/organization/${other.id}`);
    const shown = JSON.parse(reply.body) as {
      organization: { id: string; name: string; partner_configuration: Record<string, string> };
      plan: { name: string };
      subscription: null;
    };
    expect(shown.organization).to.include({ id: other.id, name: "other" });
    expect(shown.organization.partner_configuration).to.include({ COMPANY_NAME: "Trieve" });
    expect(shown.plan.name).to.equal("Unlimited");
    expect(shown.subscription).to.equal(null);
    expect(reply.body).to.include('"file_storage":9223372036854775807');
    expect(outcome(await world.ask("GET", `/api/organization/${unknown}`))).to.equal(
      "404 Not Found: Organization not found",
    );
  });

  it("made with an account have it as owner", async () => {
    const reply = await world.ask("POST", "/api/organization", {
      key: "admin",
      organization: null,
      body: { name: "new" },
    });
    const made = JSON.parse(reply.body) as { id: string; partner_configuration: object };
    expect(made.partner_configuration).to.deep.equal({});
    expect(world.simulator.members(made.id).map(({ email, role }) => [email, role])).to.deep.equal([
      ["default", "owner"],
    ]);
  });

  it("made with an organization key stay, without anybody", async () => {
    const reply = await world.ask("POST", "/api/organization", { body: { name: "orphan" } });
    expect(outcome(reply)).to.equal("500 Failed to add user to organization");
    expect(
      outcome(await world.ask("POST", "/api/organization", { key: null, body: { name: "x" } })),
    ).to.equal("401 Unauthorized");
  });

  it("are renamed by owners, without tags", async () => {
    const body = { name: "<b>R&D</b>", partner_configuration: { EMAIL: "us@x.example" } };
    const admin = world.simulator.createKey(world.organization.id, "admin");
    expect(outcome(await world.ask("PUT", "/api/organization", { body, key: admin }))).to.equal(
      "403 Forbidden",
    );
    const reply = await world.ask("PUT", "/api/organization", { body });
    const renamed = JSON.parse(reply.body) as { name: string; partner_configuration: object };
    expect(renamed.name).to.equal("R&amp;D");
    expect(renamed.partner_configuration).to.include({
      EMAIL: "us@x.example",
      COMPANY_NAME: "Trieve",
    });
    const shown = await world.ask("GET", `/api/organization/${world.organization.id}`);
    expect(shown.body)
      .to.include('"EMAIL":"us@x.example"')
      .and.to.include('"COMPANY_NAME":"Trieve"');
  });

  const names: [put: string, stored: string][] = [
    ["", ""],
    ["  a & b  ", "a &amp; b  "],
    ['<b>Q&A</b> <script>x</script>"y"', 'Q&amp;A "y"'],
    ["1 < 2 > 0", "1 &lt; 2 &gt; 0"],
    ["<style>x</style><script>never ends", ""],
    ["a<b", "a"],
  ];
  for (const [put, stored] of names) {
    it(`renamed to ${JSON.stringify(put)} are called ${JSON.stringify(stored)}`, async () => {
      const reply = await world.ask("PUT", "/api/organization", { body: { name: put } });
      expect((JSON.parse(reply.body) as { name: string }).name).to.equal(stored);
    });
  }

  it("without members are changed, but the answer is an error", async () => {
    const { id, apiKey } = world.simulator.createOrganization("empty", { ownerless: true });
    const asking = { key: apiKey, organization: id };
    const reply = await world.ask("PUT", "/api/organization", {
      ...asking,
      body: { name: "renamed" },
    });
    expect(outcome(reply)).to.equal("500 Failed to delete user from redis");
    expect((await world.ask("GET", `/api/organization/${id}`)).body).to.include('"name":"renamed"');
  });

  it("are deleted by owners of any organization, and are gone for everybody at once", async () => {
    const other = world.simulator.createOrganization("other");
    world.simulator.addInvitation(other.id, "a@x.example");
    const admin = world.simulator.createKey(world.organization.id, "admin");
    const path = `/api/organization/${other.id}`;
    expect(outcome(await world.ask("DELETE", path, { key: admin }))).to.equal("403 Forbidden");
    expect(outcome(await world.ask("DELETE", path))).to.equal("204");
    for (const key of [other.apiKey, "admin", null]) {
      const reply = await world.ask("GET", `/api/invitations/${other.id}`, {
        key,
        organization: other.id,
      });
      expect(outcome(reply)).to.equal("404 Not Found: Organization not found");
    }
    expect((await world.ask("GET", `/api/organization/users/${other.id}`)).body).to.equal("[]");
    expect(world.simulator.invitations(other.id)).to.have.length(1);
    expect(outcome(await world.ask("DELETE", `/api/organization/${unknown}`))).to.equal(
      "500 Failed to delete user from redis",
    );
  });
});

describe("simulator: organization keys", () => {
  const world = eachTest();
  const path = "/api/organization/api_key";
  const mint = (body: unknown, asking = {}) => world.ask("POST", path, { body, ...asking });

  it("are made by admins, of any role", async () => {
    const { simulator, organization } = world;
    const admin = simulator.createKey(organization.id, "admin");
    const user = simulator.createKey(organization.id, "user");
    const reply = await mint({ name: "up", role: 2 }, { key: admin });
    const { api_key } = JSON.parse(reply.body) as { api_key: string };
    expect(api_key).to.match(/^tr-[A-Za-z0-9]{32}$/);
    expect(
      outcome(await world.ask("PUT", "/api/organization", { key: api_key, body: {} })),
    ).to.equal("200");
    expect(outcome(await mint({ name: "x", role: 0 }, { key: user }))).to.equal("403 Forbidden");
    expect(outcome(await mint("{", { key: user })), "the caller comes before the body").to.equal(
      "403 Forbidden",
    );
    expect(messageOf(await mint({ name: "x" }))).to.match(/Data error in JSON/);
  });

  it("of no known role are of role user", async () => {
    const reply = await mint({ name: "odd", role: 7 });
    const { api_key } = JSON.parse(reply.body) as { api_key: string };
    expect(outcome(await world.invite("a@x.example", {}, { key: api_key }))).to.equal(
      "403 Forbidden",
    );
  });

  it("are listed by id, in pages", async () => {
    for (let n = 0; n < 11; n += 1) {
      await mint({ name: `k${n}`, role: 0 });
    }
    const page = async (query: string) =>
      JSON.parse((await world.ask("GET", path + query)).body) as KeyPage;
    const first = await page("");
    expect(first.api_keys).to.have.length(10);
    const ids = first.api_keys.map(({ id }) => id);
    expect(ids).to.deep.equal([...ids].sort());
    expect(first.cursor).to.equal(ids[9]);
    const second = await page(`?cursor=${first.cursor}&limit=5`);
    expect(second.api_keys).to.have.length(2);
    expect(await page(`?cursor=${second.cursor}`)).to.deep.equal({ api_keys: [], cursor: null });
    expect((await world.ask("GET", `${path}?cursor=zzz`)).body).to.match(
      /^Query deserialize error/,
    );
    expect((await world.ask("GET", `${path}?limit=x`)).body).to.equal(
      "Query deserialize error: invalid digit found in string",
    );
  });

  it("are deleted by id; one that is not there is no error", async () => {
    await mint({ name: "gone", role: 0 });
    const list = async () => (JSON.parse((await world.ask("GET", path)).body) as KeyPage).api_keys;
    const id = (await list()).find(({ name }) => name === "gone")?.id;
    expect(outcome(await world.ask("DELETE", `${path}/${id}`))).to.equal("204");
    expect((await list()).map(({ name }) => name)).not.to.include("gone");
    expect(outcome(await world.ask("DELETE", `${path}/${id}`))).to.equal("204");
    expect(outcome(await world.ask("DELETE", `${path}/zzz`))).to.match(/^400 Path/);
  });
});

describe("simulator: paths", () => {
  const world = eachTest();
  const table: [method: string, path: string, status: number, allow?: string][] = [
    ["GET", "/", 200],
    ["GET", "/api/health", 200],
    ["POST", "/api/health", 405, "GET"],
    ["HEAD", "/api/health", 405, "GET"],
    ["GET", "/api/invitation", 405, "POST"],
    ["PUT", `/api/invitation/${unknown}`, 405, "GET, DELETE"],
    ["DELETE", `/api/invitations/${unknown}`, 405, "GET"],
    ["GET", "/api/user", 405, "PUT"],
    ["PUT", "/api/organization/api_key", 405, "POST, GET"],
    ["GET", "/api/organization/", 404],
    ["POST", "/api/invitation/", 404],
    ["GET", "/api", 404],
    ["GET", "/nothing", 404],
  ];
  for (const [method, path, status, allow] of table) {
    it(`${method} ${path}: ${status}`, async () => {
      const reply = await world.ask(method, path);
      expect([
        reply.status,
        reply.body,
        reply.headers["content-type"],
        reply.headers.allow,
      ]).to.deep.equal([status, "", undefined, allow]);
    });
  }

  it("with too long headers get a 431", async () => {
    const reply = await world.ask("GET", "/api/health", {
      headers: { "X-Long": "x".repeat(140_000) },
    });
    expect(reply.status).to.equal(431);
  });
});
