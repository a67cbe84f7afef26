import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { step } from "./console.mjs";
import { root } from "./paths.mjs";
import { capture } from "./process.mjs";

const require = createRequire(import.meta.url);
const { peerDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** A folder in which projects find the package as npm packs it, with the oldest SDK that it allows. */
export async function installOldestSdk(env) {
  const folder = join(root, "dist", "compat");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { pack } = require("../dist/tests/e2e/package.js");
  const sdk = peerDependencies["@pulumi/pulumi"].replace(/^\^/, "");
  const dependencies = { "@pulumi/pulumi": sdk, "pulumi-trieve": `file:${pack(folder).file}` };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }));
  // What `npm run` hands on is about this package.
  const own = Object.entries(env).filter(([name]) => !/^npm_/i.test(name));
  const install = ["install", "--prefer-offline", "--no-audit", "--no-fund"];
  await step(`@pulumi/pulumi ${sdk}`, () =>
    capture("npm", install, { cwd: folder, env: Object.fromEntries(own) }),
  );
  return folder;
}
