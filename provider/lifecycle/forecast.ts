import {
  type Decision,
  decideEnsure,
  decideRemove,
  type Guarded,
  lowersPerson,
  refusal,
  type Wanted,
} from "./decide";
import { type Everybody, ownersOf } from "./everybody";
import { type Observed, type Standing, standingOf } from "./observe";

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
] as const;
export type Change = (typeof changes)[number];

/** One person as they are, and what the rules say about it. */
export interface Decided {
  /** In lower case. */
  readonly email: string;
  readonly observed: Observed;
  readonly decision: Decision;
  /** Whether they are to be in the organization in the end. */
  readonly goal: "in" | "out";
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
  /** Why it is refused. */
  readonly reason: string | null;
}

const absent = { phase: "absent", used: [] } as const;

/** What it takes for a person to be in, as the lists show them. */
export function decideIn(wanted: Wanted, everybody: Everybody): Decided {
  const { email } = wanted;
  const observed = everybody.get(email) ?? absent;
  return { email, observed, decision: decideEnsure(wanted, observed, false, observed), goal: "in" };
}

/** What it takes for a person to be out, whoever brought them in. */
export function decideOut(email: string, everybody: Everybody): Decided {
  const observed = everybody.get(email) ?? absent;
  const policy = { deletionPolicy: "remove", adopted: false, originalRole: null } as const;
  return { email, observed, decision: decideRemove(policy, observed), goal: "out" };
}

/** @param account asks whose the key is: only where it matters */
export async function guardedOf(
  decided: readonly Decided[],
  everybody: Everybody,
  account: () => Promise<{ readonly userId: string } | undefined>,
): Promise<Guarded> {
  const keyAccount = lowersAnybody(decided) ? (await account())?.userId : undefined;
  return { owners: ownersOf(everybody), keyAccount };
}

/** Whether somebody would be removed or demoted, so that it matters whose the key is. */
export function lowersAnybody(decided: readonly Decided[]): boolean {
  return decided.some(({ decision }) => decision.decision === "act" && decision.lowers.length > 0);
}

/**
 * What a run would make of people. Pure: asks nobody.
 *
 * @param guarded what the guards know before anything is written
 * @param breakGlass addresses in lower case that are not to be lowered or removed
 */
export function forecast(
  decided: readonly Decided[],
  guarded: Guarded,
  breakGlass: ReadonlySet<string> = new Set(),
): readonly Forecast[] {
  const refusals = refusalsOf(decided, guarded, breakGlass);
  return decided.map((one) => {
    const from = standingOf(one.observed);
    const reason = refusals.get(one);
    return {
      email: one.email,
      change: reason === undefined ? changeOf(one) : "refused",
      status: one.observed.phase,
      from,
      to: targetOf(one, from),
      since: sinceOf(one.observed),
      reason: reason ?? null,
    };
  });
}

/** As the writes go: new owners first, then one after the other those who are no longer any. */
function refusalsOf(
  decided: readonly Decided[],
  guarded: Guarded,
  breakGlass: ReadonlySet<string>,
): ReadonlyMap<Decided, string> {
  const reasons = new Map<Decided, string>();
  for (const one of decided) {
    const { decision, observed, goal } = one;
    if (
      decision.decision === "act" &&
      breakGlass.has(one.email) &&
      (goal === "out" || lowersPerson(observed, decision))
    )
      reasons.set(one, "breakGlass protects this address");
    if (decision.decision === "lowered by default")
      reasons.set(
        one,
        `is ${decision.from}, and ${decision.to} is only a default: write the role on their own line`,
      );
  }
  const owners = new Set(guarded.owners);
  for (const { decision } of decided)
    for (const call of decision.decision === "act" ? decision.calls : [])
      if (call.call === "update member" && call.role === "owner") owners.add(call.userId);
  for (const one of decided) {
    if (one.decision.decision !== "act" || reasons.has(one)) continue;
    const { lowers } = one.decision;
    const reason = refusal(lowers, { owners, keyAccount: guarded.keyAccount });
    if (reason !== undefined) reasons.set(one, guardReasons[reason]);
    else
      for (const { membership } of lowers)
        if (membership.role === "owner") owners.delete(membership.userId);
  }
  return reasons;
}

const guardReasons = {
  "last owner": "nobody else there would be an owner",
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
export function sinceOf(observed: Observed): string | null {
  switch (observed.phase) {
    case "absent":
      return null;
    case "pending":
      return observed.newest.createdAt;
    case "member":
      return observed.memberships[0].joinedAt;
  }
}
