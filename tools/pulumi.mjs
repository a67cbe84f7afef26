import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { dim, say, step } from "./console.mjs";
import { isExecutable, root, systemPath } from "./paths.mjs";
import { capture } from "./process.mjs";

/** The CLI that the scripts get, and that everything is tested with. */
const current = { version: "3.274.1", module: "pulumi-cli" };
/** The oldest that is tested: see `npm run test:compat`. */
const oldest = { version: "3.250.0", module: "pulumi-cli-3.250.0" };

/** Where the official launcher and the Automation API keep their CLIs too. */
const versions = join(process.env.PULUMI_HOME || join(homedir(), ".pulumi"), "versions");

/** The folder of a current Pulumi CLI, or a newer one, with what Node.js programs need beside it. */
export async function findPulumi() {
  for (const folder of systemPath) {
    if (await isSuitable(folder, current.version)) return folder;
  }
  return provide(current);
}

/** The folder of the oldest Pulumi CLI that is tested, whatever is on PATH. */
export function findOldestPulumi() {
  return provide(oldest);
}

async function provide({ version, module }) {
  const folder = join(versions, version, "bin");
  if (await isSuitable(folder, version)) return folder;
  try {
    await download(version);
  } catch {
    say(dim("  The download did not work; the next way is to build it from Go modules."));
  }
  if (!(await isSuitable(folder, version))) await build(version, module, folder);
  return folder;
}

async function isSuitable(folder, version) {
  const programs = ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"];
  if (!programs.every((program) => isExecutable(join(folder, program)))) return false;
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

/** Builds next to the final place and renames at the end: an interruption leaves nothing half done. */
async function build(version, module, target) {
  mkdirSync(dirname(target), { recursive: true });
  const folder = mkdtempSync(join(versions, "building-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const advice = [
    "Building Pulumi needs Go 1.26 or later on PATH (https://go.dev/dl/) and a way to the Go module proxy.",
    `Or install Pulumi ${version} by hand (https://www.pulumi.com/docs/install/), its programs in ${target}, and try again.`,
  ].join("\n");
  const cli = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
  await goBuild(module, cli, { folder, version, advice });
  const host = "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs";
  await goBuild("pulumi-language-nodejs", host, { folder, version: "3.68.0", advice });
  const provider = "pulumi-resource-pulumi-nodejs";
  copyFileSync(join(root, "node_modules", "@pulumi", "pulumi", provider), join(folder, provider));
  rmSync(target, { recursive: true, force: true });
  renameSync(folder, target);
}

async function goBuild(module, program, { folder, version, advice }) {
  const stamp = `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${version}`;
  const flags = [
    ...["-mod=readonly", "-buildvcs=false"],
    ...["-tags", "osusergo,grpcnotrace", "-ldflags", `-w -s ${stamp}`],
  ];
  const cwd = join(root, "tools", module);
  const env = { ...process.env, CGO_ENABLED: "0", GOWORK: "off" };
  const name = `${program.split("/").at(-1)} ${version}: build from Go modules`;
  await step(name, () =>
    capture("go", ["build", ...flags, "-o", `${folder}/`, program], { cwd, env, advice }),
  );
}
