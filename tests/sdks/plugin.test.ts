import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Simulator, startSimulator } from "../../simulator";
import { Project } from "../e2e/cli";
import { dashboard, peopleOf } from "../e2e/world";
import { installPlugin } from "./plugin";

/** It says nothing of plugins. */
const program = `
name: people
runtime: yaml
resources:
  ada:
    type: trieve:Invitation
    properties: { email: ada@example.com, role: admin }
outputs:
  ada: \${ada.status}
`;

describe("the plugin, installed with `pulumi plugin install`", function () {
  this.timeout(180_000);
  let simulator: Simulator;
  let organization: { id: string; apiKey: string };
  let project: Project;

  before(async () => {
    simulator = await startSimulator();
    organization = simulator.createOrganization("acme");
    const folder = mkdtempSync(join(tmpdir(), "plugin-"));
    writeFileSync(join(folder, "Pulumi.yaml"), program);
    project = Project.open(folder);
    installPlugin(project.env);
    await project.initStack("test", {
      config: {
        "trieve:organizationId": organization.id,
        "trieve:apiUrl": simulator.url,
        "trieve:redirectUri": dashboard,
      },
      secrets: { "trieve:apiKey": organization.apiKey },
    });
  });
  after(async () => {
    await project.remove();
    await simulator.close();
  });

  async function expectChange(verb: "up" | "destroy", change: string): Promise<void> {
    const { code, output, changes } = await project[verb]("--skip-preview");
    expect(code, output).to.equal(0);
    expect(changes).to.deep.equal({ ada: change });
    expect(output).not.to.include("warning");
  }
  const people = () => peopleOf(simulator, organization.id);

  it("is found by a YAML program that names no folder", async () => {
    await expectChange("up", "create");
    expect(people()).to.deep.equal({ "ada@example.com": "admin, pending" });
    expect(await project.outputs()).to.deep.equal({ ada: "pending" });
  });

  it("changes nothing the second time", async () => {
    await expectChange("up", "same");
    expect(simulator.mails).to.have.lengthOf(1);
  });

  it("destroys what it created", async () => {
    await expectChange("destroy", "delete");
    expect(people()).to.deep.equal({});
  });
});
