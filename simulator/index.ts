import { EventEmitter, once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Landing, openLink, type Person, subjectOf } from "./accept";
import type { ServiceTimes, World } from "./call";
import { controlRoutes } from "./control";
import { type Fault, type FaultHandle, Faults } from "./faults";
import { Log, type RequestRecord } from "./log";
import { type Mail, PostOffice } from "./mail";
import { Pool } from "./pool";
import { type Account, type Membership, type RoleName, roleName, roleNumber } from "./rows";
import { createServer } from "./server";
import { Store } from "./store";

export type { Effect, Fault, FaultHandle } from "./faults";
export type { RequestRecord, Route } from "./log";
export type { RoleName } from "./rows";

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

/** A Trieve server in this process. Requests to `/simulator/…` are not Trieve's and are neither logged nor counted. */
export interface Simulator extends EventEmitter<SimulatorEvents> {
  /** Without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Every request so far, also those without an answer. */
  readonly requests: readonly RequestRecord[];
  /** Every mail that was sent. */
  readonly mails: readonly Mail[];
  readonly inFlight: number;
  readonly highestInFlight: number;
  /** Begins `highestInFlight` anew. */
  resetCounters(): void;
  /** Locked for good: see `hangs`. */
  readonly hung: boolean;
  /** Off: every mail is refused. */
  mailWorks: boolean;
  mailDelayMs: number;
  /** An organization with an owner (`owner@<name>.example` unless told) and a key of role owner. */
  createOrganization(
    name: string,
    options?: { owner?: string; ownerless?: boolean },
  ): { id: string; name: string; apiKey: string };
  /** All that are not deleted, oldest first. */
  organizations(): { id: string; name: string }[];
  /** An organization key. */
  createKey(organizationId: string, role: RoleName): string;
  revokeKey(key: string): void;
  /** An account that is in no organization. */
  createAccount(email: string): { id: string };
  /**
   * Makes a member, and the account if need be. A second call makes a second row, as two requests at once do.
   * `since`: now unless told.
   */
  addMember(
    organizationId: string,
    email: string,
    role?: RoleName,
    scopes?: string[] | null,
    since?: Date,
  ): { userId: string };
  /** Changes every membership row of the address, in any case. */
  setMember(
    organizationId: string,
    email: string,
    change: { role?: RoleName; scopes?: string[] | null },
  ): void;
  /** Deletes every membership row of the address, in any case. */
  removeMember(organizationId: string, email: string): void;
  /** An invitation without a mail. `since`: now unless told. */
  addInvitation(
    organizationId: string,
    email: string,
    role?: RoleName,
    scopes?: string[] | null,
    since?: Date,
  ): { id: string };
  /** Deletes every invitation of the address, in any case, used or not. */
  deleteInvitations(organizationId: string, email: string): void;
  members(
    organizationId: string,
  ): { userId: string; email: string; role: RoleName; scopes: string[] | null }[];
  invitations(
    organizationId: string,
  ): { id: string; email: string; role: number; scopes: string[] | null; used: boolean }[];
  /** Makes something go wrong. Of several faults that fit a request, the first set takes it. */
  fault(fault: Fault): FaultHandle;
  /** A person opens the link of a mail and signs in: the same code as over HTTP. */
  accept(link: string, person: Person): Landing;
  /** Ends every connection, also those that hang. */
  close(): Promise<void>;
}

const host = "127.0.0.1";

class RunningSimulator extends EventEmitter<SimulatorEvents> implements Simulator {
  readonly #store = new Store();
  readonly #log = new Log();
  readonly #faults = new Faults();
  readonly #world: World;
  readonly #postOffice: PostOffice;
  readonly #server: Server;
  #port = 0;

  constructor(readonly options: SimulatorOptions) {
    super();
    const { adminKey = "admin", hangs = true, serviceTimes = {} } = options;
    this.#postOffice = new PostOffice(options.mailDelayMs ?? 0);
    this.#world = {
      store: this.#store,
      pool: new Pool(hangs),
      postOffice: this.#postOffice,
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
    this.#server = createServer(machinery, controlRoutes(this));
  }

  async listen(): Promise<this> {
    this.#server.listen(this.options.port ?? 0, host);
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://${host}:${this.port}`;
  }

  get requests(): readonly RequestRecord[] {
    return this.#log.requests;
  }

  get mails(): readonly Mail[] {
    return this.#postOffice.mails;
  }

  get inFlight(): number {
    return this.#log.inFlight;
  }

  get highestInFlight(): number {
    return this.#log.highestInFlight;
  }

  resetCounters(): void {
    this.#log.resetCounters();
  }

  get hung(): boolean {
    return this.#world.pool.hung;
  }

  get mailWorks(): boolean {
    return this.#postOffice.works;
  }

  set mailWorks(works: boolean) {
    this.#postOffice.works = works;
  }

  get mailDelayMs(): number {
    return this.#postOffice.delayMs;
  }

  set mailDelayMs(ms: number) {
    this.#postOffice.delayMs = ms;
  }

  createOrganization(name: string, options: { owner?: string; ownerless?: boolean } = {}) {
    const { id } = this.#store.addOrganization(name);
    if (options.ownerless !== true) {
      const domain = name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
      this.addMember(id, options.owner ?? `owner@${domain}.example`, "owner");
    }
    return { id, name, apiKey: this.createKey(id, "owner") };
  }

  organizations() {
    return [...this.#store.organizations.values()]
      .filter(({ deleted }) => deleted === 0)
      .map(({ id, name }) => ({ id, name }));
  }

  createKey(organizationId: string, role: RoleName): string {
    this.#known(organizationId);
    const key = { organization_id: organizationId, name: role, role: roleNumber(role) };
    return this.#store.addOrganizationKey(key).text;
  }

  revokeKey(key: string): void {
    this.#store.organizationKeys.delete(key);
    this.#store.userKeys.delete(key);
  }

  createAccount(email: string): { id: string } {
    if (this.#store.accountByEmail(email) !== undefined) {
      throw new Error(`there is an account ${email} already`);
    }
    return this.#newAccount(email);
  }

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

  removeMember(organizationId: string, email: string): void {
    for (const row of this.#memberships(organizationId, email)) {
      this.#store.deleteMembership(row);
    }
  }

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

  fault(fault: Fault): FaultHandle {
    return this.#faults.add(fault);
  }

  accept(link: string, person: Person): Landing {
    return openLink(this.#world, link, person);
  }

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

/** Starts a simulator. Close it when done. */
export function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  return new RunningSimulator(options).listen();
}
