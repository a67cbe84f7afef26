import { execFileSync } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { expect } from "chai";
import { commandsOf, fencedBlocks } from "../docs/blocks";
import { fillIn, type Settings } from "../docs/registry";
import type { Project } from "../e2e/cli";
import { bash } from "../examples/workflow";
import { root } from "./program";

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  version: string;
};
const archive = join(root, "dist", `pulumi-resource-trieve-v${version}.tar.gz`);

/** Installs the archive of the plugin in the PULUMI_HOME of this environment. */
export function installPlugin(env: Record<string, string>): void {
  const args = ["plugin", "install", "resource", "trieve", version, "--file", archive];
  execFileSync("pulumi", args, { env, stdio: "pipe" });
}

/** Runs those commands of a document that set up a project: with the archive, but without a language host. */
export async function setUpAsSaidIn(
  document: string,
  project: Project,
  settings: Settings,
): Promise<void> {
  symlinkSync(archive, join(project.folder, basename(archive)));
  const commands = fencedBlocks(readFileSync(join(root, document), "utf8"))
    .filter(({ language }) => language === "sh")
    .flatMap(commandsOf)
    .map(({ text }) => text)
    .filter((text) => !/^(npm install|pulumi up|pulumi stack output)/.test(text))
    // Adding it needs a host; that Pulumi finds the plugin and its schema does not.
    .map((text) => text.replace("package add", "package get-schema"))
    .join("\n");
  expect(commands).to.include("plugin install").and.to.include("package get-schema");
  const { code, output } = await bash(
    fillIn(commands, settings),
    project.folder,
    project.env,
    `${settings.apiKey}\n`,
  );
  expect(code, output).to.equal(0);
}
