import { EventEmitter, once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Hono } from "hono";
import { type Landing, openLink, type Person, subjectOf } from "./accept";
import { type Fault, type FaultHandle, Faults } from "./faults";
import { Log, type RequestRecord } from "./log";
import { type Mail, PostOffice } from "./mail";
import { Pool } from "./pool";
import { type Account, type Membership, type RoleName, roleName, roleNumber } from "./rows";
import { createServer } from "./server";
import { Store } from "./store";
import type { ServiceTimes, World } from "./world";

/** How a simulator behaves. */
export interface SimulatorOptions {
  /** 0: any that is free. @default 0 */
  port?: number;
  /** `ADMIN_API_KEY` of the server. @default "admin" */
  adminKey?: string;
  /** Ten requests at once with organization keys lock the server for good, as they do the real one. @default true */
  hangs?: boolean;
  /** How long a mail takes; its request waits. @default 0 */
  mailDelayMs?: number;
  /** How long requests take. */
  serviceTimes?: ServiceTimes;
}

/** What a simulator emits. */
export interface SimulatorEvents {
  /** A request has arrived; nothing has been done with it. */
  request: [RequestRecord];
  /** A request has its answer, or its connection is about to break. */
  response: [RequestRecord];
}

const host = "127.0.0.1";

/** A Trieve server in this process. Requests to `/simulator/…` are not Trieve's and are neither logged nor counted. */
export class Simulator extends EventEmitter<SimulatorEvents> {
  readonly #store = new Store();
  readonly #log = new Log();
  readonly #faults = new Faults();
  readonly #world: World;
  readonly #server: Server;
  #port = 0;

  /** Does not listen yet: use `startSimulator`. */
  constructor(options: SimulatorOptions, control: (simulator: Simulator) => Hono) {
    super();
    const { adminKey = "admin", hangs = true, mailDelayMs = 0, serviceTimes = {} } = options;
    this.#world = {
      store: this.#store,
      pool: new Pool(hangs),
      postOffice: new PostOffice(mailDelayMs),
      adminKey,
      serviceTimes,
    };
    this.#store.addDefaults(adminKey);
    const machinery = {
      ...this.#world,
      log: this.#log,
      faults: this.#faults,
      emit: (event: "request" | "response", record: RequestRecord) => this.emit(event, record),
    };
    this.#server = createServer(machinery, control(this));
  }

  async listen(port: number): Promise<this> {
    this.#server.listen(port, host);
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  get port(): number {
    return this.#port;
  }

  /** Without a slash at the end. */
  get url(): string {
    return `http://${host}:${this.port}`;
  }

  /** Every request so far, also those without an answer. */
  get requests(): readonly RequestRecord[] {
    return this.#log.requests;
  }

  /** Every mail that was sent. */
  get mails(): readonly Mail[] {
    return this.#world.postOffice.mails;
  }

  get inFlight(): number {
    return this.#log.inFlight;
  }

  get highestInFlight(): number {
    return this.#log.highestInFlight;
  }

  /** Begins `highestInFlight` anew. */
  resetCounters(): void {
    this.#log.resetCounters();
  }

  /** Locked for good: see `hangs`. */
  get hung(): boolean {
    return this.#world.pool.hung;
  }

  /** Off: every mail is refused. */
  get mailWorks(): boolean {
    return this.#world.postOffice.works;
  }

  set mailWorks(works: boolean) {
    this.#world.postOffice.works = works;
  }

  set mailDelayMs(ms: number) {
    this.#world.postOffice.delayMs = ms;
  }

  /** An organization with an owner (`owner@<name>.example` unless told) and a key of role owner. */
  createOrganization(name: string, options: { owner?: string; ownerless?: boolean } = {}) {
    const { id } = this.#store.addOrganization(name);
    if (options.ownerless !== true) {
      const domain = name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
      this.addMember(id, options.owner ?? `owner@${domain}.example`, "owner");
    }
    return { id, name, apiKey: this.createKey(id, "owner") };
  }

  /** All that are not deleted, oldest first. */
  organizations() {
    return [...this.#store.organizations.values()]
      .filter(({ deleted }) => deleted === 0)
      .map(({ id, name }) => ({ id, name }));
  }

  /** An organization key, called as its role unless told. */
  createKey(organizationId: string, role: RoleName, name: string = role): string {
    this.#known(organizationId);
    const key = { organization_id: organizationId, name, role: roleNumber(role) };
    return this.#store.addOrganizationKey(key).text;
  }

  /** The keys of an organization, with their texts, oldest first. */
  keys(organizationId: string) {
    return [...this.#store.organizationKeys.values()]
      .filter((key) => key.organization_id === organizationId)
      .map(({ id, name, role, text, scopes, dataset_ids, expires_at }) => ({
        id,
        name,
        role: roleName(role),
        text,
        scopes,
        datasetIds: dataset_ids,
        expiresAt: expires_at,
      }));
  }

  addDataset(organizationId: string, name: string): { id: string } {
    this.#known(organizationId);
    const { id } = this.#store.addDataset(organizationId, name, null).dataset;
    return { id };
  }

  /** As a person does in the dashboard: memberships, invitations and keys stay behind. */
  deleteOrganization(organizationId: string): void {
    this.#known(organizationId);
    const organization = this.#store.organizations.get(organizationId);
    if (organization) organization.deleted = 1;
  }

  revokeKey(key: string): void {
    this.#store.organizationKeys.delete(key);
    this.#store.userKeys.delete(key);
  }

  /** An account that is in no organization. */
  createAccount(email: string): { id: string } {
    if (this.#store.accountByEmail(email) !== undefined) {
      throw new Error(`there is an account ${email} already`);
    }
    return this.#newAccount(email);
  }

  /**
   * Makes a member, and the account if need be. A second call makes a second row, as two requests at once do.
   * `since`: now unless told.
   */
  addMember(
    organizationId: string,
    email: string,
    role: RoleName = "user",
    scopes: string[] | null = null,
    since?: Date,
  ) {
    this.#known(organizationId);
    const account = this.#store.accountByEmail(email) ?? this.#newAccount(email);
    this.#store.addMembership(account.id, organizationId, roleNumber(role), scopes, since);
    return { userId: account.id };
  }

  /** Changes every membership row of the address, in any case. */
  setMember(
    organizationId: string,
    email: string,
    { role, scopes }: { role?: RoleName; scopes?: string[] | null },
  ): void {
    const change = { role: role === undefined ? undefined : roleNumber(role), scopes };
    for (const row of this.#memberships(organizationId, email)) {
      this.#store.updateMembership(row, change);
    }
  }

  /** Deletes every membership row of the address, in any case. */
  removeMember(organizationId: string, email: string): void {
    for (const row of this.#memberships(organizationId, email)) {
      this.#store.deleteMembership(row);
    }
  }

  /** An invitation without a mail. `since`: now unless told. */
  addInvitation(
    organizationId: string,
    email: string,
    role: RoleName = "user",
    scopes: string[] | null = null,
    since?: Date,
  ) {
    this.#known(organizationId);
    const { id } = this.#store.addInvitation(
      organizationId,
      email,
      roleNumber(role),
      scopes,
      since,
    );
    return { id };
  }

  /** Deletes every invitation of the address, in any case, used or not. */
  deleteInvitations(organizationId: string, email: string): void {
    for (const invitation of this.#store.invitationsLike(organizationId, email)) {
      this.#store.deleteInvitation(invitation);
    }
  }

  members(organizationId: string) {
    return [...this.#store.membershipsIn(organizationId)].map(({ user_id, role, scopes }) => ({
      userId: user_id,
      email: this.#store.accounts.get(user_id)?.email ?? "",
      role: roleName(role),
      scopes,
    }));
  }

  invitations(organizationId: string) {
    return [...this.#store.invitationsIn(organizationId)].map(
      ({ id, email, role, scopes, used }) => ({ id, email, role, scopes, used }),
    );
  }

  /** Makes something go wrong. Of several faults that fit a request, the first set takes it. */
  fault(fault: Fault): FaultHandle {
    return this.#faults.add(fault);
  }

  /** A person opens the link of a mail and signs in: the same code as over HTTP. */
  accept(link: string, person: Person): Landing {
    return openLink(this.#world, link, person);
  }

  /** Ends every connection, also those that hang. */
  async close(): Promise<void> {
    if (this.#server.listening) {
      this.#server.close();
      this.#server.closeAllConnections();
      await once(this.#server, "close");
    }
  }

  #known(organizationId: string): void {
    if (!this.#store.organizations.has(organizationId)) {
      throw new Error(`there is no organization ${organizationId}`);
    }
  }

  /**
   * In lower case an account takes the subject of its first sign-in. In any other case a sign-in by address would not
   * find it, as on the real server, so it gets the subject that a sign-in has by default.
   */
  #newAccount(email: string): Account {
    const subject = email === email.toLowerCase() ? null : subjectOf(email);
    return this.#store.addAccount(email, null, subject);
  }

  #memberships(organizationId: string, email: string): Membership[] {
    return this.#store
      .accountsLike(email)
      .flatMap((account) => this.#store.memberships(account.id, organizationId));
  }
}
