import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { step } from "./console.mjs";
import { root } from "./paths.mjs";
import { capture } from "./process.mjs";

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const program = "pulumi-resource-trieve";

/** Of the archive, made by `packPlugin`. */
export const pluginFile = join(root, "dist", `${program}-v${manifest.version}.tar.gz`);

/**
 * Packs what `pulumi plugin install resource trieve <version> --file` takes: the package as npm packs it, with what it
 * depends on in the versions that were tested, and a program that starts it.
 */
export async function packPlugin(env) {
  const folder = mkdtempSync(join(root, "dist", "packing-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  await step("Plugin", async () => {
    await unpackPackage(folder, env);
    await installDependencies(folder, env);
    writePrograms(folder);
    const archive = join(folder, "plugin.tar.gz");
    await capture("tar", ["-czf", archive, "-C", join(folder, "package"), "."], { env });
    renameSync(archive, pluginFile);
  });
}

/** Into `package`, the folder in each archive of npm. */
async function unpackPackage(folder, env) {
  await capture("npm", ["pack", "--pack-destination", folder], { cwd: root, env });
  const archive = `${manifest.name}-${manifest.version}.tgz`;
  await capture("tar", ["-xzf", archive], { cwd: folder, env });
}

async function installDependencies(folder, env) {
  const cwd = join(folder, "package");
  const { workspaces, scripts, devDependencies, peerDependencies, ...own } = manifest;
  const peers = Object.keys(peerDependencies).map((name) => [name, devDependencies[name]]);
  const dependencies = { ...own.dependencies, ...Object.fromEntries(peers) };
  writeFileSync(join(cwd, "package.json"), JSON.stringify({ ...own, dependencies }, null, 2));
  copyFileSync(join(root, "package-lock.json"), join(cwd, "package-lock.json"));
  // Pulumi takes no archive with links.
  const options = ["--omit=peer", "--ignore-scripts", "--bin-links=false", "--prefer-offline"];
  await capture("npm", ["install", ...options, "--no-audit", "--no-fund"], { cwd, env });
}

/** The engine starts that without an extension, on Windows the other. */
function writePrograms(folder) {
  const main = manifest.bin[program];
  const write = (name, text) => writeFileSync(join(folder, "package", name), text, { mode: 0o755 });
  // `exec`, because signals are for the plugin.
  write(program, `#!/bin/sh\nexec node "$(dirname "$0")/${main}" "$@"\n`);
  write(`${program}.cmd`, `@node "%~dp0${main.replaceAll("/", "\\")}" %*\r\n`);
}
