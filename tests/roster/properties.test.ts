import { expect } from "chai";
import fc from "fast-check";
import { stringify } from "yaml";
import { emailProblem } from "../../provider/lifecycle/check";
import {
  checkMembers,
  formatProblem,
  parseRoster,
  type RosterEntry,
} from "../../provider/roster/file";
import { roles } from "../../provider/trieve/model";

const file = "members.yaml";

const email = fc.emailAddress().filter((text) => emailProblem(text) === undefined);
const scopes = fc.array(
  fc.constantFrom("GET /api/dataset", "POST /api/chunk/search", "GET /api/chunk/{chunk_id}"),
  { minLength: 1 },
);
const day = fc
  .date({ min: new Date("2000-01-01"), max: new Date("2099-12-31"), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const line = fc.oneof(
  email,
  fc.record(
    {
      email,
      role: fc.constantFrom(...roles),
      scopes,
      until: day,
      resend: fc.string(),
      note: fc.string({ unit: "binary" }),
    },
    { requiredKeys: ["email"] },
  ),
);
type Line = string | { readonly email: string };
const emailOf = (entry: Line) => (typeof entry === "string" ? entry : entry.email).toLowerCase();

/** A roster without mistakes. */
const roster = fc.record(
  {
    defaults: fc.record({ role: fc.constantFrom(...roles), scopes }, { requiredKeys: [] }),
    members: fc.uniqueArray(line, { selector: emailOf }),
  },
  { requiredKeys: ["members"] },
);

/** Texts that come near to a roster: lines of one, in any order, some of them broken. */
const nearRoster = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "members:",
        "defaults: { role: admin }",
        "  - ada@example.com",
        "  - email: bob@example.com",
        "    role: owner",
        "    scopes: &s [POST /api/chunk/search]",
        "    scopes: *s",
        "    until: 2027-02-30",
        "\t- email: [",
        "  - *nobody",
        '  - "',
        "  - {email: ",
        "---",
        "...",
        "%YAML 1.1",
        "<<: *s",
        "? ",
        "__proto__: { role: owner }",
        "constructor: { prototype: { role: owner } }",
        "  - !!js/function x",
        "&s",
        "|",
        ">-",
      ),
      fc.string(),
    ),
  )
  .map((lines) => lines.join("\n"));

const withoutPlaces = (members: readonly RosterEntry[] | undefined) =>
  members?.map(({ place, ...member }) => member);

describe("roster: properties", () => {
  it("any text is read or told to be wrong, at places within it", () => {
    fc.assert(
      fc.property(fc.oneof(nearRoster, fc.string({ unit: "binary" })), (text) => {
        const { members, problems } = parseRoster(text, file);
        expect(members === undefined).to.equal(problems.length > 0);
        const lines = text.split("\n");
        for (const { place, text: problem } of problems) {
          expect(place?.line).to.be.within(1, lines.length);
          expect(place?.column).to.be.within(1, (lines[(place?.line ?? 0) - 1] ?? "").length + 1);
          expect(problem).to.match(/\b(write|delete|put|align it|must be)\b/);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("any values are taken or told to be wrong", () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (members, defaults) => {
        const result = checkMembers({ members: [members], defaults });
        expect(result.members === undefined).to.equal(result.problems.length > 0);
        for (const problem of result.problems)
          expect(formatProblem(problem)).to.match(/^(members|defaults)/);
      }),
      { numRuns: 2000 },
    );
  });

  it("no text changes what other objects inherit", () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    fc.assert(
      fc.property(nearRoster, (text) => {
        parseRoster(text, file);
        expect(({} as { role?: string }).role).to.equal(undefined);
      }),
    );
    expect(Object.getOwnPropertyNames(Object.prototype)).to.deep.equal(before);
  });

  it("a good roster says the same as YAML, as JSON and in a program", () => {
    fc.assert(
      fc.property(roster, (good) => {
        const inline = checkMembers(good);
        expect(inline.problems).to.deep.equal([]);
        for (const text of [
          stringify(good),
          stringify(good, { aliasDuplicateObjects: false, defaultStringType: "QUOTE_DOUBLE" }),
          JSON.stringify(good),
        ]) {
          const { members, problems } = parseRoster(text, file);
          expect(problems).to.deep.equal([]);
          expect(withoutPlaces(members)).to.deep.equal(inline.members);
        }
      }),
    );
  });

  it("what comes out can go in again", () => {
    fc.assert(
      fc.property(roster, (good) => {
        const { members } = checkMembers(good);
        const again = members?.map(({ roleIsDefault, ...line }) => line);
        expect(checkMembers({ members: again }).members).to.deep.equal(
          members?.map((member) => ({ ...member, roleIsDefault: false })),
        );
      }),
    );
  });

  it("the order of lines and keys changes nothing but the order", () => {
    fc.assert(
      fc.property(
        roster.chain((good) =>
          fc.tuple(
            fc.constant(good),
            fc.shuffledSubarray([...good.members], { minLength: good.members.length }),
          ),
        ),
        ([good, shuffled]) => {
          const sorted = (text: string) =>
            withoutPlaces(parseRoster(text, file).members)?.sort((a, b) =>
              a.email < b.email ? -1 : 1,
            );
          const reversed = shuffled.map((entry) =>
            typeof entry === "string" ? entry : Object.fromEntries(Object.entries(entry).reverse()),
          );
          const other = stringify({ members: reversed, defaults: good.defaults ?? {} });
          expect(sorted(other)).to.deep.equal(sorted(stringify(good)));
        },
      ),
    );
  });
});
