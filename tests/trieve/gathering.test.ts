import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Gathering, Operations } from "../../provider/trieve/gathering";

/** Long beside the pauses of these tests. */
const leastWaitMs = 60;

/** An engine that hands over so many operations at once, each of which writes and then waits for a list. */
class Engine {
  readonly operations = new Operations(leastWaitMs);
  /** How many waited for each list. */
  readonly lists: number[] = [];
  #next: { gathering: Gathering; waiting: number } | undefined;

  async run(count: number, parallel: number, share: number, pauseMs = 1): Promise<void> {
    let left = count;
    const worker = async () => {
      while (left > 0) {
        left -= 1;
        await this.operations.run(async () => {
          await sleep(1);
          await this.#list(share);
        });
        await sleep(pauseMs);
      }
    };
    await Promise.all(
      Array.from({ length: parallel }, async (_, i) => {
        await sleep(i * pauseMs);
        await worker();
      }),
    );
  }

  async #list(share: number): Promise<void> {
    this.#next ??= { gathering: new Gathering(this.operations, []), waiting: 0 };
    const mine = this.#next;
    mine.waiting += 1;
    mine.gathering.join(share);
    await mine.gathering.complete;
    if (this.#next !== mine) return;
    this.#next = undefined;
    this.lists.push(mine.waiting);
  }
}

describe("gathering for a list", () => {
  it("all that the engine hands over at once share one", async () => {
    const engine = new Engine();
    await engine.run(40, 8, 1);
    expect(engine.lists.length).to.be.within(5, 8);
  });

  it("half of them share one, where the other half has something to do meanwhile", async () => {
    const engine = new Engine();
    await engine.run(40, 8, 0.5);
    expect(engine.lists.length).to.be.within(5, 14);
  });

  it("also where the engine takes its time between them", async () => {
    const engine = new Engine();
    await engine.run(16, 4, 1, 20);
    expect(engine.lists.length).to.be.within(4, 8);
  });

  it("one operation after the other: waited in vain a few times, then no more", async () => {
    const engine = new Engine();
    await engine.run(6, 1, 1);
    expect(engine.lists).to.deep.equal([1, 1, 1, 1, 1, 1]);
    expect(engine.operations.areEnough(1, 1)).to.equal(true);
  });

  it("fewer than before: waited in vain a few times, then no more", async () => {
    const engine = new Engine();
    await engine.run(16, 8, 1);
    expect(engine.operations.areEnough(1, 1)).to.equal(false);
    await engine.run(4, 1, 1);
    expect(engine.lists.slice(-4)).to.deep.equal([1, 1, 1, 1]);
    expect(engine.operations.areEnough(1, 1)).to.equal(true);
  });

  it("somebody who cannot wait takes the others along", async () => {
    const operations = new Operations(60_000);
    const gathering = new Gathering(operations, []);
    await operations.run(async () => {
      gathering.join(1);
      gathering.join(0);
      await gathering.complete;
    });
  });
});
