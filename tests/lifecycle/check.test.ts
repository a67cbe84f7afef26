import { expect } from "chai";
import { checkArguments, unknownValue } from "../../provider/lifecycle/check";
import { show } from "../../provider/printable";

const organizationId = "01234567-89ab-cdef-0123-456789abcdef";
const other = "11111111-2222-3333-4444-555555555555";

/** Checks one argument beside good ones, under a provider that names an organization. */
const check = (args: Record<string, unknown>) =>
  checkArguments({ email: "ada@x.example", ...args }, organizationId);
const problemsOf = (args: Record<string, unknown>) => check(args).problems;

describe("check: email", () => {
  const x = (n: number) => "x".repeat(n);
  const accepted: readonly [given: string, stored: string][] = [
    ["ada@x.example", "ada@x.example"],
    ["  Ada.Lovelace@X.Example\n", "ada.lovelace@x.example"],
    ["a@b.co", "a@b.co"],
    ["a@b.c", "a@b.c"],
    ["a+tag@x.example", "a+tag@x.example"],
    ["!#$%&*+/=?^_`{|}~-@x.example", "!#$%&*+/=?^_`{|}~-@x.example"],
    ["a.b.c@x.y.example", "a.b.c@x.y.example"],
    ["a@1.example", "a@1.example"],
    ["a@x-y.example", "a@x-y.example"],
    ["a@xn--exmple-cua.com", "a@xn--exmple-cua.com"],
    ["a@x.xn--p1ai", "a@x.xn--p1ai"],
    [`${x(64)}@x.example`, `${x(64)}@x.example`],
    [`a@${x(63)}.example`, `a@${x(63)}.example`],
    [`${x(50)}@${x(40)}.x${x(7)}`, `${x(50)}@${x(40)}.x${x(7)}`],
  ];
  for (const [given, stored] of accepted)
    it(`takes ${JSON.stringify(given)}`, () => {
      const { inputs, problems } = check({ email: given });
      expect(problems).to.deep.equal([]);
      expect(inputs?.email).to.equal(stored);
    });

  const local = "may contain only letters, digits, !#$%&*+/=?^_`{|}~- and single dots before the @";
  const domain =
    "has no valid domain after the @, such as example.com (write international domains in their xn-- form)";
  const long = "is longer than the 100 characters that Trieve stores";
  const refused: readonly [why: string, given: string, problem: string][] = [
    ["kills the server", "a..b@x.com", local],
    ["kills the server", ".a@x.com", local],
    ["kills the server", "a.@x.com", local],
    ["kills the server", "a@x.com.", domain],
    ["kills the server", "a@x..com", domain],
    ["kills the server", "a@-x.com", domain],
    ["kills the server", "a@x-.com", domain],
    ["kills the server", "a@x.com junk", domain],
    ["kills the server", "a@x.com, b@y.com", "has more than one @"],
    ["kills the server", "a@x.com\nBcc: z@y.com", "has more than one @"],
    ["kills the server", `${x(65)}@x.com`, "has more than 64 characters before the @"],
    ["accepted, but reaches nobody", "a@b", domain],
    ["accepted, but reaches nobody", "a@x_y.com", domain],
    ["accepted, but reaches nobody", "a@127.0.0.1", domain],
    ["accepted, but reaches nobody", "o’brien@x.com", local],
    ["accepted, but reaches nobody", "a@exämple.com", domain],
    ["refused by the server", "o'brien@x.com", local],
    ["refused by the server", "é@x.com", local],
    ["refused by the server", '"q"@x.com', local],
    ["refused by the server", "a@@x.com", "has more than one @"],
    ["refused by the server", "a b@x.com", local],
    ["refused by the server", "a@[127.0.0.1]", domain],
    ["refused by the server", "", "is empty"],
    ["refused by the server", " \t", "is empty"],
    ["no address", "ada", "has no @"],
    ["no address", "@x.com", local],
    ["no address", "ada@", domain],
    ["no address", "Ada <ada@x.com>", local],
    ["no address", "mailto:ada@x.com", local],
    ["looks like a K, which it becomes in lower case", "\u212a@x.com", local],
    ["too long for the column", `${x(50)}@${x(40)}.x${x(8)}.com`, long],
    ["a label too long", `a@${x(64)}.com`, domain],
    ["all digits at the end", "a@x.123", domain],
  ];
  for (const [why, given, problem] of refused)
    it(`refuses ${JSON.stringify(given)}: ${why}`, () => {
      const { inputs, problems } = check({ email: given });
      expect(problems).to.deep.equal([`email ${show(given.trim())} ${problem}`]);
      expect(inputs).to.equal(undefined);
    });

  for (const given of [undefined, null])
    it(`refuses ${given}`, () =>
      expect(problemsOf({ email: given })).to.deep.equal(["email is missing"]));

  for (const given of [7, true, {}, ["ada@x.example"]])
    it(`refuses ${JSON.stringify(given)}, which is no string`, () =>
      expect(problemsOf({ email: given })).to.deep.equal([
        `email must be a string, not ${show(given)}`,
      ]));

  it("lets an unknown one pass", () => {
    expect(check({ email: unknownValue }).inputs?.email).to.equal(unknownValue);
  });
});

describe("check: organizationId", () => {
  const missing =
    "organizationId is missing: run `pulumi config set trieve:organizationId <id>`, set TRIEVE_ORGANIZATION_ID, or set it on the resource or its trieve.Provider";
  const rows: readonly [
    it: string,
    argument: unknown,
    provider: string | null | undefined,
    expected: string | readonly string[],
  ][] = [
    ["from the provider", undefined, organizationId, organizationId],
    ["from the provider, if null", null, organizationId, organizationId],
    ["from the argument", other, undefined, other],
    ["the argument wins", other, organizationId, other],
    ["trimmed and in lower case", ` ${other.toUpperCase()} `, undefined, other],
    ["unknown", unknownValue, organizationId, unknownValue],
    ["unknown without a provider's", unknownValue, undefined, unknownValue],
    ["missing", undefined, undefined, [missing]],
    ["null, and missing", null, undefined, [missing]],
    ["wrong in the provider's settings, which is said there", undefined, null, []],
    ["the argument wins over a wrong one", other, null, other],
    [
      "no UUID, although the provider has one",
      "acme",
      organizationId,
      ['organizationId "acme" is not a UUID: copy it from the dashboard'],
    ],
    [
      "no UUID: said once",
      "acme",
      undefined,
      ['organizationId "acme" is not a UUID: copy it from the dashboard'],
    ],
    [
      "a UUID in a form that Trieve takes but does not print",
      `{${other}}`,
      undefined,
      [`organizationId "{${other}}" is not a UUID: copy it from the dashboard`],
    ],
    ["a number", 7, undefined, ["organizationId 7 is not a UUID: copy it from the dashboard"]],
  ];
  for (const [name, argument, provider, expected] of rows)
    it(name, () => {
      const result = checkArguments({ email: "ada@x.example", organizationId: argument }, provider);
      if (typeof expected === "string") {
        expect(result.problems).to.deep.equal([]);
        expect(result.inputs?.organizationId).to.equal(expected);
      } else {
        expect(result).to.deep.equal({ inputs: undefined, problems: expected });
      }
    });
});

describe("check: role", () => {
  for (const role of ["user", "admin", "owner"])
    it(`takes ${role}`, () => expect(check({ role }).inputs?.role).to.equal(role));
  it("lets an unknown one pass", () =>
    expect(check({ role: unknownValue }).inputs?.role).to.equal(unknownValue));
  for (const role of ["Owner", "member", "", 1, 0, [], { role: "user" }])
    it(`refuses ${JSON.stringify(role)}`, () =>
      expect(problemsOf({ role })).to.deep.equal([
        `role must be "user", "admin" or "owner", not ${show(role)}`,
      ]));
});

describe("check: scopes", () => {
  const accepted: readonly [given: unknown, stored: unknown][] = [
    [["POST /api/chunk/search"], ["POST /api/chunk/search"]],
    [["GET /api/chunk/{chunk_id}"], ["GET /api/chunk/{chunk_id}"]],
    [["GET /api/.*"], ["GET /api/.*"]],
    [
      ["PUT /api/a", "PATCH /api/a", "DELETE /api/a"],
      ["DELETE /api/a", "PATCH /api/a", "PUT /api/a"],
    ],
    [
      ["GET /api/b", "GET /api/a", "GET /api/b"],
      ["GET /api/a", "GET /api/b"],
    ],
    [["GET /api/a{2}"], ["GET /api/a{2}"]],
    [["GET /api/a{12,}"], ["GET /api/a{12,}"]],
    [["GET /api/a{2,13}"], ["GET /api/a{2,13}"]],
    [["GET /api/\\{a"], ["GET /api/\\{a"]],
    [["GET /api/({id})+"], ["GET /api/({id})+"]],
    [unknownValue, unknownValue],
    [
      ["GET /api/a", unknownValue],
      [unknownValue, "GET /api/a"],
    ],
  ];
  for (const [given, stored] of accepted)
    it(`takes ${JSON.stringify(given)}`, () => {
      const { inputs, problems } = check({ scopes: given });
      expect(problems).to.deep.equal([]);
      expect(inputs?.scopes).to.deep.equal(stored);
    });

  const route = 'must be a method and a route, such as "POST /api/chunk/search"';
  const pattern = "is not a valid regular expression, which is how Trieve reads it";
  const refused: readonly [why: string, scope: unknown, problem: string][] = [
    ["matches everything", "", route],
    ["matches everything", ".*", route],
    ["no method", "/api/chunk", route],
    ["no such method", "get /api/chunk", route],
    ["no route", "GET", route],
    ["no route", "GET /api/", route],
    ["every GET", "GET /api", route],
    ["no route of the API", "GET /health", route],
    ["two blanks", "GET  /api/chunk", route],
    ["something before the method", "xGET /api/chunk", route],
    ["no string", null, route],
    ["no string", 7, route],
    ["never matches", "GET /api/(", pattern],
    ["never matches", "GET /api/*[", pattern],
    ["never matches, since this is no name", "GET /api/chunk/{chunk id}", pattern],
    ["never matches in Trieve's dialect", "GET /api/(?=chunk)", pattern],
    ["never matches in Trieve's dialect", "GET /api/(?<!x)chunk", pattern],
    ["never matches in Trieve's dialect", "GET /api/(a)\\1", pattern],
  ];
  for (const [why, scope, problem] of refused)
    it(`refuses ${JSON.stringify(scope)}: ${why}`, () =>
      expect(problemsOf({ scopes: [scope] })).to.deep.equal([
        `scopes ${JSON.stringify(scope)} ${problem}`,
      ]));

  it("refuses an empty list, which locks out", () => {
    expect(problemsOf({ scopes: [] })).to.deep.equal([
      "scopes is empty, which would lock the person out; omit it for no restriction",
    ]);
  });

  it("names every one that is wrong", () => {
    expect(problemsOf({ scopes: [".*", "GET /api/a", "GET /api/("] })).to.deep.equal([
      `scopes ".*" ${route}; "GET /api/(" ${pattern}`,
    ]);
  });

  for (const scopes of ["GET /api/a", 7, { 0: "GET /api/a" }])
    it(`refuses ${JSON.stringify(scopes)}, which is no list`, () =>
      expect(problemsOf({ scopes })).to.deep.equal([
        `scopes must be a list of strings, not ${show(scopes)}`,
      ]));
});

describe("check: deletionPolicy", () => {
  for (const deletionPolicy of ["revert", "remove", unknownValue])
    it(`takes ${deletionPolicy}`, () =>
      expect(check({ deletionPolicy }).inputs?.deletionPolicy).to.equal(deletionPolicy));
  for (const deletionPolicy of ["retain", "", true])
    it(`refuses ${JSON.stringify(deletionPolicy)}`, () =>
      expect(problemsOf({ deletionPolicy })).to.deep.equal([
        `deletionPolicy must be "revert" or "remove", not ${show(deletionPolicy)}`,
      ]));
});

describe("check: resendTrigger", () => {
  for (const resendTrigger of ["2", "", "2026-01-01", unknownValue])
    it(`takes ${JSON.stringify(resendTrigger)}`, () =>
      expect(check({ resendTrigger }).inputs?.resendTrigger).to.equal(resendTrigger));
  for (const resendTrigger of [2, false, ["2"]])
    it(`refuses ${JSON.stringify(resendTrigger)}`, () =>
      expect(problemsOf({ resendTrigger })).to.deep.equal([
        `resendTrigger must be a string, not ${show(resendTrigger)}`,
      ]));
});

describe("check: all arguments", () => {
  it("fills in the defaults and leaves out what was not given", () => {
    expect(check({})).to.deep.equal({
      inputs: { email: "ada@x.example", organizationId, deletionPolicy: "revert" },
      problems: [],
    });
  });

  it("null is not given", () => {
    const nulls = { role: null, scopes: null, deletionPolicy: null, resendTrigger: null };
    expect(check(nulls)).to.deep.equal(check({}));
  });

  it("leaves out what it does not know", () => {
    expect(check({ rôle: "owner", __provider: "…" })).to.deep.equal(check({}));
  });

  it("tells every problem at once", () => {
    expect(
      checkArguments(
        { email: "a@b", role: "boss", scopes: [], deletionPolicy: "keep", resendTrigger: 2 },
        undefined,
      ).problems.map((problem) => problem.split(" ")[0]),
    ).to.deep.equal([
      "email",
      "organizationId",
      "role",
      "scopes",
      "deletionPolicy",
      "resendTrigger",
    ]);
  });

  it("cuts what it shows", () => {
    const [problem = ""] = problemsOf({ role: "x".repeat(500) });
    expect(problem).to.equal(`role must be "user", "admin" or "owner", not "${"x".repeat(80)}…"`);
  });

  it("shows what JSON has no form for", () => {
    expect(problemsOf({ resendTrigger: () => 1 })).to.deep.equal([
      "resendTrigger must be a string, not a function",
    ]);
  });

  it("is stable: what it has checked it takes as it is", () => {
    const { inputs } = check({
      email: " Ada@X.example",
      role: "admin",
      scopes: ["GET /api/b", "GET /api/a"],
      resendTrigger: "1",
    });
    expect(checkArguments({ ...inputs }, undefined).inputs).to.deep.equal(inputs);
  });
});
