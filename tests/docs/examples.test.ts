import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { fencedBlocks } from "./blocks";
import { typeErrors } from "./typescript";

const root = resolve(__dirname, "..", "..", "..");

interface Example {
  /** `provider/invitation.ts:50` */
  readonly place: string;
  /** Undefined where no block of TypeScript follows the tag. */
  readonly text: string | undefined;
}

/** What stands below each `@example` of a source file. */
function examplesOf(path: string): Example[] {
  const source = readFileSync(join(root, path), "utf8");
  return [...source.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap(({ 0: comment, index }) => {
    const first = source.slice(0, index).split("\n").length;
    const lines = comment.split("\n").map((line) => line.replace(/^\s*(\/\*)?\*+ ?/, ""));
    return lines.flatMap((line, i) => {
      if (!line.startsWith("@example")) return [];
      const [block] = fencedBlocks(lines.slice(i + 1).join("\n"));
      const text = block?.language === "ts" ? block.text : undefined;
      return [{ place: `${path}:${first + i}`, text }];
    });
  });
}

const examples = readdirSync(join(root, "provider"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .flatMap((path) => examplesOf(join("provider", path)));

describe("the examples in docstrings", function () {
  this.timeout(60_000);
  let errors: Record<string, string[]>;

  before(() => {
    errors = typeErrors(Object.fromEntries(examples.map(({ place, text }) => [place, text ?? ""])));
  });

  it("are there for what programs make", () => {
    expect(examples).to.have.lengthOf.at.least(3);
  });

  for (const { place, text } of examples)
    it(`compile: ${place}`, () => {
      expect(text, "is no block of `ts`").to.be.a("string");
      expect(errors[place]).to.deep.equal([]);
    });
});
