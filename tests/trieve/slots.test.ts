import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { meetingFolder } from "../../provider/folder";
import { Client } from "../../provider/trieve/client";
import { slotsFor } from "../../provider/trieve/slots";
import { startSimulator } from "../../simulator";
import { ownMeetingFolder } from "../lifecycle/world";

/** Another process of the same user. */
function child(code: string): ChildProcess {
  const stdio = ["ignore", "pipe", "inherit"] as const;
  return spawn(process.execPath, ["-e", code], { stdio: [...stdio] });
}

const requireText = (name: string) => `require(${JSON.stringify(require.resolve(name))})`;
/** Slots are kept for a moment. */
async function released(): Promise<void> {
  while (locks().length > 0) await sleep(5);
}
const locks = () => readdirSync(meetingFolder()).filter((name) => name.endsWith(".lock"));
/** As after ten seconds in which nobody kept it fresh. */
const age = (path: string) => {
  const then = (Date.now() - 11_000) / 1000;
  utimesSync(path, then, then);
};

describe("slots", () => {
  ownMeetingFolder();
  afterEach(released);

  /** Runs pieces of work and counts how many run at once. */
  async function highest(pieces: number, run: (work: () => Promise<void>) => Promise<void>) {
    let now = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: pieces }, () =>
        run(async () => {
          most = Math.max(most, ++now);
          await sleep(2);
          now -= 1;
        }),
      ),
    );
    return most;
  }

  for (const limit of [1, 2, 8])
    it(`never more than ${limit} in one process`, async () => {
      expect(await highest(24, slotsFor(`in process ${limit}`, limit))).to.be.within(1, limit);
    });

  it("go to work in the order in which it asks", async () => {
    const slots = slotsFor("in order", 1);
    const done: number[] = [];
    await Promise.all([1, 2, 3, 4].map((i) => slots(async () => void done.push(i))));
    expect(done).to.deep.equal([1, 2, 3, 4]);
  });

  it("are kept for the next piece of work, for a moment", async () => {
    const slots = slotsFor("kept", 1);
    const lockInUse = () => statSync(join(meetingFolder(), locks()[0] ?? "")).ino;
    const first = await slots(async () => lockInUse());
    expect(await slots(async () => lockInUse())).to.equal(first);
  });

  it("go to another process as well, while one has work without end", async () => {
    const busy = child(`
      const { slotsFor } = ${requireText("../../provider/trieve/slots")};
      const slots = slotsFor("busy", 2);
      const work = () => new Promise((resolve) => setTimeout(resolve, 5));
      console.log("begun");
      for (const each of [1, 2, 3, 4]) (async () => { for (;;) await slots(work); })();`);
    await once(busy.stdout as NonNullable<typeof busy.stdout>, "data");
    const slots = slotsFor("busy", 2);
    for (let i = 0; i < 5; i++) {
      expect(await slots(async () => i)).to.equal(i);
      // Longer than it is kept: the next one has to be had anew.
      await sleep(60);
    }
    busy.kill("SIGTERM");
    await once(busy, "exit");
    // One that it was taking just then stays behind.
    for (const name of locks()) rmSync(join(meetingFolder(), name), { recursive: true });
  });

  it("of one name are shared, whoever asks for them", async () => {
    const [one, other] = [slotsFor("shared", 2), slotsFor("shared", 2)];
    let i = 0;
    expect(await highest(20, (work) => (i++ % 2 ? one : other)(work))).to.be.within(1, 2);
  });

  it("of different names are not", async () => {
    const outcome = await slotsFor("one", 1)(() => slotsFor("another", 1)(async () => "both"));
    expect(outcome).to.equal("both");
  });

  it("are given back by work that fails", async () => {
    const slots = slotsFor("failing", 1);
    const failure = await slots(() => Promise.reject(new Error("no"))).catch((e) => e.message);
    expect([failure, await slots(async () => "next")]).to.deep.equal(["no", "next"]);
  });

  it("never more over two processes", async () => {
    const simulator = await startSimulator({ serviceTimes: { list: 5 } });
    const { id, apiKey } = simulator.createOrganization("acme");
    const code = (maxConcurrency: number) => `
      const { Client } = ${requireText("../../provider/trieve/client")};
      const client = new Client({
        apiUrl: "${simulator.url}", apiKey: "${apiKey}", maxConcurrency: ${maxConcurrency}, keyAdvice: "",
      });
      Promise.all(Array.from({ length: 15 }, () => client.listMembers("${id}"))).then(() => process.exit(7));`;
    const codes = await Promise.all([2, 2].map((limit) => once(child(code(limit)), "exit")));
    expect(codes.map(([exit]) => exit)).to.deep.equal([7, 7]);
    expect(simulator.requests).to.have.length(30);
    expect(simulator.highestInFlight).to.be.within(1, 2);
    await simulator.close();
  });

  // Processes that started together after a crash each took away what they saw: the lock of the dead process, or that
  // which another one had put in its place a moment ago.
  it("never more over six processes that start together, where killed ones have left all slots locked", async () => {
    const simulator = await startSimulator({ serviceTimes: { list: 5 }, hangs: false });
    const { id, apiKey } = simulator.createOrganization("acme");
    const file = createHash("sha256").update(simulator.url).digest("hex").slice(0, 16);
    const code = `
      const { Client } = ${requireText("../../provider/trieve/client")};
      const client = new Client({
        apiUrl: "${simulator.url}", apiKey: "${apiKey}", maxConcurrency: 4, keyAdvice: "",
      });
      process.stdin.once("data", () =>
        Promise.all(Array.from({ length: 12 }, () => client.listMembers("${id}"))).then(() => process.exit(7)));
      console.log("ready");`;
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 4; i++) {
        const path = join(meetingFolder(), `slot-${file}-${i}.lock`);
        mkdirSync(path);
        age(path);
      }
      const children = Array.from({ length: 6 }, () =>
        spawn(process.execPath, ["-e", code], { stdio: ["pipe", "pipe", "inherit"] }),
      );
      await Promise.all(children.map(({ stdout }) => once(stdout, "data")));
      const exits = children.map((one) => once(one, "exit"));
      for (const { stdin } of children) stdin.write("go");
      expect((await Promise.all(exits)).map(([exit]) => exit)).to.deep.equal(Array(6).fill(7));
    }
    expect(simulator.requests).to.have.length(3 * 6 * 12);
    expect(simulator.highestInFlight).to.be.within(1, 4);
    await simulator.close();
  }).timeout(60_000);

  it("of a process that was killed free themselves", async () => {
    const holder = child(`
      const { slotsFor } = ${requireText("../../provider/trieve/slots")};
      setInterval(() => {}, 1000);
      slotsFor("killed", 1)(async () => { console.log("held"); await new Promise(() => {}); });`);
    await once(holder.stdout as NonNullable<typeof holder.stdout>, "data");
    let entered = false;
    const next = slotsFor(
      "killed",
      1,
    )(async () => {
      entered = true;
    });
    await sleep(100);
    expect([entered, locks().length], "not while it lives").to.deep.equal([false, 1]);
    holder.kill("SIGKILL");
    // At once: a preview after a crash waits for no more than five seconds.
    await next;
    expect(entered).to.equal(true);
  });

  it("of which nobody knows who holds them free themselves when nobody has touched them for ten seconds", async () => {
    const slots = slotsFor("unknown", 1);
    let lock = "";
    let pid = "";
    await slots(async () => {
      lock = join(meetingFolder(), locks()[0] ?? "");
      pid = lock.replace(/lock$/, "pid");
      expect(readFileSync(pid, "utf8")).to.match(new RegExp(`^${process.pid} `));
    });
    await released();
    expect(existsSync(pid)).to.equal(false);
    mkdirSync(lock);
    let entered = false;
    const next = slots(async () => {
      entered = true;
    });
    await sleep(100);
    expect(entered).to.equal(false);
    age(lock);
    await next;
    expect(entered).to.equal(true);
  });

  // A process that exits by itself gives up its locks, and did not take back that it held them. The next one that took
  // such a lock was taken for the dead process, until it had said who it is.
  it("are not taken away from a process that has not said yet who it is", async () => {
    const holder = child(`
      const { slotsFor } = ${requireText("../../provider/trieve/slots")};
      slotsFor("exited", 1)(async () => process.exit());`);
    await once(holder, "exit");
    const [pid = ""] = readdirSync(meetingFolder())
      .filter((name) => name.endsWith(".pid"))
      .filter((name) =>
        readFileSync(join(meetingFolder(), name), "utf8").startsWith(`${holder.pid} `),
      );
    expect(locks()).to.deep.equal([]);
    const lock = join(meetingFolder(), pid.replace(/pid$/, "lock"));
    mkdirSync(lock);
    let entered = false;
    const next = slotsFor(
      "exited",
      1,
    )(async () => {
      entered = true;
    });
    await sleep(100);
    expect(entered).to.equal(false);
    age(lock);
    await next;
  });

  it("that were lost, as by a machine that slept, do no harm", async () => {
    const slots = slotsFor("lost", 1);
    const outcome = await slots(async () => {
      rmSync(join(meetingFolder(), locks()[0] ?? ""), { recursive: true });
      // Longer than the holder takes to notice.
      await sleep(2_500);
      return "done";
    });
    expect(outcome).to.equal("done");
    expect(await slots(async () => "next")).to.equal("next");
  });

  it("that cannot be had are an error, not a way around the limit", async () => {
    const slots = slotsFor("broken", 1);
    let path = "";
    await slots(async () => {
      path = join(meetingFolder(), locks()[0] ?? "");
    });
    await released();
    expect(existsSync(path)).to.equal(false);
    writeFileSync(path, "");
    age(path);
    let ran = false;
    const error = await slots(async () => {
      ran = true;
    }).catch((reason: NodeJS.ErrnoException) => reason);
    expect([ran, (error as NodeJS.ErrnoException | undefined)?.code]).to.deep.equal([
      false,
      "ENOTDIR",
    ]);
    rmSync(path);
  });

  it("in a folder that others can read: nothing is sent", async () => {
    const simulator = await startSimulator();
    const { id, apiKey } = simulator.createOrganization("acme");
    const folder = meetingFolder();
    chmodSync(folder, 0o755);
    const client = new Client({ apiUrl: simulator.url, apiKey, maxConcurrency: 1, keyAdvice: "" });
    const error = await client.listMembers(id).catch((reason) => reason);
    expect(error.message).to.equal(
      `${folder} is not a private folder of this user. Remove it, or set TMPDIR to a folder of your own.`,
    );
    expect(simulator.requests).to.deep.equal([]);
    chmodSync(folder, 0o700);
    await simulator.close();
  });
});
