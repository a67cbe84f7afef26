import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";

const root = resolve(__dirname, "..", "..", "..");

describe("npm run docs:api", function () {
  this.timeout(120_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "api-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  it("documents all that programs import, without a warning", () => {
    const typedoc = join(root, "node_modules", "typedoc", "bin", "typedoc");
    // Ends with an error where anything has no docstring: see typedoc.json.
    execFileSync("node", [typedoc, "--out", folder], { cwd: root, stdio: "pipe" });
    expect(readdirSync(join(folder, "classes"))).to.have.members([
      "Provider.html",
      "TrieveApiKey.html",
      "TrieveInvitation.html",
      "TrieveOrganization.html",
      "TrieveRoster.html",
    ]);
  });
});
