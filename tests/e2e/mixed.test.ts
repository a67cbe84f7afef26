import { expect } from "chai";
import { YamlWorld } from "./yaml";

/** Resources of the plugin as an SDK that is generated declares them, beside those of the Node.js package. */
const before = `
  const pulumi = require("@pulumi/pulumi");
  const trieve = require("pulumi-trieve");
  class Invitation extends pulumi.CustomResource {
    constructor(name, args, opts) { super("trieve:index:Invitation", name, args, opts); }
  }`;
const email = "ada@example.com";
const dynamic = `new trieve.TrieveInvitation("dynamic", { email: "${email}" })`;
const native = `new Invitation("native", { email: "${email}" })`;

describe("a program with dynamic resources and those of the plugin, with the real CLI", function () {
  this.timeout(120_000);
  let yaml: YamlWorld;
  const world = () => yaml.world;
  const declare = (...lines: string[]) => world().project.write([before, ...lines].join("\n"));
  beforeEach(async () => {
    yaml = await YamlWorld.create();
    const plugins = { providers: [{ name: "trieve", path: "./plugins" }] };
    const runtime = { name: "nodejs", options: { typescript: false } };
    await world().project.write(JSON.stringify({ name: "e2e", runtime, plugins }), "Pulumi.yaml");
  });
  afterEach(() => world().end());

  it("declares a person once, whichever of the two comes first", async () => {
    for (const [one, other] of [
      [dynamic, native],
      [native, dynamic],
    ]) {
      await declare(`const first = ${one};`, `first.urn.apply(() => { ${other}; });`);
      expect((await world().fail("preview")).output).to.contain(`Two resources declare ${email}`);
    }
    expect(world().writes()).to.deep.equal([]);
  });

  it("takes nobody for a stranger whom a resource of the plugin declares", async () => {
    world().simulator.addInvitation(world().organization.id, email, "user", null);
    const roster = `const team = new trieve.TrieveRoster("team", {
      members: ["bob@example.com"], unmanaged: "remove", limits: { maxRemovals: "100%" } })`;
    await declare(`${roster};`, `${native.slice(0, -1)}, { dependsOn: team });`);
    expect((await world().fail("preview")).output).to.contain("to the roster's dependsOn");
    // The preview has taken back whom it named.
    await world().succeed("up");
    await declare(`const ada = ${native};`, `${roster.slice(0, -1)}, { dependsOn: ada });`);
    expect((await world().succeed("preview")).output).not.to.contain(`${email} is not declared`);
    await world().succeed("up");
    expect(world().writes()).to.deep.equal(["invite"]);
  });

  it("moves a person from one to the other and back, and they are not out for a moment", async () => {
    for (const resource of [dynamic, native, dynamic]) {
      await declare(resource);
      await world().succeed("up");
    }
    expect(world().writes()).to.deep.equal(["invite"]);
    await declare();
    await world().succeed("up");
    expect(world().people()).to.deep.equal({});
  });
});
