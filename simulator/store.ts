import { randomBytes, randomUUID } from "node:crypto";
import {
  type Account,
  type DatasetAndUsage,
  type Invitation,
  type Membership,
  type Organization,
  type OrganizationKey,
  roleOf,
} from "./rows";

/** A time as Trieve writes it: UTC without saying so, to the microsecond. */
function timestamp(at?: Date): string {
  const now = at?.getTime() ?? performance.timeOrigin + performance.now();
  const micros = String(Math.floor((now % 1) * 1000)).padStart(3, "0");
  return new Date(now).toISOString().replace("Z", micros);
}

const keyAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

function newKeyText(): string {
  const letters = Array.from(randomBytes(32), (byte) => keyAlphabet[byte % keyAlphabet.length]);
  return `tr-${letters.join("")}`;
}

/** An index from a text to the rows that carry it, oldest first. */
class Index<Row> {
  readonly #rows = new Map<string, Set<Row>>();

  of(key: string): ReadonlySet<Row> {
    return this.#rows.get(key) ?? new Set();
  }

  add(key: string, row: Row): void {
    const rows = this.#rows.get(key);
    if (rows === undefined) {
      this.#rows.set(key, new Set([row]));
    } else {
      rows.add(row);
    }
  }

  delete(key: string, row: Row): void {
    this.#rows.get(key)?.delete(row);
  }

  /** PostgreSQL writes a changed row anew, so lists without an order show it last from then on. */
  moveToEnd(key: string, row: Row): void {
    this.delete(key, row);
    this.add(key, row);
  }
}

/** An organization and an address in any case, as one text. */
function place(organizationId: string, email: string): string {
  return `${organizationId} ${email.toLowerCase()}`;
}

/** Trieve's tables in memory. Holds no rule but the database's own. */
export class Store {
  readonly organizations = new Map<string, Organization>();
  readonly accounts = new Map<string, Account>();
  readonly invitations = new Map<string, Invitation>();
  readonly organizationKeys = new Map<string, OrganizationKey>();
  readonly datasets: DatasetAndUsage[] = [];
  /** Keys that act as an account, by their text. */
  readonly userKeys = new Map<string, Account>();
  readonly #accountsByEmail = new Index<Account>();
  readonly #accountsBySubject = new Map<string, Account>();
  readonly #membershipsByOrganization = new Index<Membership>();
  readonly #membershipsByAccount = new Index<Membership>();
  readonly #invitationsByOrganization = new Index<Invitation>();
  readonly #invitationsByEmail = new Index<Invitation>();

  /** What the real server does when it first starts with an admin key. */
  addDefaults(adminKey: string): void {
    const account = this.addAccount("default", null, "00000000-0000-0000-0000-000000000000");
    const organization = this.addOrganization("default");
    this.addMembership(account.id, organization.id, 2, null);
    this.userKeys.set(adminKey, account);
  }

  addOrganization(name: string): Organization {
    const now = timestamp();
    const organization: Organization = {
      id: randomUUID(),
      name,
      created_at: now,
      updated_at: now,
      registerable: true,
      deleted: 0,
      partner_configuration: {},
    };
    this.organizations.set(organization.id, organization);
    return organization;
  }

  /** An organization that is there and not deleted. */
  liveOrganization(id: string): Organization | undefined {
    const organization = this.organizations.get(id);
    return organization?.deleted === 0 ? organization : undefined;
  }

  addAccount(email: string, name: string | null, subject: string | null): Account {
    const account: Account = {
      id: randomUUID(),
      name,
      email,
      created_at: timestamp(),
      oidc_subject: null,
    };
    this.accounts.set(account.id, account);
    this.#accountsByEmail.add(email.toLowerCase(), account);
    if (subject !== null) {
      this.setSubject(account, subject);
    }
    return account;
  }

  setSubject(account: Account, subject: string): void {
    account.oidc_subject = subject;
    this.#accountsBySubject.set(subject, account);
  }

  accountBySubject(subject: string): Account | undefined {
    return this.#accountsBySubject.get(subject);
  }

  /** The account with exactly this address. */
  accountByEmail(email: string): Account | undefined {
    return this.accountsLike(email).find((account) => account.email === email);
  }

  /** Accounts with this address in any case. */
  accountsLike(email: string): Account[] {
    return [...this.#accountsByEmail.of(email.toLowerCase())];
  }

  addMembership(
    accountId: string,
    organizationId: string,
    role: number,
    scopes: string[] | null,
    since?: Date,
  ): Membership {
    const now = timestamp(since);
    const membership: Membership = {
      id: randomUUID(),
      user_id: accountId,
      organization_id: organizationId,
      role: roleOf(role),
      created_at: now,
      updated_at: now,
      scopes,
    };
    this.#membershipsByOrganization.add(organizationId, membership);
    this.#membershipsByAccount.add(accountId, membership);
    return membership;
  }

  membershipsIn(organizationId: string): ReadonlySet<Membership> {
    return this.#membershipsByOrganization.of(organizationId);
  }

  /** Memberships of an account in organizations that are not deleted. */
  membershipsOf(accountId: string): Membership[] {
    return [...this.#membershipsByAccount.of(accountId)].filter(
      (membership) => this.liveOrganization(membership.organization_id) !== undefined,
    );
  }

  /** Every row of one account in one organization: more than one after a race. */
  memberships(accountId: string, organizationId: string): Membership[] {
    return [...this.#membershipsByAccount.of(accountId)].filter(
      (membership) => membership.organization_id === organizationId,
    );
  }

  /** Sets what is given; `updated_at` stays, as the table has no trigger for it. */
  updateMembership(
    membership: Membership,
    {
      role = membership.role,
      scopes = membership.scopes,
    }: Partial<Pick<Membership, "role" | "scopes">>,
  ): void {
    membership.role = roleOf(role);
    membership.scopes = scopes;
    this.#membershipsByOrganization.moveToEnd(membership.organization_id, membership);
    this.#membershipsByAccount.moveToEnd(membership.user_id, membership);
  }

  deleteMembership(membership: Membership): void {
    this.#membershipsByOrganization.delete(membership.organization_id, membership);
    this.#membershipsByAccount.delete(membership.user_id, membership);
  }

  addInvitation(
    organizationId: string,
    email: string,
    role: number,
    scopes: string[] | null,
    since?: Date,
  ): Invitation {
    const now = timestamp(since);
    const invitation: Invitation = {
      id: randomUUID(),
      email,
      organization_id: organizationId,
      used: false,
      created_at: now,
      updated_at: now,
      role,
      scopes,
    };
    this.invitations.set(invitation.id, invitation);
    this.#invitationsByOrganization.add(organizationId, invitation);
    this.#invitationsByEmail.add(place(organizationId, email), invitation);
    return invitation;
  }

  invitationsIn(organizationId: string): ReadonlySet<Invitation> {
    return this.#invitationsByOrganization.of(organizationId);
  }

  /** Invitations to this address in any case, used ones too. */
  invitationsLike(organizationId: string, email: string): Invitation[] {
    return [...this.#invitationsByEmail.of(place(organizationId, email))];
  }

  useInvitation(invitation: Invitation): void {
    invitation.used = true;
    this.#invitationsByOrganization.moveToEnd(invitation.organization_id, invitation);
  }

  deleteInvitation(invitation: Invitation): void {
    this.invitations.delete(invitation.id);
    this.#invitationsByOrganization.delete(invitation.organization_id, invitation);
    const { organization_id, email } = invitation;
    this.#invitationsByEmail.delete(place(organization_id, email), invitation);
  }

  addOrganizationKey(
    key: Pick<OrganizationKey, "organization_id" | "name"> &
      Partial<Pick<OrganizationKey, "scopes" | "dataset_ids" | "expires_at">> & { role: number },
  ): OrganizationKey {
    const now = timestamp();
    const row: OrganizationKey = {
      id: randomUUID(),
      text: newKeyText(),
      organization_id: key.organization_id,
      name: key.name,
      role: roleOf(key.role),
      scopes: key.scopes ?? null,
      dataset_ids: key.dataset_ids ?? null,
      expires_at: key.expires_at ?? null,
      created_at: now,
      updated_at: now,
    };
    this.organizationKeys.set(row.text, row);
    return row;
  }

  addDataset(organizationId: string, name: string, trackingId: string | null): DatasetAndUsage {
    const now = timestamp();
    const id = randomUUID();
    const row: DatasetAndUsage = {
      dataset: {
        id,
        name,
        tracking_id: trackingId,
        created_at: now,
        updated_at: now,
        organization_id: organizationId,
      },
      dataset_usage: { id: randomUUID(), dataset_id: id, chunk_count: 0 },
    };
    this.datasets.push(row);
    return row;
  }

  /** The organization key with this text, unless it has expired. */
  organizationKey(text: string): OrganizationKey | undefined {
    const key = this.organizationKeys.get(text);
    return key === undefined || (key.expires_at !== null && key.expires_at < Date.now())
      ? undefined
      : key;
  }
}
