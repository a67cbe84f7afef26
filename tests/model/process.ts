/**
 * A provider process of its own, in this one: a fresh instance of every module of the built package, which can be
 * stopped dead at any request, or lose its engine. Replaced are only the limits of time, the slots and the meeting of a
 * deployment's processes, which share them by files, and the watch on the engine; each has tests of its own.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { compileFunction } from "node:vm";
import { bulkhead } from "cockatiel";
import * as sdk from "../../provider/plugin/sdk";
import type * as ServiceModule from "../../provider/plugin/service";
import type * as WireModule from "../../provider/plugin/wire";
import type * as ProcessModule from "../../provider/resources/process";
import type { Effect, FaultHandle, Simulator } from "../../simulator";
import { serviceHost } from "../plugin/service-host";
import type { Coverage } from "./coverage";
import type { Phase } from "./model";

export type Bag = Record<string, unknown>;

/** What the engine calls. */
export interface Host extends Resource {
  /** Of a roster. */
  readonly guard: Resource;
  /** Of a roster. */
  readonly sweep: Resource;
}

interface Resource {
  configure(request: { config: { get(key: string): string | undefined } }): Promise<void>;
  check(olds: Bag, news: Bag): Promise<{ inputs: Bag; failures: { reason: string }[] }>;
  diff(id: string, olds: Bag, news: Bag): Promise<{ changes: boolean; replaces?: string[] }>;
  create(inputs: Bag): Promise<{ id: string; outs: Bag }>;
  read(id: string, props: Bag): Promise<{ id?: string; props?: Bag; inputs?: Bag }>;
  update(id: string, olds: Bag, news: Bag): Promise<{ outs: Bag }>;
  delete(id: string, props: Bag): Promise<void>;
}

export type Verb = "create" | "read" | "update" | "delete";

/** A mistake to make in the built package, to see whether it is found. */
export interface Bug {
  readonly name: string;
  readonly changes: readonly {
    /** Below `provider/`. */
    readonly file: string;
    /** Stands there exactly once. */
    readonly from: string;
    readonly to: string;
  }[];
}

/** What may go wrong with a request, or with the process that makes it. */
export const faultNames = [
  "500",
  "502",
  "503",
  "408",
  "429",
  "reset before",
  "reset after",
  "truncated",
  "too slow",
  "mail fails",
  "death before",
  "death after",
  "engine dies",
  "key revoked",
] as const;
export type FaultName = (typeof faultNames)[number];

/**
 * From the `at`th request of a process on, so many go wrong; where mails fail, so many that have one. A death is for
 * good, and so is the end of a key.
 */
export interface Fault {
  readonly at: number;
  readonly times: number;
  readonly what: FaultName;
}

/** What the provider tells the user is not looked at here. */
const silent = { log: () => {} };

/** When a request that is too slow is given up, and when it is carried out. */
const patienceMs = 15;
const slowMs = 30;

/** What the server makes of a request. */
const effects: Partial<Record<FaultName, Effect>> = {
  "500": { status: 500, body: '{"message":"Error"}' },
  "502": { status: 502, body: "<html>Bad Gateway</html>" },
  "503": { status: 503 },
  "408": { status: 408 },
  "429": { status: 429 },
  "reset before": { reset: "before" },
  "reset after": { reset: "after" },
  truncated: { truncate: true },
  "too slow": { delayMs: slowMs },
  "mail fails": { mailFails: true },
};

/** The process or its engine has ended in the middle of an operation. */
export class Died extends Error {}

const root = join(__dirname, "..", "..", "provider");
const sources = new Map<string, string>();

/** The built package as it is, or with a bug. */
export class Package {
  readonly #functions = new Map<string, (...args: unknown[]) => void>();

  /** @param adapter by which the engine calls it */
  constructor(
    readonly bug?: Bug,
    readonly adapter: "dynamic" | "plugin" = "dynamic",
  ) {
    // A bug whose place has moved would prove nothing.
    for (const { file } of bug?.changes ?? []) this.compiled(join(root, file));
  }

  compiled(path: string): (...args: unknown[]) => void {
    const known = this.#functions.get(path);
    if (known) return known;
    const text = sources.get(path) ?? readFileSync(path, "utf8");
    sources.set(path, text);
    const made = compileFunction(
      this.#changed(path, text).replaceAll(" import(", " import_("),
      ["exports", "require", "module", "__dirname", "import_", "console", "AbortSignal"],
      { filename: path },
    ) as (...args: unknown[]) => void;
    this.#functions.set(path, made);
    return made;
  }

  #changed(path: string, text: string): string {
    const changes = this.bug?.changes.filter(({ file }) => join(root, file) === path) ?? [];
    return changes.reduce((changed, { from, to }) => {
      if (changed.split(from).length !== 2)
        throw new Error(`${relative(root, path)} does not hold exactly once: ${from}`);
      return changed.replace(from, () => to);
    }, text);
  }
}

interface Context {
  readonly verb: Verb;
  readonly phase: Phase;
  hasBegun: boolean;
}

/** One for all: each costs time with every promise. */
const contexts = new AsyncLocalStorage<Context>();

interface Options {
  readonly simulator: Simulator;
  readonly code: Package;
  readonly settings: Readonly<Record<string, string>>;
  readonly faults: readonly Fault[];
  readonly revokeKey: () => void;
  /** How long questions are asked again. */
  readonly retryForMs: number;
  /** Whether the program declares this person in another resource than that with this instance. */
  readonly isDeclaredElsewhere: (person: string, instance: string) => boolean;
  /** Whether the program declares this person. */
  readonly isDeclared: (person: string) => boolean;
  readonly coverage: Coverage;
}

type Fetched = { status: number; headers: unknown; text(): Promise<string> };
type Fetch = (url: string, init: Bag) => Promise<Fetched>;

let realFetch: Fetch | undefined;
let processes = 0;

export class ProviderProcess {
  readonly host: Host;
  /** What a roster's guard has published. */
  readonly approvals = new Map<string, unknown>();
  /** Requests that change something. */
  writes = 0;
  dead = false;
  /** It lives on, finishes what it has begun, and begins nothing. */
  engineIsDead = false;
  /** Operations whose first write came after that. */
  begunTooLate = 0;
  /** What went wrong on the way. */
  readonly hit: {
    readonly what: FaultName;
    readonly method: string;
    /** Of an invitation. */
    readonly email: string | undefined;
  }[] = [];
  readonly #n = ++processes;
  readonly #modules = new Map<string, { exports: unknown }>();
  readonly #handles: FaultHandle[] = [];
  /** Requests. */
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #operations = new Set<Promise<unknown>>();
  readonly #controllers = new WeakMap<object, AbortController>();
  readonly #posts: number[] = [];
  #requests = 0;
  #isEnded = false;
  #die = () => {};
  /** Of the process. */
  readonly #death = new Promise<void>((resolve) => {
    this.#die = resolve;
  });
  #letGo: (reason: Died) => void = () => {};
  /** When nobody will record any more what an operation has done. */
  readonly #unheard = new Promise<never>((_, reject) => {
    this.#letGo = reject;
  });

  private constructor(readonly options: Options) {
    this.#unheard.catch(() => {});
    this.host =
      options.code.adapter === "plugin"
        ? this.#pluginHost()
        : (this.#load(join(root, "dynamic", "host.js")) as Host);
  }

  static async start(options: Options): Promise<ProviderProcess> {
    realFetch ??= (await import("node-fetch")).default as unknown as Fetch;
    const process = new ProviderProcess(options);
    const config = { get: (key: string) => options.settings[key] };
    await process.host.configure({ config });
    return process;
  }

  /** Nobody records what it has done last. */
  get isUnheard(): boolean {
    return this.dead || this.engineIsDead;
  }

  /** Runs an operation. @throws Died if the process or its engine ends before it does */
  run<T>(verb: Verb, phase: Phase, operation: () => Promise<T>): Promise<T> {
    if (this.isUnheard) return this.#unheard;
    this.options.coverage.count(phase, verb, "none");
    const work = contexts.run({ verb, phase, hasBegun: false }, operation);
    this.#operations.add(work);
    const done = () => this.#operations.delete(work);
    work.then(done, done);
    return Promise.race([work, this.#unheard]);
  }

  /** What is begun comes to its end; of a process that is dead, what is on its way to the server. */
  async end(): Promise<void> {
    while (this.#operations.size > 0 && !this.dead)
      await Promise.race([Promise.allSettled([...this.#operations]), this.#death]);
    this.#isEnded = true;
    while (this.#underWay.size > 0) await Promise.allSettled([...this.#underWay]);
    for (const handle of this.#handles) handle.remove();
  }

  /** What the plugin answers to the messages of gRPC. */
  #pluginHost(): Host {
    const module = (file: string) => this.#load(join(root, file));
    const { Service } = module("plugin/service.js") as typeof ServiceModule;
    const { ProviderProcess: Real } = module("resources/process.js") as typeof ProcessModule;
    const wire = module("plugin/wire.js") as typeof WireModule;
    const service = new Service("", (address, warn) => new Real(address, warn));
    const of = (type: string) => ({
      configure: async () => {},
      ...serviceHost(service, wire, `urn:pulumi:model::model::trieve:index:${type}::it`),
    });
    return {
      ...of("Invitation"),
      configure: async ({ config }) => {
        const keys = ["apiKey", "organizationId", "apiUrl", "redirectUri", "mail"];
        const values = keys.map((key) => [key, config.get(`trieve:${key}`)]);
        const request = new sdk.messages.ConfigureRequest();
        request.setUrn("urn:pulumi:model::model::pulumi:providers:trieve::it");
        request.setArgs(wire.give(Object.fromEntries(values)));
        await service.configure(request);
      },
      guard: of("RosterGuard"),
      sweep: of("RosterSweep"),
    };
  }

  #load(path: string): unknown {
    const known = this.#modules.get(path);
    if (known) return known.exports;
    const made: { exports: unknown } = { exports: this.#replacement(path) };
    this.#modules.set(path, made);
    if (made.exports !== undefined) return made.exports;
    made.exports = {};
    const outside = createRequire(path);
    const load = (name: string) =>
      name.startsWith(".")
        ? this.#load(join(dirname(path), name.replace(/(\.js)?$/, ".js")))
        : outside(name);
    const loadLater = async (name: string) => {
      if (name === "node-fetch") return { default: this.#fetch };
      if (name !== "../trieve/admin.js") return load(name);
      return this.#hasty(load(name) as { AdminClient: new (connection: Bag) => object });
    };
    const compiled = this.options.code.compiled(path);
    compiled(made.exports, load, made, dirname(path), loadLater, silent, this.#patience);
    return made.exports;
  }

  #replacement(path: string): unknown {
    switch (relative(root, path)) {
      case join("deployment", "engine.js"): {
        const isDead = () => this.engineIsDead;
        return {
          EngineWatch: class {
            run = (operation: () => Promise<unknown>) => operation();
            assertAlive = async () => {
              if (isDead()) throw new Error("The engine is gone.");
            };
          },
          providerEngineAddress: () => "",
        };
      }
      case join("deployment", "meeting.js"): {
        const { isDeclared, isDeclaredElsewhere } = this.options;
        const { approvals } = this;
        return {
          Meeting: class {
            isDeclared = isDeclared;
            isDeclaredElsewhere = isDeclaredElsewhere;
            declaredTwice = () => undefined;
            declareUnnamed = () => undefined;
            approvalOf = (roster: string) => approvals.get(roster);
            approve = (approval: { roster: string }) => approvals.set(approval.roster, approval);
            tell = () => {};
            begin = () => {};
            declare = () => undefined;
            keyNaming = () => undefined;
          },
        };
      }
      case join("plugin", "sdk.js"):
        return sdk;
      case join("plugin", "log.js"):
        return {
          EngineLog: class {
            tell = () => {};
            silence = async () => {};
          },
        };
      case join("trieve", "slots.js"):
        return {
          slotsFor: (_server: string, limit: number) => {
            const line = bulkhead(limit, Number.POSITIVE_INFINITY);
            return (work: () => Promise<unknown>) => line.execute(work);
          },
        };
      default:
        return undefined;
    }
  }

  /** In place of `AbortSignal`: only what is meant to be too slow is given up, however slow this machine is. */
  readonly #patience = {
    timeout: () => {
      const controller = new AbortController();
      this.#controllers.set(controller.signal, controller);
      return controller.signal;
    },
  };

  #hasty({ AdminClient }: { AdminClient: new (connection: Bag) => object }): unknown {
    const { retryForMs } = this.options;
    // Longer than a request that was given up is still carried out, as the real pause is.
    const limits = { retryForMs, firstPauseMs: slowMs - patienceMs + 10 };
    return {
      AdminClient: class extends AdminClient {
        constructor(connection: Bag) {
          super({ ...connection, limits });
        }
      },
    };
  }

  readonly #fetch: Fetch = async (url, init) => {
    const never = new Promise<never>(() => {});
    if (this.dead || this.#isEnded) return never;
    this.#requests += 1;
    const n = this.#requests;
    if (init.method !== "GET") this.#countWrite();
    const fault = this.#faultFor(n, init);
    if (fault === undefined) return this.#send(url, init);
    this.#strike(fault.what, init);
    const effect = effects[fault.what];
    if (effect !== undefined) {
      if (fault.what === "too slow")
        setTimeout(() => this.#controllers.get(init.signal as object)?.abort(), patienceMs);
      const marked = `${url}?model=${this.#n}.${n}`;
      const when = ({ path }: { path: string }) => marked.endsWith(path);
      this.#handles.push(this.options.simulator.fault({ route: "any", when, effect }));
      return this.#send(marked, init);
    }
    if (fault.what === "key revoked") this.options.revokeKey();
    if (fault.what === "engine dies") this.#loseEngine();
    if (fault.what === "death before") return this.#stop();
    if (fault.what !== "death after") return this.#send(url, init);
    await this.#send(url, init).catch(() => {});
    return this.#stop();
  };

  #countWrite(): void {
    this.writes += 1;
    const context = contexts.getStore();
    if (context === undefined) return;
    if (this.engineIsDead && !context.hasBegun) this.begunTooLate += 1;
    context.hasBegun = true;
  }

  #faultFor(n: number, { method }: Bag): Fault | undefined {
    if (method === "POST") this.#posts.push(n);
    return this.options.faults.find(({ at, times, what }) => {
      if (what === "key revoked") return n >= at;
      if (what !== "mail fails") return n >= at && n < at + times;
      // Only an invitation has a mail: the first ones from there on.
      return (
        method === "POST" && n >= at && this.#posts.filter((post) => post >= at).length <= times
      );
    });
  }

  #strike(what: FaultName, init: Bag): void {
    const { email } = (typeof init.body === "string" ? JSON.parse(init.body) : {}) as {
      email?: string;
    };
    this.hit.push({ what, method: String(init.method), email: email?.toLowerCase() });
    const context = contexts.getStore();
    if (context) this.options.coverage.count(context.phase, context.verb, what);
  }

  #loseEngine(): void {
    this.engineIsDead = true;
    this.#letGo(new Died());
  }

  #stop(): Promise<never> {
    this.dead = true;
    this.#letGo(new Died());
    this.#die();
    return new Promise<never>(() => {});
  }

  async #send(url: string, init: Bag): Promise<Fetched> {
    const exchange = (async () => {
      const response = await (realFetch as Fetch)(url, init);
      const text = await response.text();
      return { status: response.status, headers: response.headers, text: async () => text };
    })();
    this.#underWay.add(exchange);
    try {
      return await exchange;
    } finally {
      this.#underWay.delete(exchange);
      // What comes after its death a process does not see.
      if (this.dead) await new Promise<never>(() => {});
    }
  }
}

/** Waits for the server to have done all that it was asked, also what nobody waits for any more. */
export function quiescence(simulator: Simulator): () => Promise<void> {
  let open = 0;
  simulator.on("request", () => {
    open += 1;
  });
  simulator.on("response", () => {
    open -= 1;
  });
  return async () => {
    do await turn();
    while (open > 0);
  };
}
