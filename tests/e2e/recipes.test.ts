import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse, stringify } from "yaml";
import { readSections, Walkthrough } from "./document";
import { dashboard, World } from "./world";

const document = "docs/recipes.md";

describe(document, function () {
  this.timeout(600_000);
  const sections = readSections(document);
  const tested: string[] = [];
  let world: World;
  let west: { id: string; apiKey: string };

  /** A test that does everything that the recipe of this title shows. */
  const recipe = (title: string, test: (shown: Walkthrough) => Promise<void>) => {
    tested.push(title);
    it(title, async () => {
      world = await World.create({});
      west = world.simulator.createOrganization("west");
      const shown = new Walkthrough(world, sections.get(title) ?? [], {
        "https://trieve.example.com": world.simulator.url,
        "https://dashboard.example.com/": dashboard,
        "6c8f3c1e-58f6-4c8e-9f2b-0f6c6a3f5d11": world.organization.id,
        "0d4b7a52-3f0c-4c55-8a39-5b6f2c1d9e70": west.id,
        "prod::people": "test::e2e",
        "name: people": "name: e2e",
      });
      await test(shown);
      shown.end();
    });
  };
  afterEach(() => world?.end());

  const write = (file: string, ...people: string[]) =>
    writeFileSync(join(world.project.folder, file), `members: [${people.join(", ")}]`);
  const program = (...rosters: string[]) =>
    world.project.write(`const trieve = require("pulumi-trieve"); ${rosters.join("\n")}`);
  const team = `new trieve.TrieveRoster("team", { file: "members.yaml" });`;
  const isSettled = async () => {
    world.requests();
    const { output } = await world.succeed("up", "--refresh");
    expect(output).to.match(/Resources:\n {4}\d+ unchanged\n/);
    expect(world.writes()).to.deep.equal([]);
  };

  const ada = "ada@example.com";
  const bob = "bob@example.com";
  const olga = "{ email: olga@example.com, role: owner }";
  const mallory = "mallory@example.com";

  recipe("Adopt an existing organization", async (shown) => {
    world.simulator.addMember(world.organization.id, ada, "admin");
    world.simulator.addInvitation(world.organization.id, bob);
    const before = world.people();
    await shown.commands();
    await shown.program();
    await shown.commands();
    expect(world.writes()).to.deep.equal([]);
    expect(world.people()).to.deep.equal(before);
    expect(world.simulator.mails).to.deep.equal([]);
    await isSettled();

    world.simulator.addMember(world.organization.id, "eve@example.com");
    const file = join(world.project.folder, "members.yaml");
    const { members } = parse(readFileSync(file, "utf8")) as { members: { email: string }[] };
    writeFileSync(file, stringify({ members: members.filter(({ email }) => email !== bob) }));
    await shown.program();
    await shown.commands();
    expect(world.people()).to.deep.equal({ [ada]: "admin, member" });
    await isSettled();
  });

  recipe("Remove a person in an emergency", async (shown) => {
    await program(team);
    write("members.yaml", ada, bob, mallory);
    await world.succeed("up");
    world.accept(mallory);
    world.simulator.addInvitation(world.organization.id, mallory.toUpperCase());
    const others = { [ada]: "user, pending", [bob]: "user, pending" };

    write("members.yaml", ada, bob);
    await shown.commands();
    expect(world.people()).to.deep.equal(others);
    await isSettled();

    // The dashboard first, and the line is still there.
    write("members.yaml", ada, bob, mallory);
    await world.succeed("up");
    world.simulator.removeMember(world.organization.id, mallory);
    await world.succeed("up");
    expect(world.people(), "only a refresh tells").to.deep.equal(others);
    await shown.commands();
    expect(world.people()).to.deep.equal({ ...others, [mallory]: "user, member" });

    // The dashboard first, and then the line.
    world.simulator.removeMember(world.organization.id, mallory);
    write("members.yaml", ada, bob);
    world.requests();
    await world.succeed("up");
    expect(world.writes()).to.deep.equal([]);
    await isSettled();
    expect(world.people()).to.deep.equal(others);
  });

  recipe("Stop managing without removing anyone", async (shown) => {
    await program(team);
    write("members.yaml", ada, bob, olga);
    world.simulator.addMember(world.organization.id, bob);
    world.simulator.addMember(world.organization.id, "olga@example.com", "owner");
    await world.succeed("up");
    world.accept(ada);
    const everybody = world.people();
    world.requests();

    // The program first: refused.
    await program();
    expect((await world.project.up()).output).to.include("protected");

    await shown.commands();
    await shown.commands();
    const { resources } = (await world.project.exportState()).deployment;
    expect(resources.map(({ type }) => type)).to.deep.equal(["pulumi:pulumi:Stack"]);

    // A run in between.
    await program(team);
    await world.succeed("up");
    expect(world.writes()).to.deep.equal([]);
    expect(world.people()).to.deep.equal(everybody);

    await program();
    await world.fail("up"); // without a preview
    expect(world.writes()).to.deep.equal([]);
    expect(world.people()).to.deep.equal(everybody);
  });

  recipe("Destroy a roster", async (shown) => {
    await program(team);
    write("members.yaml", ada, bob);
    world.simulator.addMember(world.organization.id, bob, "user");
    await world.succeed("up");
    await world.fail("destroy");
    expect(Object.keys(world.people())).to.deep.equal([ada, bob]);

    await shown.program();
    await shown.commands();
    expect(world.people()).to.deep.equal({});

    // Alone, by the program.
    await program(team);
    await world.succeed("up");
    await program(`${team.replace(" });", "")}, limits: { maxRemovals: "100%" } });`);
    await world.succeed("up");
    await program();
    await world.succeed("up");
    expect(world.people()).to.deep.equal({});
  });

  recipe("Move loose invitations into a roster", async (shown) => {
    await world.declare({
      ada: { email: ada, role: "admin" },
      bob: { email: bob, deletionPolicy: "remove" },
    });
    await world.succeed("up");
    world.accept(bob);
    const everybody = world.people();
    world.requests();

    write("members.yaml", `{ email: ${ada}, role: admin }`, bob);
    await shown.program();
    await shown.commands();
    expect(world.writes()).to.deep.equal([]);
    expect(world.people()).to.deep.equal(everybody);
    expect(world.simulator.mails).to.have.lengthOf(2);
    await isSettled();
  });

  recipe("Move people between two rosters", async (shown) => {
    const cleo = "cleo@example.com";
    const rosters = (limits: string) =>
      program(
        `new trieve.TrieveRoster("old", { file: "old.yaml", ${limits} });`,
        `new trieve.TrieveRoster("new", { file: "new.yaml" });`,
      );
    await rosters("");
    write("old.yaml", ada, bob, olga, cleo);
    write("new.yaml");
    world.simulator.addMember(world.organization.id, bob);
    world.simulator.addMember(world.organization.id, "olga@example.com", "owner");
    await world.succeed("up");
    const everybody = world.people();
    world.requests();

    write("old.yaml", cleo);
    write("new.yaml", ada, bob, olga);
    const { output } = await world.fail("up");
    expect(output).to.include('raise limits.maxRemovals to "75%"');
    expect(output).to.include("set limits.minOwners to 0");

    await shown.program();
    await shown.commands();
    expect(world.writes()).to.deep.equal([]);
    expect(world.people()).to.deep.equal(everybody);
    expect(world.simulator.mails).to.have.lengthOf(2);
    await rosters("");
    await world.succeed("up");
    await isSettled();
  });

  recipe("Split an organization", async (shown) => {
    await program(`new trieve.TrieveRoster("east", { file: "east.yaml" });`);
    const staying = Array.from({ length: 6 }, (_, i) => `p${i}@example.com`);
    write("east.yaml", ada, bob, ...staying);
    await world.succeed("up");
    world.accept(ada);
    const before = world.people();

    await world.project.run("config", "set", "--secret", "westKey", west.apiKey);
    write("west.yaml", `{ email: ${ada}, role: admin }`, bob);
    await shown.program();
    await shown.commands();
    expect(world.people()).to.deep.equal(before);
    expect(world.people(west.id)).to.deep.equal({
      [ada]: "admin, member",
      [bob]: "user, pending",
    });

    world.accept(bob);
    write("east.yaml", ...staying);
    await shown.commands();
    expect(Object.keys(world.people())).to.have.members(staying);
    expect(world.people(west.id)).to.deep.equal({ [ada]: "admin, member", [bob]: "user, member" });
    await isSettled();
  });

  recipe("Rotate the API key", async (shown) => {
    await program(team);
    write("members.yaml", ada);
    await world.succeed("up");
    const rotated = world.simulator.createKey(world.organization.id, "admin");
    await shown.commands(rotated);
    world.simulator.revokeKey(world.organization.apiKey);
    await world.succeed("refresh");

    // Too late.
    world.simulator.revokeKey(rotated);
    const next = world.simulator.createKey(world.organization.id, "admin");
    await world.fail("refresh");
    world.project.env.TRIEVE_API_KEY = next;
    await world.succeed("refresh");
  });

  recipe("Move a Node.js program to another language", async (shown) => {
    await program(`new trieve.TrieveInvitation("ada", { email: "${ada}", role: "admin" });`, team);
    write("members.yaml", bob, olga);
    world.simulator.addMember(world.organization.id, "olga@example.com", "owner");
    await world.succeed("up");
    world.accept(bob);
    const everybody = world.people();
    world.requests();

    await shown.yaml();
    await shown.commands();
    expect(world.writes()).to.deep.equal([]);
    expect(world.people()).to.deep.equal(everybody);
    expect(world.simulator.mails).to.have.lengthOf(2);
    const { resources } = (await world.project.exportState()).deployment;
    expect(resources.filter(({ type }) => type.includes("dynamic"))).to.deep.equal([]);
    // What the state knows of olga: she was there before.
    const found = resources.find(({ urn }) => urn.endsWith("::team/olga@example.com"));
    expect(found?.outputs).to.include({ adopted: true, originalRole: "owner" });
    await isSettled();
  });

  recipe("Import people into a YAML program", async (shown) => {
    world.simulator.addMember(world.organization.id, ada, "admin");
    world.simulator.addInvitation(world.organization.id, bob);
    await shown.yaml();
    await shown.commands();
    const folder = world.project.folder;
    const read = (file: string) => parse(readFileSync(join(folder, file), "utf8")) as object;
    const program = { ...read("Pulumi.yaml"), ...read("people.yaml") };
    writeFileSync(join(folder, "Pulumi.yaml"), stringify(program));
    expect((await world.project.exportState()).deployment.resources).to.have.lengthOf(5);
    await isSettled();
  });

  it("has a test for each recipe", () => {
    expect(tested).to.deep.equal([...sections.keys()]);
  });
});
