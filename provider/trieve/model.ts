import * as v from "valibot";

/** Role of a person in an organization, by Trieve's own names. */
export type Role = "user" | "admin" | "owner";
/** Least first; on the wire 0, 1 and 2. */
export const roles = ["user", "admin", "owner"] as const satisfies readonly Role[];

/** A row of the invitations list. Used rows stay for ever: they are history, not membership. */
export interface Invitation {
  readonly id: string;
  /** As it was typed at the time, in any case. */
  readonly email: string;
  readonly used: boolean;
  readonly role: Role;
  /** `null`: unrestricted. */
  readonly scopes: readonly string[] | null;
  /** ISO 8601 with `Z`. */
  readonly createdAt: string;
}

/** One membership of one account in the organization that was asked about. */
export interface MemberRow {
  readonly userId: string;
  /** The account's address as the identity provider spelled it. */
  readonly email: string;
  readonly role: Role;
  readonly scopes: readonly string[] | null;
  /** ISO 8601 with `Z`. */
  readonly joinedAt: string;
}

/** The number that Trieve's API uses for a role. */
export function roleNumber(role: Role): number {
  return roles.indexOf(role);
}

/** Trieve reads every number but 1 and 2 as user, and stores such numbers in invitations as they come. */
export function roleFrom(number: number): Role {
  return roles[number] ?? "user";
}

/** The higher of two roles. */
export function higherRole(a: Role, b: Role): Role {
  return roleNumber(a) >= roleNumber(b) ? a : b;
}

/** Trieve writes UTC without saying so: `2025-09-12T15:02:44.123456`. */
const timestamp = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/, "expected a UTC time without an offset"),
  v.transform((text) => `${text}Z`),
);

const role = v.pipe(v.number(), v.integer("expected a whole number"), v.transform(roleFrom));

/** Ids become parts of paths, of which `..` would lead to another resource. */
export const uuid = v.pipe(v.string(), v.uuid("expected a UUID"));

/** Entries may be null in the database; such a scope matches nothing. */
const scopes = v.nullable(
  v.pipe(
    v.array(v.nullable(v.string())),
    v.transform((list) => list.filter((scope) => scope !== null)),
  ),
);

const invitationRow = v.object({
  id: uuid,
  email: v.string(),
  organization_id: v.string(),
  used: v.boolean(),
  created_at: timestamp,
  role,
  scopes,
});

const memberRow = v.object({
  id: uuid,
  email: v.string(),
  user_orgs: v.array(
    v.object({ organization_id: v.string(), role, scopes, created_at: timestamp }),
  ),
});

/**
 * `GET /api/invitations/{organization}`. A row of another organization, which no version sends, makes all of it
 * doubtful: without it somebody might seem to be gone.
 */
export function parseInvitations(json: unknown, organizationId: string): Invitation[] {
  const rows = v.array(
    v.pipe(
      invitationRow,
      v.check((row) => row.organization_id === organizationId, "of another organization"),
    ),
  );
  return parse(rows, json).map(({ organization_id, created_at: createdAt, ...row }) => ({
    ...row,
    createdAt,
  }));
}

/**
 * `GET /api/organization/users/{organization}`: one entry for each membership row, duplicates included. Somebody
 * without a membership there makes all of it doubtful.
 */
export function parseMembers(json: unknown, organizationId: string): MemberRow[] {
  const isHere = (membership: { readonly organization_id: string }) =>
    membership.organization_id === organizationId;
  const rows = v.array(
    v.pipe(
      memberRow,
      v.check((row) => row.user_orgs.some(isHere), "of another organization"),
    ),
  );
  return parse(rows, json).flatMap(({ id: userId, email, user_orgs }) =>
    user_orgs
      .filter(isHere)
      .map(({ role, scopes, created_at: joinedAt }) => ({ userId, email, role, scopes, joinedAt })),
  );
}

/** `GET /api/auth/me`: the account behind a key. */
export function parseAccount(json: unknown): { userId: string; email: string } {
  const account = parse(v.object({ id: uuid, email: v.string() }), json);
  return { userId: account.id, email: account.email };
}

/** @throws at the first mismatch: an answer of millions of wrong rows must not become millions of issues */
export function parse<S extends v.GenericSchema>(schema: S, json: unknown): v.InferOutput<S> {
  return v.parse(schema, json, { abortEarly: true });
}

/** Where and why a body is not what Trieve sends, never what is in it: `3.user_orgs: expected Array`. */
export function describeMismatch(error: unknown): string {
  if (error instanceof v.ValiError) {
    const issue = error.issues[0];
    const wrong = issue.kind === "schema" ? `expected ${issue.expected}` : issue.message;
    return `${v.getDotPath(issue) ?? "body"}: ${wrong}`;
  }
  return error instanceof SyntaxError ? "not JSON" : String(error);
}
