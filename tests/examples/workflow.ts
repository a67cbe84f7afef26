import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { parse } from "yaml";
import type { Comments } from "./comments";
import { holds, interpolate } from "./expressions";

/** One step as the file has it. */
interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Job {
  readonly if?: string;
  readonly environment?: string | { readonly name: string };
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: Readonly<Record<string, unknown>>;
  readonly steps: readonly Step[];
}

/** A workflow of GitHub Actions as the file has it. */
export interface Definition {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly defaults: { readonly run: { readonly shell: string } };
  readonly jobs: Readonly<Record<string, Job>>;
}

/** What GitHub knows of an event: the context `github`. */
export interface GitHubContext {
  readonly event_name: string;
  readonly ref: string;
  readonly repository: string;
  readonly event: object;
}

export interface Surroundings {
  /** The checkout, with its dependencies. */
  readonly folder: string;
  readonly github: GitHubContext;
  /** Of the job's environment. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly vars: Readonly<Record<string, string>>;
  /** Of the runner. */
  readonly env: Readonly<Record<string, string>>;
  readonly comments: Comments;
}

export interface JobResult {
  readonly success: boolean;
  /** By name of each step that the file names. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
  readonly output: string;
}

type Outcome = "success" | "failure" | "skipped";

/** What has been done before: the checkout with its dependencies, Node and the CLI are there. */
const prepared = {
  uses: /^(actions\/checkout|actions\/setup-node|pulumi\/actions)@/,
  run: /^npm ci --ignore-scripts$/,
};

/** A workflow that runs here: its own commands, with bash, under its own conditions. */
export class Workflow {
  readonly definition: Definition;
  readonly #text: string;

  constructor(file: string) {
    this.#text = readFileSync(file, "utf8");
    this.definition = parse(this.#text) as Definition;
  }

  /** What GitHub's language service has to say against it. */
  async problems(): Promise<string[]> {
    // The package imports JSON in a way that bundlers allow, and Node does not.
    const hooks = registerHooks({
      load: (url, context, next) =>
        next(
          url,
          url.endsWith(".json") ? { ...context, importAttributes: { type: "json" } } : context,
        ),
    });
    const { validate } = await import("@actions/languageservice").finally(() => hooks.deregister());
    const { TextDocument } = await import("vscode-languageserver-textdocument");
    const found = await validate(TextDocument.create("file:///w.yml", "yaml", 0, this.#text));
    return found.map(({ message, range }) => `${range.start.line + 1}: ${message}`);
  }

  /** Names of the jobs that an event starts. */
  async jobsOn(github: GitHubContext): Promise<string[]> {
    const names: string[] = [];
    for (const [name, job] of Object.entries(this.definition.jobs))
      if (await holds(job.if, { github }, true)) names.push(name);
    return names;
  }

  async run(name: string, surroundings: Surroundings): Promise<JobResult> {
    const { github, secrets, vars } = surroundings;
    const job = this.definition.jobs[name];
    if (!job) throw new Error(`No job ${name}.`);
    const outcomes: Record<string, Outcome> = {};
    const steps: Record<string, { outcome: Outcome }> = {};
    let success = true;
    let output = "";
    for (const step of job.steps) {
      const context = { github, secrets, vars, steps };
      let outcome: Outcome = "skipped";
      if (await holds(step.if, context, success)) {
        const env = await interpolate({ ...this.definition.env, ...step.env }, context);
        const result = await this.#step(step, env, surroundings);
        output += result.output;
        outcome = result.code === 0 ? "success" : "failure";
      }
      success &&= outcome !== "failure";
      if (step.id) steps[step.id] = { outcome };
      if (step.name) outcomes[step.name] = outcome;
    }
    return { success, outcomes, output };
  }

  async #step(
    { uses = "", run = "", with: inputs }: Step,
    env: Record<string, string>,
    surroundings: Surroundings,
  ): Promise<{ code: number | null; output: string }> {
    if (prepared.uses.test(uses) || prepared.run.test(run)) return { code: 0, output: "" };
    if (uses.startsWith("actions/github-script@")) {
      await surroundings.comments.run(inputs?.script ?? "", surroundings.folder);
      return { code: 0, output: "" };
    }
    if (uses !== "" || this.definition.defaults.run.shell !== "bash")
      throw new Error(`Cannot run ${uses || "another shell than bash"}.`);
    return bash(run, surroundings.folder, { ...surroundings.env, ...env });
  }
}

/** As GitHub's runner starts it where a workflow says `shell: bash`. */
export function bash(script: string, cwd: string, env: Record<string, string>, input = "") {
  const child = spawn("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], {
    cwd,
    env,
    stdio: ["pipe", "pipe", "pipe"],
  });
  // A script that reads nothing may be gone before all is written.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  return new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}
