import type { Role } from "../trieve/model";

/** What deleting the resource of a person does. */
export type DeletionPolicy = "revert" | "remove";

/** `pending` means invited, `member` a member, and `absent` neither. The next `up` invites absent people again. */
export type Status = "pending" | "member" | "absent";

/** What the program declares of one person, checked and filled in. A key that was not given is missing. */
export interface Inputs {
  /** Lower case. */
  readonly email: string;
  /** Lower case UUID. */
  readonly organizationId: string;
  readonly role?: Role;
  /** The role is a roster's default: it must not lower somebody who is found with a higher one. */
  readonly roleIsDefault?: boolean;
  readonly scopes?: readonly string[];
  readonly deletionPolicy: DeletionPolicy;
  readonly resendTrigger?: string;
  /** The mark of the guarded roster that the person belongs to; missing: none. */
  readonly roster?: string;
}

/** The recorded state of one person. Every key is always there: a missing one is unknown in every preview. */
export interface Outputs {
  readonly email: string;
  readonly organizationId: string;
  /** As it is at the server, also where the program does not say. Of somebody absent: as last seen. */
  readonly role: Role | null;
  /** As they are at the server. Of somebody absent: as last seen. */
  readonly scopes: readonly string[] | null;
  readonly status: Status;
  readonly userId: string | null;
  /** ISO 8601. */
  readonly invitedAt: string | null;
  /** ISO 8601. */
  readonly joinedAt: string | null;
  /** Found as a member: this resource did not bring them in. */
  readonly adopted: boolean;
  /** The role they were found with, if adopted. */
  readonly originalRole: Role | null;
  /** Whoever has it can accept: secret. */
  readonly inviteUrl: string | null;
  /** The last invitation was written, but its mail failed and is still owed. */
  readonly mailFailed: boolean;
  readonly deletionPolicy: DeletionPolicy;
  readonly resendTrigger: string | null;
  /** The mark of the guarded roster that the person belongs to: nothing is done to them unless its guard approves. */
  readonly roster: string | null;
  /** Which of the optional properties the program gave at the last write; those that no other output tells. */
  readonly managed: readonly ("role" | "roleIsDefault" | "scopes")[];
  /**
   * Made at creation and kept for life. By it a delete tells whether the program declares this very resource, or
   * another one for the same person: the engine passes no name to a delete.
   */
  readonly instance: string;
}

/** `<organizationId>/<email>`, in every phase of the person's life. */
export function idOf(person: { readonly organizationId: string; readonly email: string }): string {
  return `${person.organizationId}/${person.email}`;
}

/** Which optional properties the program gave. */
export function managedBy(inputs: Inputs): Outputs["managed"] {
  return (["role", "roleIsDefault", "scopes"] as const).filter((key) => inputs[key] !== undefined);
}

/** Scopes are a set to the server; `null` is no restriction. */
export function sameScopes(a: readonly string[] | null, b: readonly string[] | null): boolean {
  if (a === null || b === null) return a === b;
  const other = new Set(b);
  return new Set(a).size === other.size && a.every((scope) => other.has(scope));
}
