import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { dim, say, step } from "./console.mjs";
import { go } from "./go.mjs";
import { isExecutable, root, systemPath } from "./paths.mjs";
import { capture } from "./process.mjs";

/** The CLI that the scripts get, and that everything is tested with. */
const current = { version: "3.274.1", module: "pulumi-cli", yaml: true };
/** The oldest that is tested, with programs of Node.js only: see `npm run test:compat`. */
const oldest = { version: "3.250.0", module: "pulumi-cli-3.250.0", yaml: false };

/** What Node.js programs need beside the CLI. */
const nodejs = ["pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"];
/** What YAML programs need beside it. */
const yamlHost = "pulumi-language-yaml";

/** Where the official launcher and the Automation API keep their CLIs too. */
const versions = join(process.env.PULUMI_HOME || join(homedir(), ".pulumi"), "versions");

/** The folder of a current Pulumi CLI, or a newer one, with what Node.js and YAML programs need beside it. */
export async function findPulumi() {
  for (const folder of systemPath) {
    if (hasYaml(folder) && (await isSuitable(folder, current.version))) return folder;
  }
  return provide(current);
}

/** The folder of the oldest Pulumi CLI that is tested, whatever is on PATH. */
export function findOldestPulumi() {
  return provide(oldest);
}

async function provide({ version, module, yaml }) {
  const folder = join(versions, version, "bin");
  if (!(await isSuitable(folder, version))) await install(version, module, folder);
  if (yaml && !hasYaml(folder)) await addYaml(folder);
  return folder;
}

async function install(version, module, folder) {
  try {
    await download(version);
  } catch {
    say(dim("  The download did not work; the next way is to build it from Go modules."));
  }
  if (!(await isSuitable(folder, version))) await build(version, module, folder);
}

const hasYaml = (folder) => isExecutable(join(folder, yamlHost));

async function isSuitable(folder, version) {
  if (!["pulumi", ...nodejs].every((program) => isExecutable(join(folder, program)))) return false;
  try {
    const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
    return isNewEnough(await capture(join(folder, "pulumi"), ["version"], { env }), version);
  } catch {
    return false;
  }
}

function isNewEnough(output, version) {
  const found = /v(\d+)\.(\d+)\.(\d+)/.exec(output);
  if (!found) return false;
  const [major, minor] = version.split(".").map(Number);
  return Number(found[1]) === major && Number(found[2]) >= minor;
}

/** Five minutes are enough for 150 MB on a slow line, and bearable where packets are dropped. */
async function download(version) {
  const launcher = join(root, "node_modules", "pulumi", "run.js");
  const env = { ...process.env, PULUMI_VERSION: version, PULUMI_SKIP_UPDATE_CHECK: "true" };
  await step(`Pulumi ${version}: download`, () =>
    capture(process.execPath, [launcher, "version"], { env, timeLimit: 300_000 }),
  );
}

async function build(version, module, target) {
  mkdirSync(dirname(target), { recursive: true });
  const folder = buildingFolder();
  const advice = [
    `Or install Pulumi ${version} by hand (https://www.pulumi.com/docs/install/), its programs in ${target}, and try again.`,
  ];
  const options = { folder, purpose: "Building Pulumi", advice };
  const stamp = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";
  const cli = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
  await goBuild(cli, { ...options, module, stamp, version });
  const [hostName, provider] = nodejs;
  const host = `github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/${hostName}`;
  await goBuild(host, { ...options, module: hostName, stamp, version: "3.68.0" });
  copyFileSync(join(root, "node_modules", "@pulumi", "pulumi", provider), join(folder, provider));
  rmSync(target, { recursive: true, force: true });
  renameSync(folder, target);
}

/** The downloaded CLI brings it along; this is for the one that was built. */
async function addYaml(target) {
  const folder = buildingFolder();
  const stamp = "github.com/pulumi/pulumi-yaml/pkg/version.Version";
  const options = { module: yamlHost, stamp, version: "1.25.0", purpose: "Building the YAML host" };
  await goBuild(`github.com/pulumi/pulumi-yaml/cmd/${yamlHost}`, { ...options, folder });
  renameSync(join(folder, yamlHost), join(target, yamlHost));
}

/** A folder next to the final place, whose contents are renamed at the end: an interruption leaves nothing half done. */
function buildingFolder() {
  const folder = mkdtempSync(join(versions, "building-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function goBuild(program, { module, folder, stamp, version, ...options }) {
  const stamped = ["-buildvcs=false", "-ldflags", `-w -s -X ${stamp}=v${version}`];
  const name = `${program.split("/").at(-1)} ${version}: build from Go modules`;
  await step(name, () =>
    go("build", [...stamped, "-o", `${folder}/`, program], {
      ...options,
      module: `tools/${module}`,
    }),
  );
}
