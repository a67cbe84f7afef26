import { TrieveError } from "../trieve/errors";
import { type Slots, slotsFor } from "../trieve/slots";

/**
 * The order of writes that decide who owns an organization: those that remove or demote an owner go one at a time, over
 * all processes of this user on this machine, after promotions that are under way. So swapping owners works, and two
 * removals at once leave one.
 */
export class OwnerWrites {
  readonly #alone: Slots;
  readonly #promotions = new Set<Promise<unknown>>();
  /** Accounts whose removal or demotion went unanswered: the server may still carry it out. */
  readonly #doubtful = new Set<string>();

  constructor(organizationId: string) {
    this.#alone = slotsFor(`owners of ${organizationId}`, 1);
  }

  /** Runs an operation that ends with somebody being an owner. */
  async promote<T>(operation: () => Promise<T>): Promise<T> {
    const promotion = operation();
    this.#promotions.add(promotion);
    try {
      return await promotion;
    } finally {
      this.#promotions.delete(promotion);
    }
  }

  /** Runs a removal or demotion of an owner, alone. It has to look at the owners itself, within. */
  lower<T>(operation: () => Promise<T>): Promise<T> {
    return this.#alone(async () => {
      await Promise.allSettled([...this.#promotions]);
      return operation();
    });
  }

  /** Who of these owners surely stays one unless another write of this process lowers them. */
  certain(accounts: readonly string[]): string[] {
    return accounts.filter((account) => !this.#doubtful.has(account));
  }

  /** Makes writes that lower these accounts. One that may come into effect later counts as if it had. */
  async doubting<T>(accounts: readonly string[], writes: () => Promise<T>): Promise<T> {
    for (const account of accounts) this.#doubtful.add(account);
    const certain = () => {
      for (const account of accounts) this.#doubtful.delete(account);
    };
    try {
      const failure = await writes();
      if (failure === undefined) certain();
      return failure;
    } catch (error) {
      if (error instanceof TrieveError && error.outcome === "not executed") certain();
      throw error;
    }
  }
}
