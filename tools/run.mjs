// `npm test` and `npm run demo`: everything from a fresh clone to the result, with nothing but Node.

import { delimiter, join } from "node:path";
import { build } from "./build.mjs";
import { colour, red, say, step, Trouble } from "./console.mjs";
import { findNode, installDependencies } from "./dependencies.mjs";
import { root } from "./paths.mjs";
import { capture, show } from "./process.mjs";
import { findPulumi } from "./pulumi.mjs";

const commands = { test, demo };

/** The environment in which `node` is Node 24 and `pulumi` the real CLI. */
async function setUp() {
  await installDependencies();
  const path = [await findPulumi(), await findNode(), process.env.PATH];
  return { ...process.env, PATH: path.join(delimiter) };
}

async function test(args) {
  const env = await setUp();
  await build(env);
  const biome = join("node_modules", "@biomejs", "biome", "bin", "biome");
  const colors = `--colors=${colour ? "force" : "off"}`;
  await step("Lint", () => capture("node", [biome, "ci", colors, "."], { cwd: root, env }));
  const mocha = join("node_modules", "mocha", "bin", "mocha.js");
  // mocha takes CI for a terminal.
  const color = colour ? "--color" : "--no-color";
  return show("node", [mocha, color, "dist/tests/**/*.test.js", ...args], { cwd: root, env });
}

async function demo(args) {
  const env = await setUp();
  await build(env);
  return show("node", [join(root, "tools", "demo.mjs"), ...args], { cwd: root, env });
}

const [name, ...args] = process.argv.slice(2);
try {
  const command = commands[name];
  if (!command) throw new Trouble(`Usage: node tools/run.mjs ${Object.keys(commands).join("|")}`);
  process.exitCode = await command(args);
} catch (error) {
  if (!(error instanceof Trouble)) throw error;
  say(red(error.message));
  process.exitCode = 1;
}
