import { setImmediate as immediate } from "node:timers/promises";
import type { Client } from "./client";
import type { Invitation, Member } from "./model";

/** What the lists say of one address, in whatever case it is written there. */
export interface Entry {
  readonly invitations: readonly Invitation[];
  readonly members: readonly Member[];
}

/** Addresses are compared without regard to case, by people and by the server's acceptance of invitations. */
export function personKey(email: string): string {
  return email.toLowerCase();
}

/**
 * Who is in one organization, asked for as seldom as can be: whatever the number of people that are looked up, the
 * lists are read once, and after writes once for all writes that were under way together.
 */
export class Directory {
  readonly #invitations: SharedList<Invitation>;
  readonly #members: SharedList<Member>;
  readonly #writes = new Set<Promise<unknown>>();
  #keyAccount: ReturnType<Client["account"]> | undefined;

  constructor(
    readonly client: Client,
    readonly organizationId: string,
  ) {
    const underWay = () => [...this.#writes];
    this.#invitations = new SharedList(() => client.listInvitations(organizationId), underWay);
    this.#members = new SharedList(() => client.listMembers(organizationId), underWay);
  }

  /** @param maxAgeMs lists that began longer ago are read again */
  async look(email: string, maxAgeMs: number): Promise<Entry> {
    const key = personKey(email);
    const [invitations, members] = await Promise.all([
      this.#invitations.atMost(maxAgeMs),
      this.#members.atMost(maxAgeMs),
    ]);
    return { invitations: invitations.get(key) ?? [], members: members.get(key) ?? [] };
  }

  /** Like `look`, in lists that begin after now and after all writes that are under way now. */
  async lookAfresh(email: string): Promise<Entry> {
    const key = personKey(email);
    const [invitations, members] = await Promise.all([
      this.#invitations.fresh(),
      this.#members.fresh(),
    ]);
    return { invitations: invitations.get(key) ?? [], members: members.get(key) ?? [] };
  }

  /** The invitations alone, afresh. The long list, that of the members, is seldom needed to see a new invitation. */
  async invitationsAfresh(email: string): Promise<readonly Invitation[]> {
    return (await this.#invitations.fresh()).get(personKey(email)) ?? [];
  }

  /** Everybody's membership, in a list that begins after now and after all writes under way. */
  async membersAfresh(): Promise<Member[]> {
    return [...(await this.#members.fresh()).values()].flat();
  }

  /** The account that the key belongs to, asked once; an organization key belongs to none. */
  keyAccount(): ReturnType<Client["account"]> {
    this.#keyAccount ??= this.client.account().catch((error) => {
      this.#keyAccount = undefined;
      throw error;
    });
    return this.#keyAccount;
  }

  /** Runs a write, so that lists which are to show it wait for it. */
  async write<T>(work: () => Promise<T>): Promise<T> {
    const write = work();
    this.#writes.add(write);
    try {
      return await write;
    } finally {
      this.#writes.delete(write);
    }
  }
}

type ByPerson<T> = ReadonlyMap<string, readonly T[]>;

/** One list, shared by all who want it at the same time. */
class SharedList<T extends { readonly email: string }> {
  #latest: { readonly beganAt: number; readonly rows: Promise<ByPerson<T>> } | undefined;
  #next: Promise<ByPerson<T>> | undefined;

  constructor(
    private readonly load: () => Promise<readonly T[]>,
    private readonly writesUnderWay: () => Promise<unknown>[],
  ) {}

  atMost(maxAgeMs: number): Promise<ByPerson<T>> {
    const latest = this.#latest;
    return latest && Date.now() - latest.beganAt <= maxAgeMs ? latest.rows : this.#begin();
  }

  /**
   * Those who ask while writes are under way share the list that begins when these are done. Writes that begin
   * meanwhile are not waited for: nobody waits longer than what was under way when the group began takes.
   */
  fresh(): Promise<ByPerson<T>> {
    this.#next ??= Promise.allSettled(this.writesUnderWay())
      // The last of them asks in this same turn.
      .then(() => immediate())
      .then(() => {
        this.#next = undefined;
        return this.#begin();
      });
    return this.#next;
  }

  #begin(): Promise<ByPerson<T>> {
    const latest = { beganAt: Date.now(), rows: this.load().then(byPerson) };
    this.#latest = latest;
    // A list that failed proves nothing about anybody: the next one who asks begins another.
    latest.rows.catch(() => {
      if (this.#latest === latest) this.#latest = undefined;
    });
    return latest.rows;
  }
}

function byPerson<T extends { readonly email: string }>(rows: readonly T[]): ByPerson<T> {
  const map = new Map<string, T[]>();
  for (const row of rows) {
    const key = personKey(row.email);
    const list = map.get(key);
    if (list) list.push(row);
    else map.set(key, [row]);
  }
  return map;
}
