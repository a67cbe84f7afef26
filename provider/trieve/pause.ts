import { setTimeout as sleep } from "node:timers/promises";
import { ServerFailed, type TrieveError } from "./errors";

/** Before something is done again: as long as the server asked for, if that is longer. */
export function pause(error: TrieveError, ms: number): Promise<void> {
  const asked = error instanceof ServerFailed ? (error.retryAfterMs ?? 0) : 0;
  return sleep(Math.min(Math.max(asked, ms), 60_000));
}
