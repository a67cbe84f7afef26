import { expect } from "chai";
import fc from "fast-check";
import {
  checkRails,
  checkUnmanaged,
  type Limits,
  type RosterPerson,
  type RosterRecord,
  removedPeople,
} from "../../provider/roster/rails";
import { type Role, roles } from "../../provider/trieve/model";

const day = "2027-01-31";
const organizationId = "01234567-89ab-cdef-0123-456789abcdef";
const other = "11111111-2222-3333-4444-555555555555";

const person = (email: string, role: RosterPerson["role"] = "user", until?: string) => ({
  email,
  role,
  ...(until === undefined ? {} : { until }),
});
const record = (people: readonly RosterPerson[], organization = organizationId): RosterRecord => ({
  organizationId: organization,
  people,
});
/** person0@example.com and so on. */
const crowd = (n: number, until?: string) =>
  Array.from({ length: n }, (_, i) => person(`person${i}@example.com`, "user", until));

const check = (
  before: RosterRecord | undefined,
  after: RosterRecord,
  limits: Limits = {},
  breakGlass: readonly string[] = [],
) => checkRails(before, after, { limits, breakGlass }, day);

describe("rails: maxRemovals", () => {
  it("tells the numbers, ten names, and the way on", () => {
    const before = crowd(1000);
    expect(check(record(before), record(before.slice(300)))).to.deep.equal([
      'This would remove 300 of 1000 people, and limits.maxRemovals "25%" allows 250: person0@example.com, person1@example.com, person2@example.com, person3@example.com, person4@example.com, person5@example.com, person6@example.com, person7@example.com, person8@example.com, person9@example.com and 290 more. If this is intended, raise limits.maxRemovals to "30%" for one run.',
    ]);
  });

  it("advises a count where a count was given", () => {
    const before = crowd(3);
    expect(check(record(before), record(before.slice(2)), { maxRemovals: 1 })).to.deep.equal([
      "This would remove 2 of 3 people, and limits.maxRemovals 1 allows 1: person0@example.com, person1@example.com. If this is intended, raise limits.maxRemovals to 2 for one run.",
    ]);
  });

  const counts: readonly [
    limit: Limits["maxRemovals"],
    before: number,
    removed: number,
    allowed: boolean,
  ][] = [
    [undefined, 1000, 250, true],
    [undefined, 1000, 251, false],
    [undefined, 8, 2, true],
    [undefined, 8, 3, false],
    [undefined, 7, 1, true],
    [undefined, 7, 2, false],
    [undefined, 3, 1, true],
    [undefined, 1, 1, true],
    [undefined, 2, 2, false],
    ["0%", 10, 1, false],
    ["0%", 10, 0, true],
    ["1%", 10, 1, true],
    ["1%", 10, 2, false],
    ["12.5%", 8, 1, true],
    ["12.5%", 16, 2, true],
    ["100%", 10, 10, true],
    [0, 10, 1, false],
    [0, 10, 0, true],
    [3, 10, 3, true],
    [3, 10, 4, false],
    [1000, 10, 10, true],
  ];
  for (const [limit, before, removed, allowed] of counts)
    it(`${limit ?? "default"}: ${allowed ? "allows" : "refuses"} ${removed} of ${before}`, () => {
      const people = crowd(before);
      const limits = limit === undefined ? {} : { maxRemovals: limit };
      const problems = check(record(people), record(people.slice(removed)), limits);
      expect(problems).to.have.length(allowed ? 0 : 1);
    });

  it("does not count people whose time is over, be they a hundred", () => {
    const staff = crowd(4);
    const gone = crowd(100, "2027-01-30").map((one) => ({ ...one, email: `x.${one.email}` }));
    expect(check(record([...staff, ...gone]), record(staff), { maxRemovals: 0 })).to.deep.equal([]);
  });

  for (const [until, counted] of [
    ["2027-01-30", false],
    [day, true],
    ["2027-02-01", true],
  ] as const)
    it(`${counted ? "counts" : "does not count"} somebody until ${until}`, () => {
      const problems = check(record(crowd(1, until)), record([]), { maxRemovals: 0 });
      expect(problems).to.have.length(counted ? 1 : 0);
    });

  it("counts somebody whose last day was moved into the past", () => {
    const before = record([person("ada@example.com", "user", "2027-06-30")]);
    expect(check(before, record([]), { maxRemovals: 0 })).to.have.length(1);
  });

  it("counts everybody when the organization is another", () => {
    const people = [person("ada@example.com"), person("bob@example.com")];
    expect(check(record(people), record(people, other))).to.deep.equal([
      `Moving from organization ${organizationId} to ${other} would remove 2 of 2 people, and limits.maxRemovals "25%" allows 1: ada@example.com, bob@example.com. If this is intended, raise limits.maxRemovals to "100%" for one run.`,
    ]);
  });

  it("has nothing to say on the first run, nor of people who come", () => {
    expect(check(undefined, record(crowd(10)), { maxRemovals: 0 })).to.deep.equal([]);
    expect(check(record([]), record(crowd(10)), { maxRemovals: 0 })).to.deep.equal([]);
  });

  it("is satisfied by what it advises", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.nat(), (total, seed) => {
        const removed = 1 + (seed % total);
        const people = crowd(total);
        const run = (maxRemovals: Limits["maxRemovals"]) =>
          check(record(people), record(people.slice(removed)), { maxRemovals })[0];
        for (const limit of ["0%", 0] as const) {
          const advised = /raise limits.maxRemovals to (\S+) for/.exec(run(limit) ?? "")?.[1];
          expect(run(JSON.parse(advised ?? ""))).to.equal(undefined);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe("rails: removedPeople", () => {
  const [a, b, c] = [
    person("a@example.com"),
    person("b@example.com", "owner", "2027-01-01"),
    person("c@example.com"),
  ];
  it("are those who are no longer there, also after their last day", () => {
    expect(removedPeople(record([a, b, c]), record([c]))).to.deep.equal([a, b]);
  });
  it("are all if the organization is another", () => {
    expect(removedPeople(record([a, b]), record([a, b], other))).to.deep.equal([a, b]);
  });
  it("are none on the first run", () => {
    expect(removedPeople(undefined, record([a]))).to.deep.equal([]);
  });
});

describe("rails: minOwners", () => {
  const owners = (n: number) =>
    record(
      ["ada", "bob", "carl"].slice(0, n).map((name) => person(`${name}@example.com`, "owner")),
    );
  const cases: readonly [
    limit: number | undefined,
    before: number | undefined,
    after: number,
    allowed: boolean,
  ][] = [
    [undefined, undefined, 0, true],
    [undefined, 0, 0, true],
    [undefined, 1, 0, false],
    [undefined, 3, 1, true],
    [undefined, 3, 0, false],
    [1, undefined, 0, false],
    [1, undefined, 1, true],
    [2, undefined, 1, false],
    [2, 1, 1, true],
    [2, 1, 0, false],
    [2, 2, 1, false],
    [2, 3, 2, true],
    [0, undefined, 0, true],
    [0, 3, 0, true],
  ];
  for (const [limit, before, after, allowed] of cases)
    it(`${limit ?? "default"}: ${allowed ? "allows" : "refuses"} ${before ?? "first"} to ${after}`, () => {
      const limits = { maxRemovals: 3, ...(limit === undefined ? {} : { minOwners: limit }) };
      const previous = before === undefined ? undefined : owners(before);
      expect(check(previous, owners(after), limits)).to.have.length(allowed ? 0 : 1);
    });

  it("counts those who stay, but not as owners", () => {
    const after = record([person("ada@example.com", "admin")]);
    expect(check(owners(1), after)).to.deep.equal([
      'This would leave 0 owners of 1, and limits.minOwners is 1. ada@example.com would lose the owner role. Write "role: owner" on somebody\'s line, or set limits.minOwners to 0.',
    ]);
  });

  it("lets owners be swapped", () => {
    const after = record([person("dora@example.com", "owner")]);
    expect(check(owners(1), after)).to.deep.equal([]);
  });

  it("tells the first run what it asks for", () => {
    expect(check(undefined, owners(1), { minOwners: 2 })).to.deep.equal([
      'The roster declares 1 owner, and limits.minOwners is 2. Write "role: owner" on somebody\'s line, or set limits.minOwners to 1.',
    ]);
  });
});

describe("rails: breakGlass", () => {
  const before = record([
    person("ada@example.com", "owner"),
    person("bob@example.com", "admin", "2027-01-01"),
    person("carl@example.com"),
  ]);
  const limits = { maxRemovals: 3, minOwners: 0 };

  it("refuses that somebody goes, also after their last day", () => {
    const after = record([person("carl@example.com")]);
    expect(check(before, after, limits, [" ADA@example.com ", "bob@example.com"])).to.deep.equal([
      "This would remove 2 addresses that breakGlass protects: ada@example.com, bob@example.com. Declare them as before, or remove them from breakGlass.",
    ]);
  });

  it("refuses that somebody is lowered, by one role or two", () => {
    const after = record([
      person("ada@example.com", "admin"),
      person("bob@example.com", "user"),
      person("carl@example.com", "owner"),
    ]);
    const all = before.people.map(({ email }) => email);
    expect(check(before, after, limits, all)).to.deep.equal([
      "This would demote 2 addresses that breakGlass protects: ada@example.com (owner to admin), bob@example.com (admin to user). Write the role as before, or remove them from breakGlass.",
    ]);
  });

  it("refuses another organization", () => {
    const after = { ...before, organizationId: other };
    expect(check(before, after, limits, ["carl@example.com"])).to.deep.equal([
      "This would remove 1 address that breakGlass protects: carl@example.com. Declare them as before, or remove them from breakGlass.",
    ]);
  });

  it("leaves alone whom nobody declared, who stay, and who come", () => {
    const breakGlass = ["nobody@example.com", "ada@example.com", "dora@example.com"];
    const after = record([...before.people, person("dora@example.com")]);
    expect(check(before, after, limits, breakGlass)).to.deep.equal([]);
    expect(check(undefined, after, limits, breakGlass)).to.deep.equal([]);
  });
});

describe("rails: allowedDomains", () => {
  const after = record([
    person("ada@example.com"),
    person("bob@exmaple.com"),
    person("carl@exmaple.com"),
    person("dora@sub.example.com"),
    person("emil@notexample.com"),
  ]);

  it("tells of everybody elsewhere, by domain, and what was meant", () => {
    expect(check(undefined, after, { allowedDomains: ["Example.COM"] })).to.deep.equal([
      'limits.allowedDomains does not include exmaple.com, the domain of 2 addresses: bob@exmaple.com, carl@exmaple.com. Did you mean example.com? If not, add "exmaple.com" to limits.allowedDomains.',
      'limits.allowedDomains does not include sub.example.com, the domain of 1 address: dora@sub.example.com. If this is intended, add "sub.example.com" to limits.allowedDomains.',
      'limits.allowedDomains does not include notexample.com, the domain of 1 address: emil@notexample.com. If this is intended, add "notexample.com" to limits.allowedDomains.',
    ]);
  });

  it("takes what is allowed", () => {
    const allowedDomains = ["example.com", "exmaple.com", " sub.example.com", "notexample.com"];
    expect(check(undefined, after, { allowedDomains })).to.deep.equal([]);
  });

  it("does not take a parent for its subdomain", () => {
    const parent = record([person("ada@example.com")]);
    expect(check(undefined, parent, { allowedDomains: ["sub.example.com"] })).to.have.length(1);
  });
});

describe("rails: the limits themselves", () => {
  const wrong: readonly [limits: object, problem: string][] = [
    ...[-1, 1.5, Number.NaN, "25", "25 %", "-1%", "101%", "100.1%", "%", "lots", null, []].map(
      (maxRemovals): [object, string] => [
        { maxRemovals },
        `limits.maxRemovals ${Array.isArray(maxRemovals) ? "a list" : typeof maxRemovals === "string" ? `"${maxRemovals}"` : maxRemovals} must be a whole number from 0, or a percentage from "0%" to "100%".`,
      ],
    ),
    ...[-1, 0.5, "1"].map((minOwners): [object, string] => [
      { minOwners },
      `limits.minOwners ${JSON.stringify(minOwners)} must be a whole number from 0.`,
    ]),
    [
      { allowedDomains: [] },
      "limits.allowedDomains is empty, which allows nobody. Omit it to allow any domain.",
    ],
    [
      { allowedDomains: ["@example.com"] },
      'limits.allowedDomains: "@example.com" is not a domain; write one such as example.com.',
    ],
    [{ maxRemoval: 1 }, 'limits: unknown key "maxRemoval": write maxRemovals.'],
  ];
  for (const [limits, problem] of wrong)
    it(JSON.stringify(limits), () =>
      expect(check(undefined, record([]), limits)).to.deep.equal([problem]),
    );

  it("are all told at once, with breakGlass", () => {
    expect(check(undefined, record([]), { maxRemovals: -1, minOwners: -1 }, ["ada"])).to.deep.equal(
      [
        'limits.maxRemovals -1 must be a whole number from 0, or a percentage from "0%" to "100%".',
        "limits.minOwners -1 must be a whole number from 0.",
        'breakGlass: "ada" has no @.',
      ],
    );
  });
});

describe("rails: properties", () => {
  const people = fc.uniqueArray(
    fc.record({
      email: fc.constantFrom(...crowd(8).map(({ email }) => email)),
      role: fc.constantFrom(...roles),
    }),
    { selector: ({ email }) => email },
  );

  it("no change is refused that changes nothing", () => {
    fc.assert(
      fc.property(people, fc.nat(8), fc.nat(8), (same, maxRemovals, minOwners) => {
        const all = same.map(({ email }) => email);
        expect(
          check(record(same), record([...same].reverse()), { maxRemovals, minOwners }, all),
        ).to.deep.equal([]);
      }),
    );
  });

  it("every change that is let through keeps what was asked for", () => {
    fc.assert(
      fc.property(people, people, fc.nat(8), fc.nat(3), (was, is, maxRemovals, minOwners) => {
        const problems = check(record(was), record(is), { maxRemovals, minOwners });
        const ownersOf = (list: readonly RosterPerson[]) =>
          list.filter(({ role }) => role === "owner").length;
        const gone = was.filter(({ email }) => !is.some((one) => one.email === email));
        const safe =
          gone.length <= maxRemovals && ownersOf(is) >= Math.min(minOwners, ownersOf(was));
        expect(problems.length === 0).to.equal(safe);
      }),
      { numRuns: 500 },
    );
  });
});

describe("rails: people whom nothing declares", () => {
  const emails = (n: number) => Array.from({ length: n }, (_, i) => `p${i}@example.com`);
  const cases: [
    it: string,
    removed: number,
    recorded: number,
    present: number,
    maxRemovals: Limits["maxRemovals"],
    allowed: boolean,
  ][] = [
    ["one of a few", 1, 2, 3, undefined, true],
    ["a quarter of those who are there", 15, 10, 60, undefined, true],
    ["more than a quarter", 16, 10, 60, undefined, false],
    ["a quarter of the list, where more are on it than are there", 15, 60, 20, undefined, true],
    ["as many as a count allows", 3, 10, 12, 3, true],
    ["more than a count allows", 4, 10, 12, 3, false],
    ["nobody, where nobody may go", 1, 10, 12, 0, false],
    ["everybody, where that is meant", 12, 0, 12, "100%", true],
  ];
  for (const [it_, removed, recorded, present, maxRemovals, allowed] of cases)
    it(`${it_}: ${allowed ? "allowed" : "refused"}`, () => {
      const limits = maxRemovals === undefined ? {} : { maxRemovals };
      const problem = checkUnmanaged(emails(removed), recorded, present, limits);
      expect(problem === undefined).to.equal(allowed);
    });

  it("are named, with the numbers and the way on", () => {
    expect(checkUnmanaged(emails(3), 4, 6, {})).to.equal(
      'unmanaged: "remove" would remove 3 of 6 people, and limits.maxRemovals "25%" allows 1: p0@example.com, p1@example.com, p2@example.com. If this is intended, raise limits.maxRemovals to "50%" for one run. Otherwise, add them to the roster.',
    );
  });
});

// A default role went from admin to owner, the run was killed, and the change taken back: "This would leave 0 owners of
// 10", where nobody was one.
describe("rails: a change that is taken back", () => {
  const list = (role: Role): RosterPerson[] =>
    ["a@x.example", "b@x.example"].map((email) => ({ email, role }));
  const listed = (role: Role, ownersBefore?: number) => ({
    organizationId: "o",
    people: list(role),
    ...(ownersBefore === undefined ? {} : { ownersBefore }),
  });
  const rules = { limits: {}, breakGlass: [] };

  it("is no loss of owners whom the last change made", () => {
    expect(checkRails(listed("owner", 0), listed("admin"), rules, "2026-01-01")).to.deep.equal([]);
  });

  it("but is one of owners who were there before", () => {
    for (const before of [listed("owner", 2), listed("owner")])
      expect(checkRails(before, listed("admin"), rules, "2026-01-01")).to.have.length(1);
  });
});
