import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { expect } from "chai";
import type { Running } from "./cli";
import { World } from "./world";

/** Takes connections and what is said on them, and never says anything. */
class SilentServer {
  /** First lines of the requests. */
  readonly requests: string[] = [];
  /** Those that were given up. */
  closed = 0;
  readonly #open = new Set<Socket>();
  readonly #server: Server = createServer((socket) => {
    this.#open.add(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      const [, line] = /^((?:GET|POST|PUT|DELETE) \S+)/.exec(String(bytes)) ?? [];
      if (line !== undefined) this.requests.push(line);
    });
    socket.on("close", () => {
      this.#open.delete(socket);
      this.closed += 1;
    });
  });

  async listen(): Promise<this> {
    await once(this.#server.listen(0, "127.0.0.1"), "listening");
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
  }
}

describe("a server that takes connections and never answers", function () {
  this.timeout(300_000);
  let world: World;
  let silent: SilentServer;
  beforeEach(async () => {
    const people = Array.from({ length: 10 }, (_, i) => `person${i}@example.com`);
    world = await World.create(Object.fromEntries(people.map((email) => [email, { email }])));
    silent = await new SilentServer().listen();
  });
  afterEach(async () => {
    silent.close();
    await world.end();
  });
  const useSilent = () => world.project.run("config", "set", "trieve:apiUrl", silent.url);

  /** It is named before anything is given up; one Ctrl-C, and the run ends with what is under way. */
  const namedAndLeft = async (running: Running) => {
    await running.printed(`No answer from ${silent.url} for 2 s, asked to list the`);
    expect(silent.closed, "requests given up by then").to.equal(0);
    const underWay = [...silent.requests];
    expect(underWay).to.have.length.within(1, 4);
    running.kill("SIGINT");
    const { code, output } = await running.result;
    expect(code, output).not.to.equal(0);
    // What tells a server that hangs from one that is gone is asked once the answer is given up.
    const asked = silent.requests.filter((line) => line !== "GET /api/health");
    expect(asked).to.deep.equal(underWay);
    return output;
  };

  it("is named in `up`, and one Ctrl-C ends that", async () => {
    await useSilent();
    const output = await namedAndLeft(world.project.start("up", "--yes", "--skip-preview"));
    expect(output).to.include("no answer within 10 s");
    expect(world.requests()).to.deep.equal([]);
  });

  it("is named in `refresh` and in `up` with changes, and one Ctrl-C ends those", async () => {
    await world.succeed("up");
    const before = world.people();
    await useSilent();
    await namedAndLeft(world.project.start("refresh", "--yes", "--skip-preview", "--run-program"));
    silent.closed = 0;
    silent.requests.length = 0;
    await world.declare({});
    await namedAndLeft(world.project.start("up", "--yes", "--skip-preview", "--refresh"));
    expect(world.people()).to.deep.equal(before);
  });
});
