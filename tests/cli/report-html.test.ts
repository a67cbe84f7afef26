import { expect } from "chai";
import { World } from "./run";

// How it looks and works in a browser: tests/browser/report.test.ts.
describe("pulumi-trieve report --html", () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start();
  });
  afterEach(() => world.close());

  it("is one page with everything in it", async () => {
    const since = new Date(Date.now() - 40 * 86_400_000);
    world.simulator.addInvitation(world.id, "ada@x.example", "admin", null, since);
    const file = world.file("members: [{ email: ada@x.example, role: admin }]");
    const { code, stdout, stderr } = await world.run(["report", file, "--html"]);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    expect(stdout).to.match(/^<!doctype html>\n<html lang="en">.*<\/html>\n$/s);
    expect(stdout).not.to.match(/<script|<link rel="stylesheet"|<img|url\(|@import/);
    expect(stdout).to.include("pending for 40 days");
    expect(stdout).to.include("1 pending, 1 not in the file.");
  });

  it("ends with the same code as the other formats", async () => {
    const file = world.file("members: [new@x.example]");
    const expected = [file, "--expect-no-changes"];
    expect((await world.run(["report", "--html", ...expected])).code).to.equal(1);
    expect((await world.run(["report", ...expected])).code).to.equal(1);
  });

  it("escapes what others wrote", async () => {
    world.simulator.addMember(world.id, "<img src=x>@x.example", "user", ['"<b>\u202e']);
    const file = world.file("members: [{ email: a&b@x.example, note: '</table><i>' }]");
    const { stdout } = await world.run(["report", file, "--html"]);
    expect(stdout).not.to.match(/<img|<b>|<i>|\u202e/);
    for (const text of [
      "&lt;img src=x&gt;@x.example",
      "&quot;&lt;b&gt;\\u202e",
      "a&amp;b@x.example",
      "&lt;/table&gt;&lt;i&gt;",
    ])
      expect(stdout).to.include(text);
  });
});
