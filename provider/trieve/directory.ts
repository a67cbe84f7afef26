import type { Client } from "./client";
import { Gathering, Operations } from "./gathering";
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
 * Of the operations that the engine hands over at once, how many make a list worth while. Invitations take long, so
 * that half of them can be written while the other half are confirmed.
 */
const half = 0.5;
const all = 1;
/** What is asked before a write keeps others waiting for it. */
const alone = 0;

/**
 * Who is in one organization, asked for as seldom as can be: whatever the number of people that are looked up, the
 * lists are read once, and after writes once for the operations that are under way together.
 */
export class Directory {
  readonly #invitations: SharedList<Invitation>;
  readonly #members: SharedList<Member>;
  readonly #operations: Operations;
  readonly #writes = new Set<Promise<unknown>>();
  #keyAccount: ReturnType<Client["account"]> | undefined;

  constructor(
    readonly client: Client,
    readonly organizationId: string,
  ) {
    this.#operations = new Operations(client.limits.gatherMs);
    const gathering = () => new Gathering(this.#operations, [...this.#writes]);
    this.#invitations = new SharedList(() => client.listInvitations(organizationId), gathering);
    this.#members = new SharedList(() => client.listMembers(organizationId), gathering);
  }

  /** Runs an operation that may write and then look afresh: those under way at the same time share their lists. */
  operation<T>(work: () => Promise<T>): Promise<T> {
    return this.#operations.run(work);
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

  /** Like `look`, in lists that begin after now. Others who are about to ask are waited for. */
  async lookAfresh(email: string, after: "invitation" | "removal"): Promise<Entry> {
    const key = personKey(email);
    const share = after === "invitation" ? half : all;
    const [invitations, members] = await Promise.all([
      this.#invitations.fresh(share),
      this.#members.fresh(share),
    ]);
    return { invitations: invitations.get(key) ?? [], members: members.get(key) ?? [] };
  }

  /** The invitations alone, afresh. The long list, that of the members, is seldom needed to see a new invitation. */
  async invitationsAfresh(email: string): Promise<readonly Invitation[]> {
    return (await this.#invitations.fresh(half)).get(personKey(email)) ?? [];
  }

  /** Everybody's membership, in a list that begins after now and after all writes under way. */
  async membersAfresh(): Promise<Member[]> {
    return [...(await this.#members.fresh(alone)).values()].flat();
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

/** One that has not begun. */
interface NextList<T> {
  readonly gathering: Gathering;
  readonly rows: Promise<ByPerson<T>>;
}

/** One list, shared by all who want it at the same time. */
class SharedList<T extends { readonly email: string }> {
  #latest: { readonly beganAt: number; readonly rows: Promise<ByPerson<T>> } | undefined;
  #next: NextList<T> | undefined;

  constructor(
    private readonly load: () => Promise<readonly T[]>,
    private readonly gathering: () => Gathering,
  ) {}

  atMost(maxAgeMs: number): Promise<ByPerson<T>> {
    const latest = this.#latest;
    return latest && Date.now() - latest.beganAt <= maxAgeMs ? latest.rows : this.#begin();
  }

  /** In a list that begins after now, shared by all who ask until it does. */
  async fresh(share: number): Promise<ByPerson<T>> {
    this.#next ??= this.#gather();
    this.#next.gathering.join(share);
    return this.#next.rows;
  }

  #gather(): NextList<T> {
    const gathering = this.gathering();
    const rows = gathering.complete.then(() => {
      this.#next = undefined;
      return this.#begin();
    });
    return { gathering, rows };
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

/** Rows of a list by whom they are about, as `personKey` says. */
export function byPerson<T extends { readonly email: string }>(rows: readonly T[]): ByPerson<T> {
  const map = new Map<string, T[]>();
  for (const row of rows) {
    const key = personKey(row.email);
    const list = map.get(key);
    if (list) list.push(row);
    else map.set(key, [row]);
  }
  return map;
}
