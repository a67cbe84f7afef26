import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { World } from "./run";

const mail =
  "– mail          not tested, because only an invitation sends email; `up` reports an email that fails\n";
const landing =
  "– links         redirectUri is not set here; `up` needs trieve:redirectUri or TRIEVE_REDIRECT_URI, the URL of your dashboard\n";
const settings = "✓ settings      organization <org> at <url>\n";

describe("pulumi-trieve doctor", () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start();
  });
  afterEach(() => world.close());

  const doctor = (env: Record<string, string> = {}, ...args: string[]) =>
    world.run(["doctor", "--retry-for", "0", ...args], { env });

  it("finds everything in order, and writes nothing", async () => {
    world.simulator.addInvitation(world.id, "pia@x.example");
    expect(await doctor({ TRIEVE_REDIRECT_URI: "http://localhost:5173/" })).to.deep.equal({
      code: 0,
      stdout: `${settings}✓ server        answers like Trieve
✓ key           an organization key
✓ organization  "acme"
✓ role          owner
✓ people        1 member (1 owner), 1 pending
✓ links         invitations lead to <url>/api
✓ links         after accepting, people land at http://localhost:5173/
${mail}`,
      stderr: "",
    });
    expect(world.requests().filter((line) => !line.startsWith("GET "))).to.deep.equal([]);
  });

  it("says the same as JSON", async () => {
    const { code, stdout } = await doctor({}, "--json");
    expect(code).to.equal(0);
    const { ok, checks } = JSON.parse(stdout);
    expect(ok).to.equal(true);
    expect(checks.slice(0, 3)).to.deep.equal([
      { name: "settings", result: "ok", text: "organization <org> at <url>" },
      { name: "server", result: "ok", text: "answers like Trieve" },
      { name: "key", result: "ok", text: "an organization key" },
    ]);
  });

  it("tells the role of a key where the keys there are tell it", async () => {
    const { simulator, id, key } = world;
    const admin = simulator.createKey(id, "admin");
    const { stdout } = await doctor({ TRIEVE_API_KEY: admin });
    expect(stdout).to.include(
      "\n✓ role          admin or owner, which the server does not tell apart; inviting, promoting or removing owners requires owner\n",
    );
    simulator.revokeKey(key);
    expect((await doctor({ TRIEVE_API_KEY: admin })).stdout).to.include(
      "\n✓ role          admin, which is sufficient for everyone but owners; it can neither invite nor remove owners\n",
    );
  });

  it("looks at all keys, page by page", async () => {
    const { simulator, id } = world;
    for (let n = 0; n < 200; n++) simulator.createKey(id, n < 199 ? "owner" : "admin");
    const { stdout } = await doctor();
    expect(stdout).to.include(
      "\n✓ role          admin or owner, which the server does not tell apart",
    );
    const pages = world.requests().filter((line) => line.includes("/api_key"));
    expect(pages).to.have.lengthOf(3);
    expect(pages[2]).to.match(/\?limit=100&cursor=[0-9a-f-]{36}$/);
  });

  it("finds a key that may not look", async () => {
    const { code, stdout } = await doctor({
      TRIEVE_API_KEY: world.simulator.createKey(world.id, "user"),
    });
    expect(code).to.equal(1);
    expect(stdout).to.match(
      /^✓ settings .*\n✓ server .*\n✓ key .*\n✗ role {10}Could not read the settings in organization <org> at <url>: the server answered 403 \(Forbidden\)\. .*\n$/,
    );
  });

  it("says what a read-only key is good for", async () => {
    const made = await world.run(
      ["init", "--read-only", "--url", world.simulator.url, "--organization", world.id],
      { env: { TRIEVE_API_KEY: world.simulator.createKey(world.id, "admin") } },
    );
    const { code, stdout } = await doctor({ TRIEVE_API_KEY: made.stdout.trim() });
    expect(code).to.equal(0);
    expect(stdout).to.include(
      "– role          can list people and no more; previews, `report` and `export` work, `up` does not\n✓ people        1 member",
    );
  });

  it("finds a key that is unknown", async () => {
    const { code, stdout } = await doctor({ TRIEVE_API_KEY: "tr-unknown" });
    expect(code).to.equal(1);
    expect(stdout).to.match(
      /^✓ settings .*\n✗ key {11}Could not check the API key at <url>: the server answered 401 \(Unauthorized\)\. .*\n$/,
    );
  });

  it("tells of the limits of an account's key", async () => {
    const { code, stdout } = await doctor({ TRIEVE_API_KEY: "admin" });
    expect(code).to.equal(0);
    expect(stdout).to.include(
      '\n✓ key           of the account "default", which `up` cannot invite, remove or demote; an organization key has no such restriction\n',
    );
    expect(stdout).to.include(
      "\n✓ role          the server's admin key, which acts as an owner without being a member\n",
    );
  });

  it("finds that the organization is not there", async () => {
    const { code, stdout } = await doctor({
      TRIEVE_ORGANIZATION_ID: "01234567-89ab-cdef-0123-456789abcdef",
    });
    expect(code).to.equal(1);
    expect(stdout).to.match(
      /\n✗ organization {2}.* 404 \(Not Found: Organization not found\)\. .*\n$/,
    );
  });

  it("names all settings that are missing or wrong, and asks nobody", async () => {
    const { code, stdout } = await doctor({
      TRIEVE_API_KEY: "",
      TRIEVE_ORGANIZATION_ID: "",
      TRIEVE_API_URL: `${world.simulator.url}/api`,
      TRIEVE_REDIRECT_URI: "http://localhost:5173",
    });
    expect(code).to.equal(1);
    expect(
      stdout,
    ).to.equal(`✗ settings      TRIEVE_API_KEY is not set: set it to the API key of the organization (there is no option for it, because other users can see command lines)
✗ settings      no organization: add --organization <id> or set TRIEVE_ORGANIZATION_ID
✗ settings      apiUrl "<url>/api" ends with /api; write it without: <url>
✗ settings      redirectUri "http://localhost:5173" must be an http or https URL whose path ends with a slash, such as http://localhost:5173/
`);
    expect(world.requests()).to.deep.equal([]);
  });

  it("looks whether the links of invitations lead to the server", async () => {
    const { code, stdout } = await doctor({ TRIEVE_APP_URL: `${world.simulator.url}/elsewhere` });
    expect(code).to.equal(1);
    expect(stdout).to.include(
      "\n✗ links         invitations would lead to <url>/elsewhere, which does not answer /health like Trieve; set TRIEVE_APP_URL to the server's public URL with /api\n",
    );
    const good = await doctor({
      TRIEVE_APP_URL: `${world.simulator.url.replace("127.0.0.1", "localhost")}/api/`,
    });
    expect(good.stdout).to.match(/\n✓ links {9}invitations lead to http:\/\/localhost:\d+\/api\n/);
    expect(good.stdout.endsWith(landing + mail)).to.equal(true);
  });

  it("ends with 3 if nobody is there", async () => {
    expect(await doctor({ TRIEVE_API_URL: "http://127.0.0.1:1" })).to.deep.equal({
      code: 3,
      stdout: `✓ settings      organization <org> at http://127.0.0.1:1
✗ server        Could not check the API key at http://127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1. Check that the server is running and that the URL is correct.
`,
      stderr: "",
    });
  });

  it("ends with 3 if it is not Trieve that answers", async () => {
    const server = createServer((_, response) => response.writeHead(404).end("<h1>no"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const { code, stdout } = await doctor({ TRIEVE_API_URL: url });
      expect(code).to.equal(3);
      expect(stdout).to.include("No Trieve API answers at that URL.");
    } finally {
      server.close();
    }
  });

  it("does not mind names that would play with a terminal", async () => {
    const { id, apiKey } = world.simulator.createOrganization('x"\u001b[2J\u202e');
    const { stdout } = await doctor({ TRIEVE_API_KEY: apiKey, TRIEVE_ORGANIZATION_ID: id });
    expect(stdout).to.include('\n✓ organization  "x\\"\\u001b[2J\\u202e"\n');
  });

  it("says where the key travels unencrypted", async () => {
    const { code, stdout } = await world.run([
      "doctor",
      "--url",
      "http://trieve.invalid",
      "--retry-for",
      "0",
    ]);
    expect(code).to.equal(3);
    expect(stdout).to.contain("the key is sent unencrypted; use https outside a private network");
  });
});
