import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./program";

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  version: string;
};

/** The archive of the plugin. */
export const archive = join(root, "dist", `pulumi-resource-trieve-v${version}.tar.gz`);

/** Installs it in the PULUMI_HOME of this environment. */
export function installPlugin(env: Record<string, string>): void {
  const args = ["plugin", "install", "resource", "trieve", version, "--file", archive];
  execFileSync("pulumi", args, { env, stdio: "pipe" });
}
