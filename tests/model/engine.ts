/**
 * As much of Pulumi's engine as decides which verbs are called when, and what is recorded of their outcome. Everything
 * that it hands over or keeps goes through JSON, as it does there.
 */
import { storedProvider } from "../../provider/dynamic/stored";
import type { Phase } from "./model";
import { type Bag, Died, type ProviderProcess, type Verb } from "./process";

export interface Resource {
  readonly name: string;
  readonly id: string;
  readonly inputs: Bag;
  readonly outputs: Bag;
  /** Its creation or update ended half-way. */
  readonly failed: boolean;
}

/** What is recorded. */
export class State {
  readonly resources = new Map<string, Resource>();
  /** Replaced, and still to be deleted. */
  readonly condemned = new Set<Resource>();
}

export interface Outcome {
  readonly errors: readonly string[];
  readonly died: boolean;
  /** Every create, update, replacement and delete that was begun. */
  readonly steps: readonly string[];
}

interface HalfDone {
  readonly id: string;
  readonly properties: Bag;
  readonly reasons: readonly string[];
}

/** @throws if there is an `undefined`, which the SDK does not carry */
function wire<T>(value: T): T {
  const text = JSON.stringify(value, (key, part) => {
    if (part === undefined) throw new Error(`Unexpected struct type: ${key} is undefined`);
    return part as unknown;
  });
  return JSON.parse(text) as T;
}

export class Deployment {
  readonly #errors: string[] = [];
  readonly #steps: string[] = [];
  #died = false;

  constructor(
    readonly state: State,
    readonly process: ProviderProcess,
    readonly parallel: number,
    /** What the server holds of somebody right now. */
    readonly phaseOf: (email: string) => Phase,
    /** The engine has told the program the outputs of a resource. */
    readonly registered: (id: string, instance: string) => void,
  ) {}

  /** `pulumi refresh`. */
  async refresh(): Promise<Outcome> {
    await this.#refreshAll();
    return this.#outcome();
  }

  /** `pulumi up`: arguments by name. */
  async up(program: ReadonlyMap<string, Bag>, refresh: boolean): Promise<Outcome> {
    if (refresh) await this.#refreshAll();
    if (!this.#stopped) await this.#all([...program], ([name, args]) => this.#register(name, args));
    if (!this.#stopped) {
      const leaving = [...this.state.resources.values()].filter(({ name }) => !program.has(name));
      await this.#all([...this.state.condemned, ...leaving], (resource) => this.#delete(resource));
    }
    return this.#outcome();
  }

  #outcome(): Outcome {
    return { errors: this.#errors, died: this.#died, steps: this.#steps };
  }

  get #stopped(): boolean {
    return this.#died || this.#errors.length > 0;
  }

  /** So many at once; after a failure nothing more is begun. */
  async #all<T>(items: readonly T[], step: (item: T) => Promise<void>): Promise<void> {
    const waiting = [...items];
    const work = async () => {
      for (let item = waiting.shift(); item !== undefined && !this.#stopped; item = waiting.shift())
        await step(item);
    };
    await Promise.all(Array.from({ length: this.parallel }, work));
  }

  /** Returns nothing if it failed. What a dead process did nobody records. */
  async #call<T>(
    verb: Verb,
    person: Bag,
    operation: () => Promise<T>,
    halfDone?: (half: HalfDone) => void,
  ): Promise<T | undefined> {
    try {
      const email = String(person.email);
      return wire(await this.process.run(verb, this.phaseOf(email), operation));
    } catch (error) {
      if (error instanceof Died) {
        this.#died = true;
        return undefined;
      }
      const { message, id, properties, reasons } = error as Error & Partial<HalfDone>;
      this.#errors.push(`${verb}: ${message}`);
      if (halfDone && id && properties && reasons) halfDone(wire({ id, properties, reasons }));
      return undefined;
    }
  }

  async #refreshAll(): Promise<void> {
    const { host } = this.process;
    await this.#all([...this.state.resources.values()], async (resource) => {
      const { name, id, outputs } = resource;
      const found = await this.#call("read", outputs, () => host.read(id, wire(outputs)));
      if (found === undefined) return;
      if (found.id === undefined || found.props === undefined) {
        this.state.resources.delete(name);
        return;
      }
      this.state.resources.set(name, {
        ...resource,
        outputs: { ...found.props, __provider: storedProvider.person },
        inputs: { ...(found.inputs ?? resource.inputs), __provider: storedProvider.person },
        failed: false,
      });
    });
  }

  async #register(name: string, args: Bag): Promise<void> {
    const old = this.state.resources.get(name);
    const { host } = this.process;
    const checked = await host.check(
      old?.inputs ?? {},
      wire({ ...args, __provider: storedProvider.person }),
    );
    if (checked.failures.length > 0)
      throw new Error(checked.failures.map(({ reason }) => reason).join("; "));
    const news = wire({ ...checked.inputs, __provider: storedProvider.person });
    if (old === undefined) {
      await this.#create(name, news);
    } else {
      const diff = await host.diff(old.id, wire(old.outputs), news);
      if ((diff.replaces ?? []).length > 0) await this.#create(name, news, old);
      else if (diff.changes || old.failed) await this.#update(old, news);
      else this.state.resources.set(name, { ...old, inputs: news });
    }
    const now = this.state.resources.get(name);
    if (now && !this.#died) this.registered(now.id, String(now.outputs.instance));
  }

  async #create(name: string, inputs: Bag, replaced?: Resource): Promise<void> {
    this.#steps.push(`${replaced ? "replace" : "create"} ${name}`);
    const record = (id: string, outputs: Bag, failed: boolean) => {
      if (replaced) this.state.condemned.add(replaced);
      this.state.resources.set(name, { name, id, inputs, outputs, failed });
    };
    const made = await this.#call(
      "create",
      inputs,
      () => this.process.host.create(wire(inputs)),
      ({ id, properties }) => record(id, properties, true),
    );
    if (made) record(made.id, { ...made.outs, __provider: storedProvider.person }, false);
  }

  async #update(old: Resource, inputs: Bag): Promise<void> {
    this.#steps.push(`update ${old.name}`);
    const record = (outputs: Bag, failed: boolean) =>
      this.state.resources.set(old.name, { ...old, inputs, outputs, failed });
    const made = await this.#call(
      "update",
      inputs,
      () => this.process.host.update(old.id, wire(old.outputs), wire(inputs)),
      ({ properties }) => record(properties, true),
    );
    if (made) record({ ...made.outs, __provider: storedProvider.person }, false);
  }

  async #delete(resource: Resource): Promise<void> {
    this.#steps.push(`delete ${resource.name}`);
    const done = await this.#call("delete", resource.outputs, async () => {
      await this.process.host.delete(resource.id, wire(resource.outputs));
      return true;
    });
    if (!done) return;
    if (!this.state.condemned.delete(resource)) this.state.resources.delete(resource.name);
  }
}
