const { join, relative, sep } = require("node:path");
const { spec: Spec } = require("mocha").reporters;

const tests = join(__dirname, "..", "dist", "tests");

/** What people like to read, how long each part of the tests took, and a last line that a machine can read. */
module.exports = class extends Spec {
  constructor(runner, options) {
    super(runner, options);
    // Mocha says otherwise at the end, which it may not come to: workers that crash can leave it with nothing to wait for.
    process.exitCode = 1;
    const { stats } = runner;
    const parts = new Map();
    const add = ({ file, duration = 0 }) => {
      if (file === undefined) return; // a hook of all files
      const [part] = relative(tests, file)
        .replace(/(\.test)?\.js$/, "")
        .split(sep);
      parts.set(part, (parts.get(part) ?? 0) + duration);
    };
    runner.on("test end", add);
    runner.on("hook end", add);
    runner.once("end", () => {
      const slowestFirst = [...parts].sort(([, a], [, b]) => b - a);
      for (const [part, duration] of slowestFirst)
        console.log(`${`${Math.round(duration / 1000)} s`.padStart(8)}  ${part}`);
      console.log(`${stats.passes} passed, ${stats.failures} failed`);
    });
  }
};
