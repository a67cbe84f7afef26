// Prints what the package brings along (a CycloneDX SBOM), in the versions that were tested.

import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./paths.mjs";
import { capture } from "./process.mjs";

const folder = mkdtempSync(join(tmpdir(), "sbom-"));
// npm names the subject of the list after the folder.
const cwd = join(folder, "pulumi-trieve");
const npm = (...args) => capture("npm", [...args, "--loglevel=error"], { cwd });
try {
  mkdirSync(cwd);
  // `npm sbom` fails where an example, which is a workspace, depends on the package itself.
  const { workspaces, devDependencies, peerDependencies, ...own } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  );
  writeFileSync(join(cwd, "package.json"), JSON.stringify(own));
  copyFileSync(join(root, "package-lock.json"), join(cwd, "package-lock.json"));
  await npm("install", "--package-lock-only");
  process.stdout.write(await npm("sbom", "--sbom-format=cyclonedx", "--package-lock-only"));
} finally {
  rmSync(folder, { recursive: true });
}
