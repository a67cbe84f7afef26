import type { Client } from "../trieve/client";
import { byPerson } from "../trieve/directory";
import { type Observed, observe } from "./observe";

/** Somebody who is in an organization, or invited to it. */
export type Present = Exclude<Observed, { phase: "absent" }>;

/** Everybody at the server, by address in lower case; those of whom only history is left as well. */
export type Everybody = ReadonlyMap<string, Observed>;

/** Two lists. The invitations come first: whoever accepts in between is in both, and nobody in neither. */
export async function listEverybody(client: Client, organizationId: string): Promise<Everybody> {
  const invitations = byPerson(await client.listInvitations(organizationId));
  const members = byPerson(await client.listMembers(organizationId));
  const keys = new Set([...invitations.keys(), ...members.keys()]);
  return new Map(
    [...keys].map((key) => {
      const entry = { invitations: invitations.get(key) ?? [], members: members.get(key) ?? [] };
      return [key, observe(entry)];
    }),
  );
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
