import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(__dirname, "..", "..", "..");

/** What `npm publish` would upload. */
export interface Tarball {
  /** Its path. */
  readonly file: string;
  /** Paths within the package. */
  readonly files: readonly string[];
  /** Bytes, compressed. */
  readonly size: number;
}

/** Packs the checkout, which is compiled already. */
export function pack(folder: string): Tarball {
  const output = npm(root, "pack", "--json", "--pack-destination", folder);
  const [packed] = JSON.parse(output) as {
    filename: string;
    files: { path: string }[];
    size: number;
  }[];
  if (!packed) throw new Error(`npm pack: ${output}`);
  return {
    file: join(folder, packed.filename),
    files: packed.files.map(({ path }) => path),
    size: packed.size,
  };
}

/** A project outside of the repository that has the package as npm packs it, and what it depends on. */
export interface Installed {
  readonly folder: string;
  readonly tarball: Tarball;
}

/** Without the Pulumi SDK, which is large. The caller removes the folder. */
export function installPackage(): Installed {
  const folder = mkdtempSync(join(tmpdir(), "installed-"));
  const tarball = pack(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
  npm(folder, "install", tarball.file, "--omit=dev", "--omit=peer");
  return { folder, tarball };
}

function npm(folder: string, ...args: string[]): string {
  return execFileSync("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: folder,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
}
