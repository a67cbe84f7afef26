import { expect } from "chai";
import { OwnerWrites } from "../../provider/lifecycle/owners";
import { refusedWith, unanswered } from "../../provider/trieve/errors";
import { ownMeetingFolder } from "./world";

/** Operations that end when told, and what has happened so far. */
class Script {
  readonly events: string[] = [];
  readonly #ends = new Map<string, () => void>();

  operation(name: string): () => Promise<string> {
    return async () => {
      this.events.push(`${name} begins`);
      await new Promise<void>((resolve) => this.#ends.set(name, resolve));
      this.events.push(`${name} ends`);
      return name;
    };
  }

  /** Ends an operation as soon as it has begun. */
  async end(name: string): Promise<void> {
    await this.until(() => this.#ends.has(name));
    this.#ends.get(name)?.();
    await this.settle();
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.settle();
  }

  /** What has run by itself by now. */
  settle(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("owner writes", () => {
  ownMeetingFolder();

  it("promotions run at once", async () => {
    const owners = new OwnerWrites("promotions");
    const script = new Script();
    const both = [owners.promote(script.operation("a")), owners.promote(script.operation("b"))];
    expect(script.events).to.deep.equal(["a begins", "b begins"]);
    await script.end("a");
    await script.end("b");
    expect(await Promise.all(both)).to.deep.equal(["a", "b"]);
  });

  it("lowerings run one after the other, in two instances as in one", async () => {
    const script = new Script();
    const both = ["a", "b"].map((name) =>
      new OwnerWrites("lowerings").lower(script.operation(name)),
    );
    await script.until(() => script.events.length > 0);
    await script.settle();
    expect(script.events).to.have.length(1);
    const [first, second] = script.events[0] === "a begins" ? ["a", "b"] : ["b", "a"];
    await script.end(first);
    await script.until(() => script.events.length > 2);
    expect(script.events).to.deep.equal([`${first} begins`, `${first} ends`, `${second} begins`]);
    await script.end(second);
    expect(await Promise.all(both)).to.deep.equal(["a", "b"]);
  });

  it("those of another organization do not wait", async () => {
    const script = new Script();
    const both = ["a", "b"].map((name) => new OwnerWrites(name).lower(script.operation(name)));
    await script.until(() => script.events.length > 1);
    expect(script.events).to.have.members(["a begins", "b begins"]);
    await script.end("a");
    await script.end("b");
    await Promise.all(both);
  });

  it("a lowering waits for the promotions under way, also for those that fail", async () => {
    const owners = new OwnerWrites("waiting");
    const script = new Script();
    const promotion = owners.promote(script.operation("promotion"));
    const failing = owners.promote(async () => {
      await script.operation("failing")();
      throw new Error("no");
    });
    const failed = failing.catch((error: Error) => error.message);
    const lowering = owners.lower(script.operation("lowering"));
    await script.settle();
    await script.end("promotion");
    expect(script.events).not.to.contain("lowering begins");
    await script.end("failing");
    await script.end("lowering");
    expect(script.events).to.deep.equal([
      "promotion begins",
      "failing begins",
      "promotion ends",
      "failing ends",
      "lowering begins",
      "lowering ends",
    ]);
    expect(await Promise.all([promotion, failed, lowering])).to.deep.equal([
      "promotion",
      "no",
      "lowering",
    ]);
  });

  it("a lowering that fails lets the next begin", async () => {
    const owners = new OwnerWrites("failing");
    const failed = owners.lower(() => Promise.reject(new Error("no")));
    expect(await failed.catch((error: Error) => error.message)).to.equal("no");
    expect(await owners.lower(async () => "next")).to.equal("next");
  });
});

describe("who surely stays an owner", () => {
  const attempt = { what: "remove bob@x.example", server: "http://t.example" };
  const lost = unanswered(attempt, "reset", "ECONNRESET");
  const refused = refusedWith(attempt, 403, "Forbidden", { keyAdvice: "" }, 0);
  const failed = async (error: Error) => {
    throw error;
  };
  const rows: readonly [it: string, writes: () => Promise<unknown>, certain: string[]][] = [
    ["writes that were answered: the lists tell of them", async () => undefined, ["bob", "eve"]],
    ["writes of which nobody knows", async () => lost, ["eve"]],
    ["writes that the server refused", () => failed(refused), ["bob", "eve"]],
    ["writes that failed unheard", () => failed(lost), ["eve"]],
    ["writes that failed for another reason", () => failed(new Error("gone")), ["eve"]],
  ];
  for (const [name, writes, certain] of rows)
    it(`after ${name}`, async () => {
      const owners = new OwnerWrites("doubts");
      await owners
        .doubting(["bob"], async () => {
          expect(owners.certain(["bob", "eve"])).to.deep.equal(["eve"]);
          return writes();
        })
        .catch(() => {});
      expect(owners.certain(["bob", "eve"])).to.deep.equal(certain);
    });
});
