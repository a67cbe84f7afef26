import type { Server } from "../../provider/resources/organization";
import { AdminClient } from "../../provider/trieve/admin";
import type { Limits } from "../../provider/trieve/client";
import type { TrieveError } from "../../provider/trieve/errors";
import { type Fault, type Simulator, startSimulator } from "../../simulator";
import { limits } from "../lifecycle/world";

export const adminKey = "key-of-the-account-default";

/** A simulator as a server first starts, and the provider's side of it. */
export interface World {
  readonly simulator: Simulator;
  readonly server: Server;
  readonly warnings: string[];
  /** Requests so far, by route; the lists that are asked for together in the order of the alphabet. */
  calls(): string[];
}

export interface WorldOptions {
  readonly limits?: Partial<Limits>;
  /** The key of the provider, made in the new world. @default the server's admin key */
  readonly key?: (simulator: Simulator) => string;
  readonly mayBegin?: () => Promise<void>;
}

export async function inWorld(
  options: WorldOptions,
  test: (world: World) => Promise<void>,
): Promise<void> {
  const simulator = await startSimulator({ adminKey, hangs: false });
  try {
    const warnings: string[] = [];
    const client = new AdminClient({
      apiUrl: simulator.url,
      apiKey: options.key?.(simulator) ?? adminKey,
      maxConcurrency: 4,
      keyAdvice: "Advice about keys.",
      limits: { ...limits, ...options.limits },
    });
    await test({
      simulator,
      server: {
        client,
        mayBegin: options.mayBegin ?? (async () => {}),
        warn: (text) => warnings.push(text),
      },
      warnings,
      calls: () => callsOf(simulator),
    });
  } finally {
    await simulator.close();
  }
}

const contents = ["listDatasets", "listInvitations", "listKeys", "listMembers"];

function callsOf({ requests }: Simulator): string[] {
  const calls = requests.map(({ route }) => route as string);
  // Four lists at once come in no order.
  for (let i = 0; i + 4 <= calls.length; i++) {
    const four = calls.slice(i, i + 4).sort();
    if (String(four) === String(contents)) calls.splice(i, 4, ...contents);
  }
  return calls;
}

/** How an operation ended: its result, or the class of the error. */
export async function outcomeOf<T>(operation: Promise<T>): Promise<T | string> {
  try {
    return await operation;
  } catch (error) {
    return (error as Error).name;
  }
}

export async function messageOf(operation: Promise<unknown>): Promise<string> {
  try {
    await operation;
    return "no error";
  } catch (error) {
    return (error as TrieveError).message;
  }
}

/** Only the nth request of a route. */
export function nth(n: number): NonNullable<Fault["when"]> {
  let seen = 0;
  return () => ++seen === n;
}

export const times = (n: number, calls: readonly string[]): string[] =>
  Array.from({ length: n }, () => calls).flat();

export const always = Number.POSITIVE_INFINITY;
