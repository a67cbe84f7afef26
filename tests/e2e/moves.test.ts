import { expect } from "chai";
import { atNight, dashboard, some, urn, World } from "./world";

const ada = "ada@example.com";
const bob = "bob@example.com";
const olga = "olga@example.com";

/** JavaScript source of one resource. */
type Source = string;

const loose = (opts = "{}"): Source => `
  new trieve.TrieveInvitation("ada", { email: "${ada}", role: "admin" }, ${opts});
  new trieve.TrieveInvitation("bob", { email: "${bob}", deletionPolicy: "remove" }, ${opts});
  new trieve.TrieveInvitation("olga", { email: "${olga}" }, ${opts});`;

/** A roster with these three on it, or nobody. */
const roster = (name: string, holds: boolean, opts = "{}"): Source => `
  const ${name} = new trieve.TrieveRoster("${name}", {
    members: ${holds ? `[{ email: "${ada}", role: "admin" }, "${bob}", { email: "${olga}", role: "owner" }]` : "[]"},
    limits: { maxRemovals: "100%", minOwners: 0 },
  }, ${opts});`;

describe("moving people within one `up`: nobody is out for a moment, and no mail is sent", function () {
  this.timeout(600_000);
  let world: World;
  let everybody: Record<string, string>;

  const write = (...sources: Source[]) =>
    world.project.write(`
      const trieve = require("pulumi-trieve");
      const other = new trieve.Provider("other", { apiKey: "${world.organization.apiKey}",
        organizationId: "${world.organization.id}", apiUrl: "${world.simulator.url}", redirectUri: "${dashboard}" });
      ${sources.join("\n")}`);
  /** Begins with these resources: one person is pending, one has accepted, one was an owner before. */
  const begin = async (...sources: Source[]) => {
    world = await World.create({});
    world.simulator.addMember(world.organization.id, olga, "owner");
    await write(...sources);
    await world.succeed("up");
    world.accept(bob);
    everybody = world.people();
    expect(everybody).to.deep.equal({
      [ada]: "admin, pending",
      [bob]: "user, member",
      [olga]: "owner, member",
    });
    world.requests();
  };
  const change = async (sources: Source[], ...extra: string[]) => {
    await write(...sources);
    await world.succeed("up", ...extra);
    expectNothingWritten();
  };
  const expectNothingWritten = () => {
    expect(world.writes()).to.deep.equal([]);
    expect(world.people()).to.deep.equal(everybody);
    expect(world.simulator.mails).to.have.lengthOf(2);
  };
  const isSettled = async () => {
    const { output } = await world.succeed("up", "--refresh");
    expect(output).to.match(/Resources:\n {4}\d+ unchanged\n/);
    expectNothingWritten();
  };
  afterEach(() => world.end());

  it("from loose resources to a roster and back, also across providers", async () => {
    await begin(loose());
    await change([roster("team", true)], "--parallel", "1");
    await change([loose("{ provider: other }"), roster("team", false)]);
    await isSettled();
    await change([roster("team", true)]);
    await change([roster("team", false), loose("{ dependsOn: [team] }")]);
    await isSettled();
  });

  atNight(
    "from loose resources to a roster, when the engine is told to delete the old alone",
    async () => {
      await begin(loose());
      await change(
        [roster("team", true)],
        ...["ada", "bob", "olga"].flatMap((name) => ["--target", urn(name)]),
      );
      await change([roster("team", true)]);
      await isSettled();
    },
  );

  atNight(
    "from roster to roster and back, whichever comes first in the program or depends on the other",
    async () => {
      const first = (holds: boolean, opts?: string) => roster("first", holds, opts);
      const second = (holds: boolean, opts?: string) => roster("second", holds, opts);
      await begin(first(true), second(false));
      for (const sources of [
        [first(false), second(true)],
        [first(true), second(false, "{ dependsOn: [first] }")],
        [second(true), first(false)],
        [first(true, "{ provider: other }"), second(false)],
        [first(false), second(true, "{ dependsOn: [first] }")],
        [first(true), second(false)],
        [first(false, "{ provider: other }"), second(true)],
      ])
        await change(sources, "--parallel", "1");
      await isSettled();
    },
  );

  it("from a roster whose rails refuse it: nothing moves, or the new one holds them already", async () => {
    const strict = (holds: boolean) => roster("old", holds).replace(/limits: .*/, "");
    await begin(strict(true), roster("new_", false));
    await write(strict(false), roster("new_", true));
    expect((await world.project.up()).output).to.include("maxRemovals");
    expectNothingWritten();
    await world.fail("up"); // without a preview
    expectNothingWritten();
    await change([roster("old", false), roster("new_", true)]);
    await isSettled();
  });

  atNight(
    "from a loose resource whose role a default would lower: refused, and nobody is out",
    async () => {
      const team = (...members: string[]) =>
        `new trieve.TrieveRoster("team", { members: [${members.join(", ")}] });`;
      await begin(loose());
      await write(team(`{ email: "${ada}", role: "admin" }`, `"${bob}"`, `"${olga}"`));
      for (const extra of [[], ["--continue-on-error"]]) {
        const { output } = await world.fail("up", ...extra);
        expect(output).to.include(`Refused to make ${olga} user`);
        expectNothingWritten();
      }
      await change([roster("team", true)]);
      await isSettled();
    },
  );

  atNight("with a roster that gets another name", async () => {
    const guarded = (name: string, opts?: string) =>
      roster(name, true, opts).replace("100%", "99%");
    await begin(guarded("team"));
    await change([guarded("staff", `{ aliases: [{ name: "team" }] }`)]);
    await change([guarded("staff")]);
    await isSettled();
    await write(guarded("crew"));
    expect((await world.project.up()).output, "without its old name").to.include("protected");
    expectNothingWritten();
  });

  it("with a roster that gets another name unseen: its old guard is left, and unprotecting that is the way out", async () => {
    const guarded = (name: string, opts?: string) =>
      roster(name, true, opts).replace(/limits: .*/, "");
    await begin(guarded("team"));
    await write(guarded("crew"));
    expect((await world.fail("up")).failed).to.deep.equal(["team/guard"]);
    expectNothingWritten();
    for (const late of [guarded("crew", `{ aliases: [{ name: "team" }] }`), guarded("crew")]) {
      await write(late);
      expect((await world.fail("up")).output).to.include("protected");
    }
    const { resources } = (await world.project.exportState()).deployment;
    const guard = resources.find(({ urn }) => urn.endsWith("::team/guard"))?.urn ?? "";
    expect((await world.project.run("state", "unprotect", guard, "--yes")).code).to.equal(0);
    const { changes } = await world.succeed("up");
    expect(Object.entries(changes).filter(([, change]) => change !== "same")).to.deep.equal([
      ["team/guard", "delete"],
      ["team", "delete"],
    ]);
    await isSettled();
  });

  // The program told whom the arguments named. Whoever was somebody else to the engine was thrown out by a new name of
  // the resource, and somebody whom nobody declared any more stayed in.
  for (const transforms of some(1, ["transforms", "transformations"]))
    it(`with a resource that gets another name, where \`${transforms}\` say whom it is about`, async () => {
      const named = (name: string) =>
        loose(`{ ${transforms}: [({ props, opts }) =>
          ({ props: { ...props, email: props.email.replace("@corp", "@example.com") }, opts })] }`)
          .replaceAll(/email: "(\w+)@example.com"/g, 'email: "$1@corp"')
          .replace('"ada"', `"${name}"`);
      await begin(named("ada"));
      await change([named("lovelace")]);
      await isSettled();
      await write(
        named("lovelace").replace(`email: "ada@corp"`, `email: "eve@corp"`),
        `new trieve.TrieveInvitation("named-only", { email: "${ada}" },
          { ${transforms}: [({ props, opts }) => ({ props: { ...props, email: "dan@example.com" }, opts })] });`,
      );
      await world.succeed("up");
      expect(world.people(), "ada is declared by arguments alone").to.deep.equal({
        [bob]: "user, member",
        "dan@example.com": "user, pending",
        "eve@example.com": "admin, pending",
        [olga]: "owner, member",
      });
    });

  it("but not in two: with both it is refused before any request, with neither they are out", async () => {
    await begin(loose());
    await write(loose(), roster("team", true));
    const { output } = await world.fail("preview");
    expect(output).to.include(`Two resources declare ${ada}`);
    expect(world.requests()).to.deep.equal([]);
    await write(roster("team", false));
    await world.succeed("up");
    expect(world.people(), "`revert` keeps who was a member before").to.deep.equal({
      [olga]: "owner, member",
    });
  });
});
