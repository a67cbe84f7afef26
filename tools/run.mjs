// The npm scripts: everything from a fresh clone to the result, with nothing but Node.

import { delimiter, join } from "node:path";
import { build } from "./build.mjs";
import { installChromium } from "./chromium.mjs";
import { installOldestSdk } from "./compat.mjs";
import { colour, dim, red, say, step, Trouble } from "./console.mjs";
import { findNode, installDependencies } from "./dependencies.mjs";
import { root } from "./paths.mjs";
import { packPlugin } from "./plugin.mjs";
import { capture, show } from "./process.mjs";
import { findOldestPulumi, findPulumi } from "./pulumi.mjs";
import { generateSdks, preparePrograms } from "./sdks.mjs";
import { mocha, testFiles } from "./tests.mjs";

const commands = {
  ...{ test, long, compat, demo, packages, model, fuzz, coverage, mutation, bench },
  ...{ sdks, plugin, "other-languages": otherLanguages, screenshots, picture, tables },
};
const bin = (name, file) => join("node_modules", ...name.split("/"), ...file.split("/"));
/** Tests of one folder. */
const of = (folder) => testFiles().filter((file) => file.split(/[\\/]/)[0] === folder);
/** Tests with the real CLI. */
function endToEnd(...names) {
  return names.map((name) => join("e2e", `${name}.test.js`));
}
/** Tests that also hold with the oldest versions. */
const oldestToo = endToEnd("life", "preview", "roster");

/** The environment in which `node` is one that is tested. */
async function setUpNode() {
  await installDependencies();
  return { ...process.env, PATH: [await findNode(), process.env.PATH].join(delimiter) };
}

/** The same, in which `pulumi` is the real CLI. */
async function setUp(pulumi = findPulumi) {
  const env = await setUpNode();
  return { ...env, PATH: [await pulumi(), env.PATH].join(delimiter) };
}

async function setUpAndBuild(pulumi) {
  const env = await setUp(pulumi);
  await build(env);
  return env;
}

async function test(args) {
  const env = await setUpAndBuild();
  const biome = bin("@biomejs/biome", "bin/biome");
  const colors = `--colors=${colour ? "force" : "off"}`;
  await step("Lint", () => capture("node", [biome, "ci", colors, "."], { cwd: root, env }));
  await installChromium(env);
  const elsewhere = [...of("packages"), ...of("sdks")];
  const files = testFiles().filter((file) => !elsewhere.includes(file));
  return mocha(files, args, env);
}

/**
 * Twenty thousand random histories, a search for each mistake that is made on purpose, ten minutes of fuzzing, and with
 * the real CLI every kill and fault, rosters of a thousand people and previews of many random organizations.
 */
async function long(args) {
  const settings = {
    ...{ MODEL_RUNS: "20000", MODEL_SEARCH: "true", FUZZ_MINUTES: "10" },
    ...{ E2E_ALL: "true", ROSTER_PEOPLE: "1000", PREVIEW_RUNS: "20" },
  };
  const env = { ...(await setUpAndBuild()), ...settings };
  const thorough = [
    ...["preview", "roster", "interrupted", "from-nothing-interrupted", "moves", "taken-back"],
    ...["crash", "postgres", "expected-failures"],
  ];
  const files = [...of("model"), ...of("fuzz"), ...endToEnd(...thorough)];
  return mocha(files, ["--timeout", "0", ...args], env, {
    parallel: false, // the minutes are for all files together
  });
}

/** The life of people with the oldest CLI and the oldest SDK that are promised. */
async function compat(args) {
  const env = await setUpAndBuild(findOldestPulumi);
  const E2E_PROJECTS = await installOldestSdk(env);
  return mocha(oldestToo, args, { ...env, E2E_PROJECTS });
}

/** The package as people install it, with npm, pnpm and yarn; four minutes, and it needs their registry. */
async function packages(args) {
  const env = await setUpAndBuild();
  await audit(env);
  return mocha(of("packages"), args, env, { parallel: false });
}

/** Programs in Python and Go with generated SDKs, and the plugin as people of other languages install it. */
async function otherLanguages(args) {
  const env = await setUpAndBuild();
  await packPlugin(env);
  await generateSdks();
  await preparePrograms(env);
  return mocha(of("sdks"), args, env);
}

async function audit(env) {
  try {
    await step("npm audit", () => capture("npm", ["audit"], { cwd: root, env }));
  } catch (error) {
    if (!error.message.includes("audit endpoint returned an error")) throw error;
    say(dim("  This registry tells no advisories; the release workflow asks one that does."));
  }
}

/** Many more random histories than in `npm test`: `npm run test:model -- 50000`. */
async function model([runs = "20000", ...args]) {
  const env = { ...(await setUpAndBuild()), MODEL_RUNS: runs };
  return mocha(of("model"), ["--timeout", "0", ...args], env);
}

/** Hostile input for so many minutes in all, instead of some hundred runs each: `npm run test:fuzz -- 60`. */
async function fuzz([minutes = "10", ...args]) {
  const env = { ...(await setUpAndBuild()), FUZZ_MINUTES: minutes };
  return mocha(of("fuzz"), args, env, { parallel: false });
}

/** Folders of the tests that hold a part of the provider: most are of the same name. */
const holders = {
  lifecycle: ["lifecycle", "roster"],
  resources: ["resources", "plugin", "lifecycle"],
  roster: ["roster"],
  trieve: ["trieve", "resources"],
};

/** Branches and lines of the parts that everything else leans on, each by its own tests. */
async function coverage(names) {
  const env = await setUpAndBuild();
  const limits = ["--check-coverage", "--branches", "95", "--lines", "95"];
  // What is told is where the compiled code comes from; a file that no test loads counts as well.
  const files = ["--exclude-after-remap", "--all", "--src", "."];
  let worst = 0;
  for (const part of names.length > 0 ? names : Object.keys(holders)) {
    say(`\n${part}`);
    const include = ["--include", `provider/${part}/**/*.ts`];
    const specs = holders[part].map((folder) => `dist/tests/${folder}/**/*.test.js`);
    const run = ["node", bin("mocha", "bin/mocha.js"), ...specs];
    const c8 = [bin("c8", "bin/c8.js"), ...files, ...include, ...limits];
    worst = Math.max(worst, await show("node", [...c8, ...run], { cwd: root, env }));
  }
  return worst;
}

async function mutation(args) {
  const env = await setUp();
  const stryker = bin("@stryker-mutator/core", "bin/stryker.js");
  return show("node", [stryker, "run", ...args], { cwd: root, env });
}

/** The SDKs for Python and Go: dist/sdks. */
async function sdks() {
  await generateSdks();
}

/** The archive for `pulumi plugin install`: dist/pulumi-resource-trieve-v<version>.tar.gz. */
async function plugin() {
  const env = await setUpNode();
  await build(env);
  await packPlugin(env);
}

/** The pictures of the documentation anew: docs/images. */
async function screenshots(args) {
  const env = { ...(await setUpAndBuild()), DOCS_SCREENSHOTS: "true" };
  return mocha(of("browser"), args, env);
}

/** The picture of README.md anew: docs/images/up.svg. */
async function picture() {
  const env = await setUpAndBuild();
  return show("node", [join(root, "tools", "picture.mjs")], { cwd: root, env });
}

/** The tables of docs/reference.md and docs/installation-configuration.md anew. */
async function tables() {
  const env = await setUp();
  return show("node", [join(root, "tools", "tables.mjs")], { cwd: root, env });
}

/** Costs beside those of the engine alone and of other ways: docs/performance.md. */
async function bench(args) {
  const env = await setUpAndBuild();
  return show("node", [join(root, "dist", "bench", "main.js"), ...args], { cwd: root, env });
}

async function demo(args) {
  const env = await setUpAndBuild();
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
