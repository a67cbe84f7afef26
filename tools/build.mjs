import { existsSync, readdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { step } from "./console.mjs";
import { root } from "./paths.mjs";
import { capture } from "./process.mjs";

export async function build(env) {
  removeStaleOutputs();
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  await step("Build", () => capture("node", [tsc, "-p", "."], { cwd: root, env }));
}

/** tsc leaves the outputs of deleted sources behind, and mocha would run them. */
function removeStaleOutputs() {
  const dist = join(root, "dist");
  for (const part of ["provider", "simulator", "tests", "bench"]) {
    const folder = join(dist, part);
    if (!existsSync(folder)) continue;
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const output = join(entry.parentPath, entry.name);
      const source = join(root, relative(dist, output)).replace(/(\.d\.ts|\.js)(\.map)?$/, ".ts");
      if (!existsSync(source)) rmSync(output);
    }
  }
}
