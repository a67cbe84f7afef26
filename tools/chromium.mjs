import { createRequire } from "node:module";
import { say, step, Trouble } from "./console.mjs";
import { isExecutable, systemPath } from "./paths.mjs";
import { capture } from "./process.mjs";

const require = createRequire(import.meta.url);

/**
 * Installs Debian's Chromium where CI runs as root on a machine without a browser. Nowhere else does anything install
 * system packages by itself; there the tests that need a browser are skipped, and say so.
 */
export async function installChromium(env) {
  const { findChromium } = require("../dist/tests/browser/chromium.js");
  const mayInstall = env.CI === "true" && process.platform === "linux" && process.getuid() === 0;
  if (!mayInstall || findChromium() || !hasApt()) return;
  const options = { env: { ...env, DEBIAN_FRONTEND: "noninteractive" } };
  try {
    await step("Chromium", async () => {
      await capture("apt-get", ["update"], options);
      const install = ["install", "-y", "--no-install-recommends", "chromium"];
      await capture("apt-get", install, options);
    });
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    say(error.message);
  }
}

function hasApt() {
  return systemPath.some((folder) => isExecutable(`${folder}/apt-get`));
}
