import { existsSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { step } from "./console.mjs";
import { isExecutable, root, systemPath } from "./paths.mjs";
import { capture } from "./process.mjs";

// npm puts node_modules/.bin first on PATH; `npm ci` must not run on the Node that it deletes there.
const env = { ...process.env, PATH: systemPath.join(delimiter) };

/** Installs what package-lock.json names, unless it is there already. */
export async function installDependencies() {
  if (!isInstalled()) await step("npm ci", () => capture("npm", ["ci"], { cwd: root, env }));
}

/** npm writes its own lock file last, so an interrupted `npm ci` does not count. */
function isInstalled() {
  const installedFile = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(installedFile)) return false;
  const installed = packages(installedFile);
  return Object.entries(packages(join(root, "package-lock.json"))).every(
    ([path, entry]) => path === "" || entry.optional || installed[path]?.version === entry.version,
  );
}

function packages(lockFile) {
  return JSON.parse(readFileSync(lockFile, "utf8")).packages;
}

/** The folder of a supported Node: the one that runs this, else Node 24, the development dependency. */
export async function findNode() {
  if (isSupported(process.versions.node)) return dirname(process.execPath);
  const cwd = join(root, "node_modules", "node");
  // npm may leave out install scripts, and that of the package `node` is what fetches Node.
  if (!isExecutable(join(cwd, "bin", "node"))) {
    const advice = "Install Node 24 from https://nodejs.org, put it on PATH, and try again.";
    const install = ["installArchSpecificPackage"];
    await step("Node 24", () => capture(process.execPath, install, { cwd, env, advice }));
  }
  return join(cwd, "bin");
}

/** The versions of CI. From 22.18 on Node strips types, which some tests have it do. */
function isSupported(version) {
  const [major, minor] = version.split(".").map(Number);
  return major === 24 || (major === 22 && minor >= 18);
}
