import { dynamicProvider } from "../../provider/dynamic/provider";
import { HalfDone } from "../../provider/lifecycle/act";
import type { Inputs, Outputs } from "../../provider/lifecycle/state";
import { Service } from "../../provider/plugin/service";
import * as wire from "../../provider/plugin/wire";
import { type Kind, kinds } from "../../provider/resources/kinds";
import { type Around, ProviderProcess } from "../../provider/resources/process";
import { serviceHost } from "../plugin/service-host";
import type { World } from "./world";

/** An operation as the engine asks for it. */
export type Asked =
  | { readonly verb: "create"; readonly inputs: Inputs }
  | {
      readonly verb: "update";
      readonly id: string;
      readonly inputs: Inputs;
      readonly recorded: Outputs;
    }
  | { readonly verb: "read"; readonly id: string; readonly recorded?: Outputs }
  | { readonly verb: "delete"; readonly id: string; readonly recorded: Outputs };

const bag = (value: object) => ({ ...value }) as Record<string, unknown>;
const urn = "urn:pulumi:test::e2e::trieve:index:Invitation::ada";

/** The same verbs, by what the engine calls for dynamic resources or over gRPC. */
const adapters = {
  dynamic: (process: WorldProcess) => dynamicProvider(kinds.person, process),
  plugin: (process: WorldProcess) => serviceHost(new Service("", () => process), wire, urn),
};

async function answer(asked: Asked, process: WorldProcess): Promise<object | undefined> {
  const host = adapters[adapter](process);
  switch (asked.verb) {
    case "create":
      return (await host.create(bag(asked.inputs))).outs;
    case "update":
      return (await host.update(asked.id, bag(asked.recorded), bag(asked.inputs))).outs;
    case "read":
      return (await host.read(asked.id, bag(asked.recorded ?? {}))).props;
    case "delete":
      await host.delete(asked.id, bag(asked.recorded));
  }
  return undefined;
}

/** A provider process in the world of a test. */
class WorldProcess extends ProviderProcess {
  /** With what the rules have failed, before an adapter gave it another form. */
  failure: Error | undefined;

  constructor(private readonly world: World) {
    super("", () => {});
  }

  override around(): Around {
    return {
      organization: async () => this.world.organization,
      server: () => Promise.reject(new Error("No server is asked.")),
      isDeclared: () => false,
      isDeclaredElsewhere: () => false,
      declaredTwice: () => undefined,
      approvalOf: () => undefined,
      warn: this.world.organization.warn,
    };
  }
}

/** The rules, and a note of what they fail with. */
function noteFailures(kind: Kind, process: WorldProcess): () => void {
  const { create, read, update, delete: remove } = kind;
  const noting =
    <A extends unknown[], T>(verb: (...args: A) => Promise<T>) =>
    (...args: A) =>
      verb(...args).catch((error) => {
        process.failure = error;
        throw error;
      });
  Object.assign(kind, {
    create: noting(create),
    read: noting(read),
    update: noting(update),
    delete: noting(remove),
  });
  return () => Object.assign(kind, { create, read, update, delete: remove });
}

let adapter: keyof typeof adapters = "dynamic";

/** From here on operations go through this adapter. */
export function through(name: keyof typeof adapters): void {
  adapter = name;
}

/** Runs an operation of one person through the adapter. What the engine gets of a failure is put back in its place. */
export async function operate(world: World, asked: Asked): Promise<Outputs | undefined> {
  const process = new WorldProcess(world);
  const restore = noteFailures(kinds.person, process);
  try {
    return (await answer(asked, process)) as Outputs | undefined;
  } catch (failed) {
    const { failure } = process;
    const { message, properties } = failed as Error & { readonly properties?: object };
    if (failure === undefined || message !== failure.message) throw failed;
    if (!(failure instanceof HalfDone)) throw failure;
    throw new HalfDone(failure.cause as Error, properties as Outputs);
  } finally {
    restore();
  }
}
