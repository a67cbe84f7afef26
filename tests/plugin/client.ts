import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import type {
  CheckResponse,
  DiffResponse,
  ErrorResourceInitFailed,
} from "@pulumi/pulumi/proto/provider_pb";
import { grpc, later, messages, type Struct } from "../../provider/plugin/sdk";
import { give } from "../../provider/plugin/wire";

export const main = resolve(__dirname, "..", "..", "provider", "plugin", "main.js");

export type Bag = Readonly<Record<string, unknown>>;

/** Pulumi's form of a secret, and its text for what is not known. */
export const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const stack = "urn:pulumi:test::e2e";
export const urnOf = (type: string, name: string) => `${stack}::trieve:index:${type}::${name}`;

/** As a call ended that failed. */
export interface Failed {
  readonly code: number;
  readonly details: string;
  /** What the engine is to record all the same. */
  readonly partial?: { readonly id: string; readonly outputs: Bag };
}

/** The engine's side: what a plugin asks of it, and what it tells the user. */
export class Engine {
  /** `warning ada: …`, in their order. */
  readonly lines: string[] = [];

  private constructor(
    private readonly server: { forceShutdown(): void },
    readonly address: string,
  ) {}

  static async start(): Promise<Engine> {
    const server = new grpc.Server();
    const { EngineService } = require("@pulumi/pulumi/proto/engine_grpc_pb");
    let engine: Engine | undefined;
    server.addService(EngineService, {
      log: ({ request }: { request: LogRequest }, done: (e: null, r: object) => void) => {
        const name = request.getUrn().split("::").at(-1);
        const level = ["debug", "info", "warning", "error"][request.getSeverity()];
        engine?.lines.push(`${level} ${name}: ${request.getMessage()}`);
        const { Empty } = require("google-protobuf/google/protobuf/empty_pb");
        done(null, new Empty());
      },
      getRootResource: () => {},
      setRootResource: () => {},
    });
    const port = await new Promise<number>((done, fail) =>
      server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? fail(error) : done(bound),
      ),
    );
    engine = new Engine(server, `127.0.0.1:${port}`);
    return engine;
  }

  /** As a CLI that is killed. */
  stop(): void {
    this.server.forceShutdown();
  }
}

interface LogRequest {
  getUrn(): string;
  getSeverity(): number;
  getMessage(): string;
}

type Call = (request: object, done: (error: RawFailure | null, response: never) => void) => void;

interface RawFailure {
  readonly code: number;
  readonly details: string;
  readonly metadata: { get(name: string): (string | Buffer)[] };
}

/** A plugin's process, and calls as the engine makes them. */
export class Plugin {
  readonly #client: Readonly<Record<string, Call>> & { close(): void };

  private constructor(
    readonly process: ChildProcess,
    port: number,
    /** From the start of the process to its port. */
    readonly startMs: number,
  ) {
    const { ResourceProviderClient } = require("@pulumi/pulumi/proto/provider_grpc_pb");
    this.#client = new ResourceProviderClient(
      `127.0.0.1:${port}`,
      grpc.credentials.createInsecure(),
    );
  }

  static async start(
    engine: Engine,
    env: Readonly<Record<string, string>> = {},
    flags: readonly string[] = [],
  ): Promise<Plugin> {
    const begun = Date.now();
    const inherited = Object.entries(process.env).filter(([key]) => !/^(PULUMI|TRIEVE)_/.test(key));
    const child = spawn(process.execPath, [main, ...flags, engine.address], {
      env: { ...Object.fromEntries(inherited), ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [port] = (await once(child.stdout, "data")) as [Buffer];
    return new Plugin(child, Number(String(port)), Date.now() - begun);
  }

  /** Configured as a provider of this name. */
  async configure(settings: Bag, name = "default"): Promise<void> {
    const request = new messages.ConfigureRequest();
    request.setArgs(give(settings));
    request.setUrn(`${stack}::pulumi:providers:trieve::${name}`);
    await this.call("configure", request);
  }

  async checkConfig(news: Bag, name = "explicit"): Promise<{ inputs: Bag; reasons: string[] }> {
    const request = new messages.CheckRequest();
    request.setUrn(`${stack}::pulumi:providers:trieve::${name}`);
    request.setNews(give(news));
    return checkedIn(await this.call<CheckResponse>("checkConfig", request));
  }

  async diffConfig(olds: Bag, news: Bag): Promise<{ differs: string[]; replaces: string[] }> {
    const request = new messages.DiffRequest();
    request.setUrn(`${stack}::pulumi:providers:trieve::explicit`);
    request.setOlds(give(olds));
    request.setNews(give(news));
    const response = await this.call<DiffResponse>("diffConfig", request);
    return { differs: response.getDiffsList(), replaces: response.getReplacesList() };
  }

  async check(urn: string, news: Bag, olds: Bag = {}): Promise<{ inputs: Bag; reasons: string[] }> {
    const request = new messages.CheckRequest();
    request.setUrn(urn);
    request.setOlds(give(olds));
    request.setNews(give(news));
    return checkedIn(await this.call<CheckResponse>("check", request));
  }

  /** By property: `add`, `update`, `delete`, or one of them with `replace`. */
  async diff(
    urn: string,
    id: string,
    olds: Bag,
    news: Bag,
    ignoreChanges: string[] = [],
  ): Promise<Readonly<Record<string, string>>> {
    const request = new messages.DiffRequest();
    request.setUrn(urn);
    request.setId(id);
    request.setOlds(give(olds));
    request.setNews(give(news));
    request.setIgnorechangesList(ignoreChanges);
    const response = await this.call<DiffResponse>("diff", request);
    const kinds = Object.entries(messages.PropertyDiff.Kind);
    const changes: Record<string, string> = {};
    response.getDetaileddiffMap().forEach((change, key) => {
      const [name = ""] = kinds.find(([, kind]) => kind === change.getKind()) ?? [];
      changes[key] = name.toLowerCase().replace("_", " ");
    });
    return changes;
  }

  async create(urn: string, inputs: Bag, preview = false): Promise<{ id: string; outputs: Bag }> {
    const request = new messages.CreateRequest();
    request.setUrn(urn);
    request.setProperties(give(inputs));
    request.setPreview(preview);
    return this.#state("create", request);
  }

  async update(urn: string, id: string, olds: Bag, news: Bag, preview = false): Promise<Bag> {
    const request = new messages.UpdateRequest();
    request.setUrn(urn);
    request.setId(id);
    request.setOlds(give(olds));
    request.setNews(give(news));
    request.setPreview(preview);
    return (await this.#state("update", request)).outputs;
  }

  async read(
    urn: string,
    id: string,
    outputs: Bag = {},
  ): Promise<{ id: string; outputs: Bag; inputs: Bag }> {
    const request = new messages.ReadRequest();
    request.setUrn(urn);
    request.setId(id);
    request.setProperties(give(outputs));
    const response = await this.call<{
      getId(): string;
      getProperties(): Struct | undefined;
      getInputs(): Struct | undefined;
    }>("read", request);
    return {
      id: response.getId(),
      outputs: bagOf(response.getProperties()),
      inputs: bagOf(response.getInputs()),
    };
  }

  async delete(urn: string, id: string, outputs: Bag): Promise<void> {
    const request = new messages.DeleteRequest();
    request.setUrn(urn);
    request.setId(id);
    request.setProperties(give(outputs));
    await this.call("delete", request);
  }

  async invoke(token: string, args: Bag): Promise<Bag> {
    const request = new messages.InvokeRequest();
    request.setTok(token);
    request.setArgs(give(args));
    const response = await this.call<{ getReturn(): Struct | undefined }>("invoke", request);
    return bagOf(response.getReturn());
  }

  cancel(): Promise<unknown> {
    const { Empty } = require("google-protobuf/google/protobuf/empty_pb");
    return this.call("cancel", new Empty());
  }

  /** @throws Failed */
  call<T>(method: string, request: object): Promise<T> {
    return new Promise((done, fail) =>
      this.#client[method]?.call(this.#client, request, (error, response) =>
        error ? fail(failedOf(error)) : done(response as T),
      ),
    );
  }

  /** As the engine ends it. */
  async end(): Promise<void> {
    this.#client.close();
    if (this.process.exitCode !== null) return;
    const ended = once(this.process, "exit");
    this.process.kill("SIGINT");
    await ended;
  }

  async #state(method: string, request: object): Promise<{ id: string; outputs: Bag }> {
    const response = await this.call<{ getId?(): string; getProperties(): Struct | undefined }>(
      method,
      request,
    );
    return { id: response.getId?.() ?? "", outputs: bagOf(response.getProperties()) };
  }
}

function bagOf(struct: Struct | undefined): Bag {
  return (struct?.toJavaScript() ?? {}) as Bag;
}

function checkedIn(response: CheckResponse): { inputs: Bag; reasons: string[] } {
  return {
    inputs: bagOf(response.getInputs()),
    reasons: response.getFailuresList().map((failed) => failed.getReason()),
  };
}

function failedOf({ code, details, metadata }: RawFailure): Failed {
  const [bytes] = metadata.get("grpc-status-details-bin");
  if (bytes === undefined) return { code, details };
  const status = later.status().Status.deserializeBinary(bytes as Buffer);
  const [detail] = status.getDetailsList();
  const partial = detail?.unpack(
    (data: Uint8Array) => messages.ErrorResourceInitFailed.deserializeBinary(data),
    "pulumirpc.ErrorResourceInitFailed",
  ) as ErrorResourceInitFailed | null | undefined;
  if (!partial) return { code, details };
  return {
    code,
    details,
    partial: { id: partial.getId(), outputs: bagOf(partial.getProperties()) },
  };
}

/** Where the package's schema stands. */
export const schemaFile = join(__dirname, "..", "..", "..", "provider", "plugin", "schema.json");
