import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Ajv } from "ajv";
import { expect } from "chai";
import fc from "fast-check";
import * as v from "valibot";
import { emailProblem } from "../../provider/lifecycle/check";
import { parseRoster } from "../../provider/roster/file";
import { address } from "../../provider/roster/schema";

const root = resolve(__dirname, "..", "..", "..");
const schema = JSON.parse(
  readFileSync(join(root, "provider", "roster", "members.schema.json"), "utf8"),
);

/** Whether the calendar has a day, found out in another way than by the code. */
const isDay = (day: string) => {
  const [year = 0, month = 0, date = 0] = day.split("-").map(Number);
  return /^\d{4}-\d\d-\d\d$/.test(day) && date > 0 && date <= new Date(year, month, 0).getDate();
};
const accepts = new Ajv().addFormat("date", isDay).compile(schema);

const entry = (fields: object) => ({ members: [{ email: "ada@example.com", ...fields }] });

describe("members.schema.json", () => {
  it("is what tools/schema.mjs makes of the schema today", () => {
    const printed = execFileSync(process.execPath, [join(root, "tools", "schema.mjs")], {
      encoding: "utf8",
    });
    expect(schema).to.deep.equal(JSON.parse(printed));
  });

  const samples: readonly [what: string, document: unknown, good: boolean][] = [
    ["nobody", { members: [] }, true],
    ["a short form", { members: ["ada@example.com"] }, true],
    ["any case", { members: ["ADA@Example.com"] }, true],
    [
      "everything",
      {
        $schema: "members.schema.json",
        defaults: { role: "admin", scopes: ["GET /api/dataset"] },
        members: [
          {
            email: "ada@example.com",
            role: "owner",
            scopes: ["POST /api/chunk/search"],
            until: "2027-01-31",
            resend: "2",
            note: "x",
          },
        ],
      },
      true,
    ],
    ["no members", {}, false],
    ["a bare list", ["ada@example.com"], false],
    ["null", null, false],
    ["members that are no list", { members: "ada@example.com" }, false],
    ["an unknown key", { members: [], limits: {} }, false],
    ["an unknown default", { members: [], defaults: { until: "2027-01-31" } }, false],
    ["defaults that are a list", { members: [], defaults: [] }, false],
    ["a default role that is none", { members: [], defaults: { role: "boss" } }, false],
    ["no address", { members: [{ role: "admin" }] }, false],
    ["a bad address", { members: ["ada"] }, false],
    ["two addresses", { members: ["ada@example.com bob@example.com"] }, false],
    ["a number", { members: [5] }, false],
    ["an unknown key of a person", entry({ colour: "red" }), false],
    ["constructor as a key", entry({ constructor: "x" }), false],
    ["a bad role", entry({ role: "Admin" }), false],
    ["a role by number", entry({ role: 1 }), false],
    ["no role", entry({ role: null }), false],
    ["scopes that are no list", entry({ scopes: "GET /api/dataset" }), false],
    ["no scopes", entry({ scopes: [] }), false],
    ["a bad scope", entry({ scopes: [".*"] }), false],
    ["a bad date", entry({ until: "31.01.2027" }), false],
    ["a day that is in no calendar", entry({ until: "2027-02-30" }), false],
    ["a leap day", entry({ until: "2028-02-29" }), true],
    ["resend by number", entry({ resend: 2 }), false],
    ["a note that is a list", entry({ note: [] }), false],
  ];
  for (const [what, document, good] of samples)
    it(`${good ? "takes" : "refuses"} ${what}, as the parser does`, () => {
      expect(accepts(document), JSON.stringify(accepts.errors)).to.equal(good);
      const { problems } = parseRoster(JSON.stringify(document), "members.json");
      expect(problems.length === 0).to.equal(good);
    });

  const finer: readonly [what: string, document: unknown][] = [
    ["a person twice", { members: ["ada@example.com", "ADA@example.com"] }],
    ["an address that kills the server", { members: ["a..b@example.com"] }],
    ["a pattern that is none", entry({ scopes: ["GET /api/("] })],
  ];
  for (const [what, document] of finer)
    it(`takes ${what}, which only the parser can tell`, () => {
      expect(accepts(document)).to.equal(true);
      expect(parseRoster(JSON.stringify(document), "members.json").problems).to.have.length(1);
    });

  it("describes every key of a person", () => {
    const { properties } = schema.properties.members.items.anyOf[1];
    for (const [key, value] of Object.entries<{ description?: string }>(properties))
      expect(value.description, key).to.be.a("string");
  });
});

describe("roster schema: addresses", () => {
  it("are good if and only if a single resource takes them", () => {
    const part = fc.string({ unit: fc.constantFrom(..."ab1.-+@_' é") });
    const email = fc.oneof(
      fc.emailAddress(),
      fc.tuple(part, part).map(([a, b]) => `${a}@${b}.example`),
      part,
    );
    fc.assert(
      fc.property(email, (text) => {
        expect(v.is(address, text)).to.equal(emailProblem(text.trim()) === undefined);
      }),
      { numRuns: 1000 },
    );
  });
});
