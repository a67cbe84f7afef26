import { createHash } from "node:crypto";
import {
  mkdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bulkhead } from "cockatiel";
import { lock } from "proper-lockfile";
import { isAlive, meetingFolder } from "../folder";

/** Runs a piece of work while it holds one of the slots. The signal ends the wait for a slot. */
export type Slots = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/** How long a slot is kept for the next piece of work of this process. */
const keepMs = 25;
/** How often a process that has work without end looks whether another one waits. */
const turnMs = 50;
/** The longest pause of one that waits, before it looks again. */
const pollMs = 25;
/** A slot that its holder has not touched for so long is that of a process that is dead, where that cannot be asked. */
const staleMs = 10_000;

/**
 * At most `limit` pieces of work at once under one name, over all processes of this user on this machine.
 *
 * Ten requests in flight hang a real server for good, and one `pulumi up` may run several provider processes.
 * A slot is a lock file that its holder keeps fresh, so that of one that was killed frees itself. Taking one costs as
 * much as a quick request: a process keeps it for its next piece of work, and gives way when others wait.
 */
export function slotsFor(name: string, limit: number): Slots {
  const file = createHash("sha256").update(name).digest("hex").slice(0, 16);
  const process = new Holder(file, limit);
  // Waiting in line here keeps the number of processes that poll the files below the number of requests.
  const line = bulkhead(limit, Number.POSITIVE_INFINITY);
  return (work, signal) =>
    line.execute(async () => {
      const slot = await process.take(signal);
      try {
        return await work();
      } finally {
        await process.giveBack(slot);
      }
    });
}

interface Slot {
  readonly release: () => Promise<void>;
  /** It is still this process's: a machine that slept may have lost it. */
  readonly isHeld: () => boolean;
  /** When it was taken, or seen that nobody waits for it. */
  since: number;
  /** Gives up what is kept for nobody. */
  timer?: NodeJS.Timeout;
}

/** The slots of one process. */
class Holder {
  readonly #kept: Slot[] = [];
  readonly #names: readonly string[];
  /** Until then others go first. */
  #giveWayUntil = 0;

  constructor(
    private readonly file: string,
    limit: number,
  ) {
    this.#names = Array.from({ length: limit }, (_, i) => `slot-${file}-${i}`);
  }

  async take(signal?: AbortSignal): Promise<Slot> {
    const kept = this.#kept.pop();
    clearTimeout(kept?.timer);
    if (kept?.isHeld()) return kept;
    const rest = this.#giveWayUntil - Date.now();
    if (rest > 0) await sleep(rest);
    const folder = meetingFolder();
    for (;;) {
      signal?.throwIfAborted();
      for (const name of this.#names) {
        const slot = await tryLock(join(folder, name));
        if (slot) return slot;
      }
      writeFileSync(this.#wanted(folder), "");
      await sleep(pollMs * (0.2 + 0.8 * Math.random()));
    }
  }

  async giveBack(slot: Slot): Promise<void> {
    const now = Date.now();
    if (now - slot.since >= turnMs) {
      slot.since = now;
      if (this.#othersWait(now)) {
        this.#giveWayUntil = now + 2 * pollMs;
        return slot.release();
      }
    }
    slot.timer = setTimeout(() => {
      this.#kept.splice(this.#kept.indexOf(slot), 1);
      void slot.release();
    }, keepMs).unref();
    this.#kept.push(slot);
  }

  #othersWait(now: number): boolean {
    const wanted = statSync(this.#wanted(meetingFolder()), { throwIfNoEntry: false });
    return wanted !== undefined && now - wanted.mtimeMs <= 2 * pollMs;
  }

  /** Written by whoever waits. */
  #wanted(folder: string): string {
    return join(folder, `wanted-${this.file}`);
  }
}

async function tryLock(path: string): Promise<Slot | undefined> {
  let held = true;
  try {
    const release = await lock(path, {
      realpath: false,
      // Never by itself: it may take away the lock that another process has put in the place of the dead one's.
      stale: Number.MAX_SAFE_INTEGER,
      update: staleMs / 5,
      // Losing a slot to a machine that slept means one request more for a moment, which the server bears.
      onCompromised: () => {
        held = false;
      },
    });
    writeFileSync(holderOf(path), `${process.pid} ${identityOf(statSync(`${path}.lock`))}`);
    return {
      release: async () => {
        rmSync(holderOf(path), { force: true });
        await release().catch(() => {});
      },
      isHeld: () => held,
      since: Date.now(),
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ELOCKED") throw error;
    removeStale(path);
    return undefined;
  }
}

/** Removes the lock of a dead process: of all that see it, the one that makes a folder named after that very lock. */
function removeStale(path: string): void {
  const lockPath = `${path}.lock`;
  const found = statSync(lockPath, { throwIfNoEntry: false });
  if (!found || (isHeld(path, found) && Date.now() - found.mtimeMs < staleMs)) return;
  try {
    mkdirSync(`${path}-${identityOf(found)}-${found.mtimeMs}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return;
    throw error;
  }
  rmSync(holderOf(path), { force: true });
  rmdirSync(lockPath);
}

/** Tells a lock from another one at the same path, however soon after. */
function identityOf({ ino, birthtimeMs }: Stats): string {
  return `${ino}-${birthtimeMs}`;
}

/**
 * Whether the process that holds a lock lives, as far as is known: it says who it is just after it has the lock. What
 * was said of an earlier lock, whose holder did not come to take it back, does not count.
 */
function isHeld(path: string, found: Stats): boolean {
  try {
    const [pid, identity] = readFileSync(holderOf(path), "utf8").split(" ");
    return identity !== identityOf(found) || isAlive(Number(pid));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return true;
    throw error;
  }
}

function holderOf(path: string): string {
  return `${path}.pid`;
}
