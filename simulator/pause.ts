import { setTimeout as sleep } from "node:timers/promises";

/** Waits, but keeps no process alive for it. */
export async function pause(ms: number): Promise<void> {
  if (ms > 0) {
    await sleep(ms, undefined, { ref: false });
  }
}
