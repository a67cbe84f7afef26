/**
 * As much of Pulumi's engine as decides which verbs are called when, and what is recorded of their outcome. Everything
 * that it hands over or keeps goes through JSON, as it does there.
 */
import { randomUUID } from "node:crypto";
import { storedProvider } from "../../provider/dynamic/stored";
import type { Held, Phase, Stack } from "./model";
import { type Bag, Died, type ProviderProcess, type Verb } from "./process";

export interface Resource {
  readonly name: string;
  readonly id: string;
  readonly inputs: Bag;
  readonly outputs: Bag;
  /** Its creation or update ended half-way. */
  readonly failed: boolean;
}

/** What is to be there. */
export interface Program {
  /** Of a roster. */
  readonly guard?: { readonly inputs: Bag; readonly protect: boolean };
  /** Of a roster that removes those whom nothing declares. */
  readonly sweep?: { readonly remove: readonly string[] };
  /** Arguments by name; those of a roster's people have the mark of its guard. */
  readonly people: (mark: string | undefined) => ReadonlyMap<string, Bag>;
}

export interface Flags {
  readonly refresh: boolean;
  /** `--target` and `--exclude`: whether a run is about a resource. A roster's guard and sweep are called so. */
  readonly includes: (name: string) => boolean;
  /** `--exclude-protected` */
  readonly excludeProtected: boolean;
}

interface Guard {
  readonly id: string;
  readonly inputs: Bag;
  readonly outputs: Bag;
  readonly protect: boolean;
}

type Sweep = Omit<Guard, "protect">;

/** What is recorded. */
export class State {
  /** Of a roster. */
  guard: Guard | undefined;
  /** Of a roster. */
  sweep: Sweep | undefined;
  readonly resources = new Map<string, Resource>();
  /** Replaced, and still to be deleted. */
  readonly condemned = new Set<Resource>();
}

/** What is recorded, as far as the model knows it. */
export function stackOf({ resources, condemned }: State): Stack {
  return {
    resources: new Map([...resources].map(([name, resource]) => [name, heldOf(resource)])),
    condemned: [...condemned].map(heldOf),
  };
}

function heldOf({ outputs, failed }: Resource): Held {
  const held = outputs as unknown as Held;
  const { email, role, scopes, status, adopted, originalRole } = held;
  const { mailFailed, deletionPolicy, resendTrigger, managed, roster } = held;
  return {
    email,
    role,
    scopes,
    status,
    adopted,
    originalRole,
    mailFailed,
    deletionPolicy,
    resendTrigger,
    managed,
    roster,
    failed,
  };
}

export interface Outcome {
  readonly errors: readonly string[];
  readonly died: boolean;
  /** Every create, update, replacement and delete that was begun. */
  readonly steps: readonly string[];
  /** The guard's check has passed. */
  readonly passed: boolean;
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
  #passed = false;

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
  async refresh({ includes }: Pick<Flags, "includes">): Promise<Outcome> {
    await this.#refreshAll(includes);
    return this.#outcome();
  }

  /** `pulumi up`; of a program that declares nothing it is `pulumi destroy`. */
  async up(program: Program, flags: Flags): Promise<Outcome> {
    const { refresh, includes } = flags;
    if (refresh) await this.#refreshAll(includes);
    // People depend on the guard.
    if (program.guard && !this.#stopped) await this.#registerGuard(program.guard, flags);
    if (this.#stopped) return this.#outcome();
    const people = program.people(this.state.guard?.outputs.roster as string | undefined);
    await this.#all([...people], ([name, args]) => this.#register(name, args, includes(name)));
    // It depends on the guard and on them, and whatever is deleted comes last.
    if (program.sweep && !this.#stopped)
      await this.#registerSweep(program.sweep.remove, new Set(people.keys()), flags);
    if (!this.#stopped) await this.#deleteAll(program, new Set(people.keys()), flags);
    return this.#outcome();
  }

  #outcome(): Outcome {
    const { process } = this;
    return {
      errors: this.#errors,
      died: this.#died || process.isUnheard,
      steps: this.#steps,
      passed: this.#passed,
    };
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

  async #refreshAll(includes: Flags["includes"]): Promise<void> {
    const { host } = this.process;
    const included = [...this.state.resources.values()].filter(({ name }) => includes(name));
    await this.#all(included, async (resource) => {
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

  /** One that is left out stays as it is, and is not checked. */
  async #registerGuard({ inputs, protect }: NonNullable<Program["guard"]>, flags: Flags) {
    const old = this.state.guard;
    const { guard: host } = this.process.host;
    if (!flags.includes("guard")) {
      if (old === undefined) this.#errors.push("people depend on a guard that is left out");
      return;
    }
    const __provider = storedProvider.guard;
    const checked = await host.check(old?.inputs ?? {}, wire({ ...inputs, __provider }));
    if (checked.failures.length > 0) {
      this.#errors.push(...checked.failures.map(({ reason }) => `check: ${reason}`));
      return;
    }
    this.#passed = true;
    const news = wire({ ...checked.inputs, __provider });
    if (old === undefined) {
      this.#steps.push("create guard");
      const { id, outs } = await host.create(wire(news));
      this.state.guard = { id, inputs: news, outputs: { ...outs, __provider }, protect };
    } else if ((await host.diff(old.id, wire(old.outputs), news)).changes) {
      this.#steps.push("update guard");
      const { outs } = await host.update(old.id, wire(old.outputs), wire(news));
      this.state.guard = { ...old, inputs: news, outputs: { ...outs, __provider }, protect };
    } else {
      this.state.guard = { ...old, inputs: news, protect };
    }
  }

  /** It is checked with the mark that the guard has, whether or not a run is about that. */
  async #registerSweep(
    remove: readonly string[],
    declared: ReadonlySet<string>,
    { includes }: Flags,
  ): Promise<void> {
    if (!includes("sweep")) return;
    const { sweep: old, guard, resources } = this.state;
    const { sweep: host } = this.process.host;
    const __provider = storedProvider.sweep;
    const roster = guard?.outputs.roster;
    const checked = await host.check(
      old?.inputs ?? {},
      wire({ roster, remove, run: randomUUID(), __provider }),
    );
    if (checked.failures.length > 0) {
      this.#errors.push(...checked.failures.map(({ reason }) => `check: ${reason}`));
      return;
    }
    const inputs = wire({ ...checked.inputs, __provider });
    if (old && !(await host.diff(old.id, wire(old.outputs), inputs)).changes) {
      this.state.sweep = { ...old, inputs };
      return;
    }
    if ([...declared].some((name) => !includes(name) && !resources.has(name))) {
      this.#errors.push("the sweep depends on people that are left out");
      return;
    }
    this.#steps.push(`${old ? "update" : "create"} sweep`);
    const made = await this.#call(old ? "update" : "create", { email: remove[0] }, async () =>
      old
        ? { id: old.id, ...(await host.update(old.id, wire(old.outputs), wire(inputs))) }
        : host.create(wire(inputs)),
    );
    if (made) this.state.sweep = { id: made.id, inputs, outputs: { ...made.outs, __provider } };
  }

  /** The sweep before the people, and these before the guard that they depend on. Nothing, if anything must not be. */
  async #deleteAll(program: Program, declared: ReadonlySet<string>, flags: Flags): Promise<void> {
    const { guard, resources, condemned } = this.state;
    const { includes, excludeProtected } = flags;
    const isLeft = guard !== undefined && program.guard === undefined && includes("guard");
    const leaving = [...resources.values()].filter(({ name }) => !declared.has(name));
    const deleted = leaving.filter(({ name }) => includes(name));
    const isSweepLeft = this.state.sweep !== undefined && program.sweep === undefined;
    if (isLeft && !(guard.protect && excludeProtected)) {
      if (guard.protect) this.#errors.push("the guard is protected");
      if (deleted.length < leaving.length) this.#errors.push("people still depend on the guard");
      if (isSweepLeft && !includes("sweep"))
        this.#errors.push("the sweep still depends on the guard");
    }
    if (this.#stopped) return;
    if (isSweepLeft && includes("sweep")) await this.#deleteSweep();
    await this.#all([...condemned, ...deleted], (resource) => this.#delete(resource));
    if (!isLeft || guard.protect || this.#stopped) return;
    this.#steps.push("delete guard");
    await this.process.host.guard.delete(guard.id, wire(guard.outputs));
    this.state.guard = undefined;
  }

  async #deleteSweep(): Promise<void> {
    const { sweep } = this.state;
    if (sweep === undefined) return;
    this.#steps.push("delete sweep");
    await this.process.host.sweep.delete(sweep.id, wire(sweep.outputs));
    this.state.sweep = undefined;
  }

  async #register(name: string, args: Bag, isIncluded: boolean): Promise<void> {
    const old = this.state.resources.get(name);
    if (!isIncluded) return;
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
