import type { Entry } from "../trieve/directory";
import { higherRole, type Invitation, type MemberRow, type Role } from "../trieve/model";
import { sameScopes } from "./state";

/**
 * One account's membership, its duplicate rows taken together: the highest role, the widest scopes. Only the address as
 * the identity provider spelled it finds the account again.
 */
export interface Membership extends MemberRow {
  /** In what the rows of this account differ: the next write of that makes them agree. */
  readonly torn: ReadonlySet<"role" | "scopes">;
}

/** A person as the lists show them, whatever the case and the number of rows. */
export type Observed =
  | { readonly phase: "absent"; readonly used: readonly Invitation[] }
  | {
      readonly phase: "pending";
      readonly newest: Invitation;
      /** All unused ones, the newest included. */
      readonly unused: readonly Invitation[];
      readonly used: readonly Invitation[];
    }
  | {
      readonly phase: "member";
      /** Mostly one; two where one address has accounts in two spellings. */
      readonly memberships: readonly [Membership, ...Membership[]];
      readonly unused: readonly Invitation[];
      readonly used: readonly Invitation[];
    };

export const absent: Observed = { phase: "absent", used: [] };

export function observe(entry: Entry): Observed {
  const used = entry.invitations.filter((invitation) => invitation.used);
  const unused = entry.invitations.filter((invitation) => !invitation.used);
  const [first, ...others] = membershipsOf(entry.members);
  if (first) return { phase: "member", memberships: [first, ...others], unused, used };
  const newest = newestOf(unused);
  return newest ? { phase: "pending", newest, unused, used } : { phase: "absent", used };
}

/** The last of the rows by time; of equal times by id, so that every process picks the same. */
export function newestOf(invitations: readonly Invitation[]): Invitation | undefined {
  // Without the `Z`, times of 0, 3 and 6 digits of a second sort as text.
  const rank = ({ createdAt, id }: Invitation) => `${createdAt.slice(0, -1)} ${id}`;
  return invitations.toSorted((a, b) => (rank(a) < rank(b) ? 1 : -1))[0];
}

/** What a member may do: the highest of their memberships, since that is what the server lets them do. */
export function roleOf(memberships: readonly [Membership, ...Membership[]]): Role {
  return memberships.map((membership) => membership.role).reduce(higherRole);
}

/** The routes that a member may use: the widest of their memberships. */
export function scopesOf(
  memberships: readonly [Membership, ...Membership[]],
): readonly string[] | null {
  return memberships.map((membership) => membership.scopes).reduce(widerScopes);
}

/** What a person is or will be. */
export interface Standing {
  readonly role: Role;
  readonly scopes: readonly string[] | null;
}

/** What somebody is; null for those who are neither in nor invited. */
export function standingOf(observed: Exclude<Observed, { phase: "absent" }>): Standing;
export function standingOf(observed: Observed): Standing | null;
export function standingOf(observed: Observed): Standing | null {
  switch (observed.phase) {
    case "absent":
      return null;
    case "pending":
      return { role: observed.newest.role, scopes: observed.newest.scopes };
    case "member":
      return { role: roleOf(observed.memberships), scopes: scopesOf(observed.memberships) };
  }
}

function membershipsOf(rows: readonly MemberRow[]): Membership[] {
  const byAccount = new Map<string, Membership>();
  for (const row of rows) {
    const known = byAccount.get(row.userId);
    byAccount.set(row.userId, known ? merge(known, row) : { ...row, torn: new Set() });
  }
  return [...byAccount.values()].sort((a, b) => (a.userId < b.userId ? -1 : 1));
}

function merge(known: Membership, row: MemberRow): Membership {
  const torn = new Set(known.torn);
  if (known.role !== row.role) torn.add("role");
  if (!sameScopes(known.scopes, row.scopes)) torn.add("scopes");
  return {
    ...known,
    role: higherRole(known.role, row.role),
    scopes: widerScopes(known.scopes, row.scopes),
    torn,
  };
}

function widerScopes(
  a: readonly string[] | null,
  b: readonly string[] | null,
): readonly string[] | null {
  return a === null || b === null ? null : [...new Set([...a, ...b])].sort();
}
