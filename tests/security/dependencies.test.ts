import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect } from "chai";

interface Package {
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const root = resolve(__dirname, "..", "..", "..");
const json = (file: string) => JSON.parse(readFileSync(resolve(root, file), "utf8"));

describe("what comes with the package", () => {
  const { packages } = json("package-lock.json") as { packages: Record<string, Package> };
  /** All that an installation brings, `@pulumi/pulumi` apart, which the program has anyway. */
  const installed = new Set<string>();
  const add = (name: string, within: string) => {
    const path = [`${within}/node_modules/${name}`, `node_modules/${name}`].find(
      (candidate) => packages[candidate] !== undefined,
    );
    if (path === undefined) throw new Error(`${name} is not in the lock file`);
    if (installed.has(path)) return;
    installed.add(path);
    for (const inner of Object.keys(packages[path]?.dependencies ?? {})) add(inner, path);
  };
  for (const name of Object.keys(packages[""]?.dependencies ?? {})) add(name, "");

  it("is little: every package more is somebody more to trust", () => {
    expect([...installed].map((path) => path.replace("node_modules/", ""))).to.have.members([
      "@hono/node-server",
      "cockatiel",
      "commander",
      "data-uri-to-buffer",
      "fastest-levenshtein",
      "fetch-blob",
      "formdata-polyfill",
      "graceful-fs",
      "hono",
      "node-domexception",
      "node-fetch",
      "proper-lockfile",
      "retry",
      "signal-exit",
      "valibot",
      "web-streams-polyfill",
      "yaml",
    ]);
  });

  it("runs nothing when it is installed", () => {
    const scripts = Object.keys(json("package.json").scripts);
    expect(scripts).not.to.include.oneOf(["preinstall", "install", "postinstall", "prepare"]);
    expect([...installed].filter((path) => packages[path]?.hasInstallScript)).to.deep.equal([]);
  });

  it("is in this repository what the registry had when it was locked", () => {
    for (const [path, { resolved, integrity, link }] of Object.entries(packages)) {
      if (!path.includes("node_modules/") || link) continue;
      expect(integrity, path).to.match(/^sha512-/);
      expect(resolved ?? "https://registry.npmjs.org/", path).to.match(
        /^https:\/\/registry\.npmjs\.org\//,
      );
    }
  });
});
