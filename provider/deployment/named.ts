import { createHash } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { meetingFolder } from "../folder";

/** Whom a preview has named for removal. A run that follows removes nobody else. */
export interface Named {
  /** Project, stack and roster. */
  readonly key: string;
  /** Base URL of the server. */
  readonly server: string;
  readonly organizationId: string;
  /** In lower case. */
  readonly emails: readonly string[];
}

/** A preview that is older has been forgotten, and who joined since was not looked at. */
const longestMs = 3_600_000;

/** Leaves the names for the run that follows, in place of those of earlier previews. */
export function leaveNames(named: Named): void {
  const text = JSON.stringify({ ...named, at: Date.now() });
  writeFileSync(fileOf(named.key), text, { mode: 0o600 });
}

/** Takes back what earlier previews have named. */
export function forgetNames(key: string): void {
  rmSync(fileOf(key), { force: true });
}

/** The names that the last preview has left, on this machine within the last hour; undefined if it has left none. */
export function namesLeft({
  key,
  server,
  organizationId,
}: Omit<Named, "emails">): readonly string[] | undefined {
  let left: Named & { readonly at: number };
  try {
    left = JSON.parse(readFileSync(fileOf(key), "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const isOfThis = left.server === server && left.organizationId === organizationId;
  return isOfThis && Date.now() - left.at < longestMs ? left.emails : undefined;
}

function fileOf(key: string): string {
  const name = createHash("sha256").update(key).digest("hex").slice(0, 16);
  return join(meetingFolder(), `named-${name}.json`);
}
