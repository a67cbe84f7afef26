import { execFile } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Ajv } from "ajv";
import { expect } from "chai";
import { parse } from "yaml";
import { type Simulator, startSimulator } from "../../simulator";
import { bin } from "../cli/run";
import { Project } from "../e2e/cli";
import { peopleOf } from "../e2e/world";
import { Comments } from "./comments";
import { copyExample, examples } from "./copy";
import { bash, type GitHubContext, type JobResult, Workflow } from "./workflow";

const example = join(examples, "gitops");
const readme = readFileSync(join(example, "README.md"), "utf8");
const workflow = new Workflow(join(example, ".github", "workflows", "members.yml"));
const { on, permissions, jobs } = workflow.definition;

const repository = "acme/members";
const main = "refs/heads/main";
const pullRequest = (from: string): GitHubContext => ({
  event_name: "pull_request",
  ref: "refs/pull/7/merge",
  repository,
  event: { pull_request: { head: { repo: { full_name: from } } } },
});
const onMain = (event_name: string, ref = main) => ({ event_name, ref, repository, event: {} });

describe("the workflow of examples/gitops", () => {
  it("has no fault that GitHub's language service finds", async () => {
    expect(await workflow.problems()).to.deep.equal([]);
  });

  it("runs for pull requests, for main, every night and by hand; never as pull_request_target", () => {
    expect(on).to.have.all.keys("pull_request", "push", "schedule", "workflow_dispatch");
    expect(on.push).to.deep.equal({ branches: ["main"] });
    expect(on.schedule).to.have.lengthOf(1);
  });

  it("validates every pull request, previews those of the repository itself, and does nothing else in them", async () => {
    expect(await workflow.jobsOn(pullRequest("mallory/members"))).to.deep.equal(["validate"]);
    expect(await workflow.jobsOn(pullRequest(repository))).to.deep.equal(["validate", "preview"]);
    // The repository of a fork may be gone.
    const gone = { ...pullRequest(repository), event: { pull_request: { head: { repo: null } } } };
    expect(await workflow.jobsOn(gone)).to.deep.equal(["validate"]);
  });

  it("runs `pulumi up` after a merge, every night and by hand, of main only", async () => {
    for (const event of ["push", "schedule", "workflow_dispatch"])
      expect(await workflow.jobsOn(onMain(event)), event).to.deep.equal(["up"]);
    expect(await workflow.jobsOn(onMain("workflow_dispatch", "refs/heads/mine"))).to.deep.equal([]);
    expect(jobs.up?.steps[0]).to.deep.include({
      with: { ref: "main", "persist-credentials": false },
    });
  });

  it("gives each job what it needs: reading, and the comment to the preview", () => {
    expect(permissions).to.deep.equal({});
    const given = Object.entries(jobs).map(([name, job]) => [name, job.permissions]);
    expect(Object.fromEntries(given)).to.deep.equal({
      validate: { contents: "read" },
      preview: { contents: "read", "pull-requests": "write" },
      up: { contents: "read" },
    });
  });

  it("gives secrets to the steps that ask the server, from environments, and none to the validation", () => {
    const withSecrets = (name: string) =>
      jobs[name]?.steps.filter((step) => /secrets|github\.token/.test(JSON.stringify(step)));
    expect(jobs.validate).not.to.have.any.keys("environment", "env");
    expect(withSecrets("validate")).to.deep.equal([]);
    expect(withSecrets("preview")?.map(({ name }) => name)).to.deep.equal(["Report", "Preview"]);
    expect(withSecrets("up")?.map(({ name }) => name)).to.deep.equal(["Up"]);
    expect(workflow.definition.env).to.deep.equal({ PULUMI_STACK: "acme" });
    expect(jobs.preview?.environment).to.deep.include({ name: "preview" });
    expect(jobs.up?.environment).to.equal("production");
  });

  it("puts nothing that a stranger may write into a shell's text", () => {
    for (const { steps } of Object.values(jobs))
      for (const { run, with: inputs } of steps)
        expect(`${run} ${JSON.stringify(inputs)}`).not.to.include("${{");
  });

  it("lets all that asks the server wait for each other, and cancels nothing", () => {
    for (const name of ["preview", "up"]) {
      expect(jobs[name]?.concurrency).to.include({ group: "trieve", queue: "max" });
      expect(jobs[name]?.concurrency?.["cancel-in-progress"] ?? false).to.equal(false);
    }
  });

  it("takes actions of GitHub by major version, of others by commit, and leaves no credentials behind", () => {
    for (const { uses, with: inputs } of Object.values(jobs).flatMap(({ steps }) => steps)) {
      if (uses === undefined) continue;
      expect(uses).to.match(/^(actions\/[\w-]+@v\d+|[\w-]+\/[\w-]+@[0-9a-f]{40})$/);
      if (uses.startsWith("actions/checkout@"))
        expect(inputs).to.include({ "persist-credentials": false });
    }
  });
});

describe("examples/gitops, run by its own workflow with the real CLI", function () {
  this.timeout(300_000);
  let simulator: Simulator;
  let organization: { id: string; apiKey: string };
  let readingKey: string;
  let project: Project;
  let original: string;
  const comments = new Comments();

  before(async () => {
    simulator = await startSimulator();
    organization = simulator.createOrganization("acme", { owner: "root@example.com" });
    readingKey = await makeReadingKey();
    project = Project.open(await copyExample("gitops"));
    original = readFileSync(join(project.folder, "members.yaml"), "utf8");
    // As README.md says, by somebody who sets it up.
    await project.initStack("acme", {
      config: {
        "trieve:apiUrl": simulator.url,
        "trieve:organizationId": organization.id,
        "trieve:redirectUri": "http://localhost:5173/",
      },
    });
  });

  after(async () => {
    await project.remove();
    await simulator.close();
  });

  /** As README.md says. */
  async function makeReadingKey(): Promise<string> {
    expect(readme).to.include("npx pulumi-trieve init --read-only");
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [bin, "init", "--read-only", "--url", simulator.url, "--organization", organization.id],
      { env: { ...process.env, TRIEVE_API_KEY: organization.apiKey } },
    );
    return stdout.trim();
  }

  const write = (text: string) => writeFileSync(join(project.folder, "members.yaml"), text);
  const people = () => peopleOf(simulator, organization.id);
  const writes = () => simulator.requests.filter(({ method }) => method !== "GET");

  function run(job: string, github: GitHubContext, key?: string): Promise<JobResult> {
    const { PULUMI_BACKEND_URL = "", PULUMI_CONFIG_PASSPHRASE = "", ...env } = project.env;
    for (const file of ["report.md", "preview.txt"])
      rmSync(join(project.folder, file), { force: true });
    return workflow.run(job, {
      folder: project.folder,
      github,
      secrets: key === undefined ? {} : { TRIEVE_API_KEY: key, PULUMI_CONFIG_PASSPHRASE },
      vars: key === undefined ? {} : { PULUMI_BACKEND_URL },
      // Everything is there: nothing may be fetched.
      env: { ...env, npm_config_offline: "true", npm_config_update_notifier: "false" },
      comments,
    });
  }
  const validate = () => run("validate", pullRequest("mallory/members"));
  const preview = () => run("preview", pullRequest(repository), readingKey);
  const up = async (event = "schedule") => {
    const result = await run("up", onMain(event), organization.apiKey);
    expect(result.success, result.output).to.equal(true);
    return result;
  };

  it("names a schema that an editor finds beside the file, and that the file fits", () => {
    const [, path = ""] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(original) ?? [];
    const schema = JSON.parse(readFileSync(join(project.folder, path), "utf8"));
    const fits = new Ajv({ formats: { date: true } }).compile(schema);
    expect(fits(parse(original)), JSON.stringify(fits.errors)).to.equal(true);
  });

  it("is filled, as README.md says, with the people who are there", async () => {
    const [, commands = ""] = /```sh\n( *read -rs [\s\S]*?)```/.exec(readme) ?? [];
    const result = await bash(commands, project.folder, project.env, `${organization.apiKey}\n`);
    expect(result.code, result.output).to.equal(0);
    const exported = readFileSync(join(project.folder, "members.yaml"), "utf8");
    const [schema = ""] = original.split("\n");
    expect(exported.startsWith(`${schema}\n\n`)).to.equal(true);
    expect(parse(exported)).to.deep.equal({
      members: [{ email: "root@example.com", role: "owner" }],
    });
    write(original);
  });

  it("validates a pull request from anywhere, without a key", async () => {
    const result = await validate();
    expect(result.success, result.output).to.equal(true);
    expect(result.outcomes).to.include({ Validate: "success", "Type check": "success" });
    expect(result.output).to.include("5 people (2 owners, 1 admin, 2 users)");
  });

  it("fails a pull request with a mistake, and names the place", async () => {
    const before = simulator.requests.length;
    write(original.replace("role: admin", "rol: admin"));
    const result = await validate();
    expect(result.outcomes).to.include({ Validate: "failure", "Type check": "skipped" });
    expect(result.output).to.match(/members\.yaml:\d+:\d+: .*rol/);
    expect(simulator.requests).to.have.lengthOf(before);
  });

  it("comments on a pull request: person by person, and what Pulumi would do", async () => {
    comments.add("User", "<!-- pulumi-trieve --> is what the bot writes");
    write(original);
    const result = await preview();
    expect(result.success, result.output).to.equal(true);
    expect(comments.all).to.have.lengthOf(2);
    const { body } = comments.all[1] ?? { body: "" };
    expect(body).to.include("### Trieve members: `members.yaml`");
    expect(body).to.match(/`bob@example\.com` \| invite as user/);
    expect(body).to.match(/`root@example\.com` \| unchanged: owner/);
    expect(body).to.match(/members\/bob@example\.com +create/);
  });

  it("updates that comment, also to say what is wrong", async () => {
    write(original.replace("bob@example.com", "bob@example"));
    const result = await preview();
    expect(result.outcomes).to.include({
      Report: "failure",
      Preview: "failure",
      Comment: "success",
    });
    expect(result.success).to.equal(false);
    expect(comments.all).to.have.lengthOf(2);
    expect(comments.all[1]?.body).to.match(/1 problem in the file:\n\n- `members\.yaml:\d+:\d+: /);
  });

  it("comments also when the server cannot be asked", async () => {
    write(original);
    const result = await run("preview", pullRequest(repository), "tr-wrong");
    expect(result.success).to.equal(false);
    expect(comments.all[1]?.body).to.include("The report failed: see the log of the run.");
  });

  it("previews with a key that can change nothing", async () => {
    const before = writes().length;
    write(original);
    const result = await run("up", onMain("push"), readingKey);
    expect(result.success).to.equal(false);
    expect(
      writes()
        .slice(before)
        .map(({ status }) => status),
    ).to.include(403);
    expect(people()).to.deep.equal({ "root@example.com": "owner, member" });
  });

  it("invites after the merge", async () => {
    await up("push");
    expect(people()).to.deep.equal({
      "root@example.com": "owner, member",
      "grace@example.com": "owner, pending",
      "ada@example.com": "admin, pending",
      "bob@example.com": "user, pending",
      "carol@example.com": "user, pending",
    });
    expect(simulator.mails).to.have.lengthOf(4);
  });

  it("changes nothing at night, but for what was changed elsewhere", async () => {
    const mail = simulator.mails.find(({ to }) => to === "ada@example.com");
    simulator.accept(mail?.links[0] ?? "", { email: "ada@example.com" });
    const before = writes().length;
    await up();
    expect(writes()).to.have.lengthOf(before);
    simulator.setMember(organization.id, "ada@example.com", { role: "owner" });
    simulator.deleteInvitations(organization.id, "bob@example.com");
    await up();
    expect(people()).to.include({
      "ada@example.com": "admin, member",
      "bob@example.com": "user, pending",
    });
  });

  it("ends the night after their last day who has one", async () => {
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    write(original.replace("2099-12-31", yesterday));
    await up();
    expect(people()).not.to.have.property("carol@example.com");
  });

  it("refuses to remove a break-glass account or too many at once, before any write", async () => {
    const before = writes().length;
    write(original.replace(/ {2}- email: root@(.*\n){3}/, ""));
    expect((await preview()).success).to.equal(false);
    expect(comments.all[1]?.body).to.include("root@example.com").and.to.include("breakGlass");
    write(original.replace(/ {2}- bob@.*\n/, "").replace(/ {2}- email: ada@(.*\n){2}/, ""));
    const done = await run("up", onMain("push"), organization.apiKey);
    expect(done.success).to.equal(false);
    expect(done.output).to.include("would remove 2 of 4 people").and.to.include("maxRemovals");
    expect(writes()).to.have.lengthOf(before);
  });
});
