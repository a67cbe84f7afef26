import { expect } from "chai";
import { ensure, type Organization, remove } from "../../provider/lifecycle/act";
import { declared, inWorld, isWrite, put, recorded, rowsOf, type World } from "./world";

const email = "ada@x.example";
const scopes = ["GET /api/chunk"];

/** The provider's side once the CLI is dead, or as it dies before so many writes have been sent. */
function orphaned(world: World, afterWrites = 0): Organization {
  const { simulator } = world;
  const isDead = () =>
    simulator.requests.filter(({ method }) => method !== "GET").length >= afterWrites;
  return {
    ...world.organization,
    mayBegin: async () => {
      if (isDead()) throw new Error("The engine is gone.");
    },
  };
}

function failureOf(work: Promise<unknown>): Promise<string | undefined> {
  return work.then(
    () => undefined,
    ({ message }: Error) => message,
  );
}

// The engine was asked before every write whether it still lives. When the CLI was killed between the two calls that
// belong together, a provider that lived on stopped there: seven of ten admins came back as users without scopes.
describe("a provider that outlives its engine", () => {
  it("begins nothing", () =>
    inWorld({}, async (world) => {
      put(world, [`member admin ${email}`]);
      const organization = orphaned(world);
      const known = recorded(world, { status: "member", deletionPolicy: "remove" });
      for (const verb of [
        () => ensure(organization, declared(world, { role: "owner" }), undefined),
        () => ensure(organization, declared(world, { role: "owner" }), known),
        () => remove(organization, known),
      ])
        expect(await failureOf(verb())).to.equal("The engine is gone.");
      expect((await world.calls()).filter(isWrite)).to.deep.equal([]);
    }));

  const pairs: [it: string, given: string, declares: object, records: object, leaves: string][] = [
    [
      "a resend",
      `invited admin ${email} [GET /api/chunk]`,
      { resendTrigger: "2" },
      { role: "admin", scopes, resendTrigger: "1" },
      `invited admin ${email} [GET /api/chunk]`,
    ],
    [
      "another role of somebody pending",
      `invited admin ${email} [GET /api/chunk]`,
      { role: "user" },
      { role: "admin", scopes },
      `invited user ${email} [GET /api/chunk]`,
    ],
    [
      "lifting scopes of a member",
      `member admin ${email} [GET /api/chunk]`,
      {},
      { status: "member", role: "admin", scopes, managed: ["scopes"] },
      `member admin ${email}`,
    ],
  ];
  for (const [it_, given, declares, records, leaves] of pairs) {
    it(`finishes ${it_} that it has begun`, () =>
      inWorld({}, async (world) => {
        put(world, [given]);
        await ensure(orphaned(world, 1), declared(world, declares), recorded(world, records));
        expect(rowsOf(world)).to.deep.equal([leaves]);
      }));

    it(`finishes ${it_} also after an answer that leaves open what it did`, () =>
      inWorld({}, async (world) => {
        put(world, [given]);
        world.simulator.fault({ route: "invite", effect: { reset: "before" } });
        await ensure(orphaned(world, 1), declared(world, declares), recorded(world, records));
        expect(rowsOf(world)).to.deep.equal([leaves]);
      }));
  }
});

describe("who belongs to a roster", () => {
  const verbs: [it: string, row: string, goal: "in" | "out", lowers: boolean][] = [
    ["is invited", "", "in", false],
    ["gets another role while pending", `invited admin ${email}`, "in", true],
    ["is raised", `member user ${email}`, "in", false],
    ["is lowered", `member owner ${email}`, "in", true],
    ["is removed", `member admin ${email}`, "out", true],
    ["is removed while pending", `invited admin ${email}`, "out", false],
  ];
  for (const [it_, row, goal, lowers] of verbs) {
    it(`${it_} only where nobody objects; no request is made`, () =>
      inWorld({}, async (world) => {
        put(world, [...(row ? [row] : []), "member owner bob@x.example"]);
        const asked: [string, boolean][] = [];
        const objection = (what: "in" | "out", isLowered: boolean) => {
          asked.push([what, isLowered]);
          return "not today.";
        };
        const { organization } = world;
        const done =
          goal === "in"
            ? ensure(
                organization,
                declared(world, { role: lowers ? "user" : "admin" }),
                recorded(world, {}),
                objection,
              )
            : remove(organization, recorded(world, { deletionPolicy: "remove" }), objection);
        const verb =
          goal === "out"
            ? `remove ${email} from`
            : row === ""
              ? `invite ${email} to`
              : `change ${email} in`;
        expect(await failureOf(done)).to.equal(
          `Refused to ${verb} organization ${world.organizationId} at ${world.simulator.url}: not today.`,
        );
        expect(asked).to.deep.equal([[goal, lowers]]);
        expect((await world.calls()).filter(isWrite)).to.deep.equal([]);
      }));
  }

  it("is not asked about where nothing is to be done", () =>
    inWorld({}, async (world) => {
      put(world, [`member user ${email}`]);
      const objection = () => "never.";
      await ensure(world.organization, declared(world), recorded(world, {}), objection);
      await remove(world.organization, recorded(world, { email: "bob@x.example" }), objection);
    }));
});
