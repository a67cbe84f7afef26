/** What a person or a key may do in an organization, least first. */
const roleNames = ["user", "admin", "owner"] as const;
/** `"user" | "admin" | "owner"`: 0, 1 and 2 on the wire. */
export type RoleName = (typeof roleNames)[number];

/** A role as Trieve reads any number: everything but 1 and 2 is a user. */
export function roleOf(number: number): 0 | 1 | 2 {
  return number === 1 || number === 2 ? number : 0;
}

/** The number of a role. */
export function roleNumber(role: RoleName): number {
  return roleNames.indexOf(role);
}

/** The name of a role number. */
export function roleName(number: number): RoleName {
  return roleNames[roleOf(number)];
}

/** A row of `organizations`, with the names that it has on the wire. */
export interface Organization {
  readonly id: string;
  name: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly registerable: boolean;
  /** 1: deleted. Its memberships and invitations stay. */
  deleted: 0 | 1;
  partner_configuration: unknown;
}

/** A row of `users`. */
export interface Account {
  readonly id: string;
  readonly name: string | null;
  /** As the identity provider spelled it; unique, case counts. */
  readonly email: string;
  readonly created_at: string;
  /** Who this is for the identity provider; null until the first sign-in of an account made otherwise. */
  oidc_subject: string | null;
}

/** A row of `user_organizations`. Nothing keeps two of one person in one organization apart. */
export interface Membership {
  readonly id: string;
  readonly user_id: string;
  readonly organization_id: string;
  role: number;
  readonly created_at: string;
  readonly updated_at: string;
  /** null: whatever the role allows. Anything else: these routes only. */
  scopes: string[] | null;
}

/** A row of `invitations`. Used rows stay. */
export interface Invitation {
  readonly id: string;
  readonly email: string;
  readonly organization_id: string;
  used: boolean;
  readonly created_at: string;
  readonly updated_at: string;
  /** The number as it was sent, also -7. */
  readonly role: number;
  readonly scopes: string[] | null;
}

/** A row of `organization_api_key`, with the key itself in place of its hash. */
export interface OrganizationKey {
  readonly id: string;
  readonly text: string;
  readonly organization_id: string;
  readonly name: string;
  readonly role: 0 | 1 | 2;
  readonly scopes: string[] | null;
  readonly dataset_ids: string[] | null;
  /** Milliseconds since 1970, or null for never. */
  readonly expires_at: number | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** A row of `datasets` with its counter, as lists show it. */
export interface DatasetAndUsage {
  readonly dataset: {
    readonly id: string;
    readonly name: string;
    readonly tracking_id: string | null;
    readonly created_at: string;
    readonly updated_at: string;
    readonly organization_id: string;
  };
  readonly dataset_usage: { id: string; dataset_id: string; chunk_count: number };
}
