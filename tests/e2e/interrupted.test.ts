import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { RequestRecord } from "../../simulator";
import { isRunning, type Running } from "./cli";
import { type Declared, rowsOf, some, World } from "./world";

const scopes = ["GET /api/dataset", "POST /api/chunk/search"];
const restricted = "[GET /api/dataset,POST /api/chunk/search]";
const emails = Array.from({ length: 10 }, (_, i) => `person${i}@example.com`);

const everybody = (is: string) => emails.map((email) => `${email} ${is}`);
const declareAll = (world: World, args: Omit<Declared, "email">) =>
  world.declare(Object.fromEntries(emails.map((email) => [email, { email, ...args }])));

/** Where between the two requests of a pair something ends. */
interface Point {
  readonly event: "request" | "response";
  readonly route: string;
}

/** What ends there. */
type Death = (running: Running, world: World) => void;

const deaths = {
  "the CLI is killed": (running) => running.kill("SIGKILL"),
  "the provider is killed": (running) => running.killProviders(),
  "the key is revoked": (_, { simulator }) => simulator.revokeKey(keyInUse),
} satisfies Record<string, Death>;
const everyDeath = Object.keys(deaths) as (keyof typeof deaths)[];

let keyInUse = "";

/** Runs `up` and ends it at the third time that a point is reached, when requests of several people are under way. */
async function interrupt(world: World, { event, route }: Point, death: Death): Promise<void> {
  const running = world.project.start("up", "--yes", "--skip-preview");
  let times = 0;
  const listener = (request: RequestRecord) => {
    if (request.route === route && ++times === 3) death(running, world);
  };
  world.simulator.on(event, listener);
  const { code, output } = await running.result;
  world.simulator.off(event, listener);
  expect(times, `the point was never reached: ${output}`).to.be.at.least(3);
  expect(code, output).not.to.equal(0);
  await world.project.recover();
  if (death !== deaths["the key is revoked"]) return;
  keyInUse = world.simulator.createKey(world.organization.id, "owner");
  world.project.env.TRIEVE_API_KEY = keyInUse;
}

/** One world for all points: each begins where the one before ended well. */
function everyPoint(
  points: Record<string, { point: Point; ends: readonly (keyof typeof deaths)[] }>,
  begin: (world: World) => Promise<void>,
  step: (world: World, round: number, interrupted: () => Promise<void>) => Promise<void>,
): void {
  let world: World;
  let round = 0;
  before(async () => {
    // As slow as a real one, so that requests are in flight when something ends.
    world = await World.create({}, { simulator: { mailDelayMs: 50 } });
    keyInUse = world.organization.apiKey;
    await begin(world);
  });
  after(() => world.end());
  for (const [when, { point, ends }] of some(1, Object.entries(points)))
    for (const end of ends)
      it(`${end} ${when}`, () => step(world, ++round, () => interrupt(world, point, deaths[end])));
}

const inviteElsewhere = ({ simulator, organization }: World) => {
  for (const email of emails) simulator.addInvitation(organization.id, email, "admin", scopes);
};

const alternately = (round: number) => (round % 2 === 0 ? ["--refresh"] : []);

describe("an `up` that ends between two requests that belong together costs nobody their rights", function () {
  this.timeout(300_000);
  const aDelete = { event: "request", route: "deleteInvitation" } as const;
  const deleted = { event: "response", route: "deleteInvitation" } as const;
  const aPost = { event: "request", route: "invite" } as const;

  describe("people invited elsewhere as admin with scopes, who are sent their mail once more:", () => {
    everyPoint(
      {
        "when a DELETE is answered": { point: deleted, ends: everyDeath },
        "when a DELETE has arrived": { point: aDelete, ends: ["the CLI is killed"] },
        "when a POST has arrived": {
          point: aPost,
          ends: ["the CLI is killed", "the provider is killed"],
        },
      },
      async (world) => {
        inviteElsewhere(world);
        await declareAll(world, {});
        await world.succeed("up");
        expect(world.simulator.mails).to.deep.equal([]);
      },
      async (world, round, interrupted) => {
        await declareAll(world, { resendTrigger: `${round}` });
        await interrupted();
        await world.succeed("up", ...alternately(round));
        expect(rowsOf(world)).to.deep.equal(everybody(`admin pending ${restricted}`));
      },
    );
  });

  describe("the same people, when the program gives them another role:", () => {
    let role = "admin";
    everyPoint(
      { "when a DELETE is answered": { point: deleted, ends: some(1, everyDeath) } },
      async (world) => {
        inviteElsewhere(world);
        await declareAll(world, { role });
        await world.succeed("up");
      },
      async (world, round, interrupted) => {
        const other = role === "admin" ? "user" : "admin";
        await declareAll(world, { role: other });
        await interrupted();
        // Every third time it is taken back.
        const isTakenBack = round % 3 === 0;
        if (isTakenBack) await declareAll(world, { role });
        else role = other;
        await world.succeed("up", ...(isTakenBack ? ["--refresh"] : alternately(round)));
        expect(rowsOf(world)).to.deep.equal(everybody(`${role} pending ${restricted}`));
      },
    );
  });

  describe("members whose scopes are lifted, who are admins by no word of the program:", () => {
    everyPoint(
      {
        "when a DELETE is answered": {
          point: { event: "response", route: "removeMember" },
          ends: some(1, ["the provider is killed", "the key is revoked"]),
        },
      },
      async ({ simulator, organization }) => {
        for (const email of emails) simulator.addMember(organization.id, email, "admin");
      },
      async (world, round, interrupted) => {
        await declareAll(world, { scopes });
        await world.succeed("up");
        expect(rowsOf(world)).to.deep.equal(everybody(`admin member ${restricted}`));
        await declareAll(world, {});
        await interrupted();
        await world.succeed("up", ...alternately(round));
        expect(rowsOf(world)).to.deep.equal(everybody("admin member"));
      },
    );
  });

  it("the provider that outlives its CLI brings back whom it has taken out, and ends by itself", async () => {
    const world = await World.create({}, { simulator: { mailDelayMs: 50 } });
    try {
      keyInUse = world.organization.apiKey;
      inviteElsewhere(world);
      await declareAll(world, {});
      await world.succeed("up");
      await declareAll(world, { resendTrigger: "1" });
      let providers: number[] = [];
      await interrupt(world, deleted, (running) => {
        providers = running.providers();
        running.kill("SIGKILL");
      });
      expect(providers).to.have.lengthOf(1);
      for (let i = 0; i < 1_000 && providers.some(isRunning); i++) await sleep(100);
      expect(providers.filter(isRunning)).to.deep.equal([]);
      expect(rowsOf(world)).to.deep.equal(everybody(`admin pending ${restricted}`));
      // Those whose turn had not come when the CLI died were left alone.
      expect(world.simulator.mails).to.have.length.within(3, 9);
    } finally {
      await world.end();
    }
  });

  it("the provider that outlives its CLI may still be at it during the next `up`: one row each", async () => {
    const world = await World.create({}, { simulator: { mailDelayMs: 50 } });
    try {
      keyInUse = world.organization.apiKey;
      inviteElsewhere(world);
      await declareAll(world, {});
      await world.succeed("up");
      await declareAll(world, { resendTrigger: "1" });
      // Longer than it takes to unlock the stack and start anew.
      world.simulator.fault({ route: "invite", times: 3, effect: { delayMs: 8_000 } });
      await interrupt(world, aPost, deaths["the CLI is killed"]);
      await world.succeed("up");
      expect(rowsOf(world)).to.deep.equal(everybody(`admin pending ${restricted}`));
      for (const email of emails) expect(world.mailsTo(email), email).to.be.within(1, 2);
    } finally {
      await world.end();
    }
  });
});

describe("somebody who is removed in the dashboard", function () {
  this.timeout(300_000);

  it("is no deletion to a refresh, and comes back by the next `up` with the rights they had, up to admin", async () => {
    const people = { ada: "ada@example.com", bob: "bob@example.com", olga: "olga@example.com" };
    const world = await World.create(
      Object.fromEntries(Object.entries(people).map(([name, email]) => [name, { email }])),
    );
    try {
      const { simulator, organization } = world;
      simulator.addInvitation(organization.id, people.ada, "admin", scopes);
      simulator.addMember(organization.id, people.bob, "admin", scopes);
      simulator.addMember(organization.id, people.olga, "owner");
      await world.succeed("up");
      await world.succeed("preview", "--refresh", "--expect-no-changes");
      const before = rowsOf(world);

      simulator.deleteInvitations(organization.id, people.ada);
      for (const email of [people.bob, people.olga]) simulator.removeMember(organization.id, email);
      const refreshed = await world.succeed("refresh", "--diff");
      expect(refreshed.changes).to.deep.equal({ ada: "update", bob: "update", olga: "update" });
      expect(
        refreshed.output.match(/~ status *: "(pending|member)" => "absent"/g),
      ).to.have.lengthOf(3);
      expect((await world.fail("preview", "--expect-no-changes")).changes).to.deep.equal({
        ada: "update",
        bob: "update",
        olga: "update",
      });
      // Seen once more it is still so.
      await world.succeed("refresh");
      await world.fail("preview", "--expect-no-changes");
      expect(world.writes()).to.deep.equal([]);

      const { output } = await world.succeed("up");
      expect(rowsOf(world)).to.deep.equal(before.map((row) => row.replace("owner", "admin")));
      expect(output).to.include(
        `${people.olga} was owner when last seen, has been removed since, and is now admin. The owner role returns only if the program declares it. To restore it, write \`role: "owner"\`.`,
      );
      expect(new Set(output.match(/\S+ was owner when last seen/g))).to.have.lengthOf(1);
      await world.succeed("preview", "--refresh", "--expect-no-changes");
    } finally {
      await world.end();
    }
  });
});
