import { expect } from "chai";
import {
  describeMismatch,
  higherRole,
  parseAccount,
  parseInvitations,
  parseMembers,
  roleNumber,
  roles,
} from "../../provider/trieve/model";

const organization_id = "01234567-89ab-cdef-0123-456789abcdef";
const ids = {
  invitation: "5f0c3c1e-58f6-4c8e-9f2b-0f6c6a3f5d11",
  user: "0c9f3c1e-58f6-4c8e-9f2b-0f6c6a3f5d11",
};
const created_at = "2025-09-12T15:02:44.123456";
const invitation = {
  id: ids.invitation,
  email: "Ada@X.example",
  organization_id,
  used: false,
  created_at,
  updated_at: created_at,
  role: 1,
  scopes: null,
};
const membership = { organization_id, role: 2, scopes: ["GET /api/chunk"], created_at };
const member = {
  id: ids.user,
  name: null,
  email: "Bob@X.example",
  created_at,
  user_orgs: [membership],
  orgs: [],
};

const invitations = (...rows: unknown[]) => parseInvitations(rows, organization_id);
const members = (...rows: unknown[]) => parseMembers(rows, organization_id);

/** What is wrong with a body, in the words of the error. */
function mismatch(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    return describeMismatch(error);
  }
  return "nothing";
}

describe("model: invitations", () => {
  it("a row as Trieve sends it, the address as it was typed", () => {
    expect(invitations(invitation)).to.deep.equal([
      {
        id: ids.invitation,
        email: "Ada@X.example",
        used: false,
        role: "admin",
        scopes: null,
        createdAt: "2025-09-12T15:02:44.123456Z",
      },
    ]);
  });

  it("none", () => expect(invitations()).to.deep.equal([]));

  it("in the order of the list", () => {
    const rows = invitations({ ...invitation, id: ids.user }, invitation);
    expect(rows.map(({ id }) => id)).to.deep.equal([ids.user, ids.invitation]);
  });

  it("one of another organization makes the list doubtful: without it somebody might seem gone", () => {
    const strange = { ...invitation, organization_id: organization_id.toUpperCase() };
    expect(mismatch(() => invitations(invitation, strange))).to.equal("1: of another organization");
  });
});

describe("model: members", () => {
  it("a membership as Trieve sends it", () => {
    expect(members(member)).to.deep.equal([
      {
        userId: ids.user,
        email: "Bob@X.example",
        role: "owner",
        scopes: ["GET /api/chunk"],
        joinedAt: "2025-09-12T15:02:44.123456Z",
      },
    ]);
  });

  it("somebody twice is there twice", () => {
    expect(members(member, member)).to.have.length(2);
    expect(members({ ...member, user_orgs: [membership, membership] })).to.have.length(2);
  });

  it("memberships of other organizations are dropped", () => {
    const user_orgs = [{ ...membership, organization_id: "another", role: 0 }, membership];
    expect(members({ ...member, user_orgs }).map(({ role }) => role)).to.deep.equal(["owner"]);
  });

  it("somebody without a membership here makes the list doubtful", () => {
    expect(mismatch(() => members({ ...member, user_orgs: [] }))).to.equal(
      "0: of another organization",
    );
  });
});

describe("model: account", () => {
  it("id and address", () =>
    expect(parseAccount(member)).to.deep.equal({ userId: ids.user, email: "Bob@X.example" }));
});

describe("model: roles", () => {
  it("least first, as Trieve numbers them", () => {
    expect(roles.map(roleNumber)).to.deep.equal([0, 1, 2]);
  });

  const numbers: readonly [number: number, role: string][] = [
    [0, "user"],
    [1, "admin"],
    [2, "owner"],
    [3, "user"],
    [-7, "user"],
    [2147483647, "user"],
  ];
  for (const [number, role] of numbers)
    it(`${number} is ${role}`, () => {
      expect(invitations({ ...invitation, role: number })[0]?.role).to.equal(role);
      const user_orgs = [{ ...membership, role: number }];
      expect(members({ ...member, user_orgs })[0]?.role).to.equal(role);
    });

  for (const a of roles)
    for (const b of roles)
      it(`the higher of ${a} and ${b}`, () =>
        expect(roleNumber(higherRole(a, b))).to.equal(Math.max(roleNumber(a), roleNumber(b))));
});

describe("model: scopes", () => {
  const lists: readonly [given: unknown, read: unknown][] = [
    [null, null],
    [[], []],
    [["GET /api/a", null], ["GET /api/a"]],
    [[null], []],
  ];
  for (const [given, read] of lists)
    it(`${JSON.stringify(given)} is ${JSON.stringify(read)}`, () =>
      expect(invitations({ ...invitation, scopes: given })[0]?.scopes).to.deep.equal(read));
});

describe("model: times", () => {
  for (const time of [
    "2025-09-12T15:02:44",
    "2025-09-12T15:02:44.123",
    "2025-09-12T15:02:44.123456",
    "2025-09-12T15:02:44.123456789",
  ])
    it(`takes ${time} as UTC`, () =>
      expect(invitations({ ...invitation, created_at: time })[0]?.createdAt).to.equal(`${time}Z`));

  for (const time of [
    "2025-09-12T15:02:44Z",
    "2025-09-12T15:02:44+02:00",
    "2025-09-12 15:02:44",
    "2021-01-01 00:00:00.000",
    "2025-09-12",
    "",
  ])
    it(`refuses ${JSON.stringify(time)}`, () =>
      expect(mismatch(() => invitations({ ...invitation, created_at: time }))).to.equal(
        "0.created_at: expected a UTC time without an offset",
      ));
});

describe("model: bodies that are not Trieve's", () => {
  const required = {
    invitations: ["id", "email", "organization_id", "used", "created_at", "role", "scopes"],
    members: ["id", "email", "user_orgs"],
    memberships: ["organization_id", "role", "scopes", "created_at"],
  };
  const without = (row: object, key: string) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => name !== key));

  for (const key of required.invitations) {
    it(`an invitation without ${key}`, () =>
      expect(mismatch(() => invitations(invitation, without(invitation, key)))).to.match(
        new RegExp(`^1\\.${key}: `),
      ));
    it(`an invitation whose ${key} is of another type`, () =>
      expect(mismatch(() => invitations({ ...invitation, [key]: { a: 1 } }))).to.match(
        new RegExp(`^0\\.${key}: `),
      ));
  }
  for (const key of required.members) {
    it(`a member without ${key}`, () =>
      expect(mismatch(() => members(without(member, key)))).to.match(new RegExp(`^0\\.${key}: `)));
    it(`a member whose ${key} is of another type`, () =>
      expect(mismatch(() => members({ ...member, [key]: 7 }))).to.match(
        new RegExp(`^0\\.${key}: `),
      ));
  }
  for (const key of required.memberships)
    it(`a membership without ${key}`, () =>
      expect(
        mismatch(() => members({ ...member, user_orgs: [without(membership, key)] })),
      ).to.match(new RegExp(`^0\\.user_orgs\\.0\\.${key}: `)));

  for (const role of [1.5, "1", Number.NaN])
    it(`a role ${role}`, () =>
      expect(mismatch(() => invitations({ ...invitation, role }))).to.match(/^0\.role: /));

  for (const scopes of ["GET /api", [7], undefined])
    it(`scopes ${JSON.stringify(scopes)}`, () =>
      expect(mismatch(() => invitations({ ...invitation, scopes }))).to.match(/^0\.scopes/));

  for (const body of [null, {}, "", 7, { message: "Unauthorized" }])
    it(`${JSON.stringify(body)} in place of a list`, () => {
      expect(mismatch(() => parseInvitations(body, organization_id))).to.match(/^body: /);
      expect(mismatch(() => parseMembers(body, organization_id))).to.match(/^body: /);
    });

  for (const body of [null, [], {}, { id: "u1" }, { id: 7, email: "a@x.example" }])
    it(`${JSON.stringify(body)} in place of an account`, () =>
      expect(mismatch(() => parseAccount(body))).not.to.equal("nothing"));

  for (const id of ["..", "a/../..", "", "i1"])
    it(`an id ${JSON.stringify(id)}, which would become part of a path`, () => {
      expect(mismatch(() => invitations({ ...invitation, id }))).to.equal("0.id: expected a UUID");
      expect(mismatch(() => members({ ...member, id }))).to.equal("0.id: expected a UUID");
    });

  it("by its kind, not by what is in it, which may be a key", () => {
    expect(mismatch(() => parseInvitations("tr-secret", organization_id))).to.equal(
      "body: expected Array",
    );
    expect(mismatch(() => invitations({ ...invitation, used: "tr-secret" }))).to.equal(
      "0.used: expected boolean",
    );
  });

  it("at the first row that is wrong: a million of them must not cost memory each", () => {
    let error: unknown;
    try {
      members(...Array(1000).fill(0));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).to.have.property("issues").with.length(1);
  });

  it("no JSON", () =>
    expect(mismatch(() => JSON.parse("<html>the key is tr-secret</html>"))).to.equal("not JSON"));

  it("any other failure in its own words", () =>
    expect(describeMismatch(new RangeError("too deep"))).to.equal("RangeError: too deep"));
});
