import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { copyStack, type Original, type StackOptions } from "./stack";
import { secretsProvider, vaultEnvironment } from "./vault";

const root = resolve(__dirname, "..", "..", "..");
const projects = join(root, "dist", "e2e");
const stack = "test";
const passphrase = "passphrase";

/** The verbs that change something, or say what would change. */
const operations = ["up", "preview", "refresh", "destroy"];

export interface Result {
  /** `null` if a signal ended the CLI. */
  code: number | null;
  stdout: string;
  stderr: string;
  /** Both streams as they came. */
  output: string;
  /** By resource name what happened: `create`, `same`, `update`, `replace`, `delete`, … */
  changes: Record<string, string>;
  /** Names of the resources whose operation failed. */
  failed: string[];
}

export interface Running {
  /** Sends a signal to the CLI alone: the provider process lives on until the project is removed. */
  kill(signal: NodeJS.Signals): void;
  /** Ids of the provider processes that the CLI has started so far and that still run. */
  providers(): number[];
  /** Kills those, and leaves the CLI to it. */
  killProviders(): void;
  /** Resolves when the CLI has printed this. */
  printed(text: string): Promise<void>;
  result: Promise<Result>;
}

export interface ProjectOptions extends StackOptions {
  /** Source of the program: JavaScript (CommonJS) unless `main`, `runtime` or `manifest` make it something else. */
  program: string;
  /** File of the program. Default: `index.js`. */
  main?: string;
  /** Options of Pulumi's Node.js runtime. Default: no TypeScript. */
  runtime?: Record<string, unknown>;
  /** More of package.json. */
  manifest?: Record<string, unknown>;
  name?: string;
  env?: Record<string, string>;
  /**
   * Where the project's folder is made. Default: what E2E_PROJECTS says, else in the repository, where `pulumi-trieve`
   * is this checkout.
   */
  parent?: string;
}

export interface StateResource {
  urn: string;
  type: string;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  provider?: string;
  protect?: boolean;
  initErrors?: string[];
}

export interface State {
  version: number;
  deployment: {
    resources: StateResource[];
    pending_operations?: { type: string; resource: StateResource }[];
  };
}

/** The caller's environment without its Pulumi and Trieve settings, with everything of Pulumi's in `folder`. */
export function hermeticEnvironment(folder: string): Record<string, string> {
  const backend = join(folder, "backend");
  mkdirSync(backend, { recursive: true });
  const inherited = Object.entries(process.env).filter(([key]) => !/^(PULUMI|TRIEVE)_/.test(key));
  return {
    ...(Object.fromEntries(inherited) as Record<string, string>),
    PULUMI_HOME: join(folder, "home"),
    PULUMI_BACKEND_URL: pathToFileURL(backend).href,
    PULUMI_CONFIG_PASSPHRASE: passphrase,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_DISABLE_REGISTRY_RESOLVE: "true",
    PULUMI_SUPPRESS_NEO_LINK: "true",
    NODE_OPTIONS: `--require ${JSON.stringify(join(__dirname, "quick-start.js"))}`,
  };
}

/** A throw-away Pulumi project with one stack, for the real CLI. */
export class Project {
  #runs = 0;
  readonly #orphans = new Set<number>();
  readonly #running = new Set<Running>();

  private constructor(
    readonly folder: string,
    readonly env: Record<string, string>,
  ) {}

  /** A project that is there, with its program. It has no stack yet. */
  static open(folder: string, env: Record<string, string> = {}): Project {
    return new Project(folder, {
      ...hermeticEnvironment(join(folder, ".pulumi")),
      // Shows the flag `--event-log`, from which `Result.changes` is read.
      PULUMI_DEBUG_COMMANDS: "true",
      ...env,
    });
  }

  static async create(options: ProjectOptions): Promise<Project> {
    const parent = options.parent ?? process.env.E2E_PROJECTS ?? projects;
    await mkdir(parent, { recursive: true });
    const folder = await mkdtemp(join(parent, "project-"));
    const { name = "e2e", main = "index.js", runtime = { typescript: false }, manifest } = options;
    const project = Project.open(folder, {
      ...(await vaultEnvironment()),
      ...(runtime.typescript === false ? { E2E_TYPESCRIPT: "false" } : {}),
      ...options.env,
    });
    await project.#file("Pulumi.yaml", { name, runtime: { name: "nodejs", options: runtime } });
    await project.#file("package.json", { name, private: true, main, ...manifest });
    await project.write(options.program, main);
    // Another backend, or another form of files, has no place for a copy.
    if (Object.keys(options.env ?? {}).some((key) => /^PULUMI_((DIY_)?BACKEND|CONFIG)_/.test(key)))
      await project.initStack(stack, options);
    else await copyStack(await originalOf(name), folder, options);
    return project;
  }

  /** Makes a stack, selects it, and sets its config. */
  async initStack(
    name: string,
    { config = {}, secrets = {} }: StackOptions,
    ...extra: string[]
  ): Promise<void> {
    await this.#succeed("stack", "init", name, ...extra);
    const settings = [
      ...Object.entries(config).flatMap(([k, v]) => ["--plaintext", `${k}=${v}`]),
      ...Object.entries(secrets).flatMap(([k, v]) => ["--secret", `${k}=${v}`]),
    ];
    if (settings.length > 0) await this.#succeed("config", "set-all", "--stack", name, ...settings);
  }

  /** Replaces the program. */
  async write(program: string, main = "index.js"): Promise<void> {
    await writeFile(join(this.folder, main), program);
  }

  up(...extra: string[]): Promise<Result> {
    return this.run("up", "--yes", ...extra);
  }

  preview(...extra: string[]): Promise<Result> {
    return this.run("preview", ...extra);
  }

  refresh(...extra: string[]): Promise<Result> {
    return this.run("refresh", "--yes", ...extra);
  }

  destroy(...extra: string[]): Promise<Result> {
    return this.run("destroy", "--yes", ...extra);
  }

  run(...args: string[]): Promise<Result> {
    return this.start(...args).result;
  }

  start(...args: string[]): Running {
    const events = join(this.folder, `events-${++this.#runs}.jsonl`);
    const eventLog = operations.includes(args[0] ?? "") ? ["--event-log", events] : [];
    const child = spawn("pulumi", [...args, ...eventLog, "--non-interactive", "--color=never"], {
      cwd: this.folder,
      env: this.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const running: Running = {
      kill: (signal) => {
        for (const pid of childrenOf(child)) this.#orphans.add(pid);
        child.kill(signal);
      },
      providers: () => providersOf(child),
      killProviders: () => {
        for (const pid of providersOf(child)) process.kill(pid, "SIGKILL");
      },
      printed: (text) => printedBy(child, text),
      result: collect(child).then((outcome) => ({ ...outcome, ...readEvents(events) })),
    };
    this.#running.add(running);
    child.once("close", () => this.#running.delete(running));
    return running;
  }

  /** The CLI as on a terminal, where it paints and moves the cursor. It asks nothing if told `--yes`. */
  async terminal(...args: string[]): Promise<Pick<Result, "code" | "output">> {
    const child = spawn("script", ["-qec", ["pulumi", ...args].join(" "), "/dev/null"], {
      cwd: this.folder,
      env: { ...this.env, TERM: "xterm-256color" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return collect(child);
  }

  async exportState(...extra: string[]): Promise<State> {
    return JSON.parse(await this.#succeed("stack", "export", ...extra)) as State;
  }

  async importState(state: State): Promise<void> {
    const file = join(this.folder, "state.json");
    await writeFile(file, JSON.stringify(state));
    await this.#succeed("stack", "import", "--file", file);
  }

  /**
   * What a person does after the CLI was killed: unlocks the stack. Pulumi's file backend writes its state in place, so
   * a kill may also leave that empty, or what it notes of the file beside it ("failed to load checkpoint: EOF"). The
   * copy is the state before; the notes can be done without.
   */
  async recover(): Promise<void> {
    const stacks = join(this.folder, ".pulumi", "backend", ".pulumi", "stacks");
    const [state] = (await readdir(stacks, { recursive: true })).filter((file) =>
      file.endsWith(`${stack}.json`),
    );
    const path = join(stacks, state ?? "");
    if (!(await isJson(path))) await copyFile(`${path}.bak`, path);
    if (!(await isJson(`${path}.attrs`))) await rm(`${path}.attrs`, { force: true });
    await this.#succeed("cancel", "--yes");
  }

  async outputs(...extra: string[]): Promise<Record<string, unknown>> {
    const json = await this.#succeed("stack", "output", "--json", "--show-secrets", ...extra);
    return JSON.parse(json) as Record<string, unknown>;
  }

  async remove(): Promise<void> {
    // A test that fails may leave the CLI at work, for which the run of all tests would then wait without end.
    for (const running of this.#running) running.kill("SIGKILL");
    for (const pid of this.#orphans) {
      try {
        process.kill(-pid, "SIGKILL"); // the CLI gives each plugin a process group of its own
      } catch {
        // It has ended by itself.
      }
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  async #succeed(...args: string[]): Promise<string> {
    const result = await this.run(...args);
    if (result.code !== 0) throw new Error(`pulumi ${args.join(" ")}: ${result.output}`);
    return result.stdout;
  }

  #file(name: string, content: object): Promise<void> {
    // JSON is YAML.
    return writeFile(join(this.folder, name), JSON.stringify(content));
  }
}

/** By name of the project. */
const originals = new Map<string, Promise<Original>>();

function originalOf(name: string): Promise<Original> {
  const known = originals.get(name);
  if (known) return known;
  const original = makeOriginal(name);
  originals.set(name, original);
  return original;
}

async function makeOriginal(name: string): Promise<Original> {
  await mkdir(projects, { recursive: true });
  const folder = await mkdtemp(join(projects, "original-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "Pulumi.yaml"), JSON.stringify({ name, runtime: "nodejs" }));
  const project = Project.open(folder, await vaultEnvironment());
  await project.initStack(stack, {}, "--secrets-provider", secretsProvider);
  return { folder, stack };
}

async function isJson(path: string): Promise<boolean> {
  try {
    JSON.parse(await readFile(path, "utf8"));
    return true;
  } catch {
    return false;
  }
}

interface RunningProcess {
  pid: number;
  parent: number;
  command: string;
}

function processes(): RunningProcess[] {
  const table = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], { encoding: "utf8" });
  return table.split("\n").flatMap((line) => {
    const [, pid, parent, command = ""] = /^\s*(\d+)\s+(\d+)\s(.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
  });
}

function childrenOf(parent: ChildProcess): number[] {
  return processes()
    .filter((one) => one.parent === parent.pid)
    .map(({ pid }) => pid);
}

/** The CLI starts a shell, and that the provider. */
function providersOf(cli: ChildProcess): number[] {
  const all = processes();
  const shells = all.filter(({ parent }) => parent === cli.pid).map(({ pid }) => pid);
  return all
    .filter(({ parent, command }) => shells.includes(parent) && /dynamic-provider/.test(command))
    .map(({ pid }) => pid);
}

/** Whether a process still runs. One that has ended, and that nobody has asked for its exit code, does not. */
export function isRunning(pid: number): boolean {
  return execFileSync("ps", ["-A", "-o", "pid=,stat="], { encoding: "utf8" })
    .split("\n")
    .some((line) => new RegExp(`^\\s*${pid}\\s+[^Z]`).test(line));
}

function collect(child: ChildProcess): Promise<Omit<Result, "changes" | "failed">> {
  const result = { stdout: "", stderr: "", output: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream]?.setEncoding("utf8").on("data", (text: string) => {
      result[stream] += text;
      result.output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", (cause) => {
      reject(new Error("No Pulumi CLI on PATH: `npm test` sets one up.", { cause }));
    });
    child.on("close", (code) => resolve({ code, ...result }));
  });
}

function printedBy(child: ChildProcess, text: string): Promise<void> {
  let output = "";
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (more: string) => {
        output += more;
        if (output.includes(text)) resolve();
      });
    child.once("close", () => reject(new Error(`never printed: ${text}\n${output}`)));
  });
}

interface EngineEvent {
  resOutputsEvent?: { metadata: StepMetadata };
  resOpFailedEvent?: { metadata: StepMetadata };
}

interface StepMetadata {
  op: string;
  urn: string;
  type: string;
}

/** The steps of the last deployment, without the stack itself and the providers. */
function readEvents(file: string): Pick<Result, "changes" | "failed"> {
  const changes: Result["changes"] = {};
  const failed: Result["failed"] = [];
  for (const event of eventLines(file)) {
    const metadata = (event.resOutputsEvent ?? event.resOpFailedEvent)?.metadata;
    if (!metadata || metadata.type.startsWith("pulumi:")) continue;
    const name = metadata.urn.slice(metadata.urn.lastIndexOf("::") + 2);
    if (event.resOpFailedEvent) failed.push(name);
    else changes[name] = metadata.op.includes("replace") ? "replace" : metadata.op;
  }
  return { changes, failed };
}

function eventLines(file: string): EngineEvent[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return []; // nothing was deployed
  }
  // A CLI that was killed leaves its last line unfinished.
  const complete = text.slice(0, text.lastIndexOf("\n") + 1);
  return complete
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as EngineEvent);
}
