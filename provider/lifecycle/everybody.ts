import type { Client } from "../trieve/client";
import { Directory } from "../trieve/directory";
import { type Observed, observe } from "./observe";

/** Somebody who is in an organization, or invited to it. */
export type Present = Exclude<Observed, { phase: "absent" }>;

/** Everybody at the server, by address in lower case; those of whom only history is left as well. */
export type Everybody = ReadonlyMap<string, Observed>;

/** Asks for two lists. */
export function listEverybody(client: Client, organizationId: string): Promise<Everybody> {
  return everybodyIn(new Directory(client, organizationId));
}

/** In the lists that a directory has read, if it has. */
export async function everybodyIn(directory: Directory): Promise<Everybody> {
  const entries = await directory.everybody();
  return new Map([...entries].map(([email, entry]) => [email, observe(entry)]));
}

/** Those who are in or invited, sorted by address. */
export function presentOf(everybody: Everybody): (readonly [email: string, person: Present])[] {
  return [...everybody]
    .flatMap(([email, person]) => (person.phase === "absent" ? [] : [[email, person] as const]))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Accounts of all owners. */
export function ownersOf(everybody: Everybody): Set<string> {
  return new Set(
    [...everybody.values()].flatMap((person) =>
      person.phase === "member"
        ? person.memberships.filter(({ role }) => role === "owner").map(({ userId }) => userId)
        : [],
    ),
  );
}
