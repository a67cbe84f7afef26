import { expect } from "chai";
import { wantedOf } from "../../provider/lifecycle/decide";
import type { Everybody } from "../../provider/lifecycle/everybody";
import { forecast, lowersAnybody, type Situation } from "../../provider/lifecycle/forecast";
import { observe } from "../../provider/lifecycle/observe";
import {
  foretellLeaving,
  foretellSwept,
  foretellUnmanaged,
  foretellWanted,
} from "../../provider/roster/foretell";
import type { RosterPerson } from "../../provider/roster/rails";
import type { Role } from "../../provider/trieve/model";

const at = "2026-11-01T10:00:00Z";
const none = {
  managed: [],
  resendTrigger: null,
  mailFailed: false,
  role: "user",
  scopes: null,
} as const;

/** `member admin`, `pending user`, `member user [2]` (with so many scopes), or `used user`, by address. */
function organization(people: Record<string, string>): Everybody {
  return new Map(
    Object.entries(people).map(([email, row]) => {
      const [, phase, role, n] = /^(\w+) (\w+)(?: \[(\d)\])?$/.exec(row) ?? [];
      const scopes =
        n === undefined ? null : Array.from({ length: Number(n) }, (_, i) => `GET /api/${i}`);
      const common = { email, role: role as Role, scopes };
      return [
        email,
        observe({
          invitations:
            phase === "member"
              ? []
              : [{ ...common, id: "i", used: phase === "used", createdAt: at }],
          members:
            phase === "member" ? [{ ...common, userId: `account of ${email}`, joinedAt: at }] : [],
        }),
      ];
    }),
  );
}

/** What a program declares, what the stack knows, and whose line is gone. */
interface Scene {
  changing: { person: Parameters<typeof wantedOf>[0]; recorded: Parameters<typeof wantedOf>[1] }[];
  leaving: RosterPerson[];
  breakGlass: ReadonlySet<string>;
  isDeclared: (email: string) => boolean;
}

function told(scene: Partial<Scene>, people: Record<string, string> = {}, keyAccount?: string) {
  const { changing = [], leaving = [], breakGlass = new Set(), isDeclared = () => false } = scene;
  const situation: Situation = {
    everybody: organization({ "olga@x.example": "member owner", ...people }),
    wanted: changing.map(({ person, recorded }) => wantedOf(person, recorded)),
    leaving: leaving.map(({ email }) => email).filter((email) => !isDeclared(email)),
    breakGlass,
    isDeclared,
  };
  const forecasts = forecast(situation, keyAccount);
  return [
    ...forecasts.slice(0, changing.length).map(foretellWanted),
    ...leaving.map((person) =>
      foretellLeaving(
        person,
        forecasts.find(({ email }) => email === person.email && !isDeclared(email)),
        "2026-11-20",
      ),
    ),
  ].map(({ level, email, text }) => `${level} ${email ?? "roster"}: ${text}`);
}

const email = "ada@x.example";

describe("what a preview tells of somebody on the roster", () => {
  const cases: [
    name: string,
    found: string | undefined,
    declared: Partial<Scene["changing"][number]["person"]>,
    recorded: Scene["changing"][number]["recorded"],
    line: string,
  ][] = [
    ["nobody", undefined, { role: "user" }, undefined, "invite as user"],
    [
      "nobody, with scopes",
      undefined,
      { role: "admin", scopes: ["GET /api/a"] },
      undefined,
      "invite as admin with 1 scope",
    ],
    [
      "an accepted invitation of somebody who left",
      "used user",
      { role: "user" },
      undefined,
      "invite as user",
    ],
    [
      "invited, as declared",
      "pending user",
      { role: "user" },
      undefined,
      "pending since 2026-11-01 as user",
    ],
    [
      "invited as less",
      "pending user",
      { role: "admin" },
      undefined,
      "invite again: role user → admin (pending since 2026-11-01)",
    ],
    [
      "invited, a trigger is new to the stack",
      "pending user",
      { role: "user", resendTrigger: "1" },
      undefined,
      "pending since 2026-11-01 as user",
    ],
    [
      "invited, a trigger changed",
      "pending user",
      { role: "user", resendTrigger: "2" },
      { ...none, resendTrigger: "1" },
      "invite again (pending since 2026-11-01)",
    ],
    [
      "invited, a mail is owed",
      "pending user",
      { role: "user" },
      { ...none, mailFailed: true },
      "invite again (pending since 2026-11-01)",
    ],
    ["a member, as declared", "member user", { role: "user" }, undefined, "unchanged: user"],
    [
      "somebody who is gone, whom the stack knows as admin",
      undefined,
      {},
      { ...none, role: "admin", scopes: ["GET /api/0"] },
      "invite as admin with 1 scope",
    ],
    ["a member with more", "member admin", { role: "user" }, undefined, "role admin → user"],
    [
      "a member with other scopes",
      "member user [2]",
      { role: "user", scopes: ["GET /api/0"] },
      undefined,
      "scopes 2 → 1",
    ],
    [
      "a member with as many, but other scopes",
      "member user [1]",
      { role: "user", scopes: ["GET /api/9"] },
      undefined,
      "scopes 1 → 1",
    ],
    [
      "a member whose scopes are no longer declared",
      "member user [2]",
      { role: "user" },
      { ...none, managed: ["role", "scopes"] },
      "scopes 2 → unrestricted",
    ],
    [
      "a member whose scopes were never declared",
      "member user [2]",
      { role: "user" },
      undefined,
      "unchanged: user with 2 scopes",
    ],
    [
      "a member with more, whom the stack knows",
      "member admin",
      { role: "user", roleIsDefault: true },
      none,
      "role admin → user",
    ],
  ];
  for (const [name, found, declared, recorded, line] of cases)
    it(`${name}: ${line}`, () => {
      const changing = [{ person: { email, ...declared }, recorded }];
      expect(told({ changing }, found === undefined ? {} : { [email]: found })).to.deep.equal([
        `info ${email}: ${line}`,
      ]);
    });

  it("an error where a default would lower somebody who is new to the stack, a member or invited", () => {
    for (const phase of ["member", "pending"]) {
      const changing = [
        { person: { email, role: "user" as const, roleIsDefault: true }, recorded: undefined },
      ];
      expect(told({ changing }, { [email]: `${phase} admin` })).to.deep.equal([
        `error ${email}: refused: is admin, and a default role never lowers anyone; write the role on their own line`,
      ]);
    }
  });

  it("a warning where a guard would refuse, since others may change what it sees", () => {
    const olga = { email: "olga@x.example", role: "user" as const };
    const changing = [{ person: olga, recorded: none }];
    expect(told({ changing })).to.deep.equal([
      "warn olga@x.example: refused: no other owner would be left",
    ]);
    expect(told({ changing }, {}, "account of olga@x.example")).to.deep.equal([
      "warn olga@x.example: refused: the API key belongs to this account",
    ]);
  });
});

describe("what a preview tells of those whose line is gone: what is so, and no more", () => {
  const ada = { email, role: "user" } as const;
  const cases: [name: string, found: string | undefined, scene: Partial<Scene>, line: string][] = [
    [
      "a member",
      "member admin",
      { leaving: [ada] },
      "line deleted; member since 2026-11-01 as admin",
    ],
    [
      "somebody invited",
      "pending user",
      { leaving: [ada] },
      "line deleted; pending since 2026-11-01 as user",
    ],
    [
      "somebody who is not there",
      undefined,
      { leaving: [ada] },
      "line deleted; not in the organization",
    ],
    [
      "somebody whose time is over",
      "member user",
      { leaving: [{ ...ada, until: "2026-11-19" }] },
      "last day was 2026-11-19; member since 2026-11-01 as user",
    ],
    [
      "somebody whose line goes before their time is over",
      "member user",
      { leaving: [{ ...ada, until: "2026-11-20" }] },
      "line deleted; member since 2026-11-01 as user",
    ],
    [
      "somebody whom another resource declares",
      "member user",
      { leaving: [ada], isDeclared: () => true },
      "stays: another resource declares them",
    ],
  ];
  for (const [name, found, scene, line] of cases)
    it(`${name}: ${line}`, () => {
      expect(told(scene, found === undefined ? {} : { [email]: found })).to.deep.equal([
        `info roster: ${email} ${line}`,
      ]);
    });

  it("a warning where the last owner goes", () => {
    const leaving = [{ email: "olga@x.example", role: "owner" as const }];
    expect(told({ leaving })).to.deep.equal([
      "warn roster: olga@x.example line deleted; member since 2026-11-01 as owner; removing them is refused: no other owner would be left",
    ]);
  });

  it("that an owner may go if another one comes in the same run", () => {
    const leaving = [{ email: "olga@x.example", role: "owner" as const }];
    const changing = [{ person: { email, role: "owner" as const }, recorded: none }];
    expect(told({ leaving, changing }, { [email]: "member user" })).to.deep.equal([
      `info ${email}: role user → owner`,
      "info roster: olga@x.example line deleted; member since 2026-11-01 as owner",
    ]);
  });
});

describe("what a preview tells of those on breakGlass", () => {
  const breakGlass = new Set([email]);

  it("that nobody lowers them, whether they are in or invited", () => {
    for (const found of ["member admin", "pending admin"])
      expect(
        told(
          { breakGlass, changing: [{ person: { email, role: "user" }, recorded: none }] },
          { [email]: found },
        ),
      ).to.deep.equal([`warn ${email}: refused: breakGlass protects this address`]);
  });

  it("that they may be raised", () => {
    const changing = [{ person: { email, role: "owner" as const }, recorded: none }];
    expect(told({ breakGlass, changing }, { [email]: "member admin" })).to.deep.equal([
      `info ${email}: role admin → owner`,
    ]);
  });
});

describe("what a preview tells of those whom nothing declares", () => {
  const unmanaged = (people: Record<string, string>, isDeclared: (email: string) => boolean) =>
    forecast(
      {
        everybody: organization(people),
        wanted: [],
        leaving: [],
        breakGlass: new Set(),
        isDeclared,
      },
      undefined,
    ).filter(({ change }) => change === "unmanaged");

  it("nobody who is declared, long gone, or the server's own account", () => {
    const people = {
      "a@x.example": "member user",
      "b@x.example": "pending user",
      "c@x.example": "used user",
      default: "member owner",
    };
    const found = unmanaged(people, (one) => one === "a@x.example");
    expect(found.map(({ email }) => email)).to.deep.equal(["b@x.example"]);
  });

  it("one line, with ten names at most", () => {
    const many = Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [`p${i + 10}@x.example`, "member user"]),
    );
    const names = Array.from({ length: 10 }, (_, i) => `p${i + 10}@x.example`).join(", ");
    expect(
      foretellUnmanaged(
        "acme",
        unmanaged(many, () => false),
      ),
    ).to.deep.equal({
      level: "warn",
      text: `Organization acme has 12 people whom this program does not declare: ${names} and 2 more. Add them to the roster, or set \`unmanaged\` to "remove" or "ignore".`,
    });
  });
});

describe("what a preview tells of those whom a roster removes though nothing declares them", () => {
  const swept = (breakGlass: readonly string[], keyAccount?: string) => {
    const situation: Situation = {
      everybody: organization({ "olga@x.example": "member owner", [email]: "member user" }),
      wanted: [],
      leaving: [email],
      breakGlass: new Set(breakGlass),
      isDeclared: () => true,
    };
    expect(lowersAnybody(situation)).to.equal(true);
    expect(lowersAnybody({ ...situation, leaving: [] })).to.equal(false);
    return forecast(situation, keyAccount).map(foretellSwept);
  };
  const is = `${email} is not declared; member since 2026-11-01 as user`;

  it("that they go", () => {
    expect(swept([])).to.deep.equal([{ level: "warn", text: `${is}; will be removed` }]);
  });

  it("that a guard keeps them", () => {
    expect(swept([email])).to.deep.equal([
      { level: "warn", text: `${is}; stays: breakGlass protects this address` },
    ]);
    expect(swept([], `account of ${email}`)).to.deep.equal([
      { level: "warn", text: `${is}; stays: the API key belongs to this account` },
    ]);
  });
});
