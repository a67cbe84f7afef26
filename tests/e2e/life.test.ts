import { expect } from "chai";
import type { State } from "./cli";
import { urn, World } from "./world";

const ada = { email: "ada@example.com", role: "admin" };
const bob = { email: "bob@example.com" };

describe("the life of people, with the real CLI", function () {
  this.timeout(180_000);
  let world: World;
  beforeEach(async () => {
    world = await World.create({ ada, bob });
  });
  afterEach(() => world.end());

  it("is invited once, accepts, changes role, and leaves", async () => {
    const preview = await world.succeed("preview");
    expect(preview.changes).to.deep.equal({ ada: "create", bob: "create" });
    expect(world.requests()).to.deep.equal([]);

    const first = await world.succeed("up");
    expect(first.changes).to.deep.equal({ ada: "create", bob: "create" });
    expect(world.writes()).to.deep.equal(["invite", "invite"]);
    expect(world.people()).to.deep.equal({
      "ada@example.com": "admin, pending",
      "bob@example.com": "user, pending",
    });
    expect(world.simulator.mails.map(({ to }) => to).sort()).to.deep.equal([
      "ada@example.com",
      "bob@example.com",
    ]);

    const second = await world.succeed("up");
    expect(second.changes).to.deep.equal({ ada: "same", bob: "same" });
    expect(world.requests(), "an up without changes asks nothing").to.deep.equal([]);

    world.accept("ada@example.com");
    const accepted = await world.succeed("up");
    expect(accepted.changes).to.deep.equal({ ada: "same", bob: "same" });
    const refreshed = await world.succeed("refresh");
    expect(Object.keys(refreshed.changes)).to.have.members(["ada", "bob"]);
    expect(refreshed.output).to.include("3 unchanged");
    expect((await world.succeed("up", "--refresh")).output).to.include("3 unchanged");
    expect(await world.project.outputs()).to.include({ ada: "member", bob: "pending" });
    expect(world.writes()).to.deep.equal([]);

    // A role of somebody pending takes a new invitation, that of a member does not.
    await world.declare({ ada: { ...ada, role: "user" }, bob: { ...bob, role: "admin" } });
    const changed = await world.succeed("up");
    expect(changed.changes).to.deep.equal({ ada: "update", bob: "update" });
    expect(world.people()).to.deep.equal({
      "ada@example.com": "user, member",
      "bob@example.com": "admin, pending",
    });
    expect([world.mailsTo("ada@example.com"), world.mailsTo("bob@example.com")]).to.deep.equal([
      1, 2,
    ]);

    await world.declare({});
    const removed = await world.succeed("up");
    expect(removed.changes).to.deep.equal({ ada: "delete", bob: "delete" });
    expect(world.people()).to.deep.equal({});
  });

  it("makes room for somebody else when the address changes: new before old", async () => {
    await world.succeed("up");
    world.requests();
    await world.declare({ ada: { ...ada, email: "grace@example.com" }, bob });
    const result = await world.succeed("up");
    expect(result.changes).to.deep.equal({ ada: "replace", bob: "same" });
    expect(world.people()).to.deep.equal({
      "grace@example.com": "admin, pending",
      "bob@example.com": "user, pending",
    });
    expect(world.writes()).to.deep.equal(["invite", "deleteInvitation"]);
  });

  it("takes an address in another case, with blanks, for the same", async () => {
    await world.succeed("up");
    world.requests();
    await world.declare({ ada: { ...ada, email: " ADA@Example.com " }, bob });
    expect((await world.succeed("up")).changes).to.deep.equal({ ada: "same", bob: "same" });
    expect(world.requests()).to.deep.equal([]);
  });

  it("is invited again by `up --refresh` after being removed in the dashboard", async () => {
    await world.succeed("up");
    world.accept("ada@example.com");
    world.simulator.removeMember(world.organization.id, "ada@example.com");
    world.simulator.deleteInvitations(world.organization.id, "bob@example.com");
    const result = await world.succeed("up", "--refresh");
    expect(result.code).to.equal(0);
    expect(world.people()).to.deep.equal({
      "ada@example.com": "admin, member",
      "bob@example.com": "user, pending",
    });
  });

  it("adopts a member as they are, and leaves them on destroy", async () => {
    world.simulator.addMember(world.organization.id, "bob@example.com", "admin");
    await world.succeed("up");
    expect(world.people()["bob@example.com"]).to.equal("admin, member");
    expect(world.mailsTo("bob@example.com")).to.equal(0);
    const result = await world.succeed("destroy");
    expect(world.people()).to.deep.equal({ "bob@example.com": "admin, member" });
    expect(result.output).to.include(
      "bob@example.com was a member before this resource was created, and stays a member with role admin.",
    );
  });

  it("leaves nothing behind that it brought in, and under `remove` nothing at all", async () => {
    world.simulator.createAccount("ada@example.com");
    world.simulator.addMember(world.organization.id, "bob@example.com");
    await world.declare({ ada, bob: { ...bob, deletionPolicy: "remove" } });
    await world.succeed("up");
    expect(world.people()).to.deep.equal({
      "ada@example.com": "admin, member",
      "bob@example.com": "user, member",
    });
    await world.succeed("destroy");
    expect(world.people()).to.deep.equal({});
  });

  it("looks up who is there by id, and says so of who is not", async () => {
    await world.succeed("up");
    const { id } = world.organization;
    const lookUp = (email: string) =>
      `const trieve = require("pulumi-trieve");
       new trieve.TrieveInvitation("ada", ${JSON.stringify(ada)});
       new trieve.TrieveInvitation("bob", ${JSON.stringify(bob)});
       exports.found = trieve.TrieveInvitation.get("found", "${id}/${email}").role;`;
    await world.project.write(lookUp("Ada@example.com"));
    await world.succeed("up");
    expect((await world.project.outputs()).found).to.equal("admin");
    await world.project.write(lookUp("nobody@example.com"));
    const { output } = await world.fail("up");
    expect(output).to.include(
      `nobody@example.com is neither a member of organization ${id} nor invited to it.`,
    );
  });
});

/** A world in which one of two is pending, and the other a member. */
async function begun(): Promise<World> {
  const world = await World.create({ ada, bob });
  world.simulator.createAccount("bob@example.com");
  await world.succeed("up");
  world.requests();
  return world;
}

describe("a person whom the program declares elsewhere keeps their access", function () {
  this.timeout(180_000);
  let world: World;
  /** Of the stack, before anything has moved. */
  let state: State;
  const provider = (name = "other") => `
    const ${name} = new trieve.Provider("${name}", { apiKey: "${world.organization.apiKey}",
      organizationId: "${world.organization.id}", apiUrl: "${world.simulator.url}", redirectUri: "http://localhost:5173/" });`;

  before(async () => {
    world = await begun();
    state = await world.project.exportState();
  });
  // Nothing of what happens here changes anything at the server.
  beforeEach(async () => {
    await world.project.importState(state);
    await world.declare({ ada, bob });
  });
  after(() => world.end());

  const stillIn = {
    "ada@example.com": "admin, pending",
    "bob@example.com": "user, member",
  };

  it("when resources are renamed", async () => {
    await world.declare({ adele: ada, robert: bob });
    const result = await world.succeed("up");
    expect(result.changes).to.deep.equal({
      ada: "delete",
      bob: "delete",
      adele: "create",
      robert: "create",
    });
    expect(world.people()).to.deep.equal(stillIn);
    expect(world.writes()).to.deep.equal([]);
    expect(result.output).to.include(
      `bob@example.com stays in organization ${world.organization.id}: another resource of the program declares them.`,
    );
    expect((await world.succeed("up")).changes).to.deep.equal({ adele: "same", robert: "same" });
  });

  it("when two resources swap their people", async () => {
    await world.declare({ ada: { ...bob, role: "user" }, bob: ada });
    const { changes } = await world.succeed("up");
    expect(changes).to.deep.equal({ ada: "replace", bob: "replace" });
    expect(world.people()).to.deep.equal(stillIn);
    expect(world.writes()).to.deep.equal([]);
  });

  it("when a swap deletes before it replaces", async () => {
    const opts = "{ deleteBeforeReplace: true }";
    await world.declare({ ada: { ...bob, role: "user", opts }, bob: { ...ada, opts } });
    const { changes } = await world.succeed("up");
    expect(changes).to.deep.equal({ ada: "replace", bob: "replace" });
    expect(world.people()).to.deep.equal(stillIn);
    expect(world.writes()).to.deep.equal([]);
  });

  it("when resources move to another provider, and on to a third", async () => {
    for (const to of ["other", "third"]) {
      const opts = `{ provider: ${to} }`;
      await world.declare(
        { ada: { ...ada, opts }, bob: { ...bob, opts } },
        provider("other") + provider("third"),
      );
      const { changes } = await world.succeed("up");
      expect(changes).to.deep.equal({ ada: "same", bob: "same" });
    }
    expect(world.people()).to.deep.equal(stillIn);
    expect(world.writes()).to.deep.equal([]);
  });

  it("when resources move to another provider and are renamed", async () => {
    const opts = "{ provider: other }";
    await world.declare({ adele: { ...ada, opts }, robert: { ...bob, opts } }, provider());
    const { changes } = await world.succeed("up");
    expect(changes).to.deep.equal({
      ada: "delete",
      bob: "delete",
      adele: "create",
      robert: "create",
    });
    expect(world.people()).to.deep.equal(stillIn);
    expect(world.writes()).to.deep.equal([]);
  });

  it("when resources move to another provider and are renamed, and only the old are targeted", async () => {
    const opts = "{ provider: other }";
    await world.declare({ adele: { ...ada, opts }, robert: { ...bob, opts } }, provider());
    const targeted = await world.succeed("up", "--target", urn("ada"), "--target", urn("bob"));
    expect(targeted.changes).to.include({ ada: "delete", bob: "delete" });
    expect(world.people()).to.deep.equal(stillIn);
    await world.succeed("up");
    expect(world.people()).to.deep.equal(stillIn);
    expect(world.writes()).to.deep.equal([]);
  });

  it("when resources are renamed and the new are excluded", async () => {
    await world.declare({ adele: ada, robert: bob });
    const excluding = await world.succeed(
      "up",
      "--exclude",
      urn("adele"),
      "--exclude",
      urn("robert"),
    );
    expect(excluding.changes).to.include({ ada: "delete", bob: "delete" });
    expect(world.people()).to.deep.equal(stillIn);
    expect(world.writes()).to.deep.equal([]);
  });

  it("when a resource is replaced by force", async () => {
    const { changes } = await world.succeed("up", "--target-replace", urn("bob"));
    expect(changes).to.include({ bob: "replace" });
    expect(world.people()).to.deep.equal(stillIn);
    expect(world.writes()).to.deep.equal([]);
  });

  it("and two resources for one person are refused, with both names", async () => {
    await world.declare({ ada, again: { ...ada, email: "ADA@example.com" } });
    const { output } = await world.fail("preview");
    expect(output).to.include(
      `Two resources declare ada@example.com in organization ${world.organization.id}: "ada" and "again". Keep one of them.`,
    );
    expect(world.requests()).to.deep.equal([]);
  });
});

describe("a person whom nothing declares any more is out", function () {
  this.timeout(180_000);
  let world: World;
  beforeEach(async () => {
    world = await begun();
  });
  afterEach(() => world.end());

  it("when all is destroyed, with or without the program", async () => {
    await world.succeed("destroy", "--run-program");
    expect(world.people()).to.deep.equal({});
    await world.succeed("up");
    await world.succeed("destroy");
    expect(world.people()).to.deep.equal({});
  });

  it("when all is destroyed after a rename with aliases", async () => {
    await world.declare({
      adele: { ...ada, opts: `{ aliases: [{ name: "ada" }] }` },
      robert: { ...bob, opts: `{ aliases: [{ name: "bob" }] }` },
    });
    const renamed = await world.succeed("up");
    expect(renamed.changes).to.deep.equal({ adele: "same", robert: "same" });
    await world.succeed("destroy", "--run-program");
    expect(world.people()).to.deep.equal({});
  });
});
