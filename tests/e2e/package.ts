import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(__dirname, "..", "..", "..");

/** A project outside of the repository that has the package as npm packs it, and what it depends on. */
export interface Installed {
  readonly folder: string;
  /** What is in the tarball. */
  readonly files: readonly string[];
}

/** Without the Pulumi SDK, which is large. The caller removes the folder. */
export function installPackage(): Installed {
  const folder = mkdtempSync(join(tmpdir(), "installed-"));
  const packed = npm(root, "pack", "--json", "--pack-destination", folder);
  const [tarball] = JSON.parse(packed) as { filename: string; files: { path: string }[] }[];
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
  npm(folder, "install", join(folder, tarball?.filename ?? ""), "--omit=dev", "--omit=peer");
  return { folder, files: (tarball?.files ?? []).map(({ path }) => path) };
}

function npm(folder: string, ...args: string[]): string {
  return execFileSync("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: folder,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
}
