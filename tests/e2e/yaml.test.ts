import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { parse } from "yaml";
import { fencedBlocks } from "../docs/blocks";
import { invitation, ref, YamlWorld } from "./yaml";

const root = resolve(__dirname, "..", "..", "..");
const cli = resolve(__dirname, "..", "..", "provider", "cli", "main.js");
const ada = "ada@example.com";
const urn = (name: string, type = "Invitation") =>
  `urn:pulumi:test::e2e::trieve:index:${type}::${name}`;

describe("people of a program in YAML, with the real CLI", function () {
  this.timeout(120_000);
  let yaml: YamlWorld;
  const world = () => yaml.world;
  beforeEach(async () => {
    yaml = await YamlWorld.create({ simulator: { adminKey: "the-admin-key-of-the-server" } });
  });
  afterEach(() => world().end());

  it("are invited, accept, change and leave; each preview tells it", async () => {
    await yaml.declare({ ada: invitation({ email: ada }) }, { status: ref("ada.status") });
    const preview = await world().succeed("preview");
    expect(preview.output).to.contain("ada@example.com: invite as user");
    await world().succeed("up");
    world().accept(ada);
    await world().succeed("refresh");
    expect((await world().succeed("up", "--expect-no-changes")).changes).to.deep.equal({
      ada: "same",
    });
    expect(await world().project.outputs()).to.deep.equal({ status: "member" });
    await yaml.declare({ ada: invitation({ email: ada, role: "admin" }) });
    expect((await world().succeed("preview", "--diff")).output)
      .to.contain("ada@example.com: role user → admin")
      .and.match(/\+ role *: "admin"|~ role *: "user" => "admin"/);
    await world().succeed("up");
    expect(world().people()).to.deep.equal({ [ada]: "admin, member" });
    await yaml.declare({});
    await world().succeed("up");
    expect(world().people()).to.deep.equal({});
  });

  it("with mistakes: each is named, and nothing is asked", async () => {
    await yaml.declare({ ada: invitation({ email: ada, rol: "admin" }) });
    expect((await world().fail("preview")).output).to.match(/rol.*(does not exist|not exist)/i);
    await yaml.declare({ ada: invitation({ email: "ada", role: "admin" }) });
    expect((await world().fail("preview")).output).to.contain('email "ada" has no @');
    await yaml.declare({ one: invitation({ email: ada }), two: invitation({ email: ada }) });
    expect((await world().fail("preview")).output).to.contain(
      "Two resources declare ada@example.com",
    );
    await yaml.declare({ ada: invitation({ email: ada }) });
    await world().project.run("config", "set", "trieve:appurl", "http://x.example");
    expect((await world().fail("preview")).output).to.contain(
      "trieve:appurl is not a setting: set trieve:appUrl",
    );
    expect(world().writes()).to.deep.equal([]);
  });

  it("move between names and providers, and nobody is out for a moment", async () => {
    const { id, apiKey } = world().organization;
    const other = {
      type: "pulumi:providers:trieve",
      properties: {
        apiKey: { "fn::secret": apiKey },
        organizationId: id,
        apiUrl: world().simulator.url,
        redirectUri: "http://localhost:5173/",
      },
    };
    await yaml.declare({ other, one: invitation({ email: ada }) });
    await world().succeed("up");
    await yaml.declare({ other, two: invitation({ email: ada }) });
    expect((await world().succeed("up")).output).to.contain("ada@example.com stays");
    await yaml.declare({ other, three: invitation({ email: ada }, { provider: ref("other") }) });
    await world().succeed("up");
    expect(world().people()).to.deep.equal({ [ada]: "user, pending" });
    expect(world().mailsTo(ada)).to.equal(1);
    expect(JSON.stringify(await world().project.exportState())).not.to.contain(apiKey);
  });

  it("stay when their old resource goes and --continue-on-error leaves out the new one", async () => {
    const [ada, bob] = ["ada@example.com", "bob@example.com"];
    await yaml.declare({ a: invitation({ email: ada }), b: invitation({ email: bob }) });
    await world().succeed("up");
    const options = { dependsOn: [ref("zoe")] };
    await yaml.declare({
      zoe: invitation({ email: "zoe@example.com" }),
      // Of one that is there the engine asks for an update, of the other for a create.
      b: invitation({ email: "ADA@example.com" }, options),
      c: invitation({ email: bob }, options),
    });
    world().simulator.fault({ route: "invite", effect: { status: 403, body: "" } });
    const { output } = await world().fail("up", "--continue-on-error");
    expect(output).to.contain(`${ada} stays`).and.not.contain("this preview");
    expect(Object.keys(world().people())).to.have.members([ada, bob]);
    await world().succeed("up");
    expect(world().mailsTo(ada)).to.equal(1);
    expect(world().mailsTo(bob)).to.equal(1);
  });

  it("go on with a new key at once, which is no change of anybody", async () => {
    const { id } = world().organization;
    const provider = (apiKey: string) => ({
      own: {
        type: "pulumi:providers:trieve",
        properties: {
          apiKey: { "fn::secret": apiKey },
          organizationId: id,
          apiUrl: world().simulator.url,
          redirectUri: "http://localhost:5173/",
        },
      },
    });
    const person = (role: string) => ({
      ada: invitation({ email: ada, role }, { provider: ref("own") }),
    });
    const keys = ["owner", "owner"].map(() => world().simulator.createKey(id, "owner"));
    await yaml.declare({ ...provider(keys[0] ?? ""), ...person("user") });
    await world().succeed("up");
    world().simulator.revokeKey(keys[0] ?? "");
    await yaml.declare({ ...provider(keys[1] ?? ""), ...person("user") });
    expect((await world().succeed("up")).changes).to.deep.equal({ ada: "same" });
    await yaml.declare({ ...provider(keys[1] ?? ""), ...person("admin") });
    await world().succeed("up");
    expect(world().people()).to.deep.equal({ [ada]: "admin, pending" });
  });

  it("can be imported, and then there is nothing to do", async () => {
    const { id } = world().organization;
    world().simulator.addMember(id, ada, "admin", ["GET /api/chunk"]);
    await yaml.declare({});
    const result = await world().project.run(
      ...["import", "trieve:index:Invitation", "ada", `${id}/${ada}`],
      ...["--yes", "--protect=false", "--skip-preview"],
    );
    expect(result.code, result.output).to.equal(0);
    expect(result.output).to.contain("trieve:Invitation");
    await yaml.declare({
      ada: invitation({ email: ada, role: "admin", scopes: ["GET /api/chunk"] }),
    });
    await world().succeed("up", "--expect-no-changes");
    expect(world().writes()).to.deep.equal([]);
  });

  it("of a whole organization can be imported, and then there is nothing to do", async () => {
    const { id, apiKey } = world().organization;
    world().simulator.addMember(id, ada, "admin");
    world().simulator.addInvitation(id, "bob@example.com", "user", null);
    await yaml.declare({});
    const { stdout } = await promisify(execFile)("node", [cli, "export", "--pulumi-import"], {
      env: {
        ...process.env,
        TRIEVE_API_KEY: apiKey,
        TRIEVE_ORGANIZATION_ID: id,
        TRIEVE_API_URL: world().simulator.url,
      },
    });
    await world().project.write(stdout, "people.json");
    const options = ["--yes", "--protect=false", "--skip-preview"];
    const result = await world().project.run("import", "--file", "people.json", ...options);
    expect(result.code, result.output).to.equal(0);
    const everybody = [
      [ada, "admin"],
      ["bob@example.com", "user"],
      ["owner@acme.example", "owner"],
    ] as const;
    await yaml.declare(
      Object.fromEntries(everybody.map(([email, role]) => [email, invitation({ email, role })])),
    );
    await world().succeed("up", "--expect-no-changes");
    expect(world().writes()).to.deep.equal([]);
  });

  it("outlive a CLI that is killed: what it began is not begun twice", async () => {
    await yaml.declare({ ada: invitation({ email: ada }) });
    const running = await yaml.upUntilInvite(1_000);
    running.kill("SIGKILL");
    await running.result;
    await world().project.recover();
    await world().succeed("up");
    expect(world().people()).to.deep.equal({ [ada]: "user, pending" });
    expect(world().mailsTo(ada)).to.equal(1);
  });

  it("whose run is interrupted: the POST in flight is recorded", async () => {
    await yaml.declare({ ada: invitation({ email: ada }) });
    const running = await yaml.upUntilInvite(1_000);
    running.kill("SIGINT");
    await running.result;
    const { deployment } = await world().project.exportState();
    expect(deployment.resources.map((one) => one.urn)).to.include(urn("ada"));
  });

  it("can be looked up and listed with a provider of their own, as the reference shows", async () => {
    const { organization, simulator, project } = world();
    simulator.addInvitation(organization.id, "bob@example.com", "user", null);
    const reference = readFileSync(join(root, "docs", "reference.md"), "utf8");
    const example = fencedBlocks(reference).find(({ section }) => section === "In YAML");
    const { resources, variables, outputs } = parse(
      example?.text
        .replaceAll("6c8f3c1e-58f6-4c8e-9f2b-0f6c6a3f5d11", organization.id)
        .replace("https://trieve.example.com", simulator.url)
        .replace(ref("eastKey"), organization.apiKey) ?? "",
    );
    await yaml.declare(resources, outputs, { variables });
    await world().succeed("up");
    const { members, inviteUrl } = (await project.outputs()) as {
      members: { email: string; status: string }[];
      inviteUrl: string;
    };
    const found = members.filter(({ email }) => email.startsWith("bob"));
    expect(found).to.have.lengthOf(1);
    expect(found[0]).to.include({ email: "bob@example.com", status: "pending", role: "user" });
    expect(inviteUrl).to.contain("inv_code=");
  });

  it("come with their organization and its key, from nothing", async () => {
    const settings = { apiUrl: world().simulator.url, redirectUri: "http://localhost:5173/" };
    const resources = {
      server: {
        type: "pulumi:providers:trieve",
        properties: { apiKey: { "fn::secret": "the-admin-key-of-the-server" }, ...settings },
      },
      dev: {
        type: "trieve:Organization",
        properties: { name: "dev" },
        options: { provider: ref("server") },
      },
      key: {
        type: "trieve:ApiKey",
        properties: { organizationId: ref("dev.id"), name: "people", role: "owner" },
        options: { provider: ref("server") },
      },
      people: {
        type: "pulumi:providers:trieve",
        properties: { apiKey: ref("key.apiKey"), organizationId: ref("dev.id"), ...settings },
      },
      ada: invitation({ email: ada }, { provider: ref("people") }),
    };
    await yaml.declare(resources);
    await world().succeed("preview");
    await world().succeed("up");
    await yaml.declare(resources, {
      id: ref("dev.id"),
      members: {
        "fn::invoke": {
          function: "trieve:getMembers",
          options: { provider: ref("people"), dependsOn: [ref("ada")] },
          return: "members",
        },
      },
    });
    const result = await world().succeed("up", "--expect-no-changes");
    const { id, members } = await world().project.outputs();
    expect(world().people(String(id))).to.deep.include({ [ada]: "user, pending" });
    expect(JSON.stringify(members)).to.contain(ada);
    expect(result.output + JSON.stringify(await world().project.exportState())).not.to.match(
      /tr-\w{20}/,
    );
  });
});
