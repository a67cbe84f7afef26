/** The command: runs all contenders in turn, round by round, and writes docs/performance.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { before, type Contender, contenders } from "./contenders";
import { cycle, Python, pythonVerbs, Sandbox, type Setting, type Step } from "./cycle";
import { printRatios, type Results, writeReport } from "./report";
import { Server, type Speed, speeds } from "./server";
import { starts } from "./starts";

const root = resolve(__dirname, "..", "..");
const folder = join(root, "dist", "measured");

const skip = { PULUMI_SKIP_CHECKPOINTS: "true" };
const gzip = { PULUMI_DIY_BACKEND_GZIP: "true" };

interface Plan {
  readonly rounds: number;
  readonly settings: readonly Setting[];
  /** Tried with the floor and with ours only. */
  readonly variants: readonly Setting[];
  /** Tried like that in the first round only: they take a long time. */
  readonly once: readonly Setting[];
}

function planOf({ quick, full, rounds, people }: Choice): Plan {
  const [none, real] = Object.keys(speeds) as [Speed, Speed];
  if (people !== undefined) {
    const one = { people, speed: real, env: skip };
    const variants = [one, { ...one, options: ["--parallel", "64"] }];
    return { rounds: rounds ?? 1, settings: [], variants, once: [] };
  }
  if (quick) {
    const settings = [10, 300].map((people) => ({ people, speed: none, env: skip }));
    return { rounds: rounds ?? 1, settings, variants: [], once: [] };
  }
  return {
    rounds: rounds ?? 5,
    settings: [none, real].flatMap((speed) => [
      { people: 1, speed },
      { people: 100, speed },
      { people: 1000, speed, env: skip },
    ]),
    variants: [
      { people: 1000, speed: none, env: { ...skip, ...gzip } },
      { people: 1000, speed: real, env: skip, options: ["--parallel", "64"] },
    ],
    once: [
      { people: 1000, speed: none },
      { people: 1000, speed: real },
      ...(full ? [{ people: 10_000, speed: none, env: skip }] : []),
    ],
  };
}

interface Choice {
  readonly quick: boolean;
  readonly full: boolean;
  readonly rounds: number | undefined;
  /** This many, with the times of a real server and the parallelism of the engine's default and of 64, and no others. */
  readonly people: number | undefined;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      full: { type: "boolean", default: false },
      rounds: { type: "string" },
      people: { type: "string" },
      before: { type: "string" },
      report: { type: "boolean", default: false },
    },
  });
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  const choice = { ...values, rounds: number(values.rounds), people: number(values.people) };
  const isPart = values.quick || values.people !== undefined;
  const file = join(folder, isPart ? "part.json" : "results.json");
  if (!values.report) await run(planOf(choice), values.before, file);
  const results = JSON.parse(readFileSync(file, "utf8")) as Results;
  writeReport(results, isPart ? folder : join(root, "docs"));
  printRatios(results);
}

/** @param earlier a checkout of an earlier version, built, which is measured as well */
async function run(
  { rounds, settings, variants, once }: Plan,
  earlier: string | undefined,
  file: string,
): Promise<void> {
  const sandbox = new Sandbox();
  const earlierSandbox = earlier === undefined ? undefined : new Sandbox(earlier);
  const results: Results = { steps: [], starts: [] };
  const record = (round: number, setting: Setting, contender: string, step: Step) => {
    results.steps.push({ round, setting, contender, ...step });
    // What has been measured so far is not lost with the rest.
    writeFileSync(file, JSON.stringify(results));
    const seconds = (step.cost.wallMs / 1000).toFixed(1);
    const { people, speed } = setting;
    console.log(
      `${round} | ${speed} | ${people} | ${contender} | ${step.verb} | ${seconds} s | others ${step.cost.others.toFixed(2)}`,
    );
  };
  try {
    const python = Python.create(sandbox);
    if (python === undefined) console.log("No Python 3, or no way to PyPI: left out.");
    for (let round = 1; round <= rounds; round++) {
      for (const start of starts(sandbox)) {
        for (let i = 0; i < 5; i++) {
          const [bareMs, oursMs] = [await start.bare(), await start.ours()];
          results.starts.push({ what: start.what, bareMs, oursMs });
        }
      }
      for (const setting of [...settings, ...variants, ...(round === 1 ? once : [])]) {
        // One of its own for each: lists of earlier people do not make it slower.
        const isVariant = !settings.includes(setting);
        const runIn = async (folder: Sandbox, contender: Contender) => {
          const server = await Server.start(setting.speed);
          for await (const step of cycle(folder, server, contender, setting))
            record(round, setting, contender.name, step);
          await server.stop();
        };
        for (const contender of contendersFor(setting, isVariant)) await runIn(sandbox, contender);
        if (earlierSandbox) await runIn(earlierSandbox, before);
        if (python === undefined || isVariant) continue;
        const server = await Server.start(setting.speed);
        for await (const step of python.cycle(server, setting.people))
          record(round, setting, pythonName, step);
        await server.stop();
      }
    }
  } finally {
    sandbox.remove();
    earlierSandbox?.remove();
  }
}

const pythonName = `trieve_py_client in a loop (${pythonVerbs.join(" and ")} only)`;

function contendersFor({ people }: Setting, isVariant: boolean): readonly Contender[] {
  const [floor, , ours, roster, yaml, yamlRoster] = contenders;
  if (isVariant) return [floor, ours, roster, yaml, yamlRoster];
  return contenders.filter(({ maxPeople = Number.POSITIVE_INFINITY }) => people <= maxPeople);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
