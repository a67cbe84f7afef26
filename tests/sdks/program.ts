import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { expect } from "chai";

export const root = resolve(__dirname, "..", "..", "..");
const prepared = join(root, "dist", "sdks");
const inline = join(root, "tests", "sdks", "python", "inline.py");

/** A program that takes a verb as its first argument, and settings on its standard input. */
export interface Program {
  readonly file: string;
  /** After the verb. */
  readonly args: readonly string[];
  /** Before it. */
  readonly options: readonly string[];
}

/** The Go program of these tests. */
export const life: Program = { file: join(prepared, "life"), options: [], args: [] };

/** A Python file as inline program. */
export function python(file: string): Program {
  return { file: join(prepared, "venv", "bin", "python"), options: [inline], args: [file] };
}

export type Verb = "preview" | "up" | "destroy";

/** What it prints of a deployment. The stack is one of the resources. */
export interface Outcome {
  readonly changes: Readonly<Record<string, number>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

export async function run(
  { file, options, args }: Program,
  verb: Verb,
  settings: Readonly<Record<string, string>>,
  surroundings: { readonly cwd: string; readonly env: Record<string, string> },
): Promise<Outcome> {
  expect(existsSync(file), "`npm run test:sdks` prepares these tests").to.equal(true);
  const child = spawn(file, [...options, verb, ...args], surroundings);
  child.stdin.end(JSON.stringify(settings));
  const closed = new Promise<number | null>((done) => child.on("close", done));
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(await closed, `${output}${errors}`).to.equal(0);
  return JSON.parse(output) as Outcome;
}
