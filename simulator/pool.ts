import { setImmediate as turn } from "node:timers/promises";

/** Trieve's pool has this many connections, whatever the configuration. */
const size = 10;
/** Nothing new for this long means that a burst has arrived completely. */
const lullMs = 1;
/** The same after a new connection: a burst that has to connect first takes its time. */
const connectingMs = 10;
/** Nobody waits longer for a lull, and no connection is listened for longer. */
const patienceMs = 50;

/**
 * The database's connections, as far as anybody outside can tell: when they run out.
 *
 * Looking up an organization key takes a second connection while holding a first, and waits for it without limit. Ten
 * such requests hold all ten and wait for ever, and so does everything after them. On the real server that takes an
 * overlap of microseconds, so ten requests hang it often, not always. Here ten always do: each one waits for a lull
 * before it goes on, so that a burst is seen whole, and the tenth that is under way locks the pool.
 */
export class Pool {
  #underWay = 0;
  #lastArrival = 0;
  #lastConnection = 0;
  /** When the connections came on which there was no request yet. */
  readonly #silent = new Set<{ since: number }>();
  #hung = false;

  constructor(readonly hangs: boolean) {}

  /** Whether the server is locked for good. */
  get hung(): boolean {
    return this.#hung;
  }

  /** A client has connected, so a request is about to come. Call what this returns when it has, or never will. */
  connected(): () => void {
    const connection = { since: performance.now() };
    this.#lastConnection = connection.since;
    this.#silent.add(connection);
    return () => this.#silent.delete(connection);
  }

  /** Does the work of a request with an organization key, from the look-up of the key to the answer. */
  async forOrganizationKey<T>(work: () => Promise<T>): Promise<T> {
    if (!this.hangs) {
      return work();
    }
    this.#underWay += 1;
    this.#lastArrival = performance.now();
    if (this.#underWay >= size) {
      this.#hung = true;
    }
    await this.#lull();
    await this.query();
    try {
      return await work();
    } finally {
      this.#underWay -= 1;
    }
  }

  /** Waits for one connection, as whatever asks the database does. */
  async query(): Promise<void> {
    if (this.#hung) {
      await new Promise<never>(() => {});
    }
  }

  async #lull(): Promise<void> {
    const end = performance.now() + patienceMs;
    do {
      // Twice round the event loop: whatever arrived while something else ran has been read by then.
      await turn();
      await turn();
    } while (this.#expectsMore(performance.now()) && performance.now() < end);
  }

  #expectsMore(now: number): boolean {
    return (
      now - this.#lastArrival < lullMs ||
      now - this.#lastConnection < connectingMs ||
      [...this.#silent].some(({ since }) => now - since < patienceMs)
    );
  }
}
