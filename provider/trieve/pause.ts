import { setTimeout as sleep } from "node:timers/promises";
import type { TrieveError } from "./errors";

/** Before something is done again: as long as the server asked for, if that is longer. */
export function pause(error: TrieveError, ms: number): Promise<void> {
  return sleep(Math.min(Math.max(error.retryAfterMs, ms), 60_000));
}
