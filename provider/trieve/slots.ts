import { createHash } from "node:crypto";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as immediate, setTimeout as sleep } from "node:timers/promises";
import { lock } from "proper-lockfile";
import { meetingFolder } from "../folder";

/**
 * Runs a piece of work while it holds one of the slots. What is urgent goes before all else that waits in this process;
 * the signal ends the wait for a slot.
 */
export type Slots = <T>(
  work: () => Promise<T>,
  options?: { readonly urgent?: boolean; readonly signal?: AbortSignal },
) => Promise<T>;

/** How long a slot is kept for the next piece of work of this process. */
const keepMs = 25;
/** How often a process that has work without end looks whether another one waits. */
const turnMs = 50;
/** The longest pause of one that waits, before it looks again. */
const pollMs = 25;

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
  const line = new Line(limit);
  return async (work, { urgent = false, signal } = {}) => {
    await line.enter(urgent);
    try {
      const slot = await process.take(signal);
      try {
        return await work();
      } finally {
        await process.giveBack(slot);
      }
    } finally {
      void line.leave();
    }
  };
}

/** Lets so many in at once. */
class Line {
  readonly #urgent: (() => void)[] = [];
  readonly #others: (() => void)[] = [];

  constructor(private free: number) {}

  async enter(urgent: boolean): Promise<void> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => (urgent ? this.#urgent : this.#others).push(resolve));
  }

  async leave(): Promise<void> {
    // Whoever waited for this piece of work may have something urgent now; it comes to ask for it within two turns.
    await immediate();
    await immediate();
    const next = this.#urgent.shift() ?? this.#others.shift();
    if (next) next();
    else this.free += 1;
  }
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
      stale: 10_000,
      update: 2_000,
      // Losing a slot to a machine that slept means one request more for a moment, which the server bears.
      onCompromised: () => {
        held = false;
      },
    });
    return {
      release: async () => {
        await release().catch(() => {});
      },
      isHeld: () => held,
      since: Date.now(),
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ELOCKED") return undefined;
    throw error;
  }
}
