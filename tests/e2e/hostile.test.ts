import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { nastyWords } from "../fuzz/fuzz";
import { World } from "./world";

// What the engine cannot carry at all is none of ours.
const words = nastyWords.filter((word) => word !== "\ud800");
const hostile = words.join(" ");

describe("hostile text, with the real CLI", function () {
  this.timeout(300_000);
  let world: World;
  before(async () => {
    world = await World.create({ ada: { email: "ada@example.com" } });
  });
  after(() => world.end());

  function expectPlain(output: string) {
    expect(output).not.to.match(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    expect(output).not.to.contain(world.organization.apiKey);
  }

  it("of a server: its messages are one line, without the key that it sends back", async () => {
    const { apiKey } = world.organization;
    for (const [status, body] of [
      [403, { message: `${hostile} ${apiKey}` }],
      [200, [{ id: hostile, email: apiKey }]],
      [200, apiKey],
    ] as const) {
      const fault = world.simulator.fault({
        route: "any",
        times: 100,
        effect: { status, body: JSON.stringify(body) },
      });
      const { output } = await world.fail("up");
      fault.remove();
      expect(output).to.contain("Could not list the");
      expectPlain(output);
    }
    expect(JSON.stringify(await world.project.exportState())).not.to.contain(apiKey);
  });

  it("of a server: what a preview tells of people whom nobody declares", async () => {
    for (const [i, word] of words.entries())
      world.simulator.addMember(world.organization.id, `${word}${i}@x.example`);
    writeFileSync(join(world.project.folder, "members.yaml"), "members: [ada@example.com]");
    await world.project.write(
      `new (require("pulumi-trieve").TrieveRoster)("team", { file: "members.yaml" });`,
    );
    const { output } = await world.succeed("preview");
    expect(output).to.contain("\\u001b");
    expectPlain(output);
  });

  it("of a program: arguments", async () => {
    await world.declare({
      bad: { email: `${hostile}@example.com`, role: words.slice(9).join(""), scopes: words },
    });
    const { output } = await world.fail("preview");
    expect(output).to.match(/email ".*…" is longer than the 100 characters/);
    expectPlain(output);
  });

  it("of a roster file: each problem is one line", async () => {
    const members = words.map((word) => ({ email: `${word}@example.com`, [word]: word }));
    writeFileSync(join(world.project.folder, "members.yaml"), JSON.stringify({ members }));
    await world.project.write(
      `new (require("pulumi-trieve").TrieveRoster)("team", { file: "members.yaml" });`,
    );
    const { output } = await world.fail("preview");
    expect(output).to.match(/TrieveRoster "team" has \d+ problems/);
    expectPlain(output);
  });
});
