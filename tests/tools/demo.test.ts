import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";

const root = resolve(__dirname, "..", "..", "..");

describe("npm run demo", function () {
  this.timeout(120_000);

  it("takes two people from the preview to the end, and tidies up", () => {
    const output = execFileSync("node", ["tools/demo.mjs"], { cwd: root, encoding: "utf8" });
    expect(output).to.contain("○ ada@example.com  invited");
    expect(output).to.contain("● ada@example.com  member, admin");
    expect(output).to.contain('{"ada":"member","bob":"pending"}');
    expect(output).to.contain("2 mails so far");
    expect(output).not.to.match(/\btr-/);
    expect(output).to.contain("Only the owner is left.");
    expect(existsSync(join(root, "examples", "quickstart", "Pulumi.demo.yaml"))).to.equal(false);
  });
});
