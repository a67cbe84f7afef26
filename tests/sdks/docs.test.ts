import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Simulator, startSimulator } from "../../simulator";
import { fencedBlocks } from "../docs/blocks";
import { Project } from "../e2e/cli";
import { peopleOf } from "../e2e/world";
import { setUpAsSaidIn } from "./plugin";
import { python, root, run } from "./program";

const blocks = fencedBlocks(readFileSync(join(root, "docs", "_index.md"), "utf8"));

/** The block in a language that begins so. */
function block(language: string, begin: string): string {
  const found = blocks.find((one) => one.language === language && one.text.startsWith(begin));
  if (!found) throw new Error(`docs/_index.md has no such block of ${language}.`);
  return found.text;
}

describe("a project with the example of docs/_index.md", function () {
  this.timeout(180_000);
  let project: Project;
  let simulator: Simulator;
  let organization: { id: string; apiKey: string };

  before(async () => {
    const folder = mkdtempSync(join(tmpdir(), "registry-"));
    const write = (file: string, text: string) => writeFileSync(join(folder, file), text);
    write("Pulumi.yaml", block("yaml", "name: people\n"));
    write("members.yaml", block("yaml", "# members.yaml\n"));
    write("example.py", block("python", "import pulumi\n"));
    write("example.go", block("go", "package main\n"));
    project = Project.open(folder);
    await project.initStack("dev", {});
    simulator = await startSimulator();
    organization = simulator.createOrganization("acme");
  });
  after(async () => {
    await project.remove();
    await simulator.close();
  });

  it("does what docs/installation-configuration.md says", async () => {
    const { id: organizationId, apiKey } = organization;
    const settings = { apiUrl: simulator.url, organizationId, apiKey };
    await setUpAsSaidIn("docs/installation-configuration.md", project, settings);
  });

  it("invites people from YAML", async () => {
    const { code, output } = await project.up("--skip-preview");
    expect(code, output).to.equal(0);
    expect(peopleOf(simulator, organization.id)).to.deep.equal({
      "ada@example.com": "admin, pending",
      "grace@example.com": "owner, pending",
      "bob@example.com": "user, pending",
      "temp@example.com": "user, pending",
    });
  });

  it("declares the same in Python", async () => {
    const program = python("example.py");
    const { changes } = await run(program, "up", {}, { cwd: project.folder, env: project.env });
    expect(Object.keys(changes)).to.deep.equal(["same"]);
  });

  it("compiles in Go", () => {
    const cwd = join(root, "tests", "sdks", "go");
    const overlay = join(project.folder, "overlay.json");
    const example = join(project.folder, "example.go");
    writeFileSync(overlay, JSON.stringify({ Replace: { [join(cwd, "main.go")]: example } }));
    const flags = ["-mod=readonly", "-tags", "osusergo,grpcnotrace", "-overlay", overlay];
    execFileSync("go", ["vet", ...flags, "."], {
      cwd,
      env: { ...process.env, CGO_ENABLED: "0", GOWORK: "off" },
      stdio: "pipe",
    });
  });
});
