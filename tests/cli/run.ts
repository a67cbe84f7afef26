import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Organization } from "../../provider/lifecycle/act";
import { OwnerWrites } from "../../provider/lifecycle/owners";
import { Client } from "../../provider/trieve/client";
import { Directory } from "../../provider/trieve/directory";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../simulator";

export const bin = resolve(__dirname, "..", "..", "provider", "cli", "main.js");

export interface Result {
  /** `null` if a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Record<string, string | undefined>;
  input?: string;
  /** How the program is started. Default: that of this checkout. */
  command?: readonly [string, ...string[]];
  cwd?: string;
}

/** What of this environment a program needs to start, or its coverage to be counted; nothing of Trieve. */
export const bareEnvironment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) =>
    /^(PATH|HOME|USERPROFILE|TMPDIR|TEMP|TMP|SYSTEMROOT|NODE_V8_COVERAGE|NODE_COMPILE_CACHE)$/i.test(
      name,
    ),
  ),
);

/** Runs the command line as a process of its own, its streams piped. */
export function run(args: readonly string[], options: RunOptions = {}): Promise<Result> {
  const [file, ...first] = options.command ?? [process.execPath, bin];
  const child = spawn(file, [...first, ...args], {
    cwd: options.cwd,
    env: { ...bareEnvironment, ...options.env },
  });
  const result: Result = { code: null, stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => {
    result.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    result.stderr += text;
  });
  // A command that reads nothing may be gone before all is written.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (code) => done({ ...result, code }));
  });
}

/** A simulator with one organization, and the command line with its key. */
export class World {
  readonly folder = mkdtempSync(join(tmpdir(), "cli-"));
  readonly id: string;
  readonly key: string;

  private constructor(readonly simulator: Simulator) {
    const { id, apiKey } = simulator.createOrganization("acme", { owner: "owner@x.example" });
    this.id = id;
    this.key = apiKey;
  }

  static async start(options: SimulatorOptions = {}): Promise<World> {
    return new World(await startSimulator(options));
  }

  /** Settings in the environment, as a person has them. */
  get env(): Record<string, string> {
    return {
      TRIEVE_API_KEY: this.key,
      TRIEVE_ORGANIZATION_ID: this.id,
      TRIEVE_API_URL: this.simulator.url,
    };
  }

  /** Output with `<org>`, `<url>` and `<day>` in place of what differs from run to run. */
  async run(args: readonly string[], options: RunOptions = {}): Promise<Result> {
    const result = await run(args, { ...options, env: { ...this.env, ...options.env } });
    return { ...result, stdout: this.plain(result.stdout), stderr: this.plain(result.stderr) };
  }

  plain(text: string): string {
    return text
      .replaceAll(this.id, "<org>")
      .replaceAll(this.simulator.url, "<url>")
      .replaceAll(`${this.folder}/`, "")
      .replaceAll(new Date().toISOString().slice(0, 10), "<day>");
  }

  /** Makes a file. Returns its path. */
  file(text: string, name = "members.yaml"): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** Requests since the last time, `GET invitations` and so on. */
  requests(): string[] {
    const all = this.simulator.requests.map(({ method, path }) => `${method} ${path}`);
    const news = all.slice(this.#seen);
    this.#seen = all.length;
    return news.map((line) => this.plain(line));
  }
  #seen = 0;

  async close() {
    await this.simulator.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const twoLists = ["GET /api/invitations/<org>", "GET /api/organization/users/<org>"];

/** The provider's side of the same organization, to try what the command line says of it. */
export function organizationOf({ simulator, id, key }: World): Organization {
  const client = new Client({
    apiUrl: simulator.url,
    apiKey: key,
    maxConcurrency: 4,
    keyAdvice: "",
  });
  return {
    directory: new Directory(client, id),
    owners: new OwnerWrites(id),
    links: {
      appUrl: `${simulator.url}/api`,
      redirectUri: "http://d.example/",
      mail: "required",
    },
    mayBegin: async () => {},
    warn: () => {},
  };
}
