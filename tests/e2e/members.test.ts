import { expect } from "chai";
import { World } from "./world";

const program = (body: string) => `
  const pulumi = require("@pulumi/pulumi");
  const trieve = require("pulumi-trieve");
  ${body}`;

describe("getMembers, with the real CLI", function () {
  this.timeout(300_000);
  let world: World;
  beforeEach(async () => {
    world = await World.create({});
  });
  afterEach(() => world.end());

  it("says who is in and who is invited, also at preview, from two lists", async () => {
    const { simulator, organization } = world;
    simulator.addMember(organization.id, "Grace@example.com", "admin", ["GET /api/chunk"]);
    simulator.addInvitation(organization.id, "ada@example.com", "user");
    await world.project.write(
      program(`exports.members = trieve.getMembers().then((result) => result.members);`),
    );
    await world.succeed("preview");
    expect(world.requests().map(({ route }) => route)).to.have.members([
      "listInvitations",
      "listMembers",
    ]);
    await world.succeed("up");
    const { members } = (await world.project.outputs()) as { members: Record<string, unknown>[] };
    expect(
      members.map(({ email, role, scopes, status }) => [email, role, scopes, status]),
    ).to.deep.equal([
      ["ada@example.com", "user", null, "pending"],
      ["grace@example.com", "admin", ["GET /api/chunk"], "member"],
      ["owner@acme.example", "owner", null, "member"],
    ]);
    expect(members[0]).to.include({ userId: null, joinedAt: null });
    expect(members[0]?.invitedAt).to.match(/^20\d\d-.*Z$/);
    expect(members[1]).to.include({ invitedAt: null });
    expect(members[1]?.userId).to.match(/^[0-9a-f-]{36}$/);
  });

  it("waits for what it depends on, components included, and is unknown at preview until then", async () => {
    await world.project.write(
      program(`
        const team = new trieve.TrieveRoster("team", { members: ["ada@example.com"] });
        const everybody = trieve.getMembersOutput({}, { dependsOn: team });
        exports.emails = everybody.members.apply((members) => members.map(({ email }) => email));`),
    );
    await world.succeed("preview");
    // Those of the roster's preview alone.
    expect(world.requests()).to.have.lengthOf(2);
    await world.succeed("up");
    expect((await world.project.outputs()).emails).to.deep.equal([
      "ada@example.com",
      "owner@acme.example",
    ]);
    // The key is a secret, and taints nothing.
    expect(JSON.stringify(await world.project.exportState())).to.include("owner@acme.example");
  });

  it("asks through the given provider, its own or its parent's, and about the given organization", async () => {
    const { simulator, organization } = world;
    const other = simulator.createOrganization("other");
    const provider = `new trieve.Provider("other", {
      apiKey: ${JSON.stringify(other.apiKey)}, organizationId: ${JSON.stringify(other.id)},
      apiUrl: ${JSON.stringify(simulator.url)}, redirectUri: "http://localhost:5173/" })`;
    await world.project.write(
      program(`
        const provider = ${provider};
        const parent = new pulumi.ComponentResource("a:b:C", "parent", {}, { providers: [provider] });
        const emails = ({ members }) => members.map(({ email }) => email);
        exports.own = trieve.getMembers({}, { provider }).then(emails);
        exports.parents = trieve.getMembersOutput({}, { parent }).apply(emails);
        exports.named = trieve.getMembers({ organizationId: ${JSON.stringify(organization.id.toUpperCase())} }).then(emails);`),
    );
    await world.succeed("up");
    expect(await world.project.outputs()).to.deep.equal({
      own: ["owner@other.example"],
      parents: ["owner@other.example"],
      named: ["owner@acme.example"],
    });
  });

  it("says in a line what is wrong, before any request", async () => {
    const fails = async (body: string, ...texts: string[]) => {
      await world.project.write(program(body));
      const { output } = await world.fail("preview");
      for (const text of texts) expect(output).to.include(text);
      expect(output).not.to.match(/^\s+at /m);
      expect(output).not.to.match(/organizationId is missing/);
      expect(world.requests().filter(({ status }) => status === 200)).to.deep.equal([]);
    };
    await fails(
      `exports.a = trieve.getMembers({ organizationId: "acme" });`,
      `getMembers: organizationId "acme" is not a UUID: copy it from the dashboard.`,
    );
    await world.project.run("config", "set", "trieve:organizationId", "acme");
    const wrong = `organizationId "acme" is not a UUID: copy it from the dashboard`;
    await fails(`exports.a = trieve.getMembers();`, `getMembers: ${wrong}.`);
    await fails(`new trieve.TrieveInvitation("ada", { email: "ada@example.com" });`, wrong);
    await world.project.run("config", "set", "trieve:organizationId", world.organization.id);
    world.simulator.revokeKey(world.organization.apiKey);
    await fails(
      `exports.a = trieve.getMembersOutput();`,
      `getMembers: Could not list the invitations in organization ${world.organization.id}`,
      "401",
    );
    await world.project.run("config", "rm", "trieve:apiKey");
    await fails(`exports.a = trieve.getMembers();`, "getMembers: apiKey is missing: run");
  });

  it("says so where a setting is not known yet, which the output form waits for", async () => {
    const { simulator, organization } = world;
    const provider = `new trieve.Provider("late", {
      apiKey: first.id.apply(() => ${JSON.stringify(organization.apiKey)}),
      organizationId: ${JSON.stringify(organization.id)},
      apiUrl: ${JSON.stringify(simulator.url)}, redirectUri: "http://localhost:5173/" })`;
    const before = `
      const first = new trieve.TrieveInvitation("first", { email: "first@example.com" });
      const provider = ${provider};`;
    await world.project.write(
      program(`${before} exports.a = trieve.getMembers({}, { provider });`),
    );
    expect((await world.fail("preview")).output).to.include("Use getMembersOutput");
    await world.project.write(
      program(
        `${before} exports.count = trieve.getMembersOutput({}, { provider }).members.apply((all) => all.length);`,
      ),
    );
    await world.succeed("preview");
    await world.succeed("up");
    expect(await world.project.outputs()).to.deep.equal({ count: 2 });
  });
});
