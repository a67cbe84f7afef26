import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { type Simulator, startSimulator } from "../../simulator";
import { fencedBlocks } from "../docs/blocks";
import { fillIn } from "../docs/registry";
import { Project } from "../e2e/cli";
import { peopleOf } from "../e2e/world";
import { Comments } from "./comments";
import { copyExample, examples } from "./copy";
import { bash, type GitHubContext, Workflow } from "./workflow";

const invited = {
  "root@example.com": "owner, pending",
  "grace@example.com": "owner, pending",
  "ada@example.com": "admin, pending",
  "bob@example.com": "user, pending",
  "carol@example.com": "user, pending",
};

describe("examples/yaml, with the real CLI", function () {
  this.timeout(300_000);
  let simulator: Simulator;
  let organization: { id: string; apiKey: string };
  let project: Project;
  let original: string;

  before(async () => {
    simulator = await startSimulator();
    organization = simulator.createOrganization("acme");
    project = Project.open(await copyExample("yaml"));
    original = readFileSync(join(project.folder, "members.yaml"), "utf8");
  });
  after(async () => {
    await project.remove();
    await simulator.close();
  });

  const write = (text: string) => writeFileSync(join(project.folder, "members.yaml"), text);
  const people = () => peopleOf(simulator, organization.id);
  const writes = () => simulator.requests.filter(({ method }) => method !== "GET").length;

  it("invites the people of the file, as its README says", async () => {
    const readme = readFileSync(join(project.folder, "README.md"), "utf8");
    const commands = fencedBlocks(readme)
      .filter(({ language }) => language === "sh")
      .map(({ text }) => text)
      .filter((text) => !text.startsWith("npm install")) // `copyExample` did that
      .join("\n");
    const { id, apiKey } = organization;
    const { code, output } = await bash(
      fillIn(commands, { apiUrl: simulator.url, organizationId: id, apiKey }),
      project.folder,
      { ...project.env, PULUMI_SKIP_CONFIRMATIONS: "true" },
      `${apiKey}\n`,
    );
    expect(code, output).to.equal(0);
    expect(people()).to.deep.equal(invited);
  });

  it("changes nothing the second time", async () => {
    const before = writes();
    const { code, output } = await project.up("--skip-preview");
    expect(code, output).to.equal(0);
    expect(writes()).to.equal(before);
  });

  it("refuses more than its limits allow, before any write", async () => {
    const before = writes();
    write(original.replace(/ {2}- bob@.*\n/, "").replace(/ {2}- email: ada@(.*\n){2}/, ""));
    const { code, output } = await project.up();
    expect(code).not.to.equal(0);
    expect(output).to.include("would remove 2 of 5 people").and.to.include("maxRemovals");
    expect(writes()).to.equal(before);
  });

  it("removes whose line is deleted", async () => {
    write(original.replace(/ {2}- bob@.*\n/, ""));
    const { code, output } = await project.up();
    expect(code, output).to.equal(0);
    const { "bob@example.com": _, ...others } = invited;
    expect(people()).to.deep.equal(others);
  });

  describe("with the workflow of examples/gitops", () => {
    const workflow = new Workflow(join(examples, "gitops", ".github", "workflows", "members.yml"));
    const repository = "acme/members";
    const pullRequest: GitHubContext = {
      event_name: "pull_request",
      ref: "refs/pull/7/merge",
      repository,
      event: { pull_request: { head: { repo: { full_name: repository } } } },
    };
    const onMain = { event_name: "push", ref: "refs/heads/main", repository, event: {} };
    const comments = new Comments();

    async function run(job: string, github: GitHubContext): Promise<string> {
      const { PULUMI_BACKEND_URL = "", PULUMI_CONFIG_PASSPHRASE = "", ...env } = project.env;
      const result = await workflow.run(job, {
        folder: project.folder,
        github,
        secrets: { TRIEVE_API_KEY: organization.apiKey, PULUMI_CONFIG_PASSPHRASE },
        vars: { PULUMI_BACKEND_URL },
        // Everything is there: nothing may be fetched.
        env: { ...env, npm_config_offline: "true", npm_config_update_notifier: "false" },
        comments,
      });
      expect(result.success, result.output).to.equal(true);
      return result.output;
    }

    it("previews a pull request, and comments on it", async () => {
      write(original);
      await run("preview", pullRequest);
      expect(comments.all[0]?.body).to.match(/`bob@example\.com` \| invite as user/);
      expect(comments.all[0]?.body).to.match(/bob@example\.com +create/);
    });

    it("invites after the merge", async () => {
      await run("up", onMain);
      expect(people()).to.deep.equal(invited);
    });
  });
});
