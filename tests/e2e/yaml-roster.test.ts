import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { invitation, ref, YamlWorld } from "./yaml";

describe("a roster of a program in YAML, with the real CLI", function () {
  this.timeout(120_000);
  let yaml: YamlWorld;
  const world = () => yaml.world;
  const file = () => join(world().project.folder, "members.yaml");
  const people = ["ada", "bob", "cleo", "dora"].map((name) => `${name}@example.com`);
  const list = (...lines: string[]) =>
    writeFileSync(file(), ["members:", ...lines.map((line) => `  - ${line}`)].join("\n"));
  const team = (properties: object = {}, more: Parameters<YamlWorld["declare"]>[0] = {}) =>
    yaml.declare(
      {
        team: { type: "trieve:Roster", properties: { file: "members.yaml", ...properties } },
        ...more,
      },
      { counts: ref("team.counts") },
    );
  beforeEach(async () => {
    yaml = await YamlWorld.create();
  });
  afterEach(() => world().end());

  it("holds everybody on its list, and tells of each in the preview", async () => {
    list(...people);
    await team();
    const preview = await world().succeed("preview");
    for (const email of people) expect(preview.output).to.contain(`${email}: invite as user`);
    expect(
      world()
        .requests()
        .map(({ route }) => route),
    ).to.have.members(["listInvitations", "listMembers"]);
    await world().succeed("up");
    expect(await world().project.outputs()).to.deep.equal({ counts: { member: 0, pending: 4 } });
    await world().succeed("up", "--expect-no-changes");
    list(...people.slice(1));
    expect((await world().succeed("preview")).output).to.match(
      /ada@example.com line deleted; pending/,
    );
    await world().succeed("up");
    expect(Object.keys(world().people())).to.have.members(people.slice(1));
  });

  it("with mistakes: each is named with its line and column, and nothing is asked", async () => {
    list("ada@example", "{ email: bob@example.com, rol: owner }");
    await team();
    expect((await world().fail("preview")).output)
      .to.contain('members.yaml:2:5: "ada@example" has no valid domain')
      .and.contain('members.yaml:3:31: unknown key "rol": write role');
    await team({ file: "other.yaml" });
    expect((await world().fail("preview")).output).to.contain("there is no file");
    expect(world().requests()).to.deep.equal([]);
  });

  it("with mistakes in the program: each is named beside its own value, and not beside the list", async () => {
    await yaml.declare({
      team: {
        type: "trieve:Roster",
        properties: { members: [...people, "ada@example"], unmanaged: true },
      },
    });
    let { output } = await world().fail("preview");
    expect(output).to.contain("property unmanaged with value true has a problem");
    await yaml.declare({
      team: { type: "trieve:Roster", properties: { members: [...people, "ada@example"] } },
    });
    ({ output } = await world().fail("preview"));
    expect(output)
      .to.contain('property members[4] with value "ada@example" has a problem')
      .and.not.contain("bob@example.com");
  });

  it("with somebody who is known only after `up`: the preview says so, and the CLI does not panic", async () => {
    await yaml.declare({
      ada: invitation({ email: "ada@example.com" }),
      team: {
        type: "trieve:Roster",
        properties: { members: [`${ref("ada.invitedAt")}@x.example`] },
      },
    });
    expect((await world().fail("preview")).output)
      .to.contain("members must be a plain value, which is known before `up`")
      .and.not.contain("goroutine");
    expect(world().writes()).to.deep.equal([]);
  });

  it("keeps secret what the program gives as secret", async () => {
    const hush = "hush-hush";
    const member = (more: object) => ({
      team: {
        type: "trieve:Roster",
        properties: { members: [{ email: people[0], resend: { "fn::secret": hush }, ...more }] },
      },
    });
    await yaml.declare(member({}));
    const { output } = await world().succeed("preview", "--diff");
    await world().succeed("up");
    await world().succeed("up", "--expect-no-changes");
    expect(output + JSON.stringify(await world().project.exportState())).not.to.contain(hush);
    await yaml.declare(member({ until: { "fn::secret": hush } }));
    expect((await world().fail("preview")).output)
      .to.contain("is not a valid date")
      .and.not.contain(hush);
  });

  it("does not print an organization that is secret", async () => {
    const { organization, simulator } = world();
    simulator.addMember(organization.id, "eve@example.com", "user");
    await yaml.declare({
      team: {
        type: "trieve:Roster",
        properties: { members: [people[0]], organizationId: { "fn::secret": organization.id } },
      },
    });
    const { output } = await world().succeed("preview");
    expect(output)
      .to.contain("Organization [secret] has 2 people")
      .and.not.contain(organization.id);
  });

  it("has rails, which no flag leads around", async () => {
    list(...people);
    await team({ breakGlass: ["ada@example.com"] });
    await world().succeed("up");
    const before = world().people();
    list(people[0] ?? "");
    world().requests();
    expect((await world().fail("preview")).output).to.contain("would remove 3 of 4 people");
    expect(world().requests()).to.deep.equal([]);
    expect((await world().fail("up")).output).to.contain("limits.maxRemovals");
    const parts = "urn:pulumi:test::e2e::trieve:index:Roster$trieve:index:";
    const person = `${parts}Invitation::team/bob@example.com`;
    const guard = `${parts}RosterGuard::team/guard`;
    await world().fail("destroy");
    await world().fail("destroy", "--exclude-protected");
    await world().fail("destroy", "--target", person);
    await world().fail("up", "--target", person);
    await world().fail("up", "--exclude", guard);
    expect(world().people()).to.deep.equal(before);
    list(...people);
    await team({ limits: { maxRemovals: "100%" } });
    for (const flags of [[], ["--run-program"]]) {
      await world().succeed("up");
      await world().succeed("destroy", ...flags);
      expect(world().people()).to.deep.equal({});
    }
  });

  it("of a language that gives null for what is omitted: nobody is out in a move between two", async () => {
    const [ada = "", bob = "", cleo = ""] = people;
    const rosters = (lists: Record<string, string[]>) =>
      world().project.write(`
        const pulumi = require("@pulumi/pulumi");
        class Roster extends pulumi.ComponentResource {
          constructor(name, args) { super("trieve:index:Roster", name, args, {}, true); }
        }
        for (const [name, members] of Object.entries(${JSON.stringify(lists)}))
          new Roster(name, { members, organizationId: null, file: null, breakGlass: null });`);
    const plugins = { providers: [{ name: "trieve", path: "./plugins" }] };
    const runtime = { name: "nodejs", options: { typescript: false } };
    await world().project.write(JSON.stringify({ name: "e2e", runtime, plugins }), "Pulumi.yaml");
    await rosters({ a: [ada, bob], b: [cleo] });
    await world().succeed("up");
    await rosters({ a: [bob], b: [ada, cleo] });
    expect((await world().succeed("preview")).output).to.contain(`${ada} stays`);
    await world().succeed("up");
    expect(Object.keys(world().people())).to.have.members([ada, bob, cleo]);
    expect(world().mailsTo(ada)).to.equal(1);
  });

  it("takes people over from loose resources and gives them back, and nobody is out for a moment", async () => {
    const [ada = "", ...others] = people;
    await yaml.declare({ ada: invitation({ email: ada }) });
    await world().succeed("up");
    list(...people);
    await team();
    // The engine checks nobody of the roster then.
    const old = "urn:pulumi:test::e2e::trieve:index:Invitation::ada";
    expect((await world().succeed("up", "--target", old)).output).to.contain(
      "ada@example.com stays",
    );
    await world().succeed("up");
    list(...others);
    await team({}, { ada: invitation({ email: ada }) });
    expect((await world().succeed("up")).output).to.contain("ada@example.com stays");
    expect(world().mailsTo(ada)).to.equal(1);
    expect(Object.keys(world().people())).to.have.members(people);
  });

  it("takes somebody over whose resource is deleted while the list is worked through", async () => {
    const [ada = "", ...others] = people;
    const loose = (email: string, more: object = {}) =>
      invitation({ email }, { deleteBeforeReplace: true, ...more });
    await yaml.declare({ ada: loose(ada) });
    await world().succeed("up");
    list(...others, ada);
    await team(
      {},
      {
        zoe: invitation({ email: "zoe@example.com" }),
        ada: loose("zed@example.com", { dependsOn: [ref("zoe")] }),
      },
    );
    world().simulator.mailDelayMs = 300;
    expect((await world().succeed("up", "--parallel", "1")).output).to.contain(`${ada} stays`);
    expect(world().mailsTo(ada)).to.equal(1);
  });

  it("with somebody who is declined: --continue-on-error invites all others", async () => {
    const many = Array.from({ length: 12 }, (_, i) => `person-${i}@example.com`);
    const [declined = "", ...others] = many;
    list(...many);
    await team();
    world().simulator.fault({
      route: "invite",
      effect: { status: 403, body: "" },
      when: ({ email }) => email === declined,
    });
    const { output } = await world().fail("up", "--continue-on-error", "--parallel", "2");
    expect(output).to.contain(`Could not invite ${declined}`);
    expect(Object.keys(world().people())).to.have.members(others);
  });

  it("leaves no process behind when the CLI is killed", async () => {
    list(...people);
    await team();
    const running = await yaml.upUntilInvite(500);
    running.kill("SIGKILL");
    await running.result;
    const isLeft = () =>
      execFileSync("ps", ["-A", "-o", "args="], { encoding: "utf8" })
        .split("\n")
        .some((line) => line.includes(join(world().project.folder, "plugins")));
    while (isLeft()) await new Promise((resolve) => setTimeout(resolve, 100));
  });

  it("removes whom nothing declares, once a preview has named them", async () => {
    const stranger = "mallory@example.com";
    list(...people);
    world().simulator.addInvitation(world().organization.id, stranger, "user", null);
    await team({ unmanaged: "remove" });
    expect((await world().succeed("preview")).output).to.match(
      /mallory@example.com is not declared/,
    );
    await world().succeed("up");
    expect(Object.keys(world().people())).to.have.members(people);
  });

  it("does not take somebody for a stranger whom the program declares after it", async () => {
    const [ada = "", ...others] = people;
    list(...others);
    world().simulator.addInvitation(world().organization.id, ada, "user", null);
    const loose = (options: object) => ({ ada: invitation({ email: ada }, options) });
    await team({ unmanaged: "remove" }, loose({ dependsOn: [ref("team")] }));
    expect((await world().fail("preview")).output).to.contain("to the roster's dependsOn");
    await yaml.declare({
      ...loose({}),
      team: {
        type: "trieve:Roster",
        properties: { file: "members.yaml", unmanaged: "remove" },
        options: { dependsOn: [ref("ada")] },
      },
    });
    await world().succeed("preview");
    await world().succeed("up");
    expect(Object.keys(world().people())).to.have.members(people);
  });
});
