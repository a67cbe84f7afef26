import { dynamicProvider } from "../../provider/dynamic/provider";
import { HalfDone } from "../../provider/lifecycle/act";
import type { Inputs, Outputs } from "../../provider/lifecycle/state";
import { messages, type Struct } from "../../provider/plugin/sdk";
import { Service } from "../../provider/plugin/service";
import { give, take } from "../../provider/plugin/wire";
import { type Kind, kinds } from "../../provider/resources/kinds";
import { type Around, ProviderProcess } from "../../provider/resources/process";
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

type Adapter = (asked: Asked, process: WorldProcess) => Promise<object | undefined>;

const bag = (value: object) => ({ ...value }) as Record<string, unknown>;

const adapters: Readonly<Record<"dynamic" | "plugin", Adapter>> = {
  async dynamic(asked, process) {
    const host = dynamicProvider(kinds.person, process);
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
  },

  async plugin(asked, process) {
    const service = new Service("", () => process);
    const urn = "urn:pulumi:test::e2e::trieve:index:Invitation::ada";
    const outputsIn = (response: { getProperties(): Struct | undefined }) =>
      take(response.getProperties()).values;
    return service.run(async () => {
      switch (asked.verb) {
        case "create": {
          const request = new messages.CreateRequest();
          request.setUrn(urn);
          request.setProperties(give(asked.inputs));
          return outputsIn(await service.create(request));
        }
        case "update": {
          const request = new messages.UpdateRequest();
          request.setUrn(urn);
          request.setId(asked.id);
          request.setOlds(give(asked.recorded));
          request.setNews(give(asked.inputs));
          return outputsIn(await service.update(request));
        }
        case "read": {
          const request = new messages.ReadRequest();
          request.setUrn(urn);
          request.setId(asked.id);
          request.setProperties(give(asked.recorded ?? {}));
          return outputsIn(await service.read(request));
        }
        case "delete": {
          const request = new messages.DeleteRequest();
          request.setUrn(urn);
          request.setId(asked.id);
          request.setProperties(give(asked.recorded));
          await service.delete(request);
          return undefined;
        }
      }
    });
  },
};

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

/** What the engine gets to record of an operation that has failed, in the form of either adapter. */
function partialOf(failed: unknown): object | undefined {
  const { properties, metadata } = failed as {
    readonly properties?: object;
    readonly metadata?: { get(name: string): Buffer[] };
  };
  const [bytes] = metadata?.get("grpc-status-details-bin") ?? [];
  if (!bytes) return properties;
  const { Status } = require("@pulumi/pulumi/proto/status_pb");
  const [detail] = Status.deserializeBinary(bytes).getDetailsList();
  const failure = messages.ErrorResourceInitFailed.deserializeBinary(detail.getValue());
  return take(failure.getProperties()).values;
}

let adapter: Adapter = adapters.dynamic;

/** From here on operations go through this adapter. */
export function through(name: keyof typeof adapters): void {
  adapter = adapters[name];
}

/** Runs an operation of one person through the adapter. What the engine gets of a failure is put back in its place. */
export async function operate(world: World, asked: Asked): Promise<Outputs | undefined> {
  const process = new WorldProcess(world);
  const restore = noteFailures(kinds.person, process);
  try {
    return (await adapter(asked, process)) as Outputs | undefined;
  } catch (failed) {
    const { failure } = process;
    const { message, details } = failed as { message?: string; details?: string };
    if (failure === undefined || (details ?? message) !== failure.message) throw failed;
    if (!(failure instanceof HalfDone)) throw failure;
    throw new HalfDone(failure.cause as Error, partialOf(failed) as Outputs);
  } finally {
    restore();
  }
}
