import { adminAccount } from "../trieve/quirks";
import {
  type Decision,
  decideEnsure,
  decideRemove,
  lowersPerson,
  refusal,
  type Wanted,
} from "./decide";
import { type Everybody, ownersOf, presentOf } from "./everybody";
import { absent, type Observed, type Standing, standingOf } from "./observe";

/** What becomes of a person, most remarkable first. */
export const changes = [
  /** It would fail. */
  "refused",
  "remove",
  "update",
  /** Their pending invitation is replaced: one more mail. */
  "reinvite",
  "invite",
  /** Nothing: invited already, as wanted. */
  "pending",
  /** Nothing: a member, as wanted. */
  "unchanged",
  /** Nothing: out already, as wanted. */
  "ended",
  /** Nothing: in the organization, and declared by nobody. */
  "unmanaged",
] as const;
export type Change = (typeof changes)[number];

/** Why a person would be refused. */
export interface Refusal {
  readonly guard: "default role" | "break glass" | "last owner" | "own account";
  /** The rest of a sentence. */
  readonly reason: string;
}

/** What a run would make of one person. */
export interface Forecast {
  /** In lower case. */
  readonly email: string;
  readonly change: Change;
  readonly status: Observed["phase"];
  /** null: not in the organization. */
  readonly from: Standing | null;
  readonly to: Standing | null;
  /** Since when they are invited or a member, ISO 8601. */
  readonly since: string | null;
  readonly refusal: Refusal | null;
}

/** Everything that a run starts from. */
export interface Situation {
  readonly everybody: Everybody;
  readonly wanted: readonly Wanted[];
  /** Addresses, in lower case, of those who are to be out. */
  readonly leaving: readonly string[];
  /** Addresses, in lower case, that nobody lowers or removes. */
  readonly breakGlass: ReadonlySet<string>;
  /** Whether anything else declares somebody. */
  readonly isDeclared: (email: string) => boolean;
}

/** One person as they are, and what the rules say about it. */
interface Decided {
  readonly email: string;
  readonly observed: Observed;
  readonly decision: Decision;
  readonly goal: "in" | "out";
}

function decideAll({ everybody, wanted, leaving }: Situation): readonly Decided[] {
  const observedOf = (email: string) => everybody.get(email) ?? absent;
  // Whoever brought them in.
  const policy = { deletionPolicy: "remove", adopted: false, originalRole: null } as const;
  return [
    ...wanted.map((one): Decided => {
      const observed = observedOf(one.email);
      const decision = decideEnsure(one, observed, false, observed);
      return { email: one.email, observed, decision, goal: "in" };
    }),
    ...leaving.map((email): Decided => {
      const observed = observedOf(email);
      return { email, observed, decision: decideRemove(policy, observed), goal: "out" };
    }),
  ];
}

/** Whether somebody would be removed or demoted, so that it matters whose the key is. */
export function lowersAnybody(situation: Situation): boolean {
  return decideAll(situation).some(
    ({ decision }) => decision.decision === "act" && decision.lowers.length > 0,
  );
}

/**
 * What a run would make of people: those who are wanted, those who are leaving, and those whom nothing declares, in this
 * order. Pure: asks nobody.
 *
 * @param keyAccount the account of the API key; undefined if it belongs to none, or where {@link lowersAnybody} is false
 */
export function forecast(
  situation: Situation,
  keyAccount: string | undefined,
): readonly Forecast[] {
  const { everybody } = situation;
  const decided = decideAll(situation);
  const refusals = refusalsOf(decided, situation, keyAccount);
  const concerned = new Set(decided.map(({ email }) => email));
  return [
    ...decided.map((one) => {
      const refusal = refusals.get(one) ?? null;
      const change = refusal ? "refused" : changeOf(one);
      return forecastOf(one, change, (from) => targetOf(one, from), refusal);
    }),
    ...unmanagedIn(everybody, (email) => concerned.has(email) || situation.isDeclared(email)).map(
      (email) => {
        const person = { email, observed: everybody.get(email) ?? absent };
        return forecastOf(person, "unmanaged", (from) => from, null);
      },
    ),
  ];
}

function forecastOf(
  { email, observed }: Pick<Decided, "email" | "observed">,
  change: Change,
  toOf: (from: Standing | null) => Standing | null,
  refusal: Refusal | null,
): Forecast {
  const from = standingOf(observed);
  const { phase: status } = observed;
  return { email, change, status, from, to: toOf(from), since: sinceOf(observed), refusal };
}

/** Addresses of those who are in or invited and not declared, sorted; never the server's own account. */
export function unmanagedIn(
  everybody: Everybody,
  isDeclared: (email: string) => boolean,
): readonly string[] {
  return presentOf(everybody)
    .map(([email]) => email)
    .filter((email) => email !== adminAccount && !isDeclared(email));
}

/** As the writes go: new owners first, then one after the other those who are no longer any. */
function refusalsOf(
  decided: readonly Decided[],
  { everybody, breakGlass }: Situation,
  keyAccount: string | undefined,
): ReadonlyMap<Decided, Refusal> {
  const refusals = new Map<Decided, Refusal>();
  for (const one of decided) {
    const { decision, observed, goal } = one;
    if (decision.decision === "lowered by default")
      refusals.set(one, {
        guard: "default role",
        reason: `is ${decision.from}, and a default role never lowers anyone; write the role on their own line`,
      });
    if (
      decision.decision === "act" &&
      breakGlass.has(one.email) &&
      (goal === "out" || lowersPerson(observed, decision))
    )
      refusals.set(one, { guard: "break glass", reason: "breakGlass protects this address" });
  }
  const owners = ownersOf(everybody);
  for (const { decision } of decided)
    for (const call of decision.decision === "act" ? decision.calls : [])
      if (call.call === "update member" && call.role === "owner") owners.add(call.userId);
  for (const one of decided) {
    if (one.decision.decision !== "act" || refusals.has(one)) continue;
    const { lowers } = one.decision;
    const guard = refusal(lowers, owners, keyAccount);
    if (guard !== undefined) refusals.set(one, { guard, reason: guardReasons[guard] });
    else
      for (const { membership } of lowers)
        if (membership.role === "owner") owners.delete(membership.userId);
  }
  return refusals;
}

const guardReasons = {
  "last owner": "no other owner would be left",
  "own account": "the API key belongs to this account",
} as const;

function changeOf({ observed, decision, goal }: Decided): Change {
  const acts = decision.decision === "act";
  if (goal === "out") return acts ? "remove" : "ended";
  switch (observed.phase) {
    case "absent":
      return "invite";
    case "pending":
      return acts ? "reinvite" : "pending";
    case "member":
      return acts ? "update" : "unchanged";
  }
}

/** What the calls make of a person; without calls they stay as they are. */
function targetOf({ decision, goal }: Decided, from: Standing | null): Standing | null {
  if (goal === "out") return null;
  if (decision.decision !== "act") return from;
  return decision.calls.reduce<Standing | null>((standing, call) => {
    if (call.call === "invite") return { role: call.role, scopes: call.scopes };
    if (call.call !== "update member" || standing === null) return standing;
    return { role: call.role ?? standing.role, scopes: call.scopes ?? standing.scopes };
  }, from);
}

/** Since when somebody is invited or a member, ISO 8601; null for those who are neither. */
function sinceOf(observed: Observed): string | null {
  switch (observed.phase) {
    case "absent":
      return null;
    case "pending":
      return observed.newest.createdAt;
    case "member":
      return observed.memberships[0].joinedAt;
  }
}
