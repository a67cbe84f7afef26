import { expect } from "chai";
import {
  type RequestRecord,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from "../../simulator";
import { Project, type Result } from "./cli";

export const dashboard = "http://localhost:5173/";

/** All of these in `npm run test:long`; else the first few, which stand for their kind. */
export function some<T>(few: number, all: readonly T[]): readonly T[] {
  return process.env.E2E_ALL === "true" ? all : all.slice(0, few);
}

/** A test of `npm run test:long` alone: `npm test` has others that show nearly the same. */
export const atNight: (title: string, test: () => Promise<void>) => unknown =
  process.env.E2E_ALL === "true" ? it : () => {};

/** Of a resource in a test program. */
export function urn(name: string): string {
  return `urn:pulumi:test::e2e::pulumi-nodejs:dynamic/trieve:Invitation::${name}`;
}

/** Arguments of one resource in a test program; `opts` is JavaScript source. */
export interface Declared {
  readonly email: string;
  readonly role?: string;
  readonly deletionPolicy?: string;
  readonly resendTrigger?: string;
  readonly scopes?: readonly string[];
  readonly organizationId?: string;
  readonly opts?: string;
}

/** A program that declares these people, each exporting its status. */
export function program(people: Record<string, Declared>, before = ""): string {
  const resources = Object.entries(people).map(([name, { opts, ...args }]) => {
    const source = `new trieve.TrieveInvitation(${JSON.stringify(name)}, ${JSON.stringify(args)}, ${opts ?? "{}"})`;
    return `exports[${JSON.stringify(name)}] = ${source}.status;`;
  });
  return [
    `const pulumi = require("@pulumi/pulumi");`,
    `const trieve = require("pulumi-trieve");`,
    before,
    ...resources,
  ].join("\n");
}

/** Everybody in an organization but its first owner: `{ "ada@example.com": "admin, pending" }`. */
export function peopleOf(simulator: Simulator, organizationId: string): Record<string, string> {
  const pending = simulator
    .invitations(organizationId)
    .filter(({ used }) => !used)
    .map(({ email, role }) => [email, `${["user", "admin", "owner"][role]}, pending`]);
  const members = simulator
    .members(organizationId)
    .filter(({ email }) => !email.startsWith("owner@"))
    .map(({ email, role }) => [email, `${role}, member`]);
  return Object.fromEntries([...pending, ...members]) as Record<string, string>;
}

/**
 * Everybody but the organization's first owner with all their rights, a line for each row, so that a second row of one
 * person shows: `ada@example.com admin pending [GET /api/dataset]`.
 */
export function rowsOf({ simulator, organization }: World): string[] {
  const pending = simulator
    .invitations(organization.id)
    .filter(({ used }) => !used)
    .map((row) => ({ ...row, role: ["user", "admin", "owner"][row.role], status: "pending" }));
  const members = simulator
    .members(organization.id)
    .map((member) => ({ ...member, status: "member" }));
  return [...pending, ...members]
    .filter(({ email }) => !email.startsWith("owner@"))
    .map(({ email, role, status, scopes }) =>
      [email, role, status, ...(scopes === null ? [] : [`[${[...scopes].sort()}]`])].join(" "),
    )
    .sort();
}

/** A simulator with one organization, and a project that is configured for it. */
export class World {
  #seen = 0;

  private constructor(
    readonly simulator: Simulator,
    readonly organization: { readonly id: string; readonly apiKey: string },
    readonly project: Project,
  ) {}

  static async create(
    people: Record<string, Declared>,
    options: {
      simulator?: SimulatorOptions;
      env?: Record<string, string>;
      config?: Record<string, string>;
    } = {},
  ): Promise<World> {
    const simulator = await startSimulator(options.simulator);
    const organization = simulator.createOrganization("acme");
    const project = await Project.create({
      program: program(people),
      config: {
        "trieve:organizationId": organization.id,
        "trieve:apiUrl": simulator.url,
        "trieve:redirectUri": dashboard,
        ...options.config,
      },
      secrets: { "trieve:apiKey": organization.apiKey },
      ...(options.env ? { env: options.env } : {}),
    });
    return new World(simulator, organization, project);
  }

  declare(people: Record<string, Declared>, before = ""): Promise<void> {
    return this.project.write(program(people, before));
  }

  /** Runs a verb of the CLI and expects it to end well. */
  async succeed(
    verb: "up" | "refresh" | "destroy" | "preview",
    ...extra: string[]
  ): Promise<Result> {
    const result = await this.project[verb](...this.#extra(verb, extra));
    expect(result.code, result.output).to.equal(0);
    return result;
  }

  async fail(verb: "up" | "refresh" | "destroy" | "preview", ...extra: string[]): Promise<Result> {
    const result = await this.project[verb](...this.#extra(verb, extra));
    expect(result.code, result.output).not.to.equal(0);
    return result;
  }

  /** A preview before each verb doubles the time of the tests; those that are about previews run them. */
  #extra(verb: string, extra: string[]): string[] {
    return verb === "preview" ? extra : ["--skip-preview", ...extra];
  }

  /** Everybody but the organization's first owner: `{ "ada@example.com": "admin, pending" }`. */
  people(organizationId = this.organization.id): Record<string, string> {
    return peopleOf(this.simulator, organizationId);
  }

  /** Requests since the last call, in order, without the ids: `["POST invite ada@example.com", …]`. */
  requests(): RequestRecord[] {
    const all = this.simulator.requests.slice(this.#seen);
    this.#seen = this.simulator.requests.length;
    return all;
  }

  /** Routes of the requests since the last call that changed, or tried to change, something. */
  writes(): string[] {
    return this.requests()
      .filter(({ method }) => method !== "GET")
      .map(({ route }) => route);
  }

  mailsTo(email: string): number {
    return this.simulator.mails.filter(({ to }) => to === email).length;
  }

  /** Opens the newest invitation mail of this person, and signs in. */
  accept(email: string): void {
    const mail = this.simulator.mails.findLast(
      ({ to, kind }) => to === email && kind === "invitation",
    );
    const landing = this.simulator.accept(mail?.links[0] ?? "", { email });
    expect(landing.status, landing.body).to.equal(303);
  }

  async end(): Promise<void> {
    await this.project.remove();
    await this.simulator.close();
  }
}

/** Rewrites a last day in what the guard of a roster has recorded. Returns of how many people. */
export async function passDay({ project }: World, from: string, to: string): Promise<number> {
  const state = await project.exportState();
  const guard = state.deployment.resources.find(({ type }) => type.endsWith(":RosterGuard"));
  const counts = (["inputs", "outputs"] as const).map((bag) => {
    const people = guard?.[bag]?.people as { until?: string }[];
    const dated = people.filter(({ until }) => until === from);
    for (const person of dated) person.until = to;
    return dated.length;
  });
  await project.importState(state);
  return Math.min(...counts);
}

/** What a preview says in its diagnostics: of the roster as it stands, of people after their address. */
export function toldIn(output: string): string[] {
  const [, diagnostics = ""] = output.split("Diagnostics:\n");
  const [messages = ""] = diagnostics.split("\nResources:");
  const lines: string[] = [];
  let about = "";
  for (const line of messages.split("\n")) {
    const [, name] = /^ {2}\S+ \((.*)\):$/.exec(line) ?? [];
    if (name !== undefined) about = name.startsWith("team/") ? `${name.slice(5)} ` : "";
    else if (line.trim() !== "") lines.push(`${about}${line.trim()}`);
  }
  return lines.sort();
}
