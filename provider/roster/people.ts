import type { RosterEntry } from "./file";

/**
 * Divides a roster into those who belong to the organization on a day and those whose time is over.
 *
 * @param day YYYY-MM-DD in UTC; `until` is the last day on which somebody is present
 */
export function peopleOn(
  members: readonly RosterEntry[],
  day: string,
): { readonly present: readonly RosterEntry[]; readonly ended: readonly RosterEntry[] } {
  return {
    present: members.filter((member) => !hasEnded(member, day)),
    ended: members.filter((member) => hasEnded(member, day)),
  };
}

/** Whether the last day of somebody, if they have one, is before a day. Both YYYY-MM-DD. */
export function hasEnded({ until }: { readonly until?: string }, day: string): boolean {
  return until !== undefined && until < day;
}

/**
 * The day in UTC, YYYY-MM-DD.
 *
 * @throws RangeError of an invalid date
 */
export function utcDay(at: Date): string {
  return at.toISOString().slice(0, 10);
}
