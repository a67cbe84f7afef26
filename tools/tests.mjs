// How mocha runs: in the order, the number of processes and the environment in which all tests together are quick.

import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./paths.mjs";
import { show } from "./process.mjs";

const compiled = join(root, "dist", "tests");

/** Folders of the longest files. One of them that began last would keep one process busy when the others are done. */
const longest = ["examples", "model", "docs", "e2e", "browser", "tools"];

/** Files of tests, relative to dist/tests, in the order in which they should begin. */
export function testFiles() {
  const rank = (file) => {
    const place = longest.indexOf(file.split(/[\\/]/)[0]);
    return place === -1 ? longest.length : place;
  };
  const size = (file) => statSync(join(compiled, file)).size;
  return readdirSync(compiled, { recursive: true })
    .filter((file) => file.endsWith(".test.js"))
    .sort((a, b) => rank(a) - rank(b) || size(b) - size(a));
}

/** Runs files of tests, and gives the exit code. */
export async function mocha(files, args, env, { parallel = true } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "t-"));
  // A server of a test may run as another user.
  chmodSync(folder, 0o755);
  // More than there are cores: many tests wait for servers that are slow on purpose.
  const jobs = parallel ? Math.min(availableParallelism() + 3, 6) : 1;
  try {
    return await show(
      "node",
      [
        join("node_modules", "mocha", "bin", "mocha.js"),
        ...(jobs > 1 ? ["--parallel", "--jobs", `${jobs}`] : []),
        ...["--require", join("tools", "worker.cjs")],
        ...files.map((file) => join("dist", "tests", file)),
        ...args,
      ],
      {
        cwd: root,
        env: {
          ...env,
          TMPDIR: folder,
          // Most of the time goes into starting Node: programs, providers, command lines.
          NODE_COMPILE_CACHE: join(root, "dist", ".compile-cache"),
          // The CLI and its language hosts end before it pays to collect their garbage.
          GOGC: "off",
          GOMEMLIMIT: "512MiB",
          // Its agent is a process of its own, which was seen to keep a worker from its end.
          RECHECK_BACKEND: "pure",
        },
      },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
