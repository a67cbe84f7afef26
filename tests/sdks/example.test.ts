import { cpSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Simulator, startSimulator } from "../../simulator";
import { Project } from "../e2e/cli";
import { peopleOf } from "../e2e/world";
import { setUpAsSaidIn } from "./plugin";
import { python, root, run } from "./program";

describe("examples/python", function () {
  this.timeout(180_000);
  let project: Project;
  let simulator: Simulator;
  let organization: { id: string; apiKey: string };

  before(async () => {
    const folder = mkdtempSync(join(tmpdir(), "python-"));
    cpSync(join(root, "examples", "python"), folder, { recursive: true });
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
    const { id: organizationId, apiKey } = organization;
    const settings = { apiUrl: simulator.url, organizationId, apiKey };
    await setUpAsSaidIn("examples/python/README.md", project, settings);
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
