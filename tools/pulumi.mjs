import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { dim, say, step } from "./console.mjs";
import { isExecutable, root, systemPath } from "./paths.mjs";
import { capture } from "./process.mjs";

const version = "3.250.0";

/** Where the official launcher and the Automation API keep this version too. */
const home = process.env.PULUMI_HOME || join(homedir(), ".pulumi");
const versions = join(home, "versions");
const cache = join(versions, version, "bin");

const byHand = `Or install Pulumi ${version} or later by hand (https://www.pulumi.com/docs/install/), put it on PATH, and try again.`;

/** The folder of a Pulumi CLI with what Node.js programs need beside it. */
export async function findPulumi() {
  for (const folder of [...systemPath, cache]) {
    if (await isSuitable(folder)) return folder;
  }
  try {
    await download();
  } catch {
    say(dim("  The download did not work; the next way is to build it from Go modules."));
  }
  if (!(await isSuitable(cache))) await build();
  return cache;
}

async function isSuitable(folder) {
  const programs = ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"];
  if (!programs.every((program) => isExecutable(join(folder, program)))) return false;
  try {
    const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
    return isNewEnough(await capture(join(folder, "pulumi"), ["version"], { env }));
  } catch {
    return false;
  }
}

function isNewEnough(output) {
  const found = /v(\d+)\.(\d+)\.(\d+)/.exec(output);
  if (!found) return false;
  const [major, minor] = version.split(".").map(Number);
  return Number(found[1]) === major && Number(found[2]) >= minor;
}

/** Five minutes are enough for 150 MB on a slow line, and bearable where packets are dropped. */
async function download() {
  const launcher = join(root, "node_modules", "pulumi", "run.js");
  const env = { ...process.env, PULUMI_VERSION: version, PULUMI_SKIP_UPDATE_CHECK: "true" };
  await step(`Pulumi ${version}: download`, () =>
    capture(process.execPath, [launcher, "version"], { env, timeLimit: 300_000 }),
  );
}

/** Builds next to the final place and renames at the end: an interruption leaves nothing half done. */
async function build() {
  mkdirSync(dirname(cache), { recursive: true });
  const folder = mkdtempSync(join(versions, "building-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  await goBuild("pulumi-cli", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", folder, version);
  const host = "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs";
  await goBuild("pulumi-language-nodejs", host, folder, "3.68.0");
  const provider = "pulumi-resource-pulumi-nodejs";
  copyFileSync(join(root, "node_modules", "@pulumi", "pulumi", provider), join(folder, provider));
  rmSync(cache, { recursive: true, force: true });
  renameSync(folder, cache);
}

async function goBuild(module, program, folder, programVersion) {
  const stamp = `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${programVersion}`;
  const flags = [
    ...["-mod=readonly", "-buildvcs=false"],
    ...["-tags", "osusergo,grpcnotrace", "-ldflags", `-w -s ${stamp}`],
  ];
  const options = {
    cwd: join(root, "tools", module),
    env: { ...process.env, CGO_ENABLED: "0", GOWORK: "off" },
    advice: `Building Pulumi needs Go 1.25 or later on PATH (https://go.dev/dl/) and a way to the Go module proxy.\n${byHand}`,
  };
  const name = `${program.split("/").at(-1)} ${programVersion}: build from Go modules`;
  await step(name, () => capture("go", ["build", ...flags, "-o", `${folder}/`, program], options));
}
