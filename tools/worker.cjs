// Each process of mocha has a temporary folder of its own: processes of the package meet there, and tests look into it.

const { chmodSync, mkdirSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { setFlagsFromString } = require("node:v8");
const { join } = require("node:path");

// There are more processes than cores.
setFlagsFromString("--single-threaded-gc");

const worker = process.env.MOCHA_WORKER_ID;
if (worker !== undefined) {
  process.env.TMPDIR = join(tmpdir(), worker);
  mkdirSync(process.env.TMPDIR, { recursive: true });
  chmodSync(process.env.TMPDIR, 0o755);
}
