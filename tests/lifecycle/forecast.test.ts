import { expect } from "chai";
import { wantedOf } from "../../provider/lifecycle/decide";
import type { Everybody } from "../../provider/lifecycle/everybody";
import { forecast, lowersAnybody, type Situation } from "../../provider/lifecycle/forecast";
import { observe } from "../../provider/lifecycle/observe";
import type { Role } from "../../provider/trieve/model";

const since = "2026-11-01T10:00:00Z";

function everybodyOf(members: Record<string, Role>, invited: Record<string, Role>): Everybody {
  const memberOf = ([email, role]: [string, Role]) => ({
    ...{ email, role, scopes: null, userId: email, joinedAt: since },
  });
  const invitationOf = ([email, role]: [string, Role]) => ({
    ...{ email, role, scopes: null, id: email, used: false, createdAt: since },
  });
  return new Map([
    ...Object.entries(members).map(
      (one) => [one[0], observe({ invitations: [], members: [memberOf(one)] })] as const,
    ),
    ...Object.entries(invited).map(
      (one) => [one[0], observe({ invitations: [invitationOf(one)], members: [] })] as const,
    ),
  ]);
}

interface Scene {
  readonly members?: Record<string, Role>;
  readonly invited?: Record<string, Role>;
  readonly wanted?: Record<string, Role>;
  readonly leaving?: readonly string[];
  readonly breakGlass?: readonly string[];
}

function situationOf(scene: Scene): Situation {
  const { members = {}, invited = {}, wanted = {}, leaving = [], breakGlass = [] } = scene;
  return {
    everybody: everybodyOf(members, invited),
    wanted: Object.entries(wanted).map(([email, role]) => wantedOf({ email, role }, undefined)),
    leaving,
    breakGlass: new Set(breakGlass),
    isDeclared: () => false,
  };
}

/** `olga: owner → nobody, refused (last owner)`, for each person. */
function outcomes(scene: Scene, keyAccount?: string): string[] {
  return forecast(situationOf(scene), keyAccount).map(({ email, from, to, change, refusal }) => {
    const standing = `${from?.role ?? "nobody"} → ${to?.role ?? "nobody"}`;
    return `${email}: ${standing}, ${change}${refusal ? ` (${refusal.guard})` : ""}`;
  });
}

describe("what a run would make of everybody", () => {
  const cases: [name: string, scene: Scene, expected: readonly string[]][] = [
    [
      "one of two owners may go, and the second may not",
      { members: { olga: "owner", otto: "owner" }, leaving: ["olga", "otto"] },
      ["olga: owner → nobody, remove", "otto: owner → nobody, refused (last owner)"],
    ],
    [
      "the last owner may not go when a user goes first",
      { members: { ada: "user", olga: "owner" }, leaving: ["ada", "olga"] },
      ["ada: user → nobody, remove", "olga: owner → nobody, refused (last owner)"],
    ],
    [
      "an owner may go where a member becomes one, however the list is sorted",
      { members: { olga: "owner", zoe: "user" }, leaving: ["olga"], wanted: { zoe: "owner" } },
      ["zoe: user → owner, update", "olga: owner → nobody, remove"],
    ],
    [
      "an admin is no owner",
      { members: { olga: "owner", zoe: "user" }, leaving: ["olga"], wanted: { zoe: "admin" } },
      ["zoe: user → admin, update", "olga: owner → nobody, refused (last owner)"],
    ],
    [
      "an invited owner is none before they accept",
      { members: { olga: "owner" }, leaving: ["olga"], wanted: { zoe: "owner" } },
      ["zoe: nobody → owner, invite", "olga: owner → nobody, refused (last owner)"],
    ],
    [
      "breakGlass keeps members and invitations, and those who are absent need no keeping",
      {
        members: { olga: "owner", ada: "user" },
        invited: { ben: "user" },
        leaving: ["ada", "ben", "cleo"],
        breakGlass: ["ada", "ben", "cleo"],
      },
      [
        "ada: user → nobody, refused (break glass)",
        "ben: user → nobody, refused (break glass)",
        "cleo: nobody → nobody, ended",
        "olga: owner → owner, unmanaged",
      ],
    ],
    [
      "somebody on breakGlass may be declared as they are",
      {
        members: { olga: "owner", ada: "user" },
        wanted: { olga: "owner", ada: "user" },
        breakGlass: ["olga", "ada"],
      },
      ["olga: owner → owner, unchanged", "ada: user → user, unchanged"],
    ],
    [
      "those whom nothing declares stay as they are, after all others and sorted",
      { members: { zoe: "admin", olga: "owner" }, invited: { ben: "user" }, leaving: ["zoe"] },
      [
        "zoe: admin → nobody, remove",
        "ben: user → user, unmanaged",
        "olga: owner → owner, unmanaged",
      ],
    ],
  ];
  for (const [name, scene, expected] of cases)
    it(name, () => {
      expect(outcomes(scene)).to.deep.equal(expected);
    });

  it("nobody takes the key's own account away, whether it goes or becomes less", () => {
    const members: Record<string, Role> = { olga: "owner", otto: "owner" };
    expect(outcomes({ members, leaving: ["otto"] }, "otto")[0]).to.equal(
      "otto: owner → nobody, refused (own account)",
    );
    expect(outcomes({ members, wanted: { otto: "user" } }, "otto")[0]).to.equal(
      "otto: owner → user, refused (own account)",
    );
  });
});

describe("whether a run lowers anybody", () => {
  const cases: [name: string, scene: Scene, expected: boolean][] = [
    ["a member who goes", { members: { ada: "user" }, leaving: ["ada"] }, true],
    ["a member who becomes less", { members: { ada: "admin" }, wanted: { ada: "user" } }, true],
    ["a member who becomes more", { members: { ada: "user" }, wanted: { ada: "admin" } }, false],
    ["somebody new", { wanted: { ada: "user" } }, false],
    ["an invitation that goes", { invited: { ada: "user" }, leaving: ["ada"] }, false],
    ["somebody absent who goes", { leaving: ["ada"] }, false],
  ];
  for (const [name, scene, expected] of cases)
    it(`${name}: ${expected}`, () => {
      expect(lowersAnybody(situationOf(scene))).to.equal(expected);
    });
});
