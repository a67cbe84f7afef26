import { lstatSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

/**
 * A folder that only this user can read, where processes on this machine meet: slots of the request limit, claims of
 * a deployment. Made if missing.
 *
 * @throws if something that is not this user's own folder stands in its place: another user could read or plant files.
 */
export function meetingFolder(): string {
  // `userInfo` looks the name up each time, which takes longer than all else here.
  const uid = process.geteuid?.();
  const path = join(tmpdir(), `pulumi-trieve-${uid ?? userInfo().username}`);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const found = lstatSync(path);
  if (
    !found.isDirectory() ||
    (uid !== undefined && (found.uid !== uid || (found.mode & 0o077) !== 0))
  ) {
    throw new Error(
      `${path} is not a private folder of this user. Remove it, or set TMPDIR to a folder of your own.`,
    );
  }
  return path;
}

/** A file in that folder which the program and all provider processes of one deployment know. */
export function deploymentFile(prefix: string, engineAddress: string): string {
  return join(meetingFolder(), `${prefix}${engineAddress.replace(/[^0-9A-Za-z.]+/g, "-")}.jsonl`);
}

/** Removes what killed deployments left. No deployment takes a week. */
export function sweepDeploymentFiles(): void {
  const folder = meetingFolder();
  const oldest = Date.now() - 7 * 24 * 3600 * 1000;
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".jsonl"))) {
    const path = join(folder, name);
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: oldest };
    if (mtimeMs < oldest) rmSync(path, { force: true });
  }
}
