import { createRequire } from "node:module";
import { connect } from "node:net";
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
export function deploymentStore(): Store {
  // Not part of the SDK's typed interface, but the only place where a program finds its engine.
  return (require("@pulumi/pulumi/runtime/state") as { getStore(): Store }).getStore();
}

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

/**
 * @throws if nobody listens there any more. A provider process outlives a killed CLI; what it then wrote nobody would
 * record, and the next `up` would meet its writes half-way.
 */
export async function assertEngineAlive(address: string): Promise<void> {
  const [, host, port] = /^(.*):(\d+)$/.exec(address) ?? [];
  if (host === undefined) return;
  const refused = await new Promise<boolean>((resolve) => {
    const socket = connect({ host, port: Number(port) });
    socket.once("connect", () => resolve(false));
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "ECONNREFUSED"));
    socket.once("connect", () => socket.destroy());
  });
  if (refused)
    throw new Error("The Pulumi engine that asked for this is gone. Nothing more was written.");
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
