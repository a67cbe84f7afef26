import { expect } from "chai";
import { type Approval, type Intent, objection } from "../../provider/roster/approval";

const intent: Intent = {
  roster: "urn:pulumi:dev::acme::trieve:index:Roster::team",
  organizationId: "org-1",
  email: "ada@example.com",
  goal: "out",
  lowers: true,
};
const approval: Approval = {
  roster: intent.roster,
  organizationId: "org-1",
  people: ["bob@example.com"],
  breakGlass: [],
};

describe("what a roster's guard has approved", () => {
  const cases: [
    it: string,
    intent: Partial<Intent>,
    approval: Partial<Approval> | undefined,
    objection: string | undefined,
  ][] = [
    ["removing whom the list does not name", {}, {}, undefined],
    ["changing whom it names", { goal: "in", email: "bob@example.com" }, {}, undefined],
    [
      "removing without it",
      {},
      undefined,
      'the guard of roster "team" was not checked in this run. Delete their line and run `pulumi up` without --target and --exclude. To destroy the whole roster, set limits.maxRemovals to "100%", leave breakGlass empty, run `pulumi up`, then `pulumi destroy`.',
    ],
    [
      "changing without it",
      { goal: "in" },
      undefined,
      "the guard of roster \"team\" was not checked in this run. Run `pulumi up` without --target and --exclude, or add --target '**team/guard'.",
    ],
    [
      "removing whom the list names",
      { email: "bob@example.com" },
      {},
      'roster "team" still declares this address. Delete the line first, then run `pulumi up` again.',
    ],
    [
      "removing from another organization whom the list names in this one",
      { email: "bob@example.com", organizationId: "org-0" },
      {},
      undefined,
    ],
    [
      "removing somebody on breakGlass",
      {},
      { breakGlass: ["ada@example.com"] },
      'breakGlass of roster "team" protects this address. To go ahead, remove it from breakGlass and run `pulumi up` again.',
    ],
    [
      "lowering somebody on breakGlass",
      { goal: "in" },
      { breakGlass: ["ada@example.com"] },
      'breakGlass of roster "team" protects this address. To go ahead, remove it from breakGlass and run `pulumi up` again.',
    ],
    [
      "raising somebody on breakGlass",
      { goal: "in", lowers: false },
      { breakGlass: ["ada@example.com"] },
      undefined,
    ],
  ];
  for (const [it_, what, given, expected] of cases)
    it(`${it_}: ${expected === undefined ? "allowed" : "refused"}`, () => {
      expect(objection({ ...intent, ...what }, given && { ...approval, ...given })).to.equal(
        expected,
      );
    });
});
