import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setImmediate as immediate } from "node:timers/promises";
import type { Output } from "@pulumi/pulumi";

/** The SDK's store of the deployment that the calling program belongs to: several may run in one process. */
interface Store {
  readonly settings: {
    readonly options: { readonly engineAddr?: string; readonly dryRun?: boolean };
  };
  readonly stackResource?: { readonly outputs: { promise(): Promise<unknown> } };
}

/** Not part of the SDK's typed interface, but the only place where a program finds its engine. */
interface StoreModule {
  getStore(): Store;
  /** The store of an inline program of the Automation API; undefined in a program that the CLI runs. */
  getLocalStore(): Store | undefined;
}

/** Asked for three times per resource, and finding the module takes longer than all else there. */
let stores: StoreModule | undefined;

function storeModule(): StoreModule {
  stores ??= require("@pulumi/pulumi/runtime/state") as StoreModule;
  return stores;
}

/** Program side: what every deployment has one of, made when first asked for. */
export function perDeployment<T extends object>(make: () => T): () => T {
  const made = new WeakMap<object, T>();
  return () => {
    const store = storeModule().getStore();
    const known = made.get(store) ?? make();
    made.set(store, known);
    return known;
  };
}

/** What a Pulumi deployment is known by to all its processes: the address of its engine. */
interface Deployment {
  readonly engineAddress: string;
  readonly dryRun: boolean;
}

/** Of the running program; the address is empty under mocks. */
export function programDeployment(): Deployment {
  const { engineAddr, dryRun } = storeModule().getStore().settings.options;
  return { engineAddress: engineAddr ?? "", dryRun: dryRun ?? false };
}

/**
 * Program side: a process that lives until the deployment ends. The program itself ends before the deletes; the
 * language host that started it does not. An inline program has no language host, and its process goes on.
 */
export function lastingProcess(): number {
  return storeModule().getLocalStore() === undefined ? process.ppid : process.pid;
}

/** Resolves when the running program has come to its end: every resource that it declares is declared. */
export async function programEnd(): Promise<void> {
  await storeModule()
    .getStore()
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

/**
 * Provider side: whether the engine that started this process is still there, by a connection that is kept. A provider
 * process outlives a killed CLI: it finishes what it has begun, begins nothing more, and ends.
 */
export class EngineWatch {
  #connection: Promise<Socket> | undefined;
  #underWay = 0;

  constructor(
    private readonly address: string,
    /** Called when the engine is gone and no operation is under way. */
    private readonly onOrphaned: () => void,
  ) {}

  /** Runs an operation of the engine's. */
  async run<T>(operation: () => Promise<T>): Promise<T> {
    this.#underWay += 1;
    // Watched from the first operation on.
    void this.#isThere();
    try {
      return await operation();
    } finally {
      this.#underWay -= 1;
      void this.#leaveIfOrphaned();
    }
  }

  /** @throws if the engine is gone: nobody would record what is written now */
  async assertAlive(): Promise<void> {
    if (await this.#isThere()) return;
    throw new Error(
      "The Pulumi engine that started this operation has ended. Nothing more was written.",
    );
  }

  async #isThere(): Promise<boolean> {
    const [, host, port] = /^(.*):(\d+)$/.exec(this.address) ?? [];
    if (host === undefined) return true;
    try {
      this.#connection ??= this.#open(host, Number(port));
      const socket = await this.#connection;
      // The end of a killed engine's connection has arrived, but may not have been read yet.
      await immediate();
      if (socket.readyState === "open") return true;
      // The engine may as well have become tired of a connection on which nothing is said.
      this.#connection = this.#open(host, Number(port));
      await this.#connection;
      return true;
    } catch (error) {
      this.#connection = undefined;
      return (error as NodeJS.ErrnoException).code !== "ECONNREFUSED";
    }
  }

  async #open(host: string, port: number): Promise<Socket> {
    const socket = connect({ host, port });
    await once(socket, "connect");
    // Without a reader its end would go unnoticed.
    socket.resume().unref();
    socket.on("error", () => {}).on("close", () => void this.#leaveIfOrphaned());
    return socket;
  }

  async #leaveIfOrphaned(): Promise<void> {
    if (this.#underWay === 0 && !(await this.#isThere()) && this.#underWay === 0) this.onOrphaned();
  }
}
