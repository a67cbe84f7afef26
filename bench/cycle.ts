/** The life of people under one contender, from nothing to nothing, and what each step of it costs. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { Project } from "../tests/e2e/cli";
import {
  type Contender,
  floorPackage,
  type Person,
  peopleOf,
  pythonScript,
  settingsOf,
} from "./contenders";
import { type Cost, measure } from "./measure";
import type { Organization, Requests, Server, Speed } from "./server";

export const verbs = [
  "up from nothing",
  "up, no change",
  "refresh",
  "up, one change",
  "destroy",
] as const;
export type Verb = (typeof verbs)[number];

export interface Step {
  readonly verb: Verb;
  readonly cost: Cost;
  readonly requests: Requests;
  readonly inFlight: number;
  /** Of the stack's state after it, as the file backend stores it. */
  readonly stateBytes?: number;
}

const root = resolve(__dirname, "..", "..");

/** A folder whose projects find this package as users install it: packed, and not linked. */
export class Sandbox {
  readonly folder: string;

  /** @param source a checkout of this package that is built */
  constructor(source = root) {
    const parent = join(root, "dist", "measured");
    mkdirSync(parent, { recursive: true });
    this.folder = mkdtempSync(join(parent, "sandbox-"));
    const packages = join(this.folder, "node_modules");
    // Without one of its own, what is found by this package's name is the checkout.
    writeFileSync(join(this.folder, "package.json"), JSON.stringify({ private: true }));
    const pack = ["pack", "--json", "--loglevel=error", "--pack-destination", this.folder];
    const [tarball] = JSON.parse(execFileSync("npm", pack, { cwd: source, encoding: "utf8" }));
    // The SDK asks for the package from where it lies itself: it has to be here too.
    execFileSync("cp", ["--archive", "--link", join(root, "node_modules"), packages]);
    const installed = join(packages, "pulumi-trieve");
    rmSync(installed, { recursive: true });
    mkdirSync(installed);
    const strip = "--strip-components=1";
    execFileSync("tar", ["-xzf", join(this.folder, tarball.filename), "-C", installed, strip]);
    const plugin = join(installed, "dist", "provider", "plugin", "main.js");
    if (existsSync(plugin)) {
      chmodSync(plugin, 0o755);
      symlinkSync(plugin, join(packages, ".bin", "pulumi-resource-trieve"));
    }
    mkdirSync(join(packages, "pulumi-floor"));
    writeFileSync(join(packages, "pulumi-floor", "index.js"), floorPackage);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Under which circumstances: how many people, and what of the CLI is set. */
export interface Setting {
  readonly people: number;
  readonly speed: Speed;
  /** Environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  readonly options?: readonly string[];
}

/** Runs the verbs in turn. */
export async function* cycle(
  sandbox: Sandbox,
  server: Server,
  contender: Contender,
  { people, env, options = [] }: Setting,
): AsyncGenerator<Step> {
  const organization = await server.ask("organization");
  const project = await Project.create({
    program: "",
    name: "bench",
    parent: sandbox.folder,
    ...settingsOf(organization),
    // As users have them, and not as tests do: how programs start, and a passphrase.
    env: { NODE_OPTIONS: "", PULUMI_CONFIG_PASSPHRASE: "bench", ...env },
  });
  const declare = (declared: readonly Person[], isEnding = false) => {
    for (const [name, text] of Object.entries(contender.files(declared, organization, isEnding)))
      writeFileSync(join(project.folder, name), text);
  };
  const all = [...(contender.options ?? []), ...options];
  const step = async (verb: Verb, ...command: string[]): Promise<Step> => {
    await server.ask("requests");
    const cost = await measure(
      ["pulumi", ...command, ...all, "--yes", "--skip-preview", "--non-interactive"],
      { cwd: project.folder, env: project.env },
      (line) => /dynamic-provider|pulumi-resource-trieve/.test(line),
      server.pid,
    );
    const { byRoute, inFlight } = await server.ask("requests");
    return { verb, cost, requests: byRoute, inFlight, stateBytes: stateBytes(project) };
  };
  try {
    declare(peopleOf(people, false));
    yield await step("up from nothing", "up");
    yield await step("up, no change", "up");
    yield await step("refresh", "refresh");
    declare(peopleOf(people, true));
    yield await step("up, one change", "up");
    if (contender.isGuarded) {
      declare(peopleOf(people, true), true);
      await step("up, one change", "up");
    }
    yield await step("destroy", "destroy");
  } finally {
    await project.remove();
  }
}

function stateBytes(project: Project): number {
  const folder = join(project.folder, ".pulumi/backend/.pulumi/stacks/bench");
  const [file = ""] = readdirSync(folder).filter((name) => /^test\.json(\.gz)?$/.test(name));
  return statSync(join(folder, file)).size;
}

/** What a loop can do; it knows no state. */
export const pythonVerbs = ["up from nothing", "destroy"] as const;

/** A script with Trieve's own Python client, in a virtual environment of its own. */
export class Python {
  private constructor(
    private readonly folder: string,
    private readonly python: string,
  ) {}

  /** Undefined where there is no Python or no way to its packages. */
  static create(sandbox: Sandbox): Python | undefined {
    const folder = join(sandbox.folder, "python");
    const python = join(folder, "bin", "python");
    try {
      execFileSync("python3", ["-m", "venv", folder], { stdio: "ignore" });
      // The client needs requests without saying so.
      const packages = ["trieve_py_client==0.12.12", "requests"];
      execFileSync(python, ["-m", "pip", "install", "--quiet", ...packages], { stdio: "ignore" });
    } catch {
      return undefined;
    }
    return new Python(folder, python);
  }

  async *cycle(server: Server, people: number): AsyncGenerator<Step> {
    const organization: Organization = await server.ask("organization");
    const script = join(this.folder, "script.py");
    writeFileSync(script, pythonScript(people, organization));
    for (const verb of pythonVerbs) {
      await server.ask("requests");
      const options = { cwd: this.folder, env: process.env as Record<string, string> };
      const cost = await measure([this.python, script, verb], options, () => true, server.pid);
      const { byRoute, inFlight } = await server.ask("requests");
      yield { verb, cost, requests: byRoute, inFlight };
    }
  }
}
