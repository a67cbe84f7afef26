import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join, posix, resolve } from "node:path";
import { expect } from "chai";
import { publint } from "publint";
import { startSimulator } from "../../simulator";
import { Project } from "./cli";
import { installPackage, type Tarball } from "./package";
import { dashboard, program } from "./world";

const root = resolve(__dirname, "..", "..", "..");
const people = { ada: { email: "ada@example.com" } };

function arrayBuffer(file: string): ArrayBuffer {
  return Uint8Array.from(readFileSync(file)).buffer;
}

/** @throws with what is wrong with the types */
function attw(...args: string[]): void {
  const bin = join(root, "node_modules", "@arethetypeswrong", "cli", "dist", "index.js");
  const { status, stdout } = spawnSync("node", [bin, ...args], { encoding: "utf8" });
  expect(status, stdout).to.equal(0);
}

describe("the package, as npm packs it", function () {
  this.timeout(300_000);
  let folder: string;
  let tarball: Tarball;

  before(() => {
    ({ folder, tarball } = installPackage());
    // The SDK of the checkout instead of a download. It asks for the package from where it lies itself.
    const [from, to] = [join(root, "node_modules"), join(folder, "node_modules")];
    cpSync(join(from, "@pulumi"), join(to, "@pulumi"), { recursive: true });
    const installed = new Set(readdirSync(to));
    for (const name of readdirSync(from))
      if (!installed.has(name)) symlinkSync(join(from, name), join(to, name));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("holds the provider and the simulator, compiled and as sources, and nothing else", () => {
    expect(tarball.files).to.include.members([
      "dist/provider/index.js",
      "dist/provider/index.d.ts",
      "dist/provider/cli/main.js",
      "dist/provider/dynamic/host.js",
      "dist/simulator/index.js",
      "dist/provider/plugin/main.js",
      // Rosters name it for editors.
      "provider/roster/members.schema.json",
      "provider/plugin/schema.json",
    ]);
    const wanted = [
      /^dist\/(provider|simulator)\/[\w/-]+(\.js|\.js\.map|\.d\.ts)$/,
      /^(provider|simulator)\/[\w/-]+\.ts$/,
      /^provider\/(roster\/members\.|plugin\/)schema\.json$/,
      /^(package\.json|README\.md|CHANGELOG\.md|LICENSE)$/,
    ];
    const others = tarball.files.filter((path) => !wanted.some((pattern) => pattern.test(path)));
    expect(others).to.deep.equal([]);
  });

  it("is small", () => {
    expect(tarball.size).to.be.below(450_000);
  });

  it("has the source of everything that a source map names", () => {
    const dangling = tarball.files
      .filter((path) => path.endsWith(".map"))
      .flatMap((path) => {
        const { sources } = JSON.parse(readFileSync(join(root, path), "utf8")) as {
          sources: string[];
        };
        return sources.map((source) => posix.join(posix.dirname(path), source));
      })
      .filter((source) => !tarball.files.includes(source));
    expect(dangling).to.deep.equal([]);
  });

  it("shows places in its sources where Node follows source maps", () => {
    const source = `const { TrieveInvitation } = require("pulumi-trieve");
      try { new TrieveInvitation("", {}) } catch ({ stack }) { console.log(stack) }`;
    const args = ["--enable-source-maps", "--eval", source];
    const stack = execFileSync("node", args, { cwd: folder, encoding: "utf8" });
    expect(stack).to.match(
      /node_modules\/pulumi-trieve\/provider\/program\/invitation\.ts:\d+:\d+/,
    );
  });

  it("has nothing that publint minds", async () => {
    const { messages } = await publint({ pack: { tarball: arrayBuffer(tarball.file) } });
    expect(messages).to.deep.equal([]);
  });

  it("has types for what programs import, in every way that TypeScript looks for them", () => {
    attw(tarball.file, "--entrypoints", ".");
  });

  it("has types for its other parts, which only readers of `exports` find", () => {
    attw(tarball.file, "--profile", "node16");
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

  it("has the engine store a name and no code, the same wherever the package lies", () => {
    const stored = 'exports.handler = () => require("pulumi-trieve/host");';
    expect(states).to.deep.equal({ installed: stored, linked: stored });
  });
});
