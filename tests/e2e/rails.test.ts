import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { passDay, rowsOf, World } from "./world";

const emails = [..."abcdefghijk"].map((name) => `${name}@example.com`);
const root = "root@example.com";
const [first = "", second = ""] = emails;

const people = "**team/*@**";
const guard = "**team/guard";

const roster = (limits = "{ minOwners: 0 }", breakGlass: readonly string[] = [root]) => `
  const trieve = require("pulumi-trieve");
  new trieve.TrieveRoster("team", { file: "members.yaml", limits: ${limits}, breakGlass: ${JSON.stringify(breakGlass)} });`;

const line = (email: string, more = "") => `  - { email: ${email}, role: admin${more} }\n`;

/** What the guard says of a write in a run that has not checked it. */
const unchecked = {
  in: `the guard of roster "team" was not checked in this run. Run \`pulumi up\` without --target and --exclude, or add --target '**team/guard'.`,
  out: `the guard of roster "team" was not checked in this run. Delete their line and run \`pulumi up\` without --target and --exclude. To destroy the whole roster, set limits.maxRemovals to "100%", leave breakGlass empty, run \`pulumi up\`, then \`pulumi destroy\`.`,
};

/** A roster of twelve, five of them members and one of those on `breakGlass`. */
async function twelve(): Promise<World> {
  const world = await World.create({});
  for (const email of [root, ...emails.slice(0, 4)]) world.simulator.createAccount(email);
  declare(world, [...emails, root]);
  await world.project.write(roster());
  await world.succeed("up");
  expect(rowsOf(world)).to.have.lengthOf(12);
  return world;
}

function declare(world: World, declared: readonly string[], more?: string): void {
  const lines = declared.map((email) => line(email, more)).join("");
  writeFileSync(join(world.project.folder, "members.yaml"), `members:\n${lines || "  []\n"}`);
}

describe("a roster of twelve, one of them on breakGlass, and flags that leave its guard out", function () {
  this.timeout(600_000);
  let world: World;
  let everybody: string[];
  before(async () => {
    world = await twelve();
    everybody = rowsOf(world);
  });
  after(() => world.end());
  beforeEach(async () => {
    declare(world, [...emails, root]);
    await world.project.write(roster());
    world.requests();
  });

  const unchanged = () => {
    expect(world.writes()).to.deep.equal([]);
    expect(rowsOf(world)).to.deep.equal(everybody);
  };
  const refusal = (email: string, why: string, what = `remove ${email} from`) =>
    `Refused to ${what} organization ${world.organization.id} at ${world.simulator.url}: ${why}`;
  /** The engine stops at the first failure, unless told to go on. */
  const expectRefused = (whom: readonly string[], flags: readonly string[], output: string) => {
    const told = whom.filter((email) => output.includes(refusal(email, unchecked.out)));
    if (flags.includes("--continue-on-error")) expect(told, output).to.deep.equal(whom);
    else expect(told, output).not.to.deep.equal([]);
  };

  // With --continue-on-error the engine tries everybody.
  for (const flags of [
    [],
    ["--continue-on-error"],
    ["--exclude-protected", "--continue-on-error"],
    ["--target", people, "--continue-on-error"],
    ["--run-program", "--continue-on-error"],
  ])
    it(`destroy --skip-preview ${flags.join(" ")}`, async () => {
      const { output } = await world.fail("destroy", ...flags);
      unchanged();
      expectRefused([...emails, root], flags, output);
    });

  for (const flags of [
    ["--target", people, "--continue-on-error"],
    ["--exclude", guard, "--continue-on-error"],
  ])
    it(`up ${flags.join(" ")}, with ten of the lines gone`, async () => {
      declare(world, [first, root]);
      const { output } = await world.fail("up", ...flags);
      unchanged();
      expectRefused(emails.slice(1), flags, output);
    });

  const guardUrn =
    "urn:pulumi:test::e2e::trieve:index:Roster$pulumi-nodejs:dynamic/trieve:RosterGuard::team/guard";
  it("up --continue-on-error, with ten of the lines gone: more than the limits allow", async () => {
    declare(world, [first, root]);
    const { output } = await world.fail("up", "--continue-on-error");
    unchanged();
    expect(output).to.include(
      `This would remove 10 of 12 people, and limits.maxRemovals "25%" allows 3: ${emails.slice(1).join(", ")}. If this is intended, raise limits.maxRemovals to "84%" for one run.`,
    );
  });

  // Whatever is replaced is checked without what is recorded, so the guard would pass any list.
  it("up --replace of the guard, with ten of the lines gone", async () => {
    declare(world, [first, root]);
    const { output } = await world.fail("up", "--replace", guardUrn, "--continue-on-error");
    unchanged();
    expect(output).to.include(`unable to replace resource "${guardUrn}"`);
  });

  it("up --target of the address on breakGlass, with its line gone, and with a lower role", async () => {
    declare(world, emails);
    const gone = await world.fail("up", "--target", `**team/${root}`);
    unchanged();
    expect(gone.output).to.include(refusal(root, unchecked.out));
    declare(world, emails);
    writeFileSync(
      join(world.project.folder, "members.yaml"),
      `members:\n${emails.map((email) => line(email)).join("")}  - { email: ${root}, role: user }\n`,
    );
    const lowered = await world.fail("up", "--target", `**team/${root}`);
    unchanged();
    expect(lowered.output).to.include(refusal(root, unchecked.in, `change ${root} in`));
  });

  it("up --target of somebody new, whom a check would not have let in either", async () => {
    declare(world, [...emails, root, "eve@example.com"]);
    const { output } = await world.fail("up", "--target", "**team/eve@**");
    unchanged();
    expect(output).to.include(
      refusal("eve@example.com", unchecked.in, "invite eve@example.com to"),
    );
  });

  for (const flags of [["--continue-on-error"], ["--target", people]])
    it(`up --skip-preview ${flags.join(" ")}, with a program without the roster`, async () => {
      await world.project.write("");
      const { output } = await world.fail("up", ...flags);
      unchanged();
      expectRefused([...emails, root], flags, output);
    });

  it("up --replace and --target-replace of a person: they stay as they are", async () => {
    const urn = `urn:pulumi:test::e2e::trieve:index:Roster$pulumi-nodejs:dynamic/trieve:Invitation::team/`;
    const flags = {
      [first]: "--replace",
      [emails[10] ?? ""]: "--replace",
      [root]: "--target-replace",
    };
    for (const [email, flag] of Object.entries(flags)) {
      await world.succeed("up", flag, `${urn}${email}`);
      unchanged();
    }
  });

  it("another organization: everybody would be removed from the one and invited to the other", async () => {
    const other = world.simulator.createOrganization("other");
    await world.project.run("config", "set", "trieve:organizationId", other.id);
    try {
      const all = await world.fail("up");
      unchanged();
      expect(all.output).to.include(
        `Moving from organization ${world.organization.id} to ${other.id} would remove 12 of 12 people, and limits.maxRemovals "25%" allows 3: ${first}, `,
      );
      expect(all.output).to.include(
        'If this is intended, raise limits.maxRemovals to "100%" for one run.',
      );
      expect(all.output).to.include(
        `This would remove 1 address that breakGlass protects: ${root}. Declare them as before, or remove them from breakGlass.`,
      );
      // A key of the one organization sees nothing of the other.
      world.project.env.TRIEVE_API_KEY = other.apiKey;
      const targeted = await world.fail("up", "--target", people, "--continue-on-error");
      unchanged();
      expect(world.people(other.id)).to.deep.equal({});
      expect(targeted.output).to.include(
        `Refused to invite ${first} to organization ${other.id} at ${world.simulator.url}: ${unchecked.in}`,
      );
    } finally {
      delete world.project.env.TRIEVE_API_KEY;
      await world.project.run("config", "set", "trieve:organizationId", world.organization.id);
    }
  });

  it("and is as it was for a plain `up` after all that", async () => {
    const { changes } = await world.succeed("up");
    unchanged();
    expect(new Set(Object.values(changes))).to.deep.equal(new Set(["same"]));
  });
});

describe("a roster of twelve, and what is meant", function () {
  this.timeout(600_000);
  let world: World;
  before(async () => {
    world = await twelve();
  });
  after(() => world.end());
  const left = () => rowsOf(world).map((row) => row.split(" ")[0]);

  it("a change within the limits, with the guard among the targets", async () => {
    declare(world, [...emails.slice(1), root]);
    const targets = ["--target", guard, "--target", `**team/${first}`];
    const { changes } = await world.succeed("up", ...targets);
    expect(changes).to.include({ [`team/${first}`]: "delete", "team/guard": "update" });
    expect(left()).to.deep.equal([...emails.slice(1), root]);
  });

  it("a removal that the server declines is completed by the next plain `up`", async () => {
    declare(world, [...emails.slice(2), root]);
    world.simulator.fault({ route: "removeMember", effect: { status: 403 } });
    const failed = await world.fail("up");
    expect(failed.output).to.include(
      `Could not remove ${second} in organization ${world.organization.id} at ${world.simulator.url}: the server answered 403`,
    );
    expect(left()).to.include(second);
    const { changes } = await world.succeed("up");
    expect(changes).to.include({ [`team/${second}`]: "delete" });
    expect(left()).to.deep.equal([...emails.slice(2), root]);
  });

  it("a last day that is over, for more than the limits allow", async () => {
    const day = (days: number) =>
      new Date(Date.now() + days * 24 * 3600 * 1000).toISOString().slice(0, 10);
    const dated = emails.slice(2, 8);
    const write = () =>
      writeFileSync(
        join(world.project.folder, "members.yaml"),
        `members:\n${dated.map((email) => line(email, `, until: ${day(2)}`)).join("")}${[
          ...emails.slice(8),
          root,
        ]
          .map((email) => line(email))
          .join("")}`,
      );
    write();
    await world.succeed("up");
    expect(await passDay(world, day(2), day(-2))).to.equal(6);
    declare(world, [...emails.slice(8), root]);
    await world.succeed("up");
    expect(left()).to.deep.equal([...emails.slice(8), root]);
  });

  it("its end: all are out, but whoever is on breakGlass stays until they are taken off", async () => {
    await world.project.write(roster(`{ maxRemovals: "100%", minOwners: 0 }`));
    await world.succeed("up");
    world.requests();
    const { output } = await world.fail("destroy");
    expect(output).to.include(
      `Refused to remove ${root} from organization ${world.organization.id} at ${world.simulator.url}: ${unchecked.out}`,
    );
    expect(left()).to.include(root);
    await world.project.write(roster(`{ maxRemovals: "100%", minOwners: 0 }`, []));
    await world.succeed("up");
    expect(left()).to.deep.equal([...emails.slice(8), root]);
    await world.succeed("destroy");
    expect(left()).to.deep.equal([]);
  });
});
