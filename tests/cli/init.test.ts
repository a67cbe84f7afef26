import { expect } from "chai";
import { twoLists, World } from "./run";

const adminKey = "ad91lkjad190l";

describe("pulumi-trieve init", () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start({ adminKey });
  });
  afterEach(() => world.close());

  const init = (...args: string[]) =>
    world.run(["init", ...args], {
      env: { TRIEVE_ADMIN_KEY: adminKey, TRIEVE_API_KEY: "", TRIEVE_ORGANIZATION_ID: "" },
    });
  const lines =
    /^pulumi config set trieve:apiUrl <url>\npulumi config set trieve:organizationId (\S+)\nprintf %s (tr-\w+) \| pulumi config set --secret trieve:apiKey\n(.*)\n$/;

  it("finds the organization, makes a key and prints what to set", async () => {
    const { code, stdout, stderr } = await init("--redirect-uri", "http://localhost:5173/");
    const [, id = "", key = "", last] = lines.exec(stdout) ?? [];
    expect(last).to.equal("pulumi config set trieve:redirectUri http://localhost:5173/");
    expect({ code, stderr }).to.deep.equal({
      code: 0,
      stderr: `Created a key with role owner for organization "default" (${id}).\n`,
    });
    expect(world.requests()).to.deep.equal([
      "GET /api/auth/me",
      "GET /api/organization/api_key?limit=100",
      "POST /api/organization/api_key",
    ]);
    expect(world.simulator.requests.at(-1)?.body).to.deep.equal({ name: "pulumi", role: 2 });
    // It works.
    const env = { TRIEVE_API_KEY: key, TRIEVE_ORGANIZATION_ID: id };
    expect((await world.run(["export"], { env })).code).to.equal(0);
    expect(world.requests()).to.deep.equal(twoLists.map((line) => line.replace("<org>", id)));
    expect((await world.run(["doctor"], { env })).stdout).to.include("✓ role          owner\n");
  });

  it("leaves a hint where people land if nobody says", async () => {
    const [, , , last] = lines.exec((await init()).stdout) ?? [];
    expect(last).to.equal(
      "# pulumi config set trieve:redirectUri <URL of your dashboard, such as http://localhost:5173/>",
    );
  });

  it("takes the admin key from stdin", async () => {
    const { code, stdout } = await world.run(["init", "--admin-key-stdin", "--json"], {
      input: `${adminKey}\n`,
    });
    expect(code).to.equal(0);
    const { apiKey, organizationId, ...rest } = JSON.parse(stdout);
    expect(rest).to.deep.equal({ apiUrl: "<url>", redirectUri: null });
    expect(apiKey).to.match(/^tr-\w+$/);
    expect(organizationId).to.match(/^[0-9a-f-]{36}$/);
  });

  it("asks which where the key has several organizations", async () => {
    world.simulator.addMember(world.id, "default", "owner");
    const { code, stdout, stderr } = await init();
    expect({ code, stdout }).to.deep.equal({ code: 2, stdout: "" });
    expect(stderr).to.match(
      /^pulumi-trieve: the account belongs to several organizations; add --organization with one of .*<org> \("acme"\).*\n$/,
    );
    expect(world.requests()).to.deep.equal(["GET /api/auth/me"]);
  });

  it("takes the organization that it is told, also one that the admin key is not a valid member of", async () => {
    const { code, stderr } = await init("--organization", world.id);
    expect(code).to.equal(0);
    expect(stderr).to.equal('Created a key with role owner for organization "acme" (<org>).\n');
  });

  // The second environment got the organization of the first, and with it its people.
  it("refuses an organization that a stack may use, unless it is told that one", async () => {
    const [, id = ""] = lines.exec((await init()).stdout) ?? [];
    world.requests();
    const second = await init();
    expect(second).to.deep.equal({
      code: 1,
      stdout: "",
      stderr: `organization ${id} ("default") already has a key named pulumi, which a stack may use. For another key of this organization, add --organization ${id}. For another environment, create an organization and add --organization with its id.\n`,
    });
    expect(world.requests()).to.deep.equal([
      "GET /api/auth/me",
      "GET /api/organization/api_key?limit=100",
    ]);
    const another = await init("--organization", id);
    expect(another.code, another.stderr).to.equal(0);
    expect((await init("--organization", world.id)).code).to.equal(0);
  });

  it("tells of keys from before", async () => {
    await init("--organization", world.id);
    const { code, stderr } = await init("--organization", world.id);
    expect(code).to.equal(0);
    expect(stderr).to.match(
      /^warning: organization <org> already has 1 key of stacks \(pulumi\); .*\n/,
    );
  });

  it("makes a key that only reads, with any key of role admin, and prints it alone", async () => {
    const { code, stdout, stderr } = await world.run(
      ["init", "--read-only", "--url", world.simulator.url, "--organization", world.id],
      { env: { TRIEVE_API_KEY: world.simulator.createKey(world.id, "admin") } },
    );
    expect(code, stderr).to.equal(0);
    expect(stderr).to.include("it can list people and change nothing.");
    const made = world.simulator.keys(world.id).find(({ text }) => text === stdout.trim());
    expect(made).to.deep.include({
      name: "pulumi preview",
      role: "user",
      scopes: [
        "GET /api/organization/users/{organization_id}",
        "GET /api/invitations/{organization_id}",
      ],
    });
    expect(
      (
        await world.run(["report", "-"], {
          env: { TRIEVE_API_KEY: stdout.trim() },
          input: "members: []",
        })
      ).code,
    ).to.equal(0);
  });

  it("refuses an organization that is none", async () => {
    const { code, stderr } = await init("--organization", "acme");
    expect(code).to.equal(2);
    expect(stderr).to.equal(
      'pulumi-trieve: --organization "acme" is not a UUID: copy it from the dashboard\n',
    );
    expect(world.requests()).to.deep.equal([]);
  });

  it("refuses an organization key", async () => {
    const { code, stderr } = await world.run(["init"], { env: { TRIEVE_ADMIN_KEY: world.key } });
    expect(code).to.equal(2);
    expect(stderr).to.match(
      /^pulumi-trieve: this is an organization key, not the server's admin key/,
    );
    expect(stderr).not.to.include(world.key);
  });

  it("refuses a page that people cannot land at", async () => {
    const { code, stderr } = await init("--redirect-uri", "http://localhost:5173");
    expect(code).to.equal(2);
    expect(stderr).to.match(/^pulumi-trieve: redirectUri "http:\/\/localhost:5173" must be /);
    expect(world.requests()).to.deep.equal([]);
  });

  it("ends with 3 and one line for a wrong key, which it does not print", async () => {
    const env = { TRIEVE_ADMIN_KEY: "wrong-admin-key" };
    expect(await world.run(["init"], { env })).to.deep.equal({
      code: 3,
      stdout: "",
      stderr:
        "pulumi-trieve: Could not check the API key at <url>: the server answered 401 (Unauthorized). The API key is wrong, expired or revoked. Check that it is the ADMIN_API_KEY with which the server was first started.\n",
    });
  });

  it("does not ask twice for a key, and tells that there may be one", async () => {
    world.simulator.fault({
      route: "any",
      when: ({ method }) => method === "POST",
      effect: { reset: "after" },
    });
    const { code, stdout, stderr } = await init();
    expect({ code, stdout }).to.deep.equal({ code: 3, stdout: "" });
    expect(stderr).to.match(
      /^pulumi-trieve: Could not make an API key .* A key named pulumi may have been created without being printed. Delete it in the dashboard\.\n$/,
    );
    expect(world.requests().filter((line) => line.startsWith("POST"))).to.have.lengthOf(1);
  });

  it("takes no page of a proxy for a key", async () => {
    for (const replaceBody of ["<html>", '{"api_key":"a b"}', "{}"]) {
      world.simulator.fault({
        route: "any",
        when: ({ method }) => method === "POST",
        effect: { replaceBody },
      });
      const { code, stdout, stderr } = await init("--organization", world.id);
      expect({ code, stdout }).to.deep.equal({ code: 3, stdout: "" });
      expect(stderr).to.match(
        /\n?pulumi-trieve: .* is not what Trieve sends .* may have been created/,
      );
    }
  });

  it("prints words that a shell takes as they are", async () => {
    const { stdout } = await init("--redirect-uri", "http://localhost:5173/?a='$(x)'&b");
    expect(stdout).to.match(
      /\npulumi config set trieve:redirectUri 'http:\/\/localhost:5173\/\?a='\\''\$\(x\)'\\''&b'\n$/,
    );
  });
});
