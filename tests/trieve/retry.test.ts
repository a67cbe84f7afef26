import { expect } from "chai";
import {
  refusedWith,
  type TrieveError,
  unanswered,
  unexpected,
} from "../../provider/trieve/errors";
import { parseRetryAfter, retryReads } from "../../provider/trieve/retry";

const attempt = { what: "list", server: "http://t.example" };
const failed = (retryAfterMs = 0) => refusedWith(attempt, 503, "", { keyAdvice: "" }, retryAfterMs);
const minutes = 60_000;

/** Asks a server that gives these answers one after the other, the last one for ever. */
async function ask(
  answers: readonly unknown[],
  limits: { retryForMs: number; firstPauseMs: number },
): Promise<{ tries: number; result: unknown }> {
  let tries = 0;
  const next = async () => {
    const answer = answers[Math.min(tries++, answers.length - 1)];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const mayPass = ({ transient }: TrieveError) => transient;
  const result = await retryReads(next, limits, mayPass, () => {}).catch((error) => error);
  return { tries, result };
}

describe("retry of questions", () => {
  const patient = { retryForMs: 5 * minutes, firstPauseMs: 1 };
  const rows: readonly [
    it: string,
    answers: readonly unknown[],
    limits: { retryForMs: number; firstPauseMs: number },
    tries: number,
    result: number,
  ][] = [
    ["an answer at once", ["yes"], patient, 1, 0],
    ["one failure that passes", [failed(), "yes"], patient, 2, 1],
    [
      "several",
      [failed(), unanswered(attempt, "reset", "ECONNRESET"), failed(), "yes"],
      patient,
      4,
      3,
    ],
    ["a body cut short", [unexpected(attempt, 200, "not JSON", true), "yes"], patient, 2, 1],
    ["Retry-After of nothing", [failed(0), "yes"], patient, 2, 1],
    ["Retry-After of a moment", [failed(5), "yes"], patient, 2, 1],
    ["Retry-After beyond the limit", [failed(6 * minutes), "yes"], patient, 1, 0],
    ["Retry-After beyond the limit, later", [failed(), failed(6 * minutes), "yes"], patient, 2, 1],
    ["no time for a second try", [failed(), "yes"], { retryForMs: 0, firstPauseMs: minutes }, 1, 0],
    ["another kind of answer", [unexpected(attempt, 200, "a page"), "yes"], patient, 1, 0],
    ["no such host", [unanswered(attempt, "no", "ENOTFOUND"), "yes"], patient, 1, 0],
    ["a fault of the program", [new TypeError("x"), "yes"], patient, 1, 0],
    [
      "a failure that passes, then one that does not",
      [failed(), new TypeError("x"), "yes"],
      patient,
      2,
      1,
    ],
  ];
  for (const [name, answers, limits, tries, result] of rows)
    it(`${name}: ${tries} ${tries === 1 ? "try" : "tries"}`, async () => {
      expect(await ask(answers, limits)).to.deep.equal({ tries, result: answers[result] });
    });

  it("ends", async () => {
    const error = failed();
    const { tries, result } = await ask([error], { retryForMs: 20, firstPauseMs: 1 });
    expect(result).to.equal(error);
    expect(tries).to.be.above(1);
  });
});

describe("Retry-After", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  const rows: readonly [header: string | null, ms: number][] = [
    [null, 0],
    ["0", 0],
    ["7", 7000],
    [" 120 ", 120_000],
    ["Thu, 01 Jan 2026 00:00:07 GMT", 7000],
    ["Thu, 01 Jan 2026 00:00:00 GMT", 0],
    ["Wed, 31 Dec 2025 23:59:00 GMT", 0],
    ["soon", 0],
    ["", 0],
  ];
  for (const [header, ms] of rows)
    it(`${JSON.stringify(header)} is ${ms} ms`, () =>
      expect(parseRetryAfter(header, now)).to.equal(ms));
});
