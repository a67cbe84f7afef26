import { accessSync, constants, lstatSync, mkdirSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

/**
 * A folder that only this user can read, where processes on this machine meet: slots of the request limit, and what the
 * processes of a deployment tell each other. Made if missing.
 *
 * @throws if something that is not this user's own folder stands in its place: another user could read or plant files.
 */
export function meetingFolder(): string {
  // `userInfo` looks the name up each time, which takes longer than all else here.
  const uid = process.geteuid?.();
  const path = join(tmpdir(), `pulumi-trieve-${uid ?? userInfo().username}`);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.W_OK);
  } catch (error) {
    throw new Error(
      `Could not write to the folder ${path}, which the processes of a deployment share: ${(error as Error).message}. Set TMPDIR to a folder that this user can write to.`,
      { cause: error },
    );
  }
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

/** Whether a process of this machine lives. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
