import type { Client } from "./client";
import type { Invitation, MemberRow } from "./model";

/** What the lists say of one address, in whatever case it is written there. */
export interface Entry {
  readonly invitations: readonly Invitation[];
  readonly members: readonly MemberRow[];
}

/** Addresses are compared without regard to case, by people and by the server's acceptance of invitations. */
export function personKey(email: string): string {
  return email.toLowerCase();
}

/**
 * Who is in one organization, asked for as seldom as can be: whatever the number of people that are looked up, the
 * lists are read once, and after writes once for the operations that are under way together.
 */
export class Directory {
  readonly #invitations: SharedList<Invitation>;
  readonly #members: SharedList<MemberRow>;
  /** Unfinished writes: from asking for a slot on, until their operation has had its chance to ask for a list. */
  readonly #unfinished = { invitations: 0, others: 0 };
  #keyAccount: ReturnType<Client["account"]> | undefined;

  constructor(
    readonly client: Client,
    readonly organizationId: string,
  ) {
    const fewMoreCome = (waiting: number) => this.#fewMoreCome(waiting);
    this.#invitations = new SharedList(() => client.listInvitations(organizationId), fewMoreCome);
    this.#members = new SharedList(() => client.listMembers(organizationId), fewMoreCome);
  }

  /** For messages: `organization … at …`. */
  get where(): string {
    return `organization ${this.organizationId} at ${this.client.connection.apiUrl}`;
  }

  /** @param maxAgeMs lists that began longer ago are read again */
  async look(email: string, maxAgeMs: number): Promise<Entry> {
    const entry = await this.#lookIn((list) => list.atMost(maxAgeMs), email);
    const isAccepted = entry.invitations.some(({ used }) => used) && entry.members.length === 0;
    if (!isAccepted) return entry;
    // An older list of members may be from before that.
    const members = await this.#members.since(this.#invitations.beganAt);
    return { ...entry, members: members.get(personKey(email)) ?? [] };
  }

  /** What the lists that were read last say of everybody, by `personKey`. */
  async everybody(): Promise<ReadonlyMap<string, Entry>> {
    // In this order: whoever accepts in between is in both, and nobody in neither.
    const invitations = await this.#invitations.atMost(Number.POSITIVE_INFINITY);
    const members = await this.#members.since(this.#invitations.beganAt);
    const keys = new Set([...invitations.keys(), ...members.keys()]);
    return new Map(
      [...keys].map((key) => [
        key,
        { invitations: invitations.get(key) ?? [], members: members.get(key) ?? [] },
      ]),
    );
  }

  /** Like `look`, in lists that begin after now: by group commit. */
  lookAfresh(email: string): Promise<Entry> {
    return this.#lookIn((list) => list.afterWrites(), email);
  }

  async #lookIn(
    rowsOf: <T extends { readonly email: string }>(list: SharedList<T>) => Promise<ByPerson<T>>,
    email: string,
  ): Promise<Entry> {
    const lists = [rowsOf(this.#invitations), rowsOf(this.#members)] as const;
    const [invitations, members] = await Promise.all(lists);
    const key = personKey(email);
    return { invitations: invitations.get(key) ?? [], members: members.get(key) ?? [] };
  }

  /** The invitations alone, afresh. The long list, that of the members, is seldom needed to see a new invitation. */
  async invitationsAfresh(email: string): Promise<readonly Invitation[]> {
    return (await this.#invitations.afterWrites()).get(personKey(email)) ?? [];
  }

  /** Everybody's membership, in a list that begins now: what is asked before a write keeps others waiting for it. */
  async membersAfresh(): Promise<MemberRow[]> {
    return [...(await this.#members.now()).values()].flat();
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
  write<T>(work: () => Promise<T>): Promise<T> {
    return this.#count("others", work);
  }

  /** Runs a write that sends an email, which may take long: lists wait for it only while few others wait for them. */
  invite<T>(work: () => Promise<T>): Promise<T> {
    return this.#count("invitations", work);
  }

  async #count<T>(kind: "invitations" | "others", work: () => Promise<T>): Promise<T> {
    this.#unfinished[kind] += 1;
    try {
      return await work();
    } finally {
      // Its operation comes to ask for a list, if it wants one, before the next turn.
      setImmediate(() => {
        this.#unfinished[kind] -= 1;
        this.#invitations.poke();
        this.#members.poke();
      });
    }
  }

  #fewMoreCome(waiting: number): boolean {
    const { invitations, others } = this.#unfinished;
    return others === 0 && waiting >= waitingForEachInvitation * invitations;
  }
}

/**
 * How many have to wait for a list for each invitation that is under way. With 1 there are twice as many lists. If it
 * waited for all, one slow email would hold up everybody.
 */
const waitingForEachInvitation = 3;

/** Rows of a list by whom they are about, as `personKey` says. */
type ByPerson<T> = ReadonlyMap<string, readonly T[]>;

/** One list, shared by all who want it at the same time. */
class SharedList<T extends { readonly email: string }> {
  #latest: { readonly beganAt: number; readonly rows: Promise<ByPerson<T>> } | undefined;
  #underWay = 0;
  #waiting: ((rows: Promise<ByPerson<T>>) => void)[] = [];

  constructor(
    private readonly load: () => Promise<readonly T[]>,
    private readonly fewMoreCome: (waiting: number) => boolean,
  ) {}

  /** When the latest began; 0: there is none. */
  get beganAt(): number {
    return this.#latest?.beganAt ?? 0;
  }

  atMost(maxAgeMs: number): Promise<ByPerson<T>> {
    return this.since(Date.now() - maxAgeMs);
  }

  /** In a list that began at this time or later. */
  since(time: number): Promise<ByPerson<T>> {
    const latest = this.#latest;
    return latest && latest.beganAt >= time ? latest.rows : this.now();
  }

  /** In a list that begins after now, shared by all who ask until it does. */
  afterWrites(): Promise<ByPerson<T>> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.poke();
    });
  }

  /** Begins the list that some wait for, if few more come, and none is being read. */
  poke(): void {
    if (this.#waiting.length === 0 || this.#underWay > 0) return;
    if (!this.fewMoreCome(this.#waiting.length)) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    const rows = this.now();
    for (const resolve of waiting) resolve(rows);
  }

  /** In a list that begins now. */
  now(): Promise<ByPerson<T>> {
    const rows = this.load().then((all) => Map.groupBy(all, ({ email }) => personKey(email)));
    const latest = { beganAt: Date.now(), rows };
    this.#latest = latest;
    this.#underWay += 1;
    latest.rows
      // A list that failed proves nothing about anybody: the next one who asks begins another.
      .catch(() => {
        if (this.#latest === latest) this.#latest = undefined;
      })
      .finally(() => {
        this.#underWay -= 1;
        this.poke();
      });
    return latest.rows;
  }
}
