import { expect } from "chai";
import type { Server } from "../../provider/resources/organization";
import { AdminClient } from "../../provider/trieve/admin";
import type { Limits } from "../../provider/trieve/client";
import type { TrieveError } from "../../provider/trieve/errors";
import { type Fault, type Simulator, startSimulator } from "../../simulator";
import { type Failures, limits, refusals } from "../lifecycle/world";

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

const notFound = "404 Organization not found";
export const without404: Failures = Object.fromEntries(
  Object.entries(refusals).filter(([name]) => name !== notFound),
);
export const only404: Failures = { [notFound]: refusals[notFound] as Failures[string] };

/** What comes of an operation, for each of some failures. */
export interface Row<Leaves> {
  readonly when: string;
  readonly failures: Failures;
  /** @default 1 */
  readonly times?: number;
  readonly calls: readonly string[];
  /** `{error}`: the class of error that the failure makes. */
  readonly outcome: string;
  readonly leaves: Leaves;
  readonly options?: WorldOptions;
}

/** How an operation is run that is to fail. */
export interface Play<W extends World, Leaves> {
  readonly inWorld: (options: WorldOptions, test: (world: W) => Promise<void>) => Promise<void>;
  /** Puts into the world what is there before, and returns the operation. */
  readonly prepare: (world: W) => () => Promise<string>;
  readonly faultIn: (world: W) => Omit<Fault, "effect" | "times">;
  readonly leavesOf: (world: W) => Leaves;
}

export function describeFailures<W extends World, Leaves>(
  title: string,
  rows: readonly Row<Leaves>[],
  { inWorld, prepare, faultIn, leavesOf }: Play<W, Leaves>,
): void {
  describe(title, () => {
    for (const { when, failures, times = 1, calls, outcome, leaves, options = {} } of rows)
      describe(when, () => {
        for (const [name, [effect, error]] of Object.entries(failures))
          it(name, () =>
            inWorld(options, async (world) => {
              const operation = prepare(world);
              world.simulator.fault({ ...faultIn(world), times, effect });
              expect({
                outcome: await outcomeOf(operation()),
                calls: world.calls(),
                leaves: leavesOf(world),
              }).to.deep.equal({ outcome: outcome.replace("{error}", error), calls, leaves });
            }),
          );
      });
  });
}
