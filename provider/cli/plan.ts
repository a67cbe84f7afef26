import { type Guarded, wantedOf } from "../lifecycle/decide";
import { type Everybody, type Present, presentOf } from "../lifecycle/everybody";
import {
  type Decided,
  decideIn,
  decideOut,
  type Forecast,
  forecast,
  changes as forecastChanges,
  sinceOf,
} from "../lifecycle/forecast";
import { standingOf } from "../lifecycle/observe";
import type { Member } from "../roster/file";
import { peopleOn } from "../roster/people";

/** What `up` makes of a person, most remarkable first; `unmanaged`: in the organization, but not in the file. */
export const changes = [...forecastChanges, "unmanaged"] as const;
export type Change = (typeof changes)[number];

/** Changes that write something, or would if they could. */
export const writing: ReadonlySet<Change> = new Set([
  "refused",
  "remove",
  "update",
  "reinvite",
  "invite",
]);

/** One person of a comparison. */
export interface Planned extends Omit<Forecast, "change"> {
  readonly change: Change;
  /** From the file. */
  readonly member: Member | null;
}

/** Somebody of the file, and what the rules say. */
export interface DecidedMember extends Decided {
  readonly member: Member;
}

/** @param day today, YYYY-MM-DD in UTC */
export function decide(
  members: readonly Member[],
  everybody: Everybody,
  day: string,
): readonly DecidedMember[] {
  const { present, ended } = peopleOn(members, day);
  return [
    ...present.map((member) => ({
      member,
      ...decideIn(wantedOf(member, undefined), everybody),
    })),
    ...ended.map((member) => ({ member, ...decideOut(member.email, everybody) })),
  ];
}

/**
 * What `up` would do, person by person: those of the file, and those at the server whom it does not name. The most
 * remarkable come first, then by address.
 *
 * @param guarded what the guards know before anything is written
 */
export function plan(
  decided: readonly DecidedMember[],
  everybody: Everybody,
  guarded: Guarded,
): readonly Planned[] {
  const members = new Map(decided.map(({ email, member }) => [email, member]));
  const planned: Planned[] = [
    ...forecast(decided, guarded).map((one) => ({
      ...one,
      member: members.get(one.email) ?? null,
    })),
    ...presentOf(everybody)
      .filter(([email]) => !members.has(email))
      .map(([email, observed]) => unmanaged(email, observed)),
  ];
  const rank = ({ change }: Planned) => changes.indexOf(change);
  return planned.sort((a, b) => rank(a) - rank(b) || (a.email < b.email ? -1 : 1));
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
