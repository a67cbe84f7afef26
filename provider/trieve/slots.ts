import { createHash } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bulkhead } from "cockatiel";
import { lock } from "proper-lockfile";
import { meetingFolder } from "../folder";

/** Runs a piece of work while it holds one of the slots; the signal ends the wait for one. */
export type Slots = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/**
 * At most `limit` pieces of work at once under one name, over all processes of this user on this machine.
 *
 * Ten requests in flight hang a real server for good, and one `pulumi up` may run several provider processes.
 * A slot is a lock file that its holder keeps fresh, so that of one that was killed frees itself.
 */
export function slotsFor(name: string, limit: number): Slots {
  const file = createHash("sha256").update(name).digest("hex").slice(0, 16);
  const slots = Array.from({ length: limit }, (_, i) => `slot-${file}-${i}`);
  // Waiting in line here keeps the number of processes that poll the files below the number of requests.
  const line = bulkhead(limit, Number.POSITIVE_INFINITY);
  return (work, signal) =>
    line.execute(async () => {
      const release = await take(slots, signal);
      try {
        return await work();
      } finally {
        await release();
      }
    });
}

async function take(slots: string[], signal?: AbortSignal): Promise<() => Promise<void>> {
  const folder = meetingFolder();
  for (;;) {
    signal?.throwIfAborted();
    for (const slot of slots) {
      const release = await tryLock(join(folder, slot));
      if (release) return release;
    }
    await sleep(5 + Math.random() * 20);
  }
}

async function tryLock(path: string): Promise<(() => Promise<void>) | undefined> {
  try {
    const release = await lock(path, {
      realpath: false,
      stale: 10_000,
      update: 2_000,
      // Losing a slot to a machine that slept means one request more for a moment, which the server bears.
      onCompromised: () => {},
    });
    return async () => {
      await release().catch(() => {});
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ELOCKED") return undefined;
    throw error;
  }
}
