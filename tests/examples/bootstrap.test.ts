import { execFile } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { type Simulator, startSimulator } from "../../simulator";
import { fencedBlocks } from "../docs/blocks";
import { Project } from "../e2e/cli";
import { peopleOf } from "../e2e/world";
import { copyExample } from "./copy";

const adminKey = "the-admin-key-of-the-server";

const environments = ["dev", "staging", "prod"] as const;
type Environment = (typeof environments)[number];

describe("examples/bootstrap, with the real CLI", function () {
  this.timeout(300_000);
  let project: Project;
  let reader: Project | undefined;
  /** `staging` is on the server of `dev`, as the example has it. */
  const servers = {} as Record<Environment, Simulator>;

  const organizationOf = (environment: Environment) =>
    servers[environment].organizations().find(({ name }) => name === environment);
  const people = (environment: Environment) => {
    const { default: _, ...others } = peopleOf(
      servers[environment],
      organizationOf(environment)?.id ?? "",
    );
    return others;
  };
  const everybody = () => Object.fromEntries(environments.map((one) => [one, people(one)]));
  const up = async (environment: Environment, ...extra: string[]) => {
    const result = await project.up("--skip-preview", "--stack", environment, ...extra);
    expect(result.code, result.output).to.equal(0);
    return result;
  };
  /** Runs the commands that a section of README.md shows. */
  const follow = async (section: string) => {
    const readme = readFileSync(join(project.folder, "README.md"), "utf8");
    const block = fencedBlocks(readme).find(
      (one) => one.section === section && one.language === "sh",
    );
    const env = { ...project.env, PULUMI_SKIP_CONFIRMATIONS: "true" };
    await promisify(execFile)("sh", ["-e", "-c", block?.text ?? "false"], {
      cwd: project.folder,
      env,
    });
  };
  const writesOf = (environment: Environment) =>
    servers[environment].requests.filter(({ method }) => method !== "GET").length;

  before(async () => {
    project = Project.open(await copyExample("bootstrap"));
    servers.dev = servers.staging = await startSimulator({ adminKey });
    servers.prod = await startSimulator({ adminKey });
    for (const environment of environments)
      await project.initStack(environment, {
        config: { apiUrl: servers[environment].url },
        secrets: { adminKey },
      });
  });

  after(async () => {
    await reader?.remove();
    await project.remove();
    for (const simulator of new Set(Object.values(servers))) await simulator.close();
  });

  it("has a stack and a file of people for each environment", () => {
    const names = (folder: string, pattern: RegExp) =>
      readdirSync(join(project.folder, folder)).flatMap((file) => pattern.exec(file)?.[1] ?? []);
    expect(names(".", /^Pulumi\.(.+)\.yaml$/)).to.have.members([...environments]);
    expect(names("people", /^(.+)\.yaml$/)).to.have.members([...environments]);
  });

  it("previews one environment without touching any", async () => {
    const result = await project.preview("--stack", "dev");
    expect(result.code, result.output).to.equal(0);
    expect(result.changes).to.include({
      organization: "create",
      key: "create",
      "people/dora@contractor.example": "create",
    });
    expect(environments.map(writesOf)).to.deep.equal([0, 0, 0]);
  });

  it("makes an organization and a key for each, and invites its people there, in the role that they have there, and nowhere else", async () => {
    await up("dev");
    expect(organizationOf("prod")).to.equal(undefined);
    await up("staging");
    await up("prod");
    expect(everybody()).to.deep.equal({
      dev: {
        "grace@example.com": "owner, pending",
        "ada@example.com": "admin, pending",
        "bob@example.com": "admin, pending",
        "dora@contractor.example": "user, pending",
      },
      staging: {
        "grace@example.com": "owner, pending",
        "ada@example.com": "admin, pending",
        "bob@example.com": "user, pending",
      },
      prod: {
        "grace@example.com": "owner, pending",
        "olga@example.com": "owner, pending",
        "ada@example.com": "user, pending",
      },
    });
  });

  it("changes nothing the second time, nor after somebody has accepted", async () => {
    const writes = environments.map(writesOf);
    for (const environment of environments) {
      const { changes } = await up(environment);
      expect(new Set(Object.values(changes)), environment).to.deep.equal(new Set(["same"]));
    }
    const simulator = servers.prod;
    const mail = simulator.mails.find(({ to }) => to === "olga@example.com");
    simulator.accept(mail?.links[0] ?? "", { email: "olga@example.com" });
    await up("prod", "--refresh");
    expect(environments.map(writesOf)).to.deep.equal(writes);
    expect(await project.outputs("--stack", "prod")).to.deep.equal({
      apiUrl: simulator.url,
      organizationId: organizationOf("prod")?.id,
      people: {
        "grace@example.com": "pending",
        "olga@example.com": "member",
        "ada@example.com": "pending",
      },
      counts: { member: 1, pending: 2 },
    });
  });

  it("lets another stack read who is in", async () => {
    const { PULUMI_BACKEND_URL = "" } = project.env;
    reader = await Project.create({
      // As in the example's README.md.
      program: `
        const { StackReference } = require("@pulumi/pulumi");
        const trieve = new StackReference("organization/trieve-environments/prod");
        exports.organizationId = trieve.requireOutput("organizationId");
        exports.members = trieve.requireOutput("people").apply((people) =>
          Object.keys(people).filter((email) => people[email] === "member"),
        );`,
      env: { PULUMI_BACKEND_URL },
    });
    const result = await reader.up("--skip-preview");
    expect(result.code, result.output).to.equal(0);
    expect(await reader.outputs()).to.deep.equal({
      organizationId: organizationOf("prod")?.id,
      members: ["olga@example.com"],
    });
  });

  it("keeps the stricter limits of prod to prod", async () => {
    const stranger = "  - mallory@elsewhere.example\n";
    for (const environment of environments) {
      const file = join(project.folder, "people", `${environment}.yaml`);
      writeFileSync(file, readFileSync(file, "utf8") + stranger);
    }
    const refused = await project.up("--stack", "prod");
    expect(refused.code).not.to.equal(0);
    expect(refused.output).to.include("elsewhere.example").and.to.include("allowedDomains");
    expect(people("prod")).not.to.have.property("mallory@elsewhere.example");
    await up("staging");
    expect(people("staging")).to.include({ "mallory@elsewhere.example": "user, pending" });
  });

  it("makes another key as its README says, and changes nobody", async () => {
    const id = organizationOf("dev")?.id ?? "";
    const [before] = servers.dev.keys(id);
    const seen = servers.dev.requests.length;
    await follow("Another key");
    const routes = servers.dev.requests
      .slice(seen)
      .filter(({ method }) => method !== "GET")
      .map(({ route }) => route);
    expect(routes, "and the stranger, whom dev takes").to.deep.equal([
      "createKey",
      "invite",
      "deleteKey",
    ]);
    const [after, ...others] = servers.dev.keys(id);
    expect(others).to.deep.equal([]);
    expect(after?.text).not.to.equal(before?.text);
  });

  it("stores no key in clear, neither in a stack's config nor in its state", async () => {
    for (const environment of environments) {
      const keys = servers[environment].keys(organizationOf(environment)?.id ?? "");
      expect(keys).to.have.lengthOf(1);
      const config = readFileSync(join(project.folder, `Pulumi.${environment}.yaml`), "utf8");
      const state = JSON.stringify(await project.exportState("--stack", environment));
      expect(config).to.include("trieve-environments:adminKey");
      for (const secret of [adminKey, ...keys.map(({ text }) => text)])
        expect(config + state).not.to.include(secret);
    }
  });

  const destroy = (environment: Environment) =>
    project.destroy("--skip-preview", "--stack", environment);

  it("destroys dev, with its datasets, and nothing else", async () => {
    servers.dev.addDataset(organizationOf("dev")?.id ?? "", "docs");
    const before = people("staging");
    const result = await destroy("dev");
    expect(result.code, result.output).to.equal(0);
    expect(servers.dev.organizations().map(({ name }) => name)).to.have.members([
      "default",
      "staging",
    ]);
    expect(people("staging")).to.deep.equal(before);
  });

  it("refuses to destroy any other until it is meant, as its README says", async () => {
    for (const environment of ["prod", "staging"] as const) {
      const before = people(environment);
      const refused = await destroy(environment);
      expect(refused.code).not.to.equal(0);
      expect(people(environment)).to.deep.equal(before);
    }
    await follow("Destroy it");
    expect(servers.staging.organizations().map(({ name }) => name)).to.deep.equal(["default"]);
    expect(organizationOf("prod")).not.to.equal(undefined);
  });
});
