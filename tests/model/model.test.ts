/**
 * Random histories, played with the real provider against the simulator and judged by the model.
 *
 * Where the provider has a bug on purpose, the history that is known to find it is played. MODEL_RUNS is the number of
 * histories of each kind, and lets each bug be looked for among 2,000: `npm run test:model -- 50000`. Such a run prints
 * where it has found them, for `bugs.ts`, which takes that over when histories are made in another way.
 *
 * MODEL_SEED and MODEL_PATH play a failure again, as its report says.
 */
import { expect } from "chai";
import fc from "fast-check";
import { bugs } from "./bugs";
import { Coverage } from "./coverage";
import { history, play } from "./history";
import { Stage } from "./organization";
import { Package } from "./process";
import { playRoster, rosterHistory } from "./roster";

const { MODEL_RUNS, MODEL_SEED, MODEL_PATH: path } = process.env;
const seed = Number(MODEL_SEED ?? Math.floor(Math.random() * 2 ** 31));
const isLong = MODEL_RUNS !== undefined;
const runs = {
  people: Number(MODEL_RUNS ?? 150),
  rosters: Number(MODEL_RUNS ?? 100),
};

type Kind = keyof typeof runs;

describe("histories", function () {
  this.timeout(0);
  let stage: Stage;
  before(async () => {
    stage = await Stage.open();
  });
  after(() => stage.close());

  function check(
    kind: Kind,
    code: Package,
    coverage: Coverage,
    parameters: fc.Parameters<unknown>,
  ) {
    const property =
      kind === "people"
        ? fc.asyncProperty(history, (one) => play(stage, one, code, coverage))
        : fc.asyncProperty(rosterHistory, (one) => playRoster(stage, one, code, coverage));
    return fc.check(property as fc.IAsyncProperty<unknown>, parameters);
  }

  async function passes(
    kind: Kind,
    coverage: Coverage,
    parameters: fc.Parameters<unknown>,
    code = new Package(),
  ) {
    const result = await check(kind, code, coverage, parameters);
    if (result.failed)
      throw new Error(`${result.errorInstance}\n${fc.defaultReportMessage(result)}`);
  }

  const given = path === undefined ? { seed } : { seed, path };

  it("of people all come to what is declared", async () => {
    console.log(`      MODEL_SEED=${seed}`);
    const coverage = new Coverage();
    await passes("people", coverage, { ...given, numRuns: runs.people });
    // A single history that is played again, or few, meet few of them.
    const whole = path === undefined && runs.people >= 2000;
    for (let more = 1; whole && coverage.missing.length > 0 && more <= 10; more++)
      await passes("people", coverage, { seed: seed + more, numRuns: 100 });
    if (isLong) console.log(String(coverage).replace(/^/gm, "      "));
    if (whole) expect(coverage.missing).to.deep.equal([]);
  });

  it("of rosters change nobody unguarded, and come to what is declared", async () => {
    console.log(`      MODEL_SEED=${seed}`);
    await passes("rosters", new Coverage(), { ...given, numRuns: runs.rosters });
  });

  for (const kind of ["people", "rosters"] as const)
    it(`of ${kind} do so through the plugin as well`, async () => {
      console.log(`      MODEL_SEED=${seed}`);
      // Few by default: what differs is the adapter alone.
      const numRuns = isLong ? runs[kind] : 40;
      const code = new Package(undefined, "plugin");
      await passes(kind, new Coverage(), { ...given, numRuns }, code);
    });

  for (const { kind, found, ...bug } of bugs) {
    it(`of ${kind} would show that ${bug.name}`, async () => {
      const [knownSeed, knownPath] = found ?? [1, undefined];
      const known = { seed: knownSeed, path: knownPath ?? "0", numRuns: 1 };
      const where = isLong || knownPath === undefined ? { seed: 1, numRuns: 2000 } : known;
      const code = new Package(bug);
      const result = await check(kind, code, new Coverage(), { ...where, endOnFailure: true });
      expect(result.failed, "not found").to.equal(true);
      const [why] = String(result.errorInstance).split("\n");
      console.log(`      ${why}`);
      if (isLong)
        console.log(`      "${bug.name}": [${result.seed}, "${result.counterexamplePath}"],`);
    });
  }
});
