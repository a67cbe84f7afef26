import { expect } from "chai";
import type { Inputs } from "../../provider/lifecycle/state";
import { ensurePerson, readPerson, removePerson } from "../../provider/resources/person";
import {
  briefly,
  declared,
  inWorld,
  isWrite,
  outcomeOf,
  put,
  recorded,
  rowsOf,
  type World,
} from "../lifecycle/world";
import { type Run, roster, surroundings } from "./surroundings";

const owner = "member owner bob@x.example";
const ada = "ada@x.example";

const ensure = (world: World, inputs: Partial<Inputs>, run: Run, before: string | null = null) =>
  ensurePerson(
    declared(world, inputs),
    before === null ? undefined : recorded(world, { roster: before }),
    surroundings(world, run),
  );

describe("a person of a roster", () => {
  const unchecked: Run = { approval: null };
  const invited = ["invited user ada@x.example", owner];
  const rows: readonly [
    it: string,
    run: Run,
    inputs: Partial<Inputs>,
    before: string | null,
    leaves: readonly string[],
  ][] = [
    ["is invited where the guard has passed", {}, { roster }, null, invited],
    ["is not where it was not checked", unchecked, { roster }, null, [owner]],
    ["is where there is no guard", unchecked, {}, null, invited],
    ["who leaves it belongs to it until that is recorded", unchecked, {}, roster, [owner]],
    ["is not where another resource declares them", { declaredTwice: "x" }, {}, null, [owner]],
  ];
  for (const [name, run, inputs, before, leaves] of rows)
    it(name, () =>
      inWorld({}, async (world) => {
        put(world, [owner]);
        const outcome = await outcomeOf(ensure(world, inputs, run, before));
        expect(outcome === "Refused").to.equal(leaves.length === 1);
        expect(rowsOf(world)).to.deep.equal(leaves);
      }),
    );

  it("is removed where the list no longer declares them, and not before", () =>
    inWorld({}, async (world) => {
      put(world, [owner, `member user ${ada}`]);
      const person = recorded(world, { roster, deletionPolicy: "remove" });
      const still = surroundings(world, { approval: { people: [ada] } });
      expect(await outcomeOf(removePerson(person, still))).to.equal("Refused");
      await removePerson(person, surroundings(world));
      expect(rowsOf(world)).to.deep.equal([owner]);
    }));
});

describe("to delete a person", () => {
  it("is to leave them where another resource declares them, without a request", () =>
    inWorld({}, async (world) => {
      put(world, [owner, `invited user ${ada}`]);
      const run = surroundings(world, { declaredElsewhere: [ada] });
      await removePerson(recorded(world, {}), run);
      expect((await world.calls()).filter(isWrite)).to.deep.equal([]);
      expect(world.warnings).to.deep.equal([
        `${ada} stays in organization ${world.organizationId}: another resource of the program declares them.`,
      ]);
    }));
});

describe("to read a person", () => {
  it("by id finds them, in whatever case it is written", () =>
    inWorld({}, async (world) => {
      put(world, [owner, `invited admin ${ada}`]);
      const id = `${world.organizationId}/${ada}`.toUpperCase();
      const { outputs, inputs } = await readPerson(id, undefined, surroundings(world));
      expect(briefly(outputs)).to.equal("pending admin");
      // An import writes down what is, so that a program which says so changes nothing.
      const { organizationId } = world;
      expect(inputs).to.deep.equal({
        ...{ email: ada, organizationId, deletionPolicy: "revert" },
        role: "admin",
      });
    }));

  it("by id fails where nobody of that address is there", () =>
    inWorld({}, async (world) => {
      const id = `${world.organizationId}/${ada}`;
      const error = await readPerson(id, undefined, surroundings(world)).catch((it) => it);
      expect(error.message).to.equal(
        `${ada} is neither a member of organization ${world.organizationId} nor invited to it.`,
      );
    }));

  for (const id of ["ada@x.example", "acme/ada@x.example", "a".repeat(36), ""])
    it(`fails for ${JSON.stringify(id)}, which is no id`, () =>
      inWorld({}, async (world) => {
        const error = await readPerson(id, undefined, surroundings(world)).catch((it) => it);
        expect(error.message).to.equal(
          `${JSON.stringify(id)} is not an id of the form <organizationId>/<email>.`,
        );
      }));

  it("tells what a program would have to say, of what the last one said", () =>
    inWorld({}, async (world) => {
      put(world, [`member owner ${ada} [GET /api/chunk]`]);
      const id = `${world.organizationId}/${ada}`;
      const all = {
        roster,
        resendTrigger: "2",
        managed: ["role", "roleIsDefault", "scopes"],
      } as const;
      const { inputs } = await readPerson(id, recorded(world, all), surroundings(world));
      expect(inputs).to.deep.equal({
        email: ada,
        organizationId: world.organizationId,
        deletionPolicy: "revert",
        resendTrigger: "2",
        roster,
        role: "owner",
        roleIsDefault: true,
        scopes: ["GET /api/chunk"],
      });
    }));
});
