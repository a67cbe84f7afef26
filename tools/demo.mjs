// The life of two invitations, from `pulumi preview` to `pulumi destroy`, against a Trieve server in this process.
// `tools/run.mjs demo` prepares what this needs: the build, and `pulumi` and a supported Node on PATH.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { bold, dim, green, red, say, Trouble } from "./console.mjs";
import { root } from "./paths.mjs";

const require = createRequire(import.meta.url);
const { startSimulator } = require("../dist/simulator/index.js");
const { hermeticEnvironment } = require("../dist/tests/e2e/cli.js");

const quickstart = join(root, "examples", "quickstart");
const stackFile = join(quickstart, "Pulumi.demo.yaml");
const keep = process.argv.includes("--keep");

async function main() {
  const folder = mkdtempSync(join(tmpdir(), "pulumi-trieve-demo-"));
  const simulator = await startSimulator();
  // Pulumi gets the same Ctrl-C and stops; then there is something to tidy up here.
  process.on("SIGINT", () => {});
  try {
    await story(simulator, new Pulumi(folder));
  } finally {
    await simulator.close();
    for (const path of [folder, stackFile]) rmSync(path, { recursive: true, force: true });
  }
}

async function story(simulator, pulumi) {
  heading("A Trieve server with one organization (simulated, on this machine)");
  const acme = simulator.createOrganization("acme", { owner: "olga@acme.example" });
  const show = () => say(people(simulator, acme.id).join("\n"));
  say(`${simulator.url}, organization ${acme.id}`);
  show();

  heading("A Pulumi program: examples/quickstart/index.ts");
  indent(readFileSync(join(quickstart, "index.ts"), "utf8").trim());

  heading("A stack with the settings of that server");
  const settings = {
    "trieve:apiUrl": simulator.url,
    "trieve:organizationId": acme.id,
    "trieve:redirectUri": inbox(simulator),
  };
  await pulumi.run("stack", "init", "demo");
  for (const [key, value] of Object.entries(settings))
    await pulumi.run("config", "set", key, value);
  // As an argument the key would stand in the list of processes, for all to see.
  await pulumi.pipe(acme.apiKey, "config", "set", "--secret", "trieve:apiKey");

  heading("What would happen");
  await pulumi.run("preview");

  heading("Make it so");
  await pulumi.run("up", "--yes", "--skip-preview");

  heading("Who was invited");
  show();
  for (const { to, subject, links } of simulator.mails) {
    say(`✉ ${bold(to)}: ${subject}`);
    indent(dim(links.join("\n")));
  }

  heading("Ada opens her mail and accepts");
  const [mail] = simulator.mails.filter(({ to }) => to === "ada@example.com");
  if (!mail) throw new Trouble("No mail to ada@example.com was sent.");
  simulator.accept(mail.links[0], { email: mail.to, name: "Ada" });
  show();

  heading("Pulumi notices, and has nothing to do");
  await pulumi.run("up", "--yes", "--skip-preview", "--refresh");
  await pulumi.run("stack", "output");
  say(`${simulator.mails.length} mails so far: nobody got a second one.`);

  if (keep) return explore(simulator, pulumi);

  heading("Everybody out again");
  await pulumi.run("destroy", "--yes", "--skip-preview", "--remove");
  show();
  if (people(simulator, acme.id).length > 1) throw new Trouble("More than the owner is left.");
  say();
  say(`${green("✓")} Only the owner is left.`);
  say(dim("`npm run demo -- --keep` stops before this step, for you to try things."));
}

/** Where mails are read, and where people land after accepting. */
function inbox({ url }) {
  return `${url}/simulator/inbox/`;
}

function people(simulator, id) {
  const members = simulator.members(id).map(({ email, role }) => `● ${email}  member, ${role}`);
  // A used invitation is history.
  const unused = simulator.invitations(id).filter(({ used }) => !used);
  return [...members, ...unused.map(({ email }) => `○ ${email}  invited`)];
}

async function explore(simulator, { env }) {
  const names = ["PULUMI_HOME", "PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE"];
  const [pulumiFolder, nodeFolder] = env.PATH.split(delimiter);

  heading("Your turn, in another terminal");
  say(`cd ${quickstart}`);
  say(`export PATH="${pulumiFolder}:${nodeFolder}:$PATH"`);
  for (const name of names) say(`export ${name}=${env[name]}`);
  say();
  say(dim("# change a role in index.ts, add somebody, or take somebody out; then"));
  say("pulumi up");
  say(dim("# mails so far, for you to accept as Bob; `pulumi up --refresh` sees it"));
  say(inbox(simulator));
  say();
  say("Ctrl-C ends the server and removes the stack.");
  await once(process, "SIGINT");
}

/** The real CLI in examples/quickstart, with everything of its own in a throw-away folder. */
class Pulumi {
  constructor(folder) {
    this.env = {
      ...hermeticEnvironment(folder),
      // The type check of the program would take half the time of each run.
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    };
  }

  run(...args) {
    return this.pipe("", ...args);
  }

  async pipe(input, ...args) {
    say(`$ pulumi ${args.join(" ")}`);
    const color = `--color=${process.stdout.isTTY ? "always" : "never"}`;
    const quiet = ["up", "preview", "destroy"].includes(args[0]) ? ["--suppress-progress"] : [];
    const child = spawn("pulumi", [...args, ...quiet, "--non-interactive", color], {
      cwd: quickstart,
      env: this.env,
    });
    child.stdin.end(input);
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => line.trim() && indent(line));
    }
    const [code] = await once(child, "close");
    if (code !== 0) throw new Trouble(`pulumi ${args[0]} failed.`);
  }
}

let headings = 0;

function heading(text) {
  headings += 1;
  say();
  say(bold(`${headings}. ${text}`));
}

function indent(text) {
  say(text.replace(/^/gm, "    "));
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Trouble)) throw error;
  say();
  say(red(error.message));
  process.exitCode = 1;
}
