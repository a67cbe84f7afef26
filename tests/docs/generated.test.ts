import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";

const root = resolve(__dirname, "..", "..", "..");

describe("npm run docs:tables", function () {
  this.timeout(60_000);

  it("has been run: the documents say what the docstrings say", () => {
    execFileSync("node", ["tools/tables.mjs", "--check"], { cwd: root, stdio: "pipe" });
  });
});

describe("provider/plugin/schema.json", () => {
  it("says what the types say", () => {
    execFileSync("node", ["tools/plugin-schema.mjs", "--check"], { cwd: root, stdio: "pipe" });
  });
});

/** The lines of a picture, in any order: people are changed at once. Times and days differ from run to run. */
function linesOf(svg: string): string[] {
  const lines = new Map<string, string>();
  for (const [, y = "", text = ""] of svg.matchAll(/<text [^>]*y="(\d+)"[^>]*>([^<]*)/g))
    lines.set(y, (lines.get(y) ?? "") + text);
  return [...lines.values()].map(comparable).sort();
}

function comparable(line: string): string {
  return line
    .replaceAll("\u00a0", " ")
    .replace(/\d+(\.\d+)?s\b/, "")
    .replace(/\d{4}-\d\d-\d\d/, "<day>")
    .replace(/[├└]/, "")
    .replace(/\s+/g, " ")
    .trim();
}

describe("npm run docs:picture", function () {
  this.timeout(120_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "picture-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  it("shows what `pulumi up` shows today", () => {
    const file = join(folder, "up.svg");
    execFileSync("node", ["tools/picture.mjs", file], { cwd: root, stdio: "pipe" });
    const today = linesOf(readFileSync(file, "utf8"));
    expect(today).to.include("mallory@example.com line deleted; member since <day> as user");
    const shown = linesOf(readFileSync(join(root, "docs", "images", "up.svg"), "utf8"));
    expect(shown).to.deep.equal(today);
  });
});
