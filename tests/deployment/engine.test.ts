import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { expect } from "chai";
import { EngineWatch } from "../../provider/deployment/engine";

const gone = "The Pulumi engine that started this operation has ended. Nothing more was written.";

/** Stands in for an engine: all that matters is whether it listens. */
class Engine {
  readonly #server: Server = createServer((socket) => {
    this.#open.add(socket);
    socket.on("close", () => this.#open.delete(socket)).resume();
    this.connections += 1;
  });
  readonly #open = new Set<Socket>();
  connections = 0;
  address = "";

  async listen(): Promise<this> {
    await once(this.#server.listen(0, "127.0.0.1"), "listening");
    const { port } = this.#server.address() as AddressInfo;
    this.address = `127.0.0.1:${port}`;
    return this;
  }

  /** As an engine does with a connection on which nothing is said for long. */
  async closeIdle(): Promise<void> {
    const closed = [...this.#open].map((socket) => once(socket, "close"));
    for (const socket of this.#open) socket.end();
    await Promise.all(closed);
  }

  async die(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
    await closed;
  }
}

/** What an `assertAlive` throws; undefined: nothing. */
const complaint = (watch: EngineWatch) =>
  watch.assertAlive().then(
    () => undefined,
    ({ message }: Error) => message,
  );

/** An operation that ends when it is told to. */
function operation(): { run: () => Promise<void>; end: () => void } {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { run: () => ended, end };
}

describe("the watch over the engine", () => {
  let engine: Engine;
  let orphaned: number;
  let isOrphaned: Promise<void>;
  let watch: EngineWatch;
  beforeEach(async () => {
    engine = await new Engine().listen();
    orphaned = 0;
    isOrphaned = new Promise((resolve) => {
      watch = new EngineWatch(engine.address, () => {
        orphaned += 1;
        resolve();
      });
    });
  });
  afterEach(() => engine.die());

  it("is content while the engine listens, with one connection for all questions", async () => {
    for (let i = 0; i < 5; i++) expect(await complaint(watch)).to.equal(undefined);
    expect(await watch.run(async () => "done")).to.equal("done");
    expect(await complaint(watch)).to.equal(undefined);
    expect(engine.connections).to.equal(1);
    expect(orphaned).to.equal(0);
  });

  it("throws when nobody listens, also if somebody did before", async () => {
    await watch.assertAlive();
    await engine.die();
    expect(await complaint(watch)).to.equal(gone);
    expect(await complaint(watch), "again").to.equal(gone);
    const late = new EngineWatch(engine.address, () => {});
    expect(await complaint(late), "who never saw it").to.equal(gone);
  });

  it("tells that the process is orphaned when the last operation ends, and no sooner", async () => {
    const [first, second] = [operation(), operation()];
    const running = [watch.run(first.run), watch.run(second.run)];
    await watch.assertAlive();
    await engine.die();
    expect(await complaint(watch)).to.equal(gone);
    first.end();
    await running[0];
    expect(await complaint(watch)).to.equal(gone);
    expect(orphaned).to.equal(0);
    second.end();
    await running[1];
    await isOrphaned;
  });

  it("tells so at once when nothing is under way", async () => {
    await watch.run(async () => {});
    await watch.assertAlive();
    expect(orphaned).to.equal(0);
    await engine.die();
    await isOrphaned;
  });

  it("tells so also after an operation that failed", async () => {
    const failing = watch.run(async () => {
      await watch.assertAlive();
      await engine.die();
      throw new Error("403");
    });
    expect(
      await failing.catch(({ message }: Error) => message),
      "the error is the operation's own",
    ).to.equal("403");
    await isOrphaned;
  });

  it("survives an engine that closes idle connections", async () => {
    for (let i = 0; i < 3; i++) {
      await watch.run(async () => {});
      await engine.closeIdle();
      expect(await complaint(watch)).to.equal(undefined);
    }
    const long = operation();
    const running = watch.run(long.run);
    await engine.closeIdle();
    expect(await complaint(watch)).to.equal(undefined);
    long.end();
    await running;
    expect(await complaint(watch)).to.equal(undefined);
    expect(orphaned).to.equal(0);
    await engine.die();
    await isOrphaned;
  });

  it("says nothing where there is no engine, as in tests of a program", async () => {
    const none = new EngineWatch("", () => {
      orphaned += 1;
    });
    expect(await none.run(async () => 1)).to.equal(1);
    expect(await complaint(none)).to.equal(undefined);
    expect(orphaned).to.equal(0);
  });
});
