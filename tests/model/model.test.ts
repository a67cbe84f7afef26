/**
 * Random histories, played with the real provider against the simulator and judged by the model.
 *
 * Where the provider has a bug on purpose, always the same histories are played, and it has to be found among 2,000.
 *
 * MODEL_SEED and MODEL_PATH play a failure again, as its report says. MODEL_RUNS is the number of histories;
 * `npm run test:model -- 50000` is a longer run.
 */
import { expect } from "chai";
import fc from "fast-check";
import { bugs } from "./bugs";
import { Coverage } from "./coverage";
import { history, play } from "./history";
import { Stage } from "./organization";
import { Package } from "./process";

const runs = Number(process.env.MODEL_RUNS ?? 2000);
const seed = Number(process.env.MODEL_SEED ?? Math.floor(Math.random() * 2 ** 31));
const path = process.env.MODEL_PATH;

describe("histories", function () {
  this.timeout(0);
  let stage: Stage;
  before(async () => {
    stage = await Stage.open();
  });
  after(() => stage.close());

  const check = (code: Package, coverage: Coverage, parameters: fc.Parameters<[unknown]>) =>
    fc.check(
      fc.asyncProperty(history, (one) => play(stage, one, code, coverage)),
      { numRuns: runs, seed, ...(path === undefined ? {} : { path }), ...parameters } as never,
    );

  it("all come to what is declared", async () => {
    console.log(`      MODEL_SEED=${seed}`);
    const coverage = new Coverage();
    const result = await check(new Package(), coverage, {});
    if (result.failed)
      throw new Error(`${result.errorInstance}\n${fc.defaultReportMessage(result)}`);
    // A single history that is played again, or few, meet few of them.
    const whole = path === undefined && runs >= 2000;
    for (let more = 1; whole && coverage.missing.length > 0 && more <= 10; more++) {
      const rest = await check(new Package(), coverage, { seed: seed + more, numRuns: 100 });
      if (rest.failed) throw new Error(`${rest.errorInstance}\n${fc.defaultReportMessage(rest)}`);
    }
    console.log(String(coverage).replace(/^/gm, "      "));
    if (whole) expect(coverage.missing).to.deep.equal([]);
  });

  for (const bug of bugs) {
    it(`would show that ${bug.name}`, async () => {
      const code = new Package(bug);
      const result = await check(code, new Coverage(), {
        numRuns: 2000,
        seed: 1,
        endOnFailure: true,
      });
      expect(result.failed, "not found").to.equal(true);
      const [why] = String(result.errorInstance).split("\n");
      console.log(`      found in history ${result.numRuns}: ${why}`);
    });
  }
});
