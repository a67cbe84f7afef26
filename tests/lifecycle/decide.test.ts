import { expect } from "chai";
import {
  type Decision,
  decideEnsure,
  decideRemove,
  keeps,
  type Lowering,
  refusal,
  type Wanted,
} from "../../provider/lifecycle/decide";
import {
  type Membership,
  newestOf,
  type Observed,
  observe,
  roleOf,
  scopesOf,
} from "../../provider/lifecycle/observe";
import { idOf, managedBy, type Outputs, sameScopes } from "../../provider/lifecycle/state";
import { type Invitation, type MemberRow, type Role, roles } from "../../provider/trieve/model";

const email = "ada@x.example";
const chunk = ["GET /api/chunk"];
const file = ["GET /api/file", "POST /api/file"];

/** A row of the invitations, `i1` unless told. */
function row(more: Partial<Invitation> = {}): Invitation {
  const createdAt = "2026-01-01T00:00:00Z";
  return { id: "i1", email, used: false, role: "user", scopes: null, createdAt, ...more };
}

/** A row of the members, of account `u1` unless told. */
function memberRow(more: Partial<MemberRow> = {}): MemberRow {
  const joinedAt = "2026-02-02T00:00:00Z";
  return { userId: "u1", email, role: "user", scopes: null, joinedAt, ...more };
}

const seen = (members: readonly MemberRow[], invitations: readonly Invitation[]) =>
  observe({ members, invitations });
const nobody = seen([], []);

/** A decision in a few words. */
function plan(decision: Decision): string {
  if (decision.decision !== "act") return decision.decision;
  const withScopes = (scopes: readonly string[] | null | undefined) =>
    scopes ? ` [${scopes.join(", ")}]` : "";
  const calls = decision.calls.map((call) => {
    switch (call.call) {
      case "invite":
        return `POST ${call.email} ${call.role}${withScopes(call.scopes)}`;
      case "delete invitation":
        return `DELETE ${call.used ? "used " : ""}${call.id}`;
      case "remove member":
        return `OUT ${call.userId}`;
      case "update member":
        return `PUT ${call.userId}${call.role ? ` ${call.role}` : ""}${withScopes(call.scopes)}`;
    }
    return undefined;
  });
  const lowers = decision.lowers.map(({ membership, to }) => `(${membership.userId} to ${to})`);
  return [...calls, ...lowers].join("; ");
}

function ensures(
  wanted: Partial<Wanted>,
  observed: Observed,
  { invited = false, found = observed } = {},
): string {
  const all: Wanted = {
    email,
    remembered: { role: "user", scopes: null },
    raiseOnly: false,
    clearScopes: false,
    resend: false,
    ...wanted,
  };
  return plan(decideEnsure(all, observed, invited, found));
}

describe("decide: absent", () => {
  for (const role of roles)
    it(`is invited as ${role} if that is wanted`, () => {
      expect(ensures({ role }, nobody)).to.equal(`POST ${email} ${role}`);
    });

  const rows: readonly [
    it: string,
    wanted: Partial<Wanted>,
    observed: Observed,
    expected: string,
  ][] = [
    ["no role: invited as user", {}, nobody, `POST ${email} user`],
    ["scopes", { scopes: chunk }, nobody, `POST ${email} user [GET /api/chunk]`],
    ["scopes to clear: there are none", { clearScopes: true }, nobody, `POST ${email} user`],
    ["a mail is owed: the POST sends one", { resend: true }, nobody, `POST ${email} user`],
    [
      "used rows, in any case: they would block the POST",
      {},
      seen(
        [],
        [row({ id: "i1", used: true }), row({ id: "i2", used: true, email: "ADA@x.example" })],
      ),
      `DELETE used i1; DELETE used i2; POST ${email} user`,
    ],
    [
      "used rows tell nothing of what is wanted",
      {},
      seen([], [row({ used: true, role: "owner", scopes: chunk })]),
      `DELETE used i1; POST ${email} user`,
    ],
  ];
  for (const [name, wanted, observed, expected] of rows)
    it(name, () => expect(ensures(wanted, observed)).to.equal(expected));

  it("after this operation has invited them: never a second mail", () => {
    expect(ensures({}, nobody, { invited: true })).to.equal("vanished");
    expect(ensures({ resend: true }, nobody, { invited: true })).to.equal("vanished");
  });

  describe("because this operation has taken them out: comes back as they were", () => {
    const found = [
      ["pending", seen([], [row({ role: "admin", scopes: chunk })]), `POST ${email} `],
      [
        "member, in the account's own spelling",
        seen([memberRow({ role: "admin", scopes: chunk, email: "Ada@X.example" })], []),
        "POST Ada@X.example ",
      ],
    ] as const;
    for (const [phase, before, post] of found)
      it(phase, () => {
        const next = (wanted: Partial<Wanted>) => ensures(wanted, nobody, { found: before });
        expect(next({})).to.equal(`${post}admin [GET /api/chunk]`);
        expect(next({ role: "user" })).to.equal(`${post}user [GET /api/chunk]`);
        expect(next({ clearScopes: true })).to.equal(`${post}admin`);
        expect(next({ scopes: ["GET /api/file"] })).to.equal(`${post}admin [GET /api/file]`);
      });
  });
});

describe("decide: pending", () => {
  const anew = (what: string) => `DELETE i1; POST ${email} ${what}`;

  for (const now of roles)
    for (const role of [undefined, ...roles])
      it(`${now}, wanted ${role ?? "as they are"}`, () => {
        const observed = seen([], [row({ role: now })]);
        const fits = role === undefined || role === now;
        const wanted = role === undefined ? {} : { role };
        expect(ensures(wanted, observed)).to.equal(fits ? "done" : anew(role));
        expect(ensures({ ...wanted, resend: true }, observed)).to.equal(anew(role ?? now));
        expect(ensures(wanted, observed, { invited: true }), "invited just now").to.equal("done");
      });

  const scopes: readonly [
    now: readonly string[] | null,
    wanted: Partial<Wanted>,
    expected: string,
  ][] = [
    [null, {}, "done"],
    [null, { clearScopes: true }, "done"],
    [null, { scopes: chunk }, anew("user [GET /api/chunk]")],
    [chunk, {}, "done"],
    [chunk, { scopes: chunk }, "done"],
    [chunk, { scopes: file }, anew("user [GET /api/file, POST /api/file]")],
    [chunk, { clearScopes: true }, anew("user")],
    [chunk, { role: "admin" }, anew("admin [GET /api/chunk]")],
    [chunk, { resend: true }, anew("user [GET /api/chunk]")],
    [file, { scopes: [...file].reverse() }, "done"],
    [[], { clearScopes: true }, anew("user")],
  ];
  for (const [now, wanted, expected] of scopes)
    it(`scopes ${JSON.stringify(now)}, wanted ${JSON.stringify(wanted)}`, () =>
      expect(ensures(wanted, seen([], [row({ scopes: now })]))).to.equal(expected));

  it("the newest counts, whatever the order; the others go only with it", () => {
    const rows = [
      row({ id: "old", role: "owner", createdAt: "2026-01-01T00:00:00Z" }),
      row({ id: "new", email: "ADA@x.example", createdAt: "2026-01-02T00:00:00Z" }),
      row({ id: "past", used: true }),
    ];
    for (const invitations of [rows, [...rows].reverse()]) {
      expect(ensures({ role: "user" }, seen([], invitations))).to.equal("done");
    }
    expect(ensures({ role: "admin" }, seen([], rows))).to.equal(
      `DELETE old; DELETE new; DELETE used past; POST ${email} admin`,
    );
  });
});

describe("decide: member", () => {
  for (const now of roles)
    for (const role of [undefined, ...roles])
      it(`${now}, wanted ${role ?? "as they are"}`, () => {
        const observed = seen([memberRow({ role: now })], []);
        const wanted = role === undefined ? {} : { role };
        const lowered = role !== undefined && roles.indexOf(role) < roles.indexOf(now);
        const expected =
          role === undefined || role === now
            ? "done"
            : `PUT u1 ${role}${lowered ? `; (u1 to ${role})` : ""}`;
        for (const resend of [false, true])
          for (const invited of [false, true])
            expect(ensures({ ...wanted, resend }, observed, { invited })).to.equal(expected);
      });

  const rows: readonly [
    it: string,
    members: readonly MemberRow[],
    wanted: Partial<Wanted>,
    expected: string,
  ][] = [
    ["scopes of nobody's making are kept", [memberRow({ scopes: chunk })], {}, "done"],
    ["scopes are a set", [memberRow({ scopes: file })], { scopes: [...file].reverse() }, "done"],
    ["other scopes", [memberRow()], { scopes: chunk }, "PUT u1 [GET /api/chunk]"],
    [
      "role and scopes in one request",
      [memberRow({ role: "owner" })],
      { role: "user", scopes: chunk },
      "PUT u1 user [GET /api/chunk]; (u1 to user)",
    ],
    ["nothing to clear", [memberRow({ role: "admin" })], { clearScopes: true }, "done"],
    [
      "clear: out and in again in the account's own spelling, with the role that they have",
      [memberRow({ role: "owner", scopes: chunk, email: "Ada@X.example" })],
      { clearScopes: true },
      "OUT u1; POST Ada@X.example owner; (u1 to out)",
    ],
    [
      "clear, and another role",
      [memberRow({ role: "owner", scopes: chunk })],
      { clearScopes: true, role: "admin" },
      `OUT u1; POST ${email} admin; (u1 to out)`,
    ],
    [
      "clear what locks somebody out",
      [memberRow({ scopes: [] })],
      { clearScopes: true },
      `OUT u1; POST ${email} user; (u1 to out)`,
    ],
    [
      "clear of two accounts, one of them restricted",
      [
        memberRow({ userId: "u2", role: "admin", scopes: chunk, email: "Ada@x.example" }),
        memberRow(),
      ],
      { clearScopes: true },
      "OUT u2; POST Ada@x.example admin; (u2 to out)",
    ],
    ["rows that agree", [memberRow(), memberRow()], { role: "user" }, "done"],
    [
      "rows that differ in the role: one request sets both",
      [memberRow(), memberRow({ role: "admin" })],
      { role: "admin" },
      "PUT u1 admin",
    ],
    [
      "rows that differ in the role, the higher one goes down",
      [memberRow(), memberRow({ role: "owner" })],
      { role: "user" },
      "PUT u1 user; (u1 to user)",
    ],
    [
      "rows that differ in the role, which nobody manages",
      [memberRow(), memberRow({ role: "admin" })],
      {},
      "done",
    ],
    [
      "rows that differ in scopes: one request sets both",
      [memberRow({ scopes: chunk }), memberRow({ scopes: file })],
      { scopes: chunk },
      "PUT u1 [GET /api/chunk]",
    ],
    [
      "rows that differ in scopes, together as wanted: one request sets both",
      [memberRow({ scopes: chunk }), memberRow({ scopes: file })],
      { scopes: [...chunk, ...file] },
      "PUT u1 [GET /api/chunk, GET /api/file, POST /api/file]",
    ],
    [
      "rows that differ in scopes, which nobody manages",
      [memberRow({ scopes: chunk }), memberRow()],
      { role: "user" },
      "done",
    ],
    [
      "rows that differ in scopes, to clear: one of them is still restricted",
      [memberRow({ scopes: chunk }), memberRow()],
      { clearScopes: true },
      `OUT u1; POST ${email} user; (u1 to out)`,
    ],
    [
      "two accounts: each as wanted, in the order of their ids",
      [memberRow({ userId: "u2", role: "owner" }), memberRow({ userId: "u1" })],
      { role: "admin" },
      "PUT u1 admin; PUT u2 admin; (u2 to admin)",
    ],
  ];
  for (const [name, members, wanted, expected] of rows)
    it(name, () => expect(ensures(wanted, seen(members, []))).to.equal(expected));

  describe("out in order to come in again", () => {
    const one = memberRow({ role: "admin", scopes: chunk, email: "Ada@x.example" });
    const two = memberRow({ userId: "u2", scopes: chunk });
    const clear = { clearScopes: true };
    const found = seen([one, two], []);
    const rows: readonly [it: string, observed: Observed, invited: boolean, expected: string][] = [
      [
        "both are out: both come in",
        nobody,
        false,
        "POST Ada@x.example admin; POST ada@x.example user",
      ],
      [
        "one is out: it comes in before the other goes",
        seen([two], []),
        false,
        "POST Ada@x.example admin",
      ],
      [
        "one is in again, the other still restricted",
        seen([{ ...one, scopes: null }, two], []),
        true,
        `OUT u2; POST ${email} user; (u2 to out)`,
      ],
      [
        "one is in again, the other out",
        seen([{ ...one, scopes: null }], []),
        true,
        `POST ${email} user`,
      ],
      [
        "both are in again",
        seen(
          [
            { ...one, scopes: null },
            { ...two, scopes: null },
          ],
          [],
        ),
        true,
        "done",
      ],
      ["an invitation in their place: not a second one", seen([], [row()]), true, "done"],
      ["nothing in their place, although invited", nobody, true, "vanished"],
    ];
    for (const [name, observed, invited, expected] of rows)
      it(name, () => expect(ensures(clear, observed, { invited, found })).to.equal(expected));
  });

  it("an open invitation beside a membership changes nothing", () => {
    const observed = seen([memberRow()], [row({ role: "owner" }), row({ id: "i2", used: true })]);
    expect(ensures({}, observed)).to.equal("done");
  });
});

describe("decide: delete", () => {
  const policies = ["revert", "remove"] as const;
  const records = policies.flatMap((deletionPolicy) =>
    [false, true].flatMap((adopted) =>
      [null, ...roles].map((originalRole) => ({ deletionPolicy, adopted, originalRole })),
    ),
  );
  const words = (record: (typeof records)[number]) =>
    `${record.deletionPolicy}, ${record.adopted ? "adopted" : "brought in"} as ${record.originalRole ?? "unknown"}`;

  for (const record of records) {
    it(`absent, ${words(record)}: done`, () => {
      expect(plan(decideRemove(record, nobody))).to.equal("done");
      expect(plan(decideRemove(record, seen([], [row({ used: true })])))).to.equal("done");
    });

    it(`pending, ${words(record)}: every unused invitation goes`, () => {
      const rows = [
        row(),
        row({ id: "i2", email: "ADA@x.example" }),
        row({ id: "i3", used: true }),
      ];
      expect(plan(decideRemove(record, seen([], rows)))).to.equal("DELETE i1; DELETE i2");
    });

    for (const now of roles)
      it(`${now}, ${words(record)}`, () => {
        const observed = seen([memberRow({ role: now })], [row(), row({ id: "i2", used: true })]);
        const { deletionPolicy, adopted, originalRole } = record;
        const stays = deletionPolicy === "revert" && adopted;
        const raised = originalRole !== null && roles.indexOf(now) > roles.indexOf(originalRole);
        const expected = !stays
          ? "DELETE i1; OUT u1; (u1 to out)"
          : raised
            ? `PUT u1 ${originalRole}; (u1 to ${originalRole})`
            : "done";
        expect(plan(decideRemove(record, observed))).to.equal(expected);
        expect(keeps(record)).to.equal(stays);
      });
  }

  const brought = { deletionPolicy: "revert", adopted: false, originalRole: null } as const;
  const adopted = { deletionPolicy: "revert", adopted: true, originalRole: "user" } as const;
  const two = [memberRow({ userId: "u2", role: "admin" }), memberRow()];

  it("two accounts: both go", () => {
    expect(plan(decideRemove(brought, seen(two, [])))).to.equal(
      "OUT u1; OUT u2; (u1 to out); (u2 to out)",
    );
  });

  it("two accounts, adopted: only the one that was raised is put back", () => {
    expect(plan(decideRemove(adopted, seen(two, [])))).to.equal("PUT u2 user; (u2 to user)");
  });

  it("two rows of one account: one request", () => {
    expect(plan(decideRemove(brought, seen([memberRow(), memberRow()], [])))).to.equal(
      "OUT u1; (u1 to out)",
    );
  });
});

describe("decide: refusal", () => {
  const lowers = (userId: string, role: Role, to: Lowering["to"] = "out"): Lowering => {
    const [membership] = membershipsOf([memberRow({ userId, role })]);
    return { membership, to };
  };
  const rows: readonly [
    it: string,
    lowers: readonly Lowering[],
    owners: readonly string[],
    keyAccount: string | undefined,
    expected: "last owner" | "own account" | undefined,
  ][] = [
    ["nobody is lowered", [], ["u1"], "u1", undefined],
    ["a user goes", [lowers("u1", "user")], ["u2"], undefined, undefined],
    ["a user goes from where no owner is", [lowers("u1", "user")], [], undefined, undefined],
    ["one owner of two goes", [lowers("u1", "owner")], ["u1", "u2"], undefined, undefined],
    ["the only owner goes", [lowers("u1", "owner")], ["u1"], undefined, "last owner"],
    [
      "the only owner becomes admin",
      [lowers("u1", "owner", "admin")],
      ["u1"],
      undefined,
      "last owner",
    ],
    [
      "an owner whom the list of owners does not show",
      [lowers("u1", "owner")],
      [],
      undefined,
      "last owner",
    ],
    [
      "both owners go",
      [lowers("u1", "owner"), lowers("u2", "owner")],
      ["u1", "u2"],
      undefined,
      "last owner",
    ],
    [
      "an owner and a user go, another owner stays",
      [lowers("u1", "owner"), lowers("u2", "user")],
      ["u1", "u3"],
      undefined,
      undefined,
    ],
    ["the key's own account goes", [lowers("u1", "admin")], ["u2"], "u1", "own account"],
    [
      "the key's own account becomes user",
      [lowers("u1", "admin", "user")],
      ["u2"],
      "u1",
      "own account",
    ],
    [
      "the key's own account is one of two",
      [lowers("u1", "user"), lowers("u2", "user")],
      [],
      "u2",
      "own account",
    ],
    [
      "the key's own account is the last owner",
      [lowers("u1", "owner")],
      ["u1"],
      "u1",
      "own account",
    ],
    ["somebody else than the key's account", [lowers("u1", "admin")], [], "u2", undefined],
  ];
  for (const [name, lowered, owners, keyAccount, expected] of rows)
    it(`${name}: ${expected ?? "allowed"}`, () =>
      expect(refusal(lowered, new Set(owners), keyAccount)).to.equal(expected));
});

function membershipsOf(rows: readonly MemberRow[]): readonly [Membership, ...Membership[]] {
  const observed = seen(rows, []);
  if (observed.phase !== "member") throw new Error("no member");
  return observed.memberships;
}

describe("observe", () => {
  it("nobody", () => {
    expect(nobody).to.deep.equal({ phase: "absent", used: [] });
  });

  it("used rows alone are history", () => {
    const used = [row({ used: true })];
    expect(seen([], used)).to.deep.equal({ phase: "absent", used });
  });

  it("unused rows make somebody pending, beside any used ones", () => {
    const [used, unused] = [row({ id: "i1", used: true }), row({ id: "i2" })];
    expect(seen([], [used, unused])).to.deep.equal({
      phase: "pending",
      newest: unused,
      unused: [unused],
      used: [used],
    });
  });

  it("a membership makes a member, whatever else there is", () => {
    const observed = seen([memberRow()], [row(), row({ id: "i2", used: true })]);
    expect(observed.phase).to.equal("member");
  });

  it("rows of one account are one membership, of the highest role", () => {
    for (const members of [
      [memberRow(), memberRow({ role: "owner" })],
      [memberRow({ role: "owner" }), memberRow()],
    ]) {
      const memberships = membershipsOf(members);
      expect(memberships.map(({ userId, role }) => [userId, role])).to.deep.equal([
        ["u1", "owner"],
      ]);
    }
  });

  it("rows of two accounts are two memberships, in the same order for everybody", () => {
    const rows = [memberRow({ userId: "u2", role: "admin" }), memberRow({ userId: "u1" })];
    for (const members of [rows, [...rows].reverse()])
      expect(membershipsOf(members).map(({ userId }) => userId)).to.deep.equal(["u1", "u2"]);
  });

  const pairs: readonly [a: Partial<MemberRow>, b: Partial<MemberRow>, torn: readonly string[]][] =
    [
      [{}, {}, []],
      [{ role: "admin" }, {}, ["role"]],
      [{ scopes: chunk }, {}, ["scopes"]],
      [{ scopes: chunk }, { scopes: file }, ["scopes"]],
      [{ scopes: file }, { scopes: [...file].reverse() }, []],
      [{ role: "owner", scopes: chunk }, {}, ["role", "scopes"]],
    ];
  for (const [a, b, torn] of pairs)
    it(`rows ${JSON.stringify(a)} and ${JSON.stringify(b)} differ in ${torn.join(" and ") || "nothing"}`, () => {
      for (const members of [
        [memberRow(a), memberRow(b)],
        [memberRow(b), memberRow(a)],
        [memberRow(a), memberRow(b), memberRow(b)],
      ])
        expect([...membershipsOf(members)[0].torn].sort()).to.deep.equal(torn);
    });
});

describe("newestOf", () => {
  const rows: readonly [
    it: string,
    rows: readonly (readonly [id: string, createdAt: string])[],
    newest: string | undefined,
  ][] = [
    ["of none", [], undefined],
    ["of one", [["a", "2026-01-01T00:00:00Z"]], "a"],
    [
      "by day",
      [
        ["a", "2026-01-02T00:00:00Z"],
        ["b", "2026-01-01T23:59:59.999999Z"],
      ],
      "a",
    ],
    [
      "no fraction is earlier than any",
      [
        ["a", "2026-01-01T00:00:00.001Z"],
        ["b", "2026-01-01T00:00:00Z"],
      ],
      "a",
    ],
    [
      "three digits and six",
      [
        ["a", "2026-01-01T00:00:00.100001Z"],
        ["b", "2026-01-01T00:00:00.100Z"],
      ],
      "a",
    ],
    [
      "of equal times by id",
      [
        ["a", "2026-01-01T00:00:00Z"],
        ["b", "2026-01-01T00:00:00Z"],
      ],
      "b",
    ],
  ];
  for (const [name, invitations, newest] of rows)
    it(name, () => {
      const list = invitations.map(([id, createdAt]) => row({ id, createdAt }));
      expect(newestOf(list)?.id).to.equal(newest);
      expect(newestOf([...list].reverse())?.id).to.equal(newest);
    });
});

describe("roleOf", () => {
  for (const a of roles)
    for (const b of roles)
      it(`${a} and ${b}`, () => {
        const memberships = membershipsOf([
          memberRow({ userId: "u1", role: a }),
          memberRow({ userId: "u2", role: b }),
        ]);
        expect(roleOf(memberships)).to.equal(roles[Math.max(roles.indexOf(a), roles.indexOf(b))]);
      });
});

describe("scopesOf", () => {
  const rows: readonly [
    a: readonly string[] | null,
    b: readonly string[] | null,
    widest: readonly string[] | null,
  ][] = [
    [null, null, null],
    [null, chunk, null],
    [chunk, null, null],
    [chunk, chunk, chunk],
    [file, chunk, [...chunk, ...file]],
    [[], chunk, chunk],
  ];
  for (const [a, b, widest] of rows)
    it(`${JSON.stringify(a)} and ${JSON.stringify(b)}`, () => {
      const accounts = [
        memberRow({ userId: "u1", scopes: a }),
        memberRow({ userId: "u2", scopes: b }),
      ];
      expect(scopesOf(membershipsOf(accounts)), "of two accounts").to.deep.equal(widest);
      const duplicates = [memberRow({ scopes: a }), memberRow({ scopes: b })];
      expect(membershipsOf(duplicates)[0].scopes, "of two rows").to.deep.equal(widest);
    });
});

describe("state", () => {
  it("the id is organization and address, in every phase", () => {
    expect(idOf({ organizationId: "o", email })).to.equal("o/ada@x.example");
  });

  const base = { email, organizationId: "o", deletionPolicy: "revert" } as const;
  const managed: readonly [object, Outputs["managed"]][] = [
    [{}, []],
    [{ role: "user" }, ["role"]],
    [{ scopes: chunk }, ["scopes"]],
    [{ scopes: chunk, role: "user" }, ["role", "scopes"]],
  ];
  for (const [given, keys] of managed)
    it(`managed by ${JSON.stringify(given)}`, () =>
      expect(managedBy({ ...base, ...given })).to.deep.equal(keys));

  const pairs: readonly [
    a: readonly string[] | null,
    b: readonly string[] | null,
    same: boolean,
  ][] = [
    [null, null, true],
    [null, [], false],
    [null, chunk, false],
    [[], [], true],
    [chunk, chunk, true],
    [file, [...file].reverse(), true],
    [[...file, ...file], file, true],
    [chunk, file, false],
    [file, file.slice(1), false],
    [["a", "a"], ["a", "b"], false],
  ];
  for (const [a, b, same] of pairs)
    it(`scopes ${JSON.stringify(a)} and ${JSON.stringify(b)} are ${same ? "the same" : "different"}`, () => {
      expect(sameScopes(a, b)).to.equal(same);
      expect(sameScopes(b, a)).to.equal(same);
    });
});
