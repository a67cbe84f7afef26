import { expect } from "chai";
import fc from "fast-check";

/** Minutes for all properties together; without it each makes a few hundred runs. */
const minutes = Number(process.env.FUZZ_MINUTES ?? 0);
let properties = 0;

/**
 * A property of hostile input, as a test. After each run the prototypes that everything shares are as they were.
 *
 * @param runs in the short form
 */
export function fuzz<T>(
  title: string,
  runs: number,
  input: fc.Arbitrary<T>,
  property: (input: T) => void | Promise<void>,
): void {
  properties++;
  it(title, async function () {
    this.timeout(0);
    const share =
      minutes > 0
        ? { numRuns: 1e9, interruptAfterTimeLimit: (minutes * 60_000) / properties }
        : { numRuns: runs };
    const details = await fc.check(
      fc.asyncProperty(input, async (value) => {
        await property(value);
        expect(prototypes()).to.deep.equal(untouched);
      }),
      share,
    );
    if (minutes > 0) console.log(`      ${details.numRuns} runs`);
    if (details.failed) throw new Error(fc.defaultReportMessage(details));
    expect(details.numRuns).to.be.above(0);
  });
}

/** What no input may add to. */
function prototypes(): PropertyKey[][] {
  return [Object, Array, String, Number, Function, Map, Set, Promise, Error].map((shared) =>
    Reflect.ownKeys(shared.prototype as object),
  );
}
const untouched = prototypes();

/** Words that mean something to JavaScript, a terminal, a browser, a shell, YAML or Markdown. */
export const nastyWords = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "\u001b[31m",
  "\u001b]8;;http://evil.example\u0007",
  "\u009b31m",
  "\r",
  "\n",
  "\r\n::error::",
  "\u0000",
  "\u0007",
  "\u202e",
  "\u2066",
  "\u2028",
  "\u200b",
  "\u3164",
  "\ufe0f",
  "\u{e0041}",
  "\ufeff",
  "\ud800",
  "@octocat",
  "<img src=x onerror=alert(1)>",
  "<!--",
  "[a](http://evil.example)",
  "![a](http://evil.example/a.png)",
  "https://evil.example",
  "`",
  "```",
  "|",
  "\\",
  "#",
  "$(id)",
  "%s",
  "..",
  "../../api",
] as const;

export const nasty: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(...nastyWords), fc.string({ unit: "binary", maxLength: 8 })), {
    maxLength: 6,
  })
  .map((words) => words.join(""));

/** A text that is nearly another one: parts of it doubled, gone, moved or replaced. */
export function mutated(text: fc.Arbitrary<string>, words: fc.Arbitrary<string>) {
  const change = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.nat(12),
    how: fc.constantFrom("cut", "delete", "double", "insert", "replace"),
    word: words,
  });
  return fc.tuple(text, fc.array(change, { minLength: 1, maxLength: 4 })).map(([whole, changes]) =>
    changes.reduce((now, { at, length, how, word }) => {
      const start = Math.floor(at * now.length);
      const [before, part, after] = [
        now.slice(0, start),
        now.slice(start, start + length),
        now.slice(start + length),
      ];
      switch (how) {
        case "cut":
          return before;
        case "delete":
          return before + after;
        case "double":
          return before + part + part + after;
        case "insert":
          return before + word + part + after;
        default:
          return before + word + after;
      }
    }, whole),
  );
}

/** A text for people or logs: one line, nothing that plays with a terminal or hides, no object by accident. */
export function expectPlain(text: string): void {
  expect(text).not.to.match(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u3164]|\ufe0f/u);
  expect(text).not.to.contain("[object ");
  expect(text.length, "length").to.be.below(2_000);
}
