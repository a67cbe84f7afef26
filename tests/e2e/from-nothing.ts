import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { type Simulator, startSimulator } from "../../simulator";
import { Project, type Result } from "./cli";
import { dashboard, peopleOf } from "./world";

export const adminKey = "the-admin-key-of-the-server";

export const roster = ["grace", "ada", "bob", "carol", "dora"].map((name) => `${name}@example.com`);

export interface Declared {
  /** Of the organization. */
  readonly name?: string;
  readonly forceDestroy?: boolean;
  readonly rotateTrigger?: string;
  readonly maxRemovals?: string;
}

function program({ name = "dev", maxRemovals, ...more }: Declared): string {
  const { forceDestroy = false, rotateTrigger } = more;
  return `
    const pulumi = require("@pulumi/pulumi");
    const trieve = require("pulumi-trieve");
    const config = new pulumi.Config();
    const at = { apiUrl: config.require("apiUrl"), redirectUri: ${JSON.stringify(dashboard)} };
    const server = new trieve.Provider("server", { apiKey: config.requireSecret("adminKey"), ...at });
    const organization = new trieve.TrieveOrganization("organization",
      ${JSON.stringify({ name, forceDestroy })}, { provider: server });
    const key = new trieve.TrieveApiKey("key",
      { organizationId: organization.id, ...${JSON.stringify({ name: "pulumi", role: "owner", rotateTrigger })} },
      { provider: server });
    const dev = new trieve.Provider("dev", { apiKey: key.apiKey, organizationId: organization.id, ...at });
    const team = new trieve.TrieveRoster("team",
      { file: "people.yaml", limits: ${JSON.stringify({ maxRemovals })} }, { provider: dev });
    exports.organizationId = organization.id;
    exports.apiKey = key.apiKey;
    exports.counts = team.counts;`;
}

/** A server as it first starts, and a program that makes an environment on it. */
export class Nothing {
  #seen = 0;
  /** All that the CLI has printed. */
  readonly printed: string[] = [];

  private constructor(
    readonly simulator: Simulator,
    readonly project: Project,
  ) {}

  static async create(declared: Declared = {}): Promise<Nothing> {
    const simulator = await startSimulator({ adminKey });
    const project = await Project.create({
      program: program(declared),
      config: { apiUrl: simulator.url },
      secrets: { adminKey },
    });
    const people = roster.map(
      (email, i) => `  - { email: ${email}, role: ${i === 0 ? "owner" : "user"} }`,
    );
    writeFileSync(join(project.folder, "people.yaml"), `members:\n${people.join("\n")}\n`);
    return new Nothing(simulator, project);
  }

  declare(declared: Declared): Promise<void> {
    return this.project.write(program(declared));
  }

  async run(...args: string[]): Promise<Result> {
    const result = await this.project.run(...args);
    this.printed.push(result.output);
    return result;
  }

  /** Runs the CLI and expects it to end well. A preview takes its time, so only `preview` runs one. */
  async succeed(...args: string[]): Promise<Result> {
    const result = await this.run(...quickly(args));
    expect(result.code, result.output).to.equal(0);
    return result;
  }

  async fail(...args: string[]): Promise<Result> {
    const result = await this.run(...quickly(args));
    expect(result.code, result.output).not.to.equal(0);
    return result;
  }

  /** Those of the server's account beside its own first. */
  organizations(): { id: string; name: string }[] {
    return this.simulator.organizations().filter(({ name }) => name !== "default");
  }

  /** The one that there is. */
  get organizationId(): string {
    const [one, ...others] = this.organizations();
    expect(others, "one organization").to.deep.equal([]);
    return one?.id ?? "";
  }

  /** Who is in the organization or invited, but its account. */
  people(): Record<string, string> {
    const { default: _, ...people } = peopleOf(this.simulator, this.organizationId);
    return people;
  }

  /** One organization of this name, one key of the program's, and one invitation and one mail for everybody. */
  expectEnvironment(name = "dev", mailsBefore = 0): void {
    expect(this.organizations().map((one) => one.name)).to.deep.equal([name]);
    const keys = this.simulator.keys(this.organizationId);
    expect(keys.map((key) => key.name.replace(/[0-9a-f]{8}$/, "<tag>"))).to.deep.equal([
      "pulumi-<tag>",
    ]);
    expect(this.people()).to.deep.equal(
      Object.fromEntries(
        roster.map((email, i) => [email, `${i === 0 ? "owner" : "user"}, pending`]),
      ),
    );
    expect(
      this.simulator.mails
        .slice(mailsBefore)
        .map(({ to }) => to)
        .sort(),
      "one mail each",
    ).to.deep.equal([...roster].sort());
  }

  /** Routes of the requests since the last call. */
  routes(): string[] {
    const routes = this.simulator.requests.slice(this.#seen).map(({ route }) => route as string);
    this.#seen = this.simulator.requests.length;
    return routes;
  }

  /** Status of a request for the invitations with this key. */
  async statusWith(key: string): Promise<number> {
    const { url } = this.simulator;
    const headers = { Authorization: key, "TR-Organization": this.organizationId };
    const { status } = await fetch(`${url}/api/invitations/${this.organizationId}`, { headers });
    this.routes();
    return status;
  }

  async end(): Promise<void> {
    await this.project.remove();
    await this.simulator.close();
  }
}

function quickly(args: string[]): string[] {
  const [verb = ""] = args;
  return ["up", "refresh", "destroy"].includes(verb) ? [...args, "--yes", "--skip-preview"] : args;
}

const urnBase = "urn:pulumi:test::e2e::";

/** Of resources of the program. */
export const urns = {
  organization: `${urnBase}pulumi-nodejs:dynamic/trieve:Organization::organization`,
  key: `${urnBase}pulumi-nodejs:dynamic/trieve:ApiKey::key`,
  provider: `${urnBase}pulumi:providers:pulumi-nodejs::dev`,
};

const environment = [
  "organization",
  "key",
  "team",
  "team/guard",
  ...roster.map((email) => `team/${email}`),
];

/** The same change of all resources. */
export const all = (change: string) =>
  Object.fromEntries(environment.map((name) => [name, change]));
export const untouched = all("same");
