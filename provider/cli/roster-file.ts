import { readFile } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import { formatProblem, parseRoster, type RosterProblem, type RosterResult } from "../roster/file";
import { UsageError } from "./output";

/**
 * Reads and checks a roster.
 *
 * @param file its path, or `-` for stdin
 * @throws UsageError if it cannot be read
 */
export async function readRoster(file: string): Promise<RosterResult> {
  if (file === "-") return parseRoster(await readAll(process.stdin), nameOf(file));
  try {
    return parseRoster(await readFile(file, "utf8"), nameOf(file));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(
      code === "ENOENT" ? `there is no file ${file}` : `cannot read ${file}: ${message}`,
    );
  }
}

/** What a file is called in results. */
export function nameOf(file: string): string {
  return file === "-" ? "<stdin>" : file;
}

/** Problems for scripts. */
export function problemsAsJson(problems: readonly RosterProblem[]) {
  return problems.map((problem) => ({
    line: problem.place?.line ?? null,
    column: problem.place?.column ?? null,
    path: problem.path,
    text: problem.text,
    message: formatProblem(problem),
  }));
}
