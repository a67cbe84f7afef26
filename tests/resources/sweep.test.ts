import { expect } from "chai";
import { checkSweep, type SweepInputs, sweep, sweepDiffers } from "../../provider/resources/sweep";
import { inWorld, isWrite, put, rowsOf, says, type World } from "../lifecycle/world";
import { type Run, roster, surroundings } from "./surroundings";

function inputsFor(world: World, ...remove: string[]): SweepInputs {
  return { roster, organizationId: world.organizationId, remove, run: "run-1" };
}

const owner = "member owner bob@x.example";

describe("the sweep of a roster", () => {
  it("removes those whom it names, members and invited, and nobody else", () =>
    inWorld({}, async (world) => {
      put(world, [owner, "member admin a@x.example", "invited user b@x.example"]);
      put(world, [
        "invited user c@x.example",
        "member user c@x.example",
        "member user d@x.example",
      ]);
      const inputs = inputsFor(
        world,
        "a@x.example",
        "b@x.example",
        "c@x.example",
        "gone@x.example",
      );
      await sweep(inputs, surroundings(world));
      expect(rowsOf(world)).to.deep.equal([owner, "member user d@x.example"]);
      expect(world.warnings).to.deep.equal([]);
    }));

  const kept: [it: string, more: Run, warning?: (world: World) => string][] = [
    ["whom the program declares by now", { declared: ["a@x.example"] }],
    [
      "who is on breakGlass",
      { approval: { breakGlass: ["a@x.example"] } },
      ({ organizationId }) =>
        `a@x.example stays in organization ${organizationId}: breakGlass protects this address.`,
    ],
    [
      "anybody where the guard was not checked",
      { approval: null },
      ({ organizationId }) =>
        `No undeclared person was removed from organization ${organizationId}: the roster's guard was not checked in this run. Run \`pulumi up\` without --target and --exclude.`,
    ],
  ];
  for (const [it_, more, warning] of kept)
    it(`keeps ${it_}, without a request that writes`, () =>
      inWorld({}, async (world) => {
        put(world, [owner, "member admin a@x.example"]);
        await sweep(inputsFor(world, "a@x.example"), surroundings(world, more));
        expect((await world.calls()).filter(isWrite)).to.deep.equal([]);
        expect(world.warnings).to.deep.equal(warning ? [warning(world)] : []);
      }));

  it("keeps the last owner, says so, and removes the others", () =>
    inWorld({}, async (world) => {
      put(world, [owner, "member user a@x.example"]);
      await sweep(inputsFor(world, "a@x.example", "bob@x.example"), surroundings(world));
      expect(rowsOf(world)).to.deep.equal([owner]);
      expect(world.warnings).to.have.length(1);
      expect(world.warnings[0]).to.match(/^Refused to remove bob@x\.example .*nobody else there/);
    }));

  it("fails with the first failure, when the others are removed", () =>
    inWorld({}, async (world) => {
      put(world, [owner, "member user a@x.example", "member user b@x.example"]);
      world.simulator.fault({ route: "removeMember", effect: says(403, "Forbidden") });
      const error = await sweep(
        inputsFor(world, "a@x.example", "b@x.example"),
        surroundings(world),
      ).then(
        () => undefined,
        (reason: Error) => reason.message,
      );
      expect(error).to.match(/^Could not remove [ab]@x\.example .*403/);
      expect(rowsOf(world)).to.have.length(2);
    }));

  it("asks nothing where it names nobody", () =>
    inWorld({}, async (world) => {
      await sweep(inputsFor(world), surroundings(world));
      expect(await world.calls()).to.deep.equal([]);
    }));

  it("is a change only where it names somebody, whatever it was before", () =>
    inWorld({}, async (world) => {
      expect(sweepDiffers(inputsFor(world))).to.equal(false);
      expect(sweepDiffers(inputsFor(world, "a@x.example"))).to.equal(true);
    }));

  it("is about the organization of the roster, or of the provider", () => {
    const args = { roster, remove: [], run: "run-1" };
    expect(checkSweep(args, undefined).problems.join()).to.match(/^organizationId is missing/);
    const id = "6c8f3c1e-58f6-4c8e-9f2b-0f6c6a3f5d11";
    expect(checkSweep(args, id).inputs?.organizationId).to.equal(id);
  });
});
