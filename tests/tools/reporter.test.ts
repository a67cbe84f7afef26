import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";

const root = resolve(__dirname, "..", "..", "..");

describe("the reporter", () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "reporter-"));
  });

  after(() => rmSync(folder, { recursive: true }));

  it("ends with a line that CI reads", () => {
    const suite = join(folder, "suite.cjs");
    writeFileSync(suite, `it("a", () => {}); it("b", () => {}); it("c", () => { throw 1; });`);
    const mocha = join(root, "node_modules", "mocha", "bin", "mocha.js");
    const { status, stdout } = spawnSync("node", [mocha, suite], { cwd: root, encoding: "utf8" });
    expect(stdout.trim().split("\n").pop()).to.equal("2 passed, 1 failed");
    expect(status).to.equal(1);
  });
});
