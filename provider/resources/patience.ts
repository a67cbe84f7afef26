import { once } from "node:events";

/** Maximum wait for the server in a preview, which then goes on without it. */
export const patienceMs = 5_000;

/**
 * Asks the server during a preview.
 *
 * @param ask is told by the signal that nobody waits any more: what is under way would keep a program alive
 */
export async function inTime<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = setTimeout(
    () => over.abort(new Error(`No answer within ${patienceMs / 1000} s.`)),
    patienceMs,
  );
  try {
    return await Promise.race([
      ask(over.signal),
      once(over.signal, "abort").then((): never => {
        throw over.signal.reason;
      }),
    ]);
  } finally {
    clearTimeout(late);
  }
}
