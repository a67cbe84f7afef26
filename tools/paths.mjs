import { accessSync, constants } from "node:fs";
import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** PATH without what npm puts in front of it. */
export const systemPath = (process.env.PATH ?? "")
  .split(delimiter)
  .filter((folder) => folder !== "" && !folder.includes("node_modules"));

export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
