import { readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { atNight, World } from "./world";

const people = Array.from({ length: 10 }, (_, i) => `p${i}@example.com`);
const roster = (limits = "{ minOwners: 0 }", more = "") => `
  const trieve = require("pulumi-trieve");
  const team = new trieve.TrieveRoster("team", { file: "members.yaml", unmanaged: "remove", limits: ${limits},
    breakGlass: ["root@example.com"] });
  ${more}`;
const lines = (emails: readonly string[]) =>
  `members:\n${emails.map((email) => `  - ${email}\n`).join("")}`;
const today = () => new Date().toISOString().slice(0, 10);

describe('unmanaged: "remove", with the real CLI', function () {
  this.timeout(600_000);
  let world: World;
  const write = (emails: readonly string[]) =>
    writeFileSync(join(world.project.folder, "members.yaml"), lines(emails));
  const add = (email: string, role: "user" | "admin" | "owner" = "user") =>
    world.simulator.addMember(world.organization.id, email, role);
  const begin = async (emails = people, program = roster()) => {
    world = await World.create({});
    write(emails);
    await world.project.write(program);
  };
  const others = () => Object.keys(world.people()).filter((email) => !people.includes(email));
  afterEach(() => world.end());

  it("the preview names two of three strangers, `up` removes exactly those, and a second one nobody", async () => {
    await begin();
    await world.succeed("up");
    add("root@example.com", "admin");
    add("olga@example.com", "owner");
    world.simulator.addInvitation(world.organization.id, "pia@example.com");
    world.requests();
    const up = await world.project.up();
    expect(up.code, up.output).to.equal(0);
    for (const line of [
      `olga@example.com is not declared; member since ${today()} as owner; will be removed`,
      `pia@example.com is not declared; pending since ${today()} as user; will be removed`,
    ])
      expect(up.output).to.include(line);
    expect(up.output).not.to.include("root@example.com");
    expect(up.changes).to.deep.include({ "team/sweep": "update", "team/guard": "same" });
    expect(world.writes().sort()).to.deep.equal(["deleteInvitation", "removeMember"]);
    expect(others()).to.deep.equal(["root@example.com"]);
    const again = await world.project.up();
    expect(again.output).to.match(/Resources:\n {4}\d+ unchanged\n/);
    expect(world.writes()).to.deep.equal([]);
  });

  atNight("never the last owner", async () => {
    await begin();
    const { simulator, organization } = world;
    simulator.removeMember(organization.id, "owner@acme.example");
    add("olga@example.com", "owner");
    const up = await world.project.up();
    expect(up.code, up.output).to.equal(0);
    expect(up.output).to.include(
      `olga@example.com is not declared; member since ${today()} as owner; stays: no other owner would be left`,
    );
    expect(others()).to.deep.equal(["olga@example.com"]);
  });

  atNight("50 of 60 are refused at preview, with numbers, and nobody is written", async () => {
    await begin();
    for (let i = 0; i < 50; i++) add(`stranger${i}@example.com`);
    for (const email of people.slice(0, 9)) add(email);
    for (const verb of [world.project.preview(), world.project.up()]) {
      const { code, output } = await verb;
      expect(code).not.to.equal(0);
      expect(output).to.match(
        /unmanaged: "remove" would remove 50 of 60 people, and limits\.maxRemovals "25%" allows 15: .* and 40 more\. If this is intended, raise limits\.maxRemovals to "84%" for one run\. Otherwise, add them to the roster\./,
      );
      expect(output).not.to.match(/\n +at /);
    }
    await world.succeed("up");
    expect(world.writes().filter((route) => route !== "invite")).to.deep.equal([]);
  });

  it("nobody whom no preview has named: who joined since stays, and is named by the next one", async () => {
    await begin();
    await world.succeed("up");
    add("eve@example.com");
    await world.succeed("preview");
    add("late@example.com");
    await world.succeed("up");
    expect(others()).to.deep.equal(["late@example.com"]);
    expect((await world.succeed("preview")).output).to.include("late@example.com is not declared");
  });

  atNight("nobody without a preview, or with one of long ago, and says why", async () => {
    await begin();
    add("eve@example.com");
    const why =
      'unmanaged: "remove" removes nobody in this run, because no preview of this stack named anybody on this machine within the last hour. Run `pulumi up` without --skip-preview.';
    expect((await world.succeed("up")).output).to.include(why);
    await world.succeed("preview");
    for (const [path, left] of namesFiles()) {
      writeFileSync(path, JSON.stringify({ ...left, at: Date.now() - 3_600_001 }));
      utimesSync(path, 0, 0);
    }
    expect((await world.succeed("up")).output).to.include(why);
    expect(others()).to.deep.equal(["eve@example.com"]);
  });

  it("nobody in a run that leaves out the sweep or the guard, and says why", async () => {
    await begin();
    await world.succeed("up");
    add("eve@example.com");
    await world.succeed("preview");
    for (const flags of [
      ["--target", "**team/*@**"],
      ["--exclude", "**team/sweep"],
      ["--exclude", "**team/guard"],
      ["--target", "**team/sweep"],
    ]) {
      const { output } = await world.succeed("up", ...flags);
      expect(output, flags.join(" ")).to.match(
        /removes nobody in this run|No undeclared person was removed/,
      );
      expect(others(), flags.join(" ")).to.deep.equal(["eve@example.com"]);
    }
    await world.succeed("up");
    expect(others()).to.deep.equal([]);
  });

  it("nor whom another resource declares by now; what waits for the roster does not wait for the sweep", async () => {
    const more = `
      new trieve.TrieveInvitation("loose", { email: "loose@example.com" });
      exports.members = trieve.getMembersOutput({}, { dependsOn: [team] }).members;`;
    const limits = `{ minOwners: 0, maxRemovals: 2 }`;
    await begin(people, roster(limits));
    add("loose@example.com");
    add("eve@example.com");
    await world.succeed("preview");
    await world.project.write(roster(limits, more));
    await world.succeed("up");
    expect(others()).to.deep.equal(["loose@example.com"]);
  });

  it("ends what an interrupted run has left: 14 new people, killed, taken back, and all are out", async () => {
    const limits = `{ minOwners: 0, maxRemovals: "90%" }`;
    await begin(people.slice(0, 4), roster(limits));
    await world.succeed("up");
    const crowd = Array.from({ length: 14 }, (_, i) => `new${i}@example.com`);
    write([...people.slice(0, 4), ...crowd]);
    world.simulator.mailDelayMs = 100;
    const running = world.project.start("up", "--yes", "--skip-preview");
    let posts = 0;
    world.simulator.on("request", ({ route }) => {
      if (route === "invite" && ++posts === 8) running.kill("SIGKILL");
    });
    await running.result;
    await world.project.recover();
    world.simulator.mailDelayMs = 0;
    expect(others().length).to.be.greaterThan(4);
    write(people.slice(0, 4));
    const up = await world.project.up("--refresh");
    expect(up.code, up.output).to.equal(0);
    expect(Object.keys(world.people()).sort()).to.deep.equal(people.slice(0, 4));
  });

  const namesFiles = () => {
    const folder = join(tmpdir(), `pulumi-trieve-${process.geteuid?.()}`);
    return readdirSync(folder)
      .filter((name) => name.startsWith("named-"))
      .map((name) => join(folder, name))
      .map((path) => [path, JSON.parse(readFileSync(path, "utf8"))] as const);
  };
});
