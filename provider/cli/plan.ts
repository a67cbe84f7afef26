import {
  type Decision,
  decideEnsure,
  decideRemove,
  type Guarded,
  refusal,
  type Wanted,
} from "../lifecycle/decide";
import { type Observed, roleOf, scopesOf } from "../lifecycle/observe";
import type { Member } from "../roster/file";
import { peopleOn } from "../roster/people";
import { type Role, roleNumber } from "../trieve/model";
import { type Everybody, type Present, presentOf } from "./people";

/** What `up` makes of a person, most remarkable first. */
export const changes = [
  /** It would fail. */
  "refused",
  /** Out, since their last day is over. */
  "remove",
  "update",
  /** Their pending invitation is replaced: one more mail. */
  "reinvite",
  "invite",
  /** Nothing: invited already, as the file says. */
  "pending",
  /** Nothing: a member, as the file says. */
  "unchanged",
  /** Nothing: their last day is over, and they are out. */
  "ended",
  /** In the organization, but not in the file. */
  "unmanaged",
] as const;
export type Change = (typeof changes)[number];

/** Changes that write something, or would if they could. */
export const writing: ReadonlySet<Change> = new Set([
  "refused",
  "remove",
  "update",
  "reinvite",
  "invite",
]);

/** What a person is or will be; null: not in the organization. */
export interface Standing {
  readonly role: Role;
  readonly scopes: readonly string[] | null;
}

/** One person of a comparison. */
export interface Planned {
  /** In lower case. */
  readonly email: string;
  readonly change: Change;
  readonly status: Observed["phase"];
  readonly from: Standing | null;
  readonly to: Standing | null;
  /** Since when they are invited or a member, ISO 8601. */
  readonly since: string | null;
  /** Why it is refused. */
  readonly reason: string | null;
  /** From the file. */
  readonly member: Member | null;
}

/** What a roster wants of a person. Its role always counts, also one by default. */
export function wantedOf({ email, role, scopes }: Member): Wanted {
  return {
    email,
    role,
    ...(scopes === undefined ? {} : { scopes }),
    clearScopes: false,
    resend: false,
  };
}

/** One person of the file, as they are, and what the rules say. */
export interface Decided {
  readonly member: Member;
  readonly observed: Observed;
  readonly decision: Decision;
  readonly ends: boolean;
}

/** @param day today, YYYY-MM-DD in UTC */
export function decide(
  members: readonly Member[],
  everybody: Everybody,
  day: string,
): readonly Decided[] {
  const { present, ended } = peopleOn(members, day);
  const observedOf = ({ email }: Member): Observed =>
    everybody.get(email) ?? { phase: "absent", used: [] };
  return [
    ...present.map((member) => {
      const observed = observedOf(member);
      const decision = decideEnsure(wantedOf(member), observed, false, observed);
      return { member, observed, decision, ends: false };
    }),
    ...ended.map((member) => {
      const observed = observedOf(member);
      const policy = { deletionPolicy: "remove", adopted: false, originalRole: null } as const;
      return { member, observed, decision: decideRemove(policy, observed), ends: true };
    }),
  ];
}

/** Whether somebody would be removed or demoted, so that it matters whose the key is. */
export function lowersAnybody(decided: readonly Decided[]): boolean {
  return decided.some(({ decision }) => decision.decision === "act" && decision.lowers.length > 0);
}

/**
 * What `up` would do, person by person: those of the file, and those at the server whom it does not name. The most
 * remarkable come first, then by address.
 *
 * @param guarded what the guards know before anything is written
 */
export function plan(
  decided: readonly Decided[],
  everybody: Everybody,
  guarded: Guarded,
): readonly Planned[] {
  const refusals = refusalsOf(decided, guarded);
  const named = new Set(decided.map(({ member }) => member.email));
  const planned = [
    ...decided.map((one) => plannedOf(one, refusals.get(one.member.email))),
    ...presentOf(everybody)
      .filter(([email]) => !named.has(email))
      .map(([email, observed]) => unmanaged(email, observed)),
  ];
  const rank = ({ change }: Planned) => changes.indexOf(change);
  return planned.sort((a, b) => rank(a) - rank(b) || (a.email < b.email ? -1 : 1));
}

/** As the writes go: new owners first, then one after the other those who are no longer any. */
function refusalsOf(decided: readonly Decided[], guarded: Guarded): ReadonlyMap<string, string> {
  const acting = decided.flatMap((one) =>
    one.decision.decision === "act" ? [{ ...one, decision: one.decision }] : [],
  );
  const reasons = new Map<string, string>();
  for (const one of acting) {
    const reason = loweredByDefault(one);
    if (reason !== undefined) reasons.set(one.member.email, reason);
  }
  const allowed = acting.filter(({ member }) => !reasons.has(member.email));
  const owners = new Set(guarded.owners);
  for (const { decision } of allowed)
    for (const call of decision.calls)
      if (call.call === "update member" && call.role === "owner") owners.add(call.userId);
  for (const { member, decision } of allowed) {
    const reason = refusal(decision.lowers, { owners, keyAccount: guarded.keyAccount });
    if (reason !== undefined) reasons.set(member.email, guardReasons[reason]);
    else
      for (const { membership } of decision.lowers)
        if (membership.role === "owner") owners.delete(membership.userId);
  }
  return reasons;
}

const guardReasons = {
  "last owner": "nobody else there would be an owner",
  "own account": "the API key belongs to this account",
} as const;

/** Somebody's own line may lower them; what is said of everybody may not. */
function loweredByDefault({ member, observed, ends }: Decided): string | undefined {
  const from = standingOf(observed);
  return from && !ends && member.roleIsDefault && roleNumber(from.role) > roleNumber(member.role)
    ? `is ${from.role}, and the file says ${member.role} only by default: write the role on their line`
    : undefined;
}

function plannedOf(one: Decided, reason: string | undefined): Planned {
  const { member, observed } = one;
  const from = standingOf(observed);
  return {
    email: member.email,
    change: reason === undefined ? changeOf(one) : "refused",
    status: observed.phase,
    from,
    to: targetOf(one, from),
    since: sinceOf(observed),
    reason: reason ?? null,
    member,
  };
}

function changeOf({ observed, decision, ends }: Decided): Change {
  if (ends) return decision.decision === "act" ? "remove" : "ended";
  switch (observed.phase) {
    case "absent":
      return "invite";
    case "pending":
      return decision.decision === "act" ? "reinvite" : "pending";
    case "member":
      return decision.decision === "act" ? "update" : "unchanged";
  }
}

/** What the calls make of a person; without calls they stay as they are. */
function targetOf({ decision, ends }: Decided, from: Standing | null): Standing | null {
  if (ends) return null;
  if (decision.decision !== "act") return from;
  return decision.calls.reduce<Standing | null>((standing, call) => {
    if (call.call === "invite") return { role: call.role, scopes: call.scopes };
    if (call.call !== "update member" || standing === null) return standing;
    return { role: call.role ?? standing.role, scopes: call.scopes ?? standing.scopes };
  }, from);
}

function unmanaged(email: string, observed: Present): Planned {
  const from = standingOf(observed);
  return {
    email,
    change: "unmanaged",
    status: observed.phase,
    from,
    to: from,
    since: sinceOf(observed),
    reason: null,
    member: null,
  };
}

function standingOf(observed: Observed): Standing | null {
  switch (observed.phase) {
    case "absent":
      return null;
    case "pending":
      return { role: observed.newest.role, scopes: observed.newest.scopes };
    case "member":
      return { role: roleOf(observed.memberships), scopes: scopesOf(observed.memberships) };
  }
}

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
