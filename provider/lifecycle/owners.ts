import { type Slots, slotsFor } from "../trieve/slots";

/**
 * The order of writes that decide who owns an organization: those that remove or demote an owner go one at a time, over
 * all processes of this user on this machine, after promotions that are under way. So swapping owners works, and two
 * removals at once leave one.
 */
export class OwnerWrites {
  readonly #alone: Slots;
  readonly #promotions = new Set<Promise<unknown>>();

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
}
