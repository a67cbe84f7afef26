import { expect } from "chai";
import { unknownValue } from "../../provider/lifecycle/check";
import { checkGuard, guardDifferences } from "../../provider/resources/guard";

const organizationId = "6c8f3c1e-58f6-4c8e-9f2b-0f6c6a3f5d11";
const declared = {
  roster: "urn:pulumi:dev::acme::trieve:index:Roster::team",
  people: [{ email: "ada@example.com", role: "user" }],
  limits: { maxRemovals: 0 },
  breakGlass: [],
};

describe("the guard of a roster: its organization", () => {
  it("is that of the roster, in the form in which its people have it", () => {
    const args = { ...declared, organizationId: ` ${organizationId.toUpperCase()} ` };
    const { inputs, problems } = checkGuard({}, args, undefined);
    expect(inputs).to.deep.equal({ ...declared, organizationId });
    expect(problems).to.deep.equal([]);
  });

  it("is no other one when written in another case", () => {
    const args = { ...declared, organizationId: organizationId.toUpperCase() };
    const { problems } = checkGuard({ ...declared, organizationId }, args, undefined);
    expect(problems).to.deep.equal([]);
  });

  it("is that of the provider where the roster names none", () => {
    expect(checkGuard({}, declared, organizationId).inputs?.organizationId).to.equal(
      organizationId,
    );
  });

  it("has to be there: the first one would else be a change that removes everybody", () => {
    const { inputs, problems } = checkGuard({}, declared, undefined);
    expect(inputs).to.equal(undefined);
    expect(problems.join()).to.match(/^organizationId is missing: /);
  });

  // A typo in the settings was taken for another organization, and "100%" was advised for its `maxRemovals`.
  it("is not compared with that of before if it is wrong in the settings, which is said there", () => {
    const before = { ...declared, organizationId };
    expect(checkGuard(before, declared, null)).to.deep.equal({ inputs: undefined, problems: [] });
  });

  it("is no other one where a preview does not know it yet", () => {
    const args = { ...declared, organizationId: unknownValue };
    for (const before of [{}, { ...declared, organizationId }]) {
      const { inputs, problems } = checkGuard(before, args, undefined);
      expect(problems).to.deep.equal([]);
      expect(inputs?.organizationId).to.equal(unknownValue);
    }
  });

  it("has to be a UUID", () => {
    const { inputs, problems } = checkGuard({}, { ...declared, organizationId: "acme" }, undefined);
    expect(inputs).to.equal(undefined);
    expect(problems).to.deep.equal([
      'organizationId "acme" is not a UUID: copy it from the dashboard',
    ]);
  });
});

describe("the guard of a roster: how many owners there were", () => {
  const ada = { email: "ada@example.com", role: "owner" };
  const bob = { email: "bob@example.com", role: "owner" };
  const before = { ...declared, organizationId, people: [ada, bob] };

  it("is recorded with a change, which may be taken back", () => {
    const args = { ...declared, people: [ada, { ...bob, role: "user" }] };
    expect(checkGuard(before, args, organizationId).inputs?.ownersBefore).to.equal(2);
  });

  it("stays as it was while the people are the same", () => {
    const { inputs } = checkGuard(before, before, organizationId);
    expect(inputs).not.to.have.property("ownersBefore");
    const again = checkGuard({ ...before, ownersBefore: 1 }, before, organizationId);
    expect(again.inputs?.ownersBefore).to.equal(1);
  });
});

describe("the guard of a roster: what it holds", () => {
  const recorded = { ...declared, organizationId, ownersBefore: 1 };
  const others: Record<keyof typeof recorded, unknown> = {
    roster: "urn:pulumi:dev::acme::trieve:index:Roster::people",
    organizationId: "0b7f6f0e-5d1a-4c1e-8a44-4b8d2f6c7a90",
    people: [{ email: "ada@example.com", role: "admin" }],
    ownersBefore: 2,
    limits: { maxRemovals: 1 },
    breakGlass: ["ada@example.com"],
  };
  for (const [key, value] of Object.entries(others))
    it(`${key} is another: it changes`, () =>
      expect(guardDifferences(recorded, { ...recorded, [key]: value })).to.deep.equal([key]));

  it("the same in another order, with what the SDK adds: it does not change", () => {
    const people = [{ role: "user", email: "ada@example.com" }];
    const again = { __provider: "code", ...recorded, people };
    expect(guardDifferences(recorded, again)).to.deep.equal([]);
  });
});
