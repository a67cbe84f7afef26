import { expect } from "chai";
import fc from "fast-check";
import { stringify } from "yaml";
import { emailProblem } from "../../provider/lifecycle/check";
import {
  checkMembers,
  formatProblem,
  parseRoster,
  type RosterResult,
} from "../../provider/roster/file";
import { expectPlain, fuzz, mutated, nasty, nastyWords } from "./fuzz";

const valid = [
  "members:\n  - ada@example.com\n  - bob@example.com\n",
  `# members.yaml
defaults: { role: user }
members:
  - ada@example.com                       # short form
  - email: grace@example.com
    role: owner
  - email: temp@example.com
    scopes: ["POST /api/chunk/search"]
    until: 2027-01-31
    resend: "2"
    note: contractor, ticket OPS-12
`,
  `members:
  - &ada
    email: ada@example.com
    scopes: &routes [GET /api/dataset, "POST /api/chunk/{chunk_id}"]
  - { email: bob@example.com, scopes: *routes }
`,
  '{"defaults":{"role":"admin"},"members":["ada@example.com",{"email":"bob@example.com","note":"a"}]}',
];

const syntax = fc.constantFrom(
  ...nastyWords,
  "- ",
  ": ",
  "? ",
  "&a ",
  "*a",
  "<<: *a",
  "!!js/function ",
  "!!binary ",
  "---\n",
  "...\n",
  "%YAML 1.1\n",
  "|\n",
  ">-\n",
  "'",
  '"',
  "[",
  "]",
  "{",
  "}",
  ",",
  "\t",
  "  ",
  "\n",
  "\n  - ",
  "members:",
  "email: ",
  "role: owner",
  "scopes: []",
  "until: 2027-02-30",
  ".inf",
  "0x7fffffffffffffffffff",
  "1e999",
  "null",
  "~",
);

const key = fc.oneof(
  fc.constantFrom("members", "defaults", "email", "role", "scopes", "until", "resend", "note"),
  fc.constantFrom(...nastyWords),
  nasty,
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6 },
    fc.oneof(nasty, fc.double(), fc.boolean(), fc.constant(null), fc.constant("ada@example.com")),
    fc.array(tie("tree"), { maxLength: 5 }),
    fc.array(fc.tuple(key, tie("tree")), { maxLength: 5 }).map(Object.fromEntries),
  ),
}));
const rosterLike = fc.oneof(
  tree,
  fc.record(
    { members: fc.oneof(tree, fc.array(tree)), defaults: tree },
    { requiredKeys: ["members"] },
  ),
);

const written = rosterLike.map((value) => stringify(value));
const deep = fc
  .tuple(fc.constantFrom("[", "{", "- ", "? ", "{a: ", "[[", "a: [", "!a "), fc.nat(6_000))
  .map(([opening, times]) => opening.repeat(times));
/** Each level names the one before it several times. */
const bomb = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 2, max: 9 }))
  .map(([levels, width]) =>
    [
      "a0: &a0 ada@example.com",
      ...Array.from(
        { length: levels },
        (_, i) => `a${i + 1}: &a${i + 1} [${Array(width).fill(`*a${i}`).join(", ")}]`,
      ),
      `members: *a${levels}`,
    ].join("\n"),
  );
const huge = fc
  .tuple(
    fc.oneof(nasty, fc.constantFrom("a", "a@", ".", "a.", "{", "\\", " ", "#", '"\\u0041')),
    fc.nat(20_000),
  )
  .map(([word, times]) => `members:\n  - ${word.repeat(times)}\n`);
const oddlyEncoded = fc
  .tuple(fc.constantFrom(...valid), fc.constantFrom("utf16le", "latin1", "base64", "hex"))
  .map(([text, encoding]) => Buffer.from(text, encoding as BufferEncoding).toString("utf8"));

const text = fc.oneof(
  {
    weight: 4,
    arbitrary: mutated(fc.oneof(fc.constantFrom(...valid), written), fc.oneof(syntax, nasty)),
  },
  { weight: 2, arbitrary: fc.array(fc.oneof(syntax, nasty)).map((parts) => parts.join("")) },
  { weight: 2, arbitrary: written },
  { weight: 1, arbitrary: deep },
  { weight: 1, arbitrary: bomb },
  { weight: 1, arbitrary: huge },
  { weight: 1, arbitrary: oddlyEncoded },
  { weight: 1, arbitrary: fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("utf8")) },
);

/** Either people with nothing but what may be sent, or problems that may be printed. */
function expectSound({ members, problems }: RosterResult): void {
  for (const problem of problems) expectPlain(formatProblem(problem));
  if (members === undefined) {
    expect(problems).not.to.deep.equal([]);
    return;
  }
  const emails = members.map(({ email }) => email);
  expect(new Set(emails).size, "nobody twice").to.equal(emails.length);
  for (const member of members) {
    expect(emailProblem(member.email)).to.equal(undefined);
    expect(member.email).to.equal(member.email.toLowerCase());
    expect(member.role).to.be.oneOf(["user", "admin", "owner"]);
    expect(member.scopes).not.to.deep.equal([]);
    expect(member.until ?? "2027-01-31").to.match(/^\d{4}-\d\d-\d\d$/);
    expect(Object.keys(member)).to.satisfy((keys: string[]) =>
      keys.every((name) =>
        ["email", "role", "roleIsDefault", "scopes", "until", "resend", "note", "place"].includes(
          name,
        ),
      ),
    );
  }
}

describe("fuzz: roster files", () => {
  it("of the examples that the others begin with, all are right", () => {
    for (const example of valid) expect(parseRoster(example, "m").problems).to.deep.equal([]);
  });

  fuzz("any text is people or problems", 3_000, text, (content) => {
    expectSound(parseRoster(content, "members.yaml"));
  });

  fuzz(
    "any value of a program is people or problems",
    2_000,
    fc.oneof(rosterLike, fc.anything()),
    (value) => {
      expectSound(checkMembers({ members: value }));
      expectSound(checkMembers({ members: ["ada@example.com", value], defaults: value }));
    },
  );
});

describe("roster files of bad will", function () {
  this.timeout(60_000);
  const first = (content: string) => parseRoster(content, "m").problems[0]?.text.slice(0, 30);

  it("an address of 100,000 dots: the pattern could match it in as many ways as it has pairs of dots", () => {
    expect(first(`members:\n  - "a@${".".repeat(100_000)} @"`)).to.equal(`"a@${".".repeat(27)}`);
  });

  it("a word of emoji, which is cut where one of them is in two halves: none is printed", () => {
    for (let before = 0; before < 4; before++) {
      const word = `|${"x".repeat(before)}${"$\u{10000}|".repeat(120)}`;
      const { problems } = parseRoster(`members:\n  - ${word}\n`, "members.yaml");
      expect(problems).not.to.deep.equal([]);
      for (const problem of problems) expect(formatProblem(problem)).not.to.match(/\p{Cs}/u);
    }
  });

  it("50,000 lines, right or wrong: each line number was counted from the end of the file", () => {
    const lines = (line: (i: number) => string) =>
      `members:\n${Array.from({ length: 50_000 }, (_, i) => `  - ${line(i)}\n`).join("")}`;
    expect(
      parseRoster(
        lines((i) => `p${i}@example.com`),
        "m",
      ).members,
    ).to.have.length(50_000);
    expect(
      parseRoster(
        lines(() => "*nobody"),
        "m",
      ).problems,
    ).to.have.length(50_000);
  });

  it("3 kB of brackets: near the end of the stack V8 could not compile a pattern and ended the process", () => {
    for (const opening of ["[", "{", "? ", "- ", "a: {b: "])
      for (const times of [1_000, 2_000, 3_000, 4_000, 20_000])
        expect(
          parseRoster(opening.repeat(times), "m").problems.map(({ text }) => text),
        ).to.deep.equal(["is nested too deeply: write addresses or maps right below members"]);
  });

  it("a list of 20,000 times itself: it was read 100,000 times", () => {
    expect(first(`members: &all [${Array(20_000).fill("*all").join(", ")}]`)).to.equal(
      "is nested too deeply: write ad",
    );
  });

  it("a problem is as long as a line, not as long as what is wrong", () => {
    const [problem] = parseRoster(`members:\n  - |${"|".repeat(5_000)}\n`, "m").problems;
    expect(problem && formatProblem(problem)).to.have.length(501);
  });
});
