import { once } from "node:events";
import { createRequire } from "node:module";
import { connect, type Socket } from "node:net";
import { setImmediate as immediate } from "node:timers/promises";
import type { Output } from "@pulumi/pulumi";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { GetRootResourceRequest } from "@pulumi/pulumi/proto/engine_pb";

/** What a Pulumi deployment is known by to all its processes: the address of its engine. */
interface Deployment {
  readonly engineAddress: string;
  readonly dryRun: boolean;
}

/** The SDK's store of the deployment that the calling program belongs to: several may run in one process. */
interface Store {
  readonly settings: {
    readonly options: { readonly engineAddr?: string; readonly dryRun?: boolean };
  };
  readonly stackResource?: { readonly outputs: { promise(): Promise<unknown> } };
}

/** The same object for all calls within one deployment. */
function deploymentStore(): Store {
  // Not part of the SDK's typed interface, but the only place where a program finds its engine.
  state ??= require("@pulumi/pulumi/runtime/state") as { getStore(): Store };
  return state.getStore();
}

/** Program side: what every deployment has one of, made when first asked for. */
export function perDeployment<T extends object>(make: () => T): () => T {
  const made = new WeakMap<Store, T>();
  return () => {
    const store = deploymentStore();
    const known = made.get(store) ?? make();
    made.set(store, known);
    return known;
  };
}

/** Asked for three times per resource, and finding the module takes longer than all else there. */
let state: { getStore(): Store } | undefined;

/** Of the running program; the address is empty under mocks. */
export function programDeployment(): Deployment {
  const { engineAddr, dryRun } = deploymentStore().settings.options;
  return { engineAddress: engineAddr ?? "", dryRun: dryRun ?? false };
}

/** Resolves when the running program has come to its end: every resource that it declares is declared. */
export async function programEnd(): Promise<void> {
  await deploymentStore()
    .stackResource?.outputs.promise()
    .catch(() => {});
}

/** Whether an output has a value, once it is settled: some are unknown in a preview. Not in the SDK's types. */
export function isKnown(output: Output<unknown>): Promise<boolean> {
  return (output as unknown as { readonly isKnown: Promise<boolean> }).isKnown;
}

/** The value of an output, undefined where a preview does not know it. */
export async function knownValue<T>(output: Output<T>): Promise<T | undefined> {
  if (!(await isKnown(output))) return undefined;
  return new Promise((resolve) => {
    output.apply((value) => resolve(value as T));
  });
}

/** Program side: the resources themselves, and those within components. The SDK waits for the same before an invoke. */
export async function withChildren(resources: readonly object[]): Promise<Set<object>> {
  const { getAllTransitivelyReferencedResources } = require("@pulumi/pulumi/runtime/dependsOn") as {
    getAllTransitivelyReferencedResources(
      resources: ReadonlySet<object>,
      exclude: ReadonlySet<object>,
    ): Promise<Set<object>>;
  };
  return getAllTransitivelyReferencedResources(new Set(resources), new Set());
}

/** Of the running provider process: its one argument. */
export function providerEngineAddress(): string {
  return process.argv[2] ?? "";
}

/** Whether the engine that started this process is still there, by a connection that is kept. */
export class EngineWatch {
  #connection: Promise<Socket> | undefined;

  constructor(private readonly address: string) {}

  /**
   * @throws if nobody listens there any more. A provider process outlives a killed CLI; what it then wrote nobody would
   * record, and the next `up` would meet its writes half-way.
   */
  async assertAlive(): Promise<void> {
    const [, host, port] = /^(.*):(\d+)$/.exec(this.address) ?? [];
    if (host === undefined) return;
    try {
      this.#connection ??= open(host, Number(port));
      const socket = await this.#connection;
      // The end of a killed engine's connection has arrived, but may not have been read yet.
      await immediate();
      if (socket.readyState === "open") return;
      // It may as well have become tired of a connection on which nothing is said.
      this.#connection = open(host, Number(port));
      await this.#connection;
    } catch (error) {
      this.#connection = undefined;
      if ((error as NodeJS.ErrnoException).code !== "ECONNREFUSED") return;
      throw new Error("The Pulumi engine that asked for this is gone. Nothing more was written.");
    }
  }
}

async function open(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port });
  await once(socket, "connect");
  // Without a reader its end would go unnoticed; and it keeps no process alive.
  socket.resume().unref();
  socket.on("error", () => {});
  return socket;
}

/** Whether a program has run in the deployment of this engine: by the first thing that it does, naming its stack. */
export function programHasRun(address: string): Promise<boolean> {
  // The SDK's own copy: a client accepts no credentials of another.
  const { credentials } = createRequire(require.resolve("@pulumi/pulumi"))("@grpc/grpc-js") as {
    credentials: { createInsecure(): ConstructorParameters<typeof EngineClient>[1] };
  };
  const client = new EngineClient(address, credentials.createInsecure());
  return new Promise<boolean>((resolve, reject) => {
    client.getRootResource(new GetRootResourceRequest(), (error, response) => {
      client.close();
      if (error) reject(error);
      else resolve(response.getUrn() !== "");
    });
  });
}
