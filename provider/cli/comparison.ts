import { wantedOf } from "../lifecycle/decide";
import type { Everybody } from "../lifecycle/everybody";
import {
  type Change,
  changes,
  type Forecast,
  type Situation,
  unmanagedIn,
} from "../lifecycle/forecast";
import type { RosterEntry } from "../roster/file";
import { peopleOn } from "../roster/people";

/** Changes that write something, or would if they could. */
export const writing: ReadonlySet<Change> = new Set([
  "refused",
  "remove",
  "update",
  "reinvite",
  "invite",
]);

/** One person of a comparison. */
export interface Planned extends Forecast {
  /** From the file; null: somebody whom it does not name. */
  readonly member: RosterEntry | null;
}

/** What a roster does with people whom nothing declares, as far as the command line can know them. */
export type Unmanaged = "warn" | "remove";

/** @param day today, YYYY-MM-DD in UTC */
export function situationOf(
  members: readonly RosterEntry[],
  everybody: Everybody,
  day: string,
  unmanaged: Unmanaged,
): Situation {
  const { present, ended } = peopleOn(members, day);
  const named = new Set(members.map(({ email }) => email));
  return {
    everybody,
    wanted: present.map((member) => wantedOf(member, undefined)),
    leaving: [
      ...ended.map(({ email }) => email),
      ...(unmanaged === "remove" ? unmanagedIn(everybody, (email) => named.has(email)) : []),
    ],
    breakGlass: new Set(),
    isDeclared: () => false,
  };
}

/** The most remarkable come first, then by address. */
export function plan(
  members: readonly RosterEntry[],
  forecasts: readonly Forecast[],
): readonly Planned[] {
  const byEmail = new Map(members.map((member) => [member.email, member]));
  const rank = ({ change }: Forecast) => changes.indexOf(change);
  return forecasts
    .map((one): Planned => {
      const member = byEmail.get(one.email) ?? null;
      // Whom a guard keeps in is left alone by the sweep, and fails nothing.
      const change = member === null && one.change === "refused" ? "unmanaged" : one.change;
      return { ...one, change, member };
    })
    .sort((a, b) => rank(a) - rank(b) || (a.email < b.email ? -1 : 1));
}
