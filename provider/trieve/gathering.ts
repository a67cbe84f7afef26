import { setImmediate as immediate, setTimeout as sleep } from "node:timers/promises";

/** No wait is longer than so many times the shortest. */
const longestWait = 10;
/** So many waits in vain, one after the other, and it is not waited any more. */
const patience = 3;

/**
 * The operations that are under way together, and when those of them that need a list have it read.
 *
 * The engine hands over some operations at once, and each further one when one of them has ended. So it pays to wait
 * with a list until a good part of them need it, and it does not pay to wait longer: nothing more comes. How many it
 * hands over the engine does not tell. It shows when a list waits until no further operation comes; which is done at
 * first, and then ever more seldom.
 */
export class Operations {
  #underWay = 0;
  /** As many as the engine was seen to hand over at once. */
  #most = 0;
  #looking = true;
  #looked = false;
  #lists = 0;
  #nextLookAfter = 8;
  /** Lists in a row that waited for others who did not come. */
  #inVain = 0;
  /** Between operations that were handed over one after the other, the last few times. */
  readonly #pauses: number[] = [];
  #lastBegan: number | undefined;
  #lastStir = 0;

  /** @param leastWaitMs with nothing known, how long nothing must have happened until nothing more is expected */
  constructor(private readonly leastWaitMs: number) {}

  /** Runs an operation, which may come to need lists. */
  async run<T>(operation: () => Promise<T>): Promise<T> {
    this.#began();
    try {
      return await operation();
    } finally {
      this.#underWay -= 1;
    }
  }

  #began(): void {
    const now = performance.now();
    // If nothing was under way, the engine may have waited for the end of that.
    if (this.#lastBegan !== undefined && (this.#looking || this.#underWay > 0)) {
      this.#pauses.push(now - this.#lastBegan);
      if (this.#pauses.length > 8) this.#pauses.shift();
    }
    this.#lastBegan = now;
    this.#underWay += 1;
    this.#most = Math.max(this.#most, this.#underWay);
    // As many as ever: waiting for all of them is not in vain.
    if (this.#underWay === this.#most) this.#inVain = 0;
    this.stir();
  }

  /** Something has happened: more may follow. */
  stir(): void {
    this.#lastStir = performance.now();
  }

  /** Whether so many wait for a list that no others need be waited for. */
  areEnough(waiting: number, share: number): boolean {
    return !this.#looking && (this.#isMany(waiting, share) || this.#inVain >= patience);
  }

  #isMany(waiting: number, share: number): boolean {
    return waiting >= Math.ceil(this.#most * share);
  }

  /** A list has begun: for enough, or for as many as came. */
  listed(waiting: number, share: number): void {
    // The first operation alone does not show anything.
    if (this.#looking && this.#pauses.length > 0) {
      this.#looking = false;
      this.#looked = true;
    }
    if (this.#isMany(waiting, share)) this.#inVain = 0;
    else if (this.#inVain < patience) this.#inVain += 1;
    this.#lists += 1;
    if (this.#lists < this.#nextLookAfter) return;
    this.#nextLookAfter *= 2;
    this.#looking = true;
  }

  /** Waits until nothing more is expected, or nobody waits for that any more. */
  async calm(over: () => boolean): Promise<void> {
    while (!over()) {
      // More than ever before have not been seen for a while, and would come soon.
      const isFull = this.#looked && this.#underWay === this.#most;
      const expected = isFull ? 0 : Math.max(0, ...this.#pauses) * 3;
      const wait = Math.min(Math.max(expected, this.leastWaitMs), this.leastWaitMs * longestWait);
      const rest = this.#lastStir + wait - performance.now();
      if (rest <= 0) return;
      await sleep(rest);
    }
  }
}

/** Those who wait for one list to begin. */
export class Gathering {
  #waiting = 0;
  #leastShare = 1;
  #over = false;
  #begin: () => void = () => {};
  /** When it is time for the list. */
  readonly complete: Promise<unknown>;

  /** @param writes that are under way: they are waited for, unless enough wait without them */
  constructor(
    private readonly operations: Operations,
    private readonly writes: readonly Promise<unknown>[],
  ) {
    const begun = new Promise<void>((resolve) => {
      this.#begin = resolve;
    });
    // Others may ask in this same turn.
    this.complete = begun.then(() => immediate());
    void this.#written()
      .then(() => operations.calm(() => this.#over))
      .then(() => this.#end());
  }

  /** @param share of the operations under way that make the list worth while; 0: no others are waited for */
  join(share: number): void {
    this.#waiting += 1;
    this.#leastShare = Math.min(this.#leastShare, share);
    this.operations.stir();
    if (share === 0) void this.#written().then(() => this.#end());
    else if (this.operations.areEnough(this.#waiting, this.#leastShare)) this.#end();
  }

  async #written(): Promise<void> {
    await Promise.allSettled(this.writes);
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.operations.listed(this.#waiting, this.#leastShare);
    this.#begin();
  }
}
