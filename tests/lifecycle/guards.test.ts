import { expect } from "chai";
import { ensure, Refused, remove } from "../../provider/lifecycle/act";
import type { Inputs, Outputs } from "../../provider/lifecycle/state";
import {
  declared,
  inWorld,
  isWrite,
  outcomeOf,
  put,
  type Row,
  recorded,
  rowsOf,
  type World,
  type WorldOptions,
} from "./world";

const look = ["invitations", "members"];
/** With a list of owners of its own. */
const lookTwice = ["invitations", "members", "members"];
/** Looked at once more a moment later: a promotion may have been about to begin. */
const refusedTwice = [...lookTwice, "me", "members"];

const lastOwner = (what: string, { organizationId, simulator }: World) =>
  `Refused to ${what} organization ${organizationId} at ${simulator.url}: nobody else there is an owner, and only an owner can appoint another. Let another owner accept first, then run \`pulumi up\` again.`;
const ownAccount = (what: string, { organizationId, simulator }: World) =>
  `Refused to ${what} organization ${organizationId} at ${simulator.url}: the API key belongs to this account and would lose its rights. Use an organization key (\`pulumi config set --secret trieve:apiKey\`), then run \`pulumi up\` again.`;

const restricted: Partial<Outputs> = {
  status: "member",
  managed: ["scopes"],
  scopes: ["GET /api/chunk"],
};

/** Either of the two verbs that lower somebody. */
interface Lowering {
  /** @default ada@x.example */
  email?: string;
  updates?: Partial<Inputs>;
  records?: Partial<Outputs>;
}

function lower(world: World, { email = "ada@x.example", updates, records }: Lowering) {
  const before = recorded(world, { email, status: "member", deletionPolicy: "remove", ...records });
  return updates === undefined
    ? remove(world.organization, before)
    : ensure(world.organization, declared(world, { email, ...updates }), before);
}

describe("guards: refused before any write", () => {
  const rows: readonly {
    it: string;
    given: readonly Row[];
    lowers: Lowering;
    world?: WorldOptions;
    calls: readonly string[];
    message: (world: World) => string;
  }[] = [
    {
      it: "delete of the last owner",
      given: ["member owner ada@x.example", "member admin bob@x.example"],
      lowers: {},
      calls: refusedTwice,
      message: (world) => lastOwner("remove ada@x.example from", world),
    },
    {
      it: "delete of the last owner, whose invitation would go first",
      given: ["member owner ada@x.example", "invited owner ada@x.example"],
      lowers: {},
      calls: refusedTwice,
      message: (world) => lastOwner("remove ada@x.example from", world),
    },
    {
      it: "delete of the last owner beside one who has only been invited",
      given: ["member owner ada@x.example", "invited owner bob@x.example"],
      lowers: {},
      calls: refusedTwice,
      message: (world) => lastOwner("remove ada@x.example from", world),
    },
    {
      it: "delete of the last owner, who is there twice",
      given: ["member owner ada@x.example", "member owner ada@x.example"],
      lowers: {},
      calls: refusedTwice,
      message: (world) => lastOwner("remove ada@x.example from", world),
    },
    {
      it: "delete of the last two owners, who are one person",
      given: ["member owner ada@x.example", "member owner Ada@x.example"],
      lowers: {},
      calls: refusedTwice,
      message: (world) => lastOwner("remove ada@x.example from", world),
    },
    {
      it: "demotion of the last owner",
      given: ["member owner ada@x.example", "member admin bob@x.example"],
      lowers: { updates: { role: "user" } },
      calls: refusedTwice,
      message: (world) => lastOwner("make ada@x.example user in", world),
    },
    {
      it: "putting back the role of an adopted member who is the last owner",
      given: ["member owner ada@x.example"],
      lowers: { records: { deletionPolicy: "revert", adopted: true, originalRole: "admin" } },
      calls: refusedTwice,
      message: (world) => lastOwner("make ada@x.example admin in", world),
    },
    {
      it: "clearing the scopes of the last owner, which takes them out for a moment",
      given: ["member owner ada@x.example [GET /api/chunk]"],
      lowers: { updates: { role: "owner" }, records: restricted },
      calls: refusedTwice,
      message: (world) => lastOwner("remove ada@x.example from", world),
    },
    {
      it: "delete of the account that the key belongs to",
      given: ["member admin default"],
      world: { key: "account" },
      lowers: { email: "default" },
      calls: [...look, "me"],
      message: (world) => ownAccount("remove default from", world),
    },
    {
      it: "demotion of the account that the key belongs to",
      given: ["member admin default"],
      world: { key: "account" },
      lowers: { email: "default", updates: { role: "user" } },
      calls: [...look, "me"],
      message: (world) => ownAccount("make default user in", world),
    },
    {
      it: "delete of the key's account, an owner beside another",
      given: ["member owner default", "member owner bob@x.example"],
      world: { key: "account" },
      lowers: { email: "default" },
      calls: [...lookTwice, "me"],
      message: (world) => ownAccount("remove default from", world),
    },
    {
      it: "clearing the scopes of the key's account",
      given: ["member admin default [/api]", "member owner bob@x.example"],
      world: { key: "account" },
      lowers: { email: "default", updates: {}, records: restricted },
      calls: [...look, "me"],
      message: (world) => ownAccount("remove default from", world),
    },
  ];
  for (const row of rows)
    it(row.it, () =>
      inWorld(row.world ?? {}, async (world) => {
        put(world, row.given);
        const before = rowsOf(world);
        const error = await lower(world, row.lowers).then(
          () => undefined,
          (reason: Error) => reason,
        );
        const calls = await world.calls();
        expect(error).to.be.instanceOf(Refused);
        expect(error?.message).to.equal(row.message(world));
        expect(calls).to.deep.equal(row.calls);
        expect(calls.filter(isWrite)).to.deep.equal([]);
        expect(rowsOf(world)).to.deep.equal(before);
      }),
    );
});

describe("guards: allowed", () => {
  const rows: readonly {
    it: string;
    given: readonly Row[];
    lowers: Lowering;
    world?: WorldOptions;
    calls: readonly string[];
    outcome: string;
    leaves: readonly Row[];
  }[] = [
    {
      it: "delete of an owner beside another",
      given: ["member owner ada@x.example", "member owner bob@x.example"],
      lowers: {},
      calls: [...lookTwice, "me", "DELETE member", ...look],
      outcome: "nothing",
      leaves: ["member owner bob@x.example"],
    },
    {
      it: "demotion of an owner beside another",
      given: ["member owner ada@x.example", "member owner bob@x.example"],
      lowers: { updates: { role: "admin" } },
      calls: [...lookTwice, "me", "PUT user", ...look],
      outcome: "member admin",
      leaves: ["member admin ada@x.example", "member owner bob@x.example"],
    },
    {
      it: "clearing the scopes of an owner beside another",
      given: ["member owner ada@x.example [GET /api/chunk]", "member owner bob@x.example"],
      lowers: { updates: { role: "owner" }, records: restricted },
      calls: [...lookTwice, "me", "DELETE member", "POST invitation", ...look],
      outcome: "member owner",
      leaves: ["member owner ada@x.example", "member owner bob@x.example"],
    },
    {
      it: "a change of scopes alone lowers nobody",
      given: ["member owner ada@x.example", "member owner bob@x.example"],
      lowers: { updates: { scopes: ["GET /api/chunk"] } },
      calls: [...look, "PUT user", ...look],
      outcome: "member owner [GET /api/chunk]",
      leaves: ["member owner ada@x.example [GET /api/chunk]", "member owner bob@x.example"],
    },
    {
      it: "delete of somebody else with the key of an account",
      given: ["member admin default", "member user ada@x.example"],
      world: { key: "account" },
      lowers: {},
      calls: [...look, "me", "DELETE member", ...look],
      outcome: "nothing",
      leaves: ["member admin default"],
    },
    {
      it: "delete of an owner with a key of role admin: the server refuses",
      given: ["member owner ada@x.example", "member owner bob@x.example"],
      world: { key: "admin" },
      lowers: {},
      calls: [...lookTwice, "me", "DELETE member"],
      outcome: "NotAllowed",
      leaves: ["member owner ada@x.example", "member owner bob@x.example"],
    },
  ];
  for (const row of rows)
    it(row.it, () =>
      inWorld(row.world ?? {}, async (world) => {
        put(world, row.given);
        const outcome = await outcomeOf(lower(world, row.lowers));
        expect([outcome, await world.calls(), rowsOf(world)]).to.deep.equal([
          row.outcome,
          row.calls,
          row.leaves,
        ]);
      }),
    );

  it("asks whose key this is once for everybody", () =>
    inWorld({}, async (world) => {
      put(world, ["member user ada@x.example", "member user bob@x.example"]);
      await Promise.all([lower(world, {}), lower(world, { email: "bob@x.example" })]);
      expect((await world.calls()).filter((call) => call === "me")).to.deep.equal(["me"]);
    }));
});

describe("owners: several at once", () => {
  const bob = "bob@x.example";
  const promoteBob = (world: World) =>
    ensure(
      world.organization,
      declared(world, { email: bob, role: "owner" }),
      recorded(world, { email: bob, status: "member" }),
    );

  it("two removed at once leave one", () =>
    inWorld({}, async (world) => {
      put(world, ["member owner ada@x.example", "member owner bob@x.example"]);
      const outcomes = await Promise.all([
        outcomeOf(lower(world, {})),
        outcomeOf(lower(world, { email: bob })),
      ]);
      expect(outcomes).to.deep.equal(["nothing", "Refused"]);
      expect(rowsOf(world)).to.deep.equal(["member owner bob@x.example"]);
    }));

  it("one removed and one demoted at once leave one", () =>
    inWorld({}, async (world) => {
      put(world, ["member owner ada@x.example", "member owner bob@x.example"]);
      const outcomes = await Promise.all([
        outcomeOf(lower(world, { updates: { role: "admin" } })),
        outcomeOf(lower(world, { email: bob })),
      ]);
      expect(outcomes).to.deep.equal(["member admin", "Refused"]);
      expect(rowsOf(world)).to.deep.equal([
        "member admin ada@x.example",
        "member owner bob@x.example",
      ]);
    }));

  for (const [order, promotesFirst] of [
    ["promotion first", true],
    ["demotion first", false],
  ] as const) {
    it(`a swap works, ${order}`, () =>
      inWorld({}, async (world) => {
        put(world, ["member owner ada@x.example", "member user bob@x.example"]);
        const demote = () => outcomeOf(lower(world, { updates: { role: "user" } }));
        const promote = () => outcomeOf(promoteBob(world));
        const work = promotesFirst ? [promote, demote] : [demote, promote];
        expect(await Promise.all(work.map((start) => start()))).to.have.members([
          "member owner",
          "member user",
        ]);
        expect(rowsOf(world)).to.deep.equal([
          "member owner bob@x.example",
          "member user ada@x.example",
        ]);
      }));

    it(`a swap with somebody who has only been invited is refused, ${order}`, () =>
      inWorld({}, async (world) => {
        put(world, ["member owner ada@x.example"]);
        const demote = () => outcomeOf(lower(world, { updates: { role: "user" } }));
        const invite = () =>
          outcomeOf(
            ensure(world.organization, declared(world, { email: bob, role: "owner" }), undefined),
          );
        const work = promotesFirst ? [invite, demote] : [demote, invite];
        expect(await Promise.all(work.map((start) => start()))).to.have.members([
          "pending owner",
          "Refused",
        ]);
        expect(rowsOf(world)).to.deep.equal([
          "invited owner bob@x.example",
          "member owner ada@x.example",
        ]);
      }));
  }

  it("a swap whose promotion fails is refused", () =>
    inWorld({}, async (world) => {
      put(world, ["member owner ada@x.example", "member user bob@x.example"]);
      world.simulator.fault({
        route: "updateMember",
        when: ({ body }) => (body as { role: number }).role === 2,
        effect: { status: 403 },
      });
      const outcomes = await Promise.all([
        outcomeOf(promoteBob(world)),
        outcomeOf(lower(world, { updates: { role: "user" } })),
      ]);
      expect(outcomes).to.deep.equal(["NotAllowed", "Refused"]);
    }));

  it("one whose removal went unanswered does not count: the server may still carry it out", () =>
    inWorld({}, async (world) => {
      put(world, ["member owner ada@x.example", "member owner bob@x.example"]);
      world.simulator.fault({
        route: "removeMember",
        times: Number.POSITIVE_INFINITY,
        effect: { reset: "before" },
      });
      expect(await outcomeOf(lower(world, {}))).to.equal("NoAnswer");
      const writes = (await world.calls()).filter(isWrite).length;
      expect(await outcomeOf(lower(world, { email: bob }))).to.equal("Refused");
      expect((await world.calls()).filter(isWrite)).to.have.length(writes);
    }));

  it("one whose removal was answered late counts as gone", () =>
    inWorld({}, async (world) => {
      put(world, [
        "member owner ada@x.example",
        "member owner bob@x.example",
        "member owner eve@x.example",
      ]);
      world.simulator.fault({ route: "removeMember", effect: { reset: "after" } });
      expect(await outcomeOf(lower(world, {}))).to.equal("nothing");
      expect(await outcomeOf(lower(world, { email: bob }))).to.equal("nothing");
      expect(rowsOf(world)).to.deep.equal(["member owner eve@x.example"]);
    }));

  it("somebody else lowers them meanwhile: nothing is written", () =>
    inWorld({}, async (world) => {
      put(world, ["member owner ada@x.example", "member owner bob@x.example"]);
      let lists = 0;
      world.simulator.on("request", ({ route }) => {
        if (route === "listMembers" && ++lists === 2)
          world.simulator.removeMember(world.organizationId, "ada@x.example");
      });
      expect(await outcomeOf(lower(world, {}))).to.equal("nothing");
      expect((await world.calls()).filter(isWrite)).to.deep.equal([]);
    }));
});
