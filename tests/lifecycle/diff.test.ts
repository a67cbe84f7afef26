import { expect } from "chai";
import { unknownValue } from "../../provider/lifecycle/check";
import { type Diff, diff } from "../../provider/lifecycle/diff";
import { type Inputs, managedBy, type Outputs } from "../../provider/lifecycle/state";
import { recorded } from "./world";

const organizationId = "01234567-89ab-cdef-0123-456789abcdef";
const base: Inputs = { email: "ada@x.example", organizationId, deletionPolicy: "revert" };
const a = "GET /api/a";
const b = "GET /api/b";

/** `none`, `update` or `replace email, organizationId`. */
function words(result: Diff): string {
  return result.diff === "replace" ? `replace ${result.because.join(", ")}` : result.diff;
}

interface Case {
  it: string;
  /** Beside address, organization and policy. Any type, as of values that are unknown. */
  declares?: Record<string, unknown>;
  /** What the last program declared; by default the same. */
  before?: Partial<Inputs>;
  /** What the server has made of it, or somebody else. */
  records?: Partial<Outputs>;
}

function compare({ declares, before, records }: Case, mail: "required" | "optional"): string {
  const earlier = before ?? (declares as Partial<Inputs>) ?? {};
  const state = recorded(
    { organizationId },
    {
      managed: managedBy({ ...base, ...earlier }),
      role: earlier.role ?? "user",
      scopes: earlier.scopes ?? null,
      deletionPolicy: earlier.deletionPolicy ?? "revert",
      resendTrigger: earlier.resendTrigger ?? null,
      ...records,
    },
  );
  return words(diff(state, { ...base, ...declares } as Inputs, mail));
}

const cases: Record<string, readonly Case[]> = {
  none: [
    { it: "nothing changed" },
    { it: "accepted since", records: { status: "member", userId: "u1", inviteUrl: null } },
    {
      it: "accepted since, the role declared",
      declares: { role: "admin" },
      records: { status: "member" },
    },
    { it: "role not declared, changed elsewhere", records: { role: "owner", status: "member" } },
    { it: "scopes not declared, set elsewhere", records: { scopes: [a], status: "member" } },
    { it: "scopes in another order", declares: { scopes: [a, b] }, records: { scopes: [b, a] } },
    { it: "scopes twice", declares: { scopes: [a] }, records: { scopes: [a, a] } },
    { it: "adopted", records: { adopted: true, originalRole: "owner", status: "member" } },
    { it: "the same resendTrigger", declares: { resendTrigger: "1" } },
    { it: "all of it declared", declares: { role: "user", scopes: [a], deletionPolicy: "remove" } },
  ],
  update: [
    { it: "another role", declares: { role: "admin" }, before: { role: "user" } },
    {
      it: "declared role, changed elsewhere",
      declares: { role: "user" },
      records: { role: "owner" },
    },
    { it: "declared role, unknown", declares: { role: unknownValue }, before: { role: "user" } },
    { it: "other scopes", declares: { scopes: [a] }, before: { scopes: [b] } },
    { it: "fewer scopes", declares: { scopes: [a] }, before: { scopes: [a, b] } },
    {
      it: "declared scopes, cleared elsewhere",
      declares: { scopes: [a] },
      records: { scopes: null },
    },
    { it: "scopes unknown", declares: { scopes: unknownValue }, before: { scopes: [a] } },
    {
      it: "one of the scopes unknown",
      declares: { scopes: [a, unknownValue] },
      before: { scopes: [a, b] },
    },
    { it: "the role is declared from now on, as it is", declares: { role: "user" }, before: {} },
    { it: "the role is not declared any more", before: { role: "user" } },
    {
      it: "scopes are declared from now on, as they are",
      declares: { scopes: [a] },
      before: {},
      records: { scopes: [a] },
    },
    { it: "scopes are not declared any more", before: { scopes: [a] } },
    { it: "another policy", declares: { deletionPolicy: "remove" }, before: {} },
    { it: "policy unknown", declares: { deletionPolicy: unknownValue }, before: {} },
    { it: "a resendTrigger", declares: { resendTrigger: "1" }, before: {} },
    { it: "a roster", declares: { roster: "urn-of-a-roster" }, before: {} },
    {
      it: "another resendTrigger",
      declares: { resendTrigger: "2" },
      before: { resendTrigger: "1" },
    },
    { it: "no resendTrigger any more", before: { resendTrigger: "1" } },
    {
      it: "resendTrigger unknown",
      declares: { resendTrigger: unknownValue },
      before: { resendTrigger: "1" },
    },
    { it: "an update left nobody there", records: { status: "absent", role: null } },
    { it: "email unknown: never a replacement", declares: { email: unknownValue } },
    { it: "organization unknown: never a replacement", declares: { organizationId: unknownValue } },
    { it: "both unknown", declares: { email: unknownValue, organizationId: unknownValue } },
  ],
  "replace email": [
    { it: "another address", declares: { email: "bob@x.example" } },
    {
      it: "another address, organization unknown",
      declares: { email: "bob@x.example", organizationId: unknownValue },
    },
    {
      it: "another address of somebody who is not there",
      declares: { email: "bob@x.example" },
      records: { status: "absent" },
    },
  ],
  "replace organizationId": [
    {
      it: "another organization",
      declares: { organizationId: "11111111-2222-3333-4444-555555555555" },
    },
  ],
  "replace email, organizationId": [
    {
      it: "both",
      declares: { email: "bob@x.example", organizationId: "11111111-2222-3333-4444-555555555555" },
    },
  ],
};

for (const [expected, list] of Object.entries(cases))
  describe(`diff: ${expected}`, () => {
    for (const row of list)
      it(row.it, () => {
        expect(compare(row, "required")).to.equal(expected);
        expect(compare(row, "optional")).to.equal(expected);
      });
  });

describe("diff: a mail that is owed", () => {
  const owed: Case = { it: "", records: { mailFailed: true } };
  it("is a difference where mails are required", () =>
    expect(compare(owed, "required")).to.equal("update"));
  it("is none where they are optional", () => expect(compare(owed, "optional")).to.equal("none"));
});

/** After a read a refresh compares the other way round: fresh outputs with what was declared before. */
describe("diff: the comparison that a refresh makes", () => {
  const rows: readonly [
    it: string,
    fresh: Partial<Outputs>,
    old: Partial<Inputs>,
    expected: string,
  ][] = [
    ["nothing happened", { managed: ["role"] }, { role: "user" }, "none"],
    ["accepted", { managed: ["role"], status: "member" }, { role: "user" }, "none"],
    ["role changed elsewhere", { managed: ["role"], role: "owner" }, { role: "user" }, "update"],
    ["role changed elsewhere, not managed", { role: "owner" }, {}, "none"],
    ["scopes set elsewhere", { managed: ["scopes"], scopes: [b] }, { scopes: [a] }, "update"],
    ["scopes set elsewhere, not managed", { scopes: [b] }, {}, "none"],
  ];
  for (const [name, fresh, old, expected] of rows)
    it(name, () =>
      expect(
        words(diff(recorded({ organizationId }, fresh), { ...base, ...old }, "required")),
      ).to.equal(expected),
    );
});
