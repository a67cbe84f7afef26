import { bulkhead } from "cockatiel";

/**
 * The order of writes that decide who owns an organization: those that remove or demote an owner go one at a time,
 * after promotions that are under way, so that swapping owners works and two removals at once leave one.
 */
export class OwnerWrites {
  readonly #line = bulkhead(1, Number.POSITIVE_INFINITY);
  readonly #promotions = new Set<Promise<unknown>>();

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
    return this.#line.execute(async () => {
      await Promise.allSettled([...this.#promotions]);
      return operation();
    });
  }
}
