import { cpSync, mkdtempSync, readFileSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect } from "chai";
import { type Simulator, startSimulator } from "../../simulator";
import { commandsOf, fencedBlocks } from "../docs/blocks";
import { fillIn } from "../docs/registry";
import { Project } from "../e2e/cli";
import { peopleOf } from "../e2e/world";
import { bash } from "../examples/workflow";
import { archive } from "./plugin";
import { python, root, run } from "./program";

describe("examples/python", function () {
  this.timeout(180_000);
  let project: Project;
  let simulator: Simulator;
  let organization: { id: string; apiKey: string };

  before(async () => {
    const folder = mkdtempSync(join(tmpdir(), "python-"));
    cpSync(join(root, "examples", "python"), folder, { recursive: true });
    symlinkSync(archive, join(folder, basename(archive)));
    project = Project.open(folder);
    simulator = await startSimulator();
    organization = simulator.createOrganization("acme");
  });
  after(async () => {
    await project.remove();
    await simulator.close();
  });

  /** Without a Python host: the program runs inline, with the settings of the stack. */
  const up = () => run(python("__main__.py"), "up", {}, { cwd: project.folder, env: project.env });
  const people = () => peopleOf(simulator, organization.id);

  it("is set up as its README says", async () => {
    const readme = readFileSync(join(project.folder, "README.md"), "utf8");
    const commands = fencedBlocks(readme)
      .filter(({ language }) => language === "sh")
      .flatMap(commandsOf)
      .map(({ text }) => text)
      .filter((text) => !/^pulumi (up|stack output)/.test(text))
      // Adding it needs a Python host: that the plugin is found and has a schema does not.
      .map((text) => text.replace("package add", "package get-schema"))
      .join("\n");
    expect(commands).to.include("package get-schema");
    const { id, apiKey } = organization;
    const { code, output } = await bash(
      fillIn(commands, { apiUrl: simulator.url, organizationId: id, apiKey }),
      project.folder,
      project.env,
      `${apiKey}\n`,
    );
    expect(code, output).to.equal(0);
  });

  it("invites the person of the program and those of the file", async () => {
    const { outputs } = await up();
    expect(outputs).to.deep.equal({ status: "pending", counts: { member: 0, pending: 2 } });
    expect(people()).to.deep.equal({
      "ada@example.com": "admin, pending",
      "grace@example.com": "owner, pending",
      "bob@example.com": "user, pending",
    });
  });

  it("changes nothing the second time", async () => {
    const { changes } = await up();
    expect(Object.keys(changes)).to.deep.equal(["same"]);
    expect(simulator.mails).to.have.lengthOf(3);
  });
});
