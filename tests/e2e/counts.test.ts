import { expect } from "chai";
import { World } from "./world";

const n = 50;
/** Operations that the engine has under way at once: its default on two cores. */
const parallel = 8;
/** A list begins when three wait for it for each invitation that is unfinished: six of eight, or three of four. */
const shared = Math.ceil(n / 3);
/** It waits for all deletes. The engine may begin fewer at once. */
const deleted = Math.ceil(n / 4);
const people = Object.fromEntries(
  Array.from({ length: n }, (_, i) => [`p${i}`, { email: `p${i}@example.com` }]),
);

describe(`requests for ${n} people`, function () {
  this.timeout(180_000);
  let world: World;
  before(async () => {
    world = await World.create(people, {
      env: { PULUMI_PARALLEL: String(parallel), PULUMI_SKIP_CHECKPOINTS: "true" },
      // Those of a real server: one that takes none is quicker than the engine, which then has one write under way.
      simulator: { mailDelayMs: 150, serviceTimes: { list: 20, other: 10 } },
    });
  });
  after(() => world.end());

  /** Requests since the last call: how many lists, and how many of each other route. */
  const counts = () => {
    const byRoute: Record<string, number> = {};
    for (const { route } of world.requests()) {
      const key = route.startsWith("list") ? "lists" : route;
      byRoute[key] = (byRoute[key] ?? 0) + 1;
    }
    return byRoute;
  };

  it("up from nothing: one POST each, and lists shared by those who go together", async () => {
    await world.succeed("up");
    const { lists, ...others } = counts();
    expect(others).to.deep.equal({ invite: n });
    expect(lists).to.be.within(3, 2 + shared);
  });

  it("up without changes: none", async () => {
    await world.succeed("up");
    expect(counts()).to.deep.equal({});
  });

  it("refresh: two lists", async () => {
    await world.succeed("refresh");
    expect(counts()).to.deep.equal({ lists: 2 });
  });

  it("one change: the two lists, the calls, and what confirms them", async () => {
    await world.declare({ ...people, p0: { email: "p0@example.com", role: "admin" } });
    await world.succeed("up");
    expect(counts()).to.deep.equal({ lists: 3, deleteInvitation: 1, invite: 1 });
  });

  it("destroy: one DELETE each, and lists shared by those who go together", async () => {
    await world.succeed("destroy");
    const { lists, ...others } = counts();
    expect(others).to.deep.equal({ deleteInvitation: n });
    expect(lists).to.be.within(4, 2 + 2 * deleted);
  });
});
