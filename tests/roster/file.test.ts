import { expect } from "chai";
import { checkMembers, formatProblem, parseRoster } from "../../provider/roster/file";

const file = "members.yaml";

/** What is wrong with a file, as users see it. */
const problemsOf = (text: string) => parseRoster(text, file).problems.map(formatProblem);
/** The people of a file without mistakes. */
const membersOf = (text: string) => {
  const { members, problems } = parseRoster(text, file);
  expect(problems.map(formatProblem)).to.deep.equal([]);
  return members ?? [];
};
/** What is wrong with people in a program. */
const inlineProblemsOf = (members: unknown, defaults?: unknown) =>
  checkMembers({ members, defaults }).problems.map(formatProblem);

const anAddress = "write an address such as ada@example.com";
const below = 'write "members:" and a list of addresses below it';
const entryKeys = "delete it, or write email, role, scopes, until, resend or note";
const local = "may contain only letters, digits, !#$%&*+/=?^_`{|}~- and single dots before the @";

describe("roster file: people", () => {
  it("reads every form", () => {
    const text = `
# Comments are welcome.
defaults: { role: admin, scopes: ["GET /api/dataset"] }
members:
  - Ada@Example.com                       # short form
  - email: " grace@example.com "
    role: owner
    scopes: ["POST /api/chunk/search"]
  - email: temp@example.com
    until: 2027-01-31
    resend: "2"
    note: contractor, ticket OPS-12
`;
    expect(membersOf(text)).to.deep.equal([
      {
        email: "ada@example.com",
        role: "admin",
        roleIsDefault: true,
        scopes: ["GET /api/dataset"],
        place: { file, line: 5, column: 5 },
      },
      {
        email: "grace@example.com",
        role: "owner",
        roleIsDefault: false,
        scopes: ["POST /api/chunk/search"],
        place: { file, line: 6, column: 5 },
      },
      {
        email: "temp@example.com",
        role: "admin",
        roleIsDefault: true,
        scopes: ["GET /api/dataset"],
        until: "2027-01-31",
        resend: "2",
        note: "contractor, ticket OPS-12",
        place: { file, line: 9, column: 5 },
      },
    ]);
  });

  it("makes users of those about whom nothing is said", () => {
    expect(membersOf("members: [ada@example.com]")).to.deep.equal([
      {
        email: "ada@example.com",
        role: "user",
        roleIsDefault: true,
        place: { file, line: 1, column: 11 },
      },
    ]);
  });

  it("knows a role that is written out from one that happens to be the default", () => {
    const text = "defaults: {role: admin}\nmembers: [{email: ada@example.com, role: admin}]";
    expect(membersOf(text)[0]?.roleIsDefault).to.equal(false);
  });

  it("reads JSON", () => {
    const json = {
      $schema: "node_modules/pulumi-trieve/members.schema.json",
      defaults: { role: "user" },
      members: ["ada@example.com", { email: "bob@example.com", role: "admin" }],
    };
    for (const text of [JSON.stringify(json), JSON.stringify(json, undefined, "\t")])
      expect(membersOf(text).map(({ email, role }) => [email, role])).to.deep.equal([
        ["ada@example.com", "user"],
        ["bob@example.com", "admin"],
      ]);
  });

  it("takes a byte order mark, Windows line ends and a document that begins with ---", () => {
    const text = "\uFEFF---\r\nmembers:\r\n  - ada@example.com\r\n  - nobody\r\n";
    expect(problemsOf(text)).to.deep.equal([`members.yaml:4:5: "nobody" has no @; ${anAddress}`]);
  });

  it("takes a list of nobody, but not a list that was forgotten", () => {
    expect(membersOf("members: []")).to.deep.equal([]);
    expect(problemsOf("members:\n")).to.deep.equal([
      "members.yaml:1:1: members is empty: write a list of addresses, or [] for nobody",
    ]);
  });

  it("takes aliases that repeat something", () => {
    const text = `
members:
  - email: ada@example.com
    role: &role admin
    scopes: &reader ["GET /api/dataset"]
  - { email: bob@example.com, role: *role, scopes: *reader }
`;
    expect(membersOf(text).map(({ role, scopes }) => ({ role, scopes }))).to.deep.equal([
      { role: "admin", scopes: ["GET /api/dataset"] },
      { role: "admin", scopes: ["GET /api/dataset"] },
    ]);
  });

  // The list was read anew, with what the name meant by then.
  it("takes an alias within what another repeats for what it was there", () => {
    const text = `
members:
  - { email: ada@example.com, scopes: [&route "GET /api/dataset"] }
  - { email: bob@example.com, scopes: &list [*route] }
  - { email: carl@example.com, scopes: [&route "POST /api/chunk"] }
  - { email: dora@example.com, scopes: *list }
`;
    expect(membersOf(text).at(-1)?.scopes).to.deep.equal(["GET /api/dataset"]);
  });

  it("reads 1,000 lines", () => {
    const lines = Array.from({ length: 1000 }, (_, i) => `  - person${i}@example.com`);
    const members = membersOf(["members:", ...lines].join("\n"));
    expect(members).to.have.length(1000);
    expect(members.at(-1)).to.deep.include({
      email: "person999@example.com",
      place: { file, line: 1001, column: 5 },
    });
  });
});

describe("roster file: twenty-six mistakes", () => {
  const text = `\
defaults:
  roles: admin
  scopes: []
  until: 2027-01-31
limits: { maxRemovals: 5 }
members:
  - ada@example.com
  - ADA@example.com
  - grace
  - a..b@example.com
  - 42
  -
  - [bob@example.com]
  - role: admin
  - email: 7
  - email: carl@example.com
    role: Adminn
    scope: ["GET /api/dataset"]
    until: 2027-02-30
  - email: dora@example.com
    role: 2
    scopes: GET /api/dataset
    until: 31.01.2027
    resend: 2
    note: [contractor]
  - email: emil@example.com
    scopes: [search, "GET /api/(", "GET /api/dataset"]
    role:
    colour: red
  - { email: Emil@example.com, __proto__: { role: owner } }
`;

  it("are all told, in order, each with what to write instead", () => {
    expect(problemsOf(text)).to.deep.equal([
      'members.yaml:2:3: unknown key "roles": write role',
      'members.yaml:3:11: an empty list of scopes would lock the person out: write ["POST /api/chunk/search"], or omit scopes for no restriction',
      'members.yaml:4:3: unknown key "until": delete it, or write role or scopes',
      'members.yaml:5:1: unknown key "limits": delete it, or write defaults or members',
      "members.yaml:8:5: ada@example.com is already listed at members.yaml:7:5: delete one of them",
      `members.yaml:9:5: "grace" has no @; ${anAddress}`,
      `members.yaml:10:5: "a..b@example.com" ${local}; ${anAddress}`,
      `members.yaml:11:5: 42 is not a valid member: ${anAddress}, or a map with an email`,
      `members.yaml:12:4: null is not a valid member: ${anAddress}, or a map with an email`,
      `members.yaml:13:5: a list is not a valid member: ${anAddress}, or a map with an email`,
      `members.yaml:14:5: email is missing: ${anAddress}`,
      `members.yaml:15:12: 7 is not a valid email address: ${anAddress}`,
      'members.yaml:17:11: "Adminn" is not a valid role: write "admin"',
      'members.yaml:18:5: unknown key "scope": write scopes',
      'members.yaml:19:12: "2027-02-30" is not a valid date: write the last day as YYYY-MM-DD, such as 2027-01-31',
      'members.yaml:21:11: 2 is not a valid role: write "user", "admin" or "owner"',
      'members.yaml:22:13: "GET /api/dataset" is not a valid list of scopes: write ["POST /api/chunk/search"], or omit scopes for no restriction',
      'members.yaml:23:12: "31.01.2027" is not a valid date: write the last day as YYYY-MM-DD, such as 2027-01-31',
      'members.yaml:24:13: 2 is not a valid text for resend: write "2", in quotes',
      "members.yaml:25:11: a list is not a valid text for note: write text in quotes",
      'members.yaml:27:14: "search" must be a method and a route, such as "POST /api/chunk/search"',
      'members.yaml:27:22: "GET /api/(" is not a valid regular expression, which is how Trieve reads it; write one such as "GET /api/chunk/{chunk_id}"',
      'members.yaml:28:5: role has no value: write "user", "admin" or "owner"',
      `members.yaml:29:5: unknown key "colour": ${entryKeys}`,
      "members.yaml:30:14: emil@example.com is already listed at members.yaml:26:12: delete one of them",
      `members.yaml:30:32: unknown key "__proto__": ${entryKeys}`,
    ]);
  });

  it("have paths too", () => {
    const paths = parseRoster(text, file).problems.map(({ path }) => path);
    expect(paths.slice(0, 5)).to.deep.equal([
      "defaults.roles",
      "defaults.scopes",
      "defaults.until",
      "limits",
      "members[1]",
    ]);
    expect(paths).to.include("members[11].scopes[1]").and.to.include('members[12]["__proto__"]');
  });
});

describe("roster file: what is not a roster", () => {
  const whole: readonly [what: string, text: string, problem: string][] = [
    ["nothing", "", `the file is empty: ${below}`],
    ["comments", "# members:\n", `the file is empty: ${below}`],
    ["a bare list", "- ada@example.com\n", `a list is not a roster: ${below}`],
    ["a text", "ada@example.com", `"ada@example.com" is not a roster: ${below}`],
    ["no list", "defaults: {}", `members is missing: ${below}`],
  ];
  for (const [what, text, problem] of whole)
    it(what, () => expect(problemsOf(text)).to.deep.equal([`members.yaml:1:1: ${problem}`]));

  it("people as keys", () => {
    expect(problemsOf("members:\n  ada@example.com:\n    role: admin\n")).to.deep.equal([
      `members.yaml:2:3: a map is not a list of members: ${below}`,
    ]);
  });

  it("defaults that are no map", () => {
    const instead = "write { role: user }, or omit defaults";
    expect(problemsOf("defaults: admin\nmembers: []")).to.deep.equal([
      `members.yaml:1:11: "admin" is not a valid set of defaults: ${instead}`,
    ]);
    expect(problemsOf("defaults:\nmembers: []")).to.deep.equal([
      `members.yaml:1:1: null is not a valid set of defaults: ${instead}`,
    ]);
  });
});

describe("roster file: YAML", () => {
  const indent = "align it with its neighbors, start list entries with -, and close every [ and {";
  const mistakes: readonly [what: string, text: string, problems: readonly string[]][] = [
    [
      "a tab",
      "members:\n\t- ada@example.com\n",
      ["2:1: Tabs are not allowed as indentation: write spaces"],
    ],
    [
      "a quote without an end, where it begins",
      'members:\n  - email: "ada@example.com\n  - bob@example.com\n',
      ['2:12: Missing closing "quote: write what is missing'],
    ],
    [
      "a list without an end",
      "members: [ada@example.com, bob@example.com\n",
      [
        `2:1: Flow sequence in block collection must be sufficiently indented and end with a ]: ${indent}`,
      ],
    ],
    [
      "a forgotten dash",
      "members:\n  - ada@example.com\n  bob@example.com\n",
      [`3:1: All mapping items must start at the same column: ${indent}`],
    ],
    [
      "a forgotten colon",
      "members:\n  - email ada@example.com\n    role: user\n",
      ["2:5: Implicit keys need to be on a single line: write `key: value`"],
    ],
    [
      "two colons",
      "members:\n  - email: a: b\n",
      [
        "2:12: Nested mappings are not allowed in compact mappings: write one `key: value` in a line, put values with a colon in quotes, and align all list entries",
      ],
    ],
    [
      "a key that is no text",
      "? [members]\n: [ada@example.com]\nmembers: []\n",
      ["1:3: This key is not text: write a word"],
    ],
    [
      "a second document",
      "members: []\n---\nmembers: []\n",
      ["2:1: A second document begins here: write one list, without --- in between"],
    ],
    [
      "a bracket too many, told once and not for each word after it",
      "members: []\n} x y\n",
      [
        '2:1: Unexpected flow-map-end token in YAML stream: "}": delete it, or put the value in quotes',
      ],
    ],
    [
      "several in one file, and nothing else: who knows what the rest was meant to say",
      'members:\n  - "\\q@example.com"\n  - nobody\n  - @ada\n  - `b\n  - {email: bob@example.com\n  - carl\n',
      [
        "2:6: Invalid escape sequence \\q: write \\\\ for a backslash",
        "4:5: Plain value cannot start with reserved character @: put the value in quotes",
        "5:5: Plain value cannot start with reserved character `: put the value in quotes",
        `7:3: Flow map in block collection must be sufficiently indented and end with a }: ${indent}`,
      ],
    ],
    [
      "a tag, alone as well",
      "members:\n  - nobody\n  - !admin hans@example.com\n  - *gina\n",
      ["3:5: Unresolved tag: !admin: delete it"],
    ],
    [
      "an alias to nothing, and a key that is there twice",
      "members:\n  - nobody\n  - email: *gina\n    role: user\n    role: admin\n",
      [
        "3:12: *gina has no anchor: write the value, or put &gina before the value that it repeats",
        '5:5: "role" is already listed at members.yaml:4:5: delete one of them',
      ],
    ],
    [
      "a quote without an end at the very beginning",
      "'members: []\n",
      ["1:1: Missing closing 'quote: write what is missing"],
    ],
    [
      "merge keys",
      "members:\n  - <<: {role: owner}\n    email: ada@example.com\n",
      ["2:5: merge keys are not supported: write the keys themselves"],
    ],
    [
      "YAML 1.1, in which no is false and a day is a moment",
      "%YAML 1.1\n---\nmembers: [{email: ada@example.com, until: 2027-01-31, note: no}, x]\n",
      [`3:66: "x" has no @; ${anAddress}`],
    ],
    [
      "a list within itself",
      "members: &all [*all]\n",
      ["1:16: is nested too deeply: write addresses or maps right below members"],
    ],
    [
      "what an alias repeats, wherever it does",
      "members:\n  - {email: ada@example.com, role: &r boss}\n  - {email: bob@example.com, role: *r}\n  - *r\n",
      [
        '2:39: "boss" is not a valid role: write "user", "admin" or "owner"',
        '3:36: "boss" is not a valid role: write "user", "admin" or "owner"',
        `4:5: "boss" has no @; ${anAddress}`,
      ],
    ],
    [
      "the same person by an alias",
      "members:\n  - &ada {email: ada@example.com}\n  - *ada\n",
      ["3:5: ada@example.com is already listed at members.yaml:2:18: delete one of them"],
    ],
  ];
  for (const [what, text, problems] of mistakes)
    it(what, () =>
      expect(problemsOf(text)).to.deep.equal(problems.map((problem) => `members.yaml:${problem}`)),
    );

  it("refuses aliases that come to millions", () => {
    const ten = (name: string) => `[${Array(10).fill(name).join(", ")}]`;
    const bomb = [
      `a: &a ${ten("x")}`,
      ...[..."bcdefg"].map((name, i) => `${name}: &${name} ${ten(`*${"abcdef"[i]}`)}`),
    ];
    const problems = problemsOf([...bomb, "members: [ada@example.com]"].join("\n"));
    expect(problems.filter((problem) => /repeated too often/.test(problem))).to.have.length(1);
  });

  for (const deep of ["[", "- ", "a:\n "])
    it(`survives 5,000 times ${JSON.stringify(deep)}`, () => {
      expect(problemsOf(deep.repeat(5_000))).to.not.deep.equal([]);
    });
});

describe("roster: people in a program", () => {
  it("are checked as those in a file", () => {
    const { members } = checkMembers({
      defaults: { role: "admin" },
      members: ["Ada@example.com", { email: "bob@example.com", role: "user", until: "2027-01-31" }],
    });
    expect(members).to.deep.equal([
      { email: "ada@example.com", role: "admin", roleIsDefault: true },
      { email: "bob@example.com", role: "user", roleIsDefault: false, until: "2027-01-31" },
    ]);
  });

  it("may leave anything undefined but the address", () => {
    const line = { role: undefined, scopes: undefined, until: undefined, resend: undefined };
    expect(
      checkMembers({ defaults: undefined, members: [{ email: "ada@example.com", ...line }] })
        .members,
    ).to.deep.equal([{ email: "ada@example.com", role: "user", roleIsDefault: true }]);
    expect(inlineProblemsOf([{ email: undefined }])).to.deep.equal([
      `members[0].email: email address has no value: ${anAddress}`,
    ]);
  });

  it("are told by their position", () => {
    const members: readonly unknown[] = [
      null,
      "ada",
      "bob@example.com",
      { email: "BOB@example.com", role: "Owners" },
      { email: "carl@example.com", until: new Date(0), scopes: ["*"], toString: "x" },
      { role: "admin" },
      () => "dora@example.com",
    ];
    expect(inlineProblemsOf(members, { role: null, "a b": 1 })).to.deep.equal([
      `defaults["a b"]: unknown key "a b": delete it, or write role or scopes`,
      'defaults.role: role has no value: write "user", "admin" or "owner"',
      `members[0]: null is not a valid member: ${anAddress}, or a map with an email`,
      `members[1]: "ada" has no @; ${anAddress}`,
      'members[3].role: "Owners" is not a valid role: write "owner"',
      "members[3].email: bob@example.com is already listed at members[2]: delete one of them",
      `members[4].toString: unknown key "toString": ${entryKeys}`,
      'members[4].scopes[0]: "*" must be a method and a route, such as "POST /api/chunk/search"',
      "members[4].until: a map is not a valid date: write the last day as YYYY-MM-DD, such as 2027-01-31",
      `members[5].email: email is missing: ${anAddress}`,
      `members[6]: a function is not a valid member: ${anAddress}, or a map with an email`,
    ]);
  });

  it("must be a list", () => {
    expect(inlineProblemsOf(undefined)).to.deep.equal([`members is missing: ${below}`]);
    expect(inlineProblemsOf("ada@example.com")).to.deep.equal([
      `members: "ada@example.com" is not a list of members: ${below}`,
    ]);
  });

  it("leave the prototype of objects alone", () => {
    const members = JSON.parse('[{"email": "ada@example.com", "__proto__": {"role": "owner"}}]');
    expect(inlineProblemsOf(members)).to.deep.equal([
      `members[0]["__proto__"]: unknown key "__proto__": ${entryKeys}`,
    ]);
  });
});

describe("roster: dates", () => {
  const dates: readonly [day: string, taken: boolean][] = [
    ["2027-01-31", true],
    ["2028-02-29", true],
    ["2027-02-29", false],
    ["2027-02-30", false],
    ["2027-04-31", false],
    ["2027-13-01", false],
    ["2027-00-10", false],
    ["2027-1-31", false],
    ["2027-01-31T00:00:00Z", false],
    ["27-01-31", false],
    ["tomorrow", false],
    ["", false],
  ];
  for (const [until, taken] of dates)
    it(`${taken ? "takes" : "refuses"} ${JSON.stringify(until)}`, () => {
      const problem = `members[0].until: "${until}" is not a valid date: write the last day as YYYY-MM-DD, such as 2027-01-31`;
      expect(inlineProblemsOf([{ email: "ada@example.com", until }])).to.deep.equal(
        taken ? [] : [problem],
      );
    });
});
