import { DelegateBackoff, ExponentialBackoff, handleWhen, type IBackoff, retry } from "cockatiel";
import { TrieveError } from "./errors";

/**
 * Asks again while the failure may pass, waiting longer each time with jitter, or as long as `Retry-After` said.
 * For questions only: a write is never repeated without looking first.
 *
 * @param limits no new try begins later than `retryForMs` after the first
 * @param mayPass whether a failure may pass; asked right after it
 * @param onWaiting called with the failure before each pause that ends two seconds or more after the first try
 */
export function retryReads<T>(
  ask: () => Promise<T>,
  limits: { readonly retryForMs: number; readonly firstPauseMs: number },
  mayPass: (error: TrieveError) => boolean,
  onWaiting: (error: TrieveError) => void,
): Promise<T> {
  const start = Date.now();
  const jitter = new ExponentialBackoff({ initialDelay: limits.firstPauseMs, maxDelay: 8_000 });
  let backoff: IBackoff<unknown> | undefined;
  let delay = 0;
  const policy = retry(
    handleWhen((error) => {
      if (!(error instanceof TrieveError) || !mayPass(error)) return false;
      backoff = backoff === undefined ? jitter.next() : backoff.next(undefined);
      delay = Math.max(backoff.duration, error.retryAfterMs);
      const waited = Date.now() - start + delay;
      if (waited > limits.retryForMs) return false;
      if (waited >= 2_000) onWaiting(error);
      return true;
    }),
    { maxAttempts: Number.POSITIVE_INFINITY, backoff: new DelegateBackoff(() => delay) },
  );
  return policy.execute(ask);
}

/** `Retry-After` in both its forms, seconds and a date; milliseconds from now, 0 without one. */
export function parseRetryAfter(header: string | null, now: number): number {
  if (header === null) return 0;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}
