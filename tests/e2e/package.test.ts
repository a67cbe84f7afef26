import { cpSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { startSimulator } from "../../simulator";
import { Project } from "./cli";
import { installPackage } from "./package";
import { dashboard, program } from "./world";

const root = resolve(__dirname, "..", "..", "..");
const people = { ada: { email: "ada@example.com" } };

describe("the package, as npm packs it", function () {
  this.timeout(300_000);
  let folder: string;
  let files: readonly string[];

  before(() => {
    ({ folder, files } = installPackage());
    // The SDK of the checkout, which is large, instead of a second download.
    cpSync(join(root, "node_modules"), join(folder, "node_modules"), {
      recursive: true,
      force: false,
      filter: (path) =>
        !/node_modules\/(node|node-bin.*|pulumi|pulumi-trieve|quickstart|gitops|bootstrap|\.bin)(\/|$)/.test(
          path,
        ),
    });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("holds the provider and the simulator, compiled, and no tests", () => {
    expect(files).to.include.members([
      "package.json",
      "dist/provider/index.js",
      "dist/provider/index.d.ts",
      "dist/provider/index.js.map",
      "dist/provider/host.js",
      "dist/provider/stub.js",
      "dist/simulator/index.js",
      // Rosters name it for editors.
      "provider/roster/members.schema.json",
    ]);
    expect(
      files.filter(
        (path) =>
          !/^(dist\/(provider|simulator)\/|provider\/roster\/members\.schema\.json$|package\.json$|README|LICENSE|CHANGELOG)/.test(
            path,
          ),
      ),
    ).to.deep.equal([]);
  });

  const states: Record<string, string> = {};
  for (const kind of ["installed", "linked"] as const) {
    it(`runs when ${kind}`, async () => {
      const simulator = await startSimulator();
      const { id, apiKey } = simulator.createOrganization("acme");
      const project = await Project.create({
        program: program(people),
        config: {
          "trieve:organizationId": id,
          "trieve:apiUrl": simulator.url,
          "trieve:redirectUri": dashboard,
        },
        secrets: { "trieve:apiKey": apiKey },
        ...(kind === "installed" ? { parent: folder } : {}),
      });
      try {
        const up = await project.up("--skip-preview");
        expect(up.code, up.output).to.equal(0);
        expect(simulator.mails).to.have.lengthOf(1);
        const { deployment } = await project.exportState();
        const ada = deployment.resources.find(({ urn }) => urn.endsWith("::ada"));
        states[kind] = String(ada?.outputs?.__provider);
        const destroyed = await project.destroy("--skip-preview");
        expect(destroyed.code, destroyed.output).to.equal(0);
        expect(simulator.invitations(id)).to.deep.equal([]);
      } finally {
        await project.remove();
        await simulator.close();
      }
    });
  }

  it("has the engine store 300 bytes at most: the name of a stub", () => {
    expect(Buffer.byteLength(states.installed ?? "")).to.be.within(1, 300);
    expect(states.installed).to.include('require("pulumi-trieve/stub")');
  });

  it("has the engine of a linked checkout store calls by name, which load the same code", () => {
    const { linked = "" } = states;
    const loaded = [...linked.matchAll(/require\("([^"]*)"\)/g)].map(([, name]) => name);
    expect(new Set(loaded)).to.deep.equal(new Set(["pulumi-trieve/host"]));
    expect(Buffer.byteLength(linked)).to.be.below(2_500);
  });
});
