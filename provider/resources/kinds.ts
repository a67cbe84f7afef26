import { randomUUID } from "node:crypto";
import { checkArguments } from "../lifecycle/check";
import { diff, differences } from "../lifecycle/diff";
import { type Inputs, idOf, type Outputs } from "../lifecycle/state";
import { show } from "../printable";
import { unknownKeys } from "../roster/words";
import {
  checkKeyArguments,
  type KeyInputs,
  type KeyOutputs,
  keyDifferences,
  keyInputsOf,
  makeKey,
  readKey,
  removeKey,
} from "./apiKey";
import { checkGuard, type GuardInputs, guardDifferences } from "./guard";
import {
  checkOrganizationArguments,
  makeOrganization,
  type OrganizationInputs,
  organizationDifferences,
  readOrganization,
  removeOrganization,
  renameOrganization,
} from "./organization";
import { ensurePerson, readPerson, removePerson } from "./person";
import type { Around, ProviderProcess } from "./process";
import { checkSweep, type SweepInputs, sweepDiffers, sweep as sweepPeople } from "./sweep";

export type Bag = Readonly<Record<string, unknown>>;

/** Arguments, checked and filled in, or what is wrong with them. */
export interface CheckResult {
  readonly inputs?: object | undefined;
  readonly problems: readonly string[];
}

/** What is to be another than it is recorded. */
export interface Differences {
  /** Names of properties. */
  readonly differs: readonly string[];
  /** Those of them for which it takes another resource. */
  readonly because: readonly string[];
}

/** A kind of resource, as an engine deals with it over whatever transport. An operation that fails may tell `outputs`. */
export interface Kind {
  /** Names of arguments that programs may give; undefined: only this package makes such resources. */
  readonly args?: readonly string[];
  /** @param before the recorded inputs; empty for a new resource */
  check(before: Bag, args: Bag, process: ProviderProcess): CheckResult;
  diff(id: string, recorded: Bag, declared: Bag, process: ProviderProcess): Differences;
  create(
    inputs: Bag,
    around: Around,
    process: ProviderProcess,
  ): Promise<{ readonly id: string; readonly outputs: object }>;
  /**
   * @param recorded empty for a look-up by id
   * @returns undefined if it is gone
   */
  read(
    id: string,
    recorded: Bag,
    around: Around,
    process: ProviderProcess,
  ): Promise<
    { readonly id: string; readonly outputs: object; readonly inputs: object } | undefined
  >;
  /** @returns outputs */
  update(id: string, recorded: Bag, inputs: Bag, around: Around): Promise<object>;
  delete(id: string, recorded: Bag, around: Around, process: ProviderProcess): Promise<void>;
}

const person: Kind = {
  args: ["email", "role", "scopes", "organizationId", "deletionPolicy", "resendTrigger"],

  check: (_before, args, { organizationId }) => checkArguments(args, organizationId),

  diff(id, olds, news, { settings, meeting }) {
    const recorded = olds as unknown as Outputs;
    const declared = news as unknown as Inputs;
    const mail = settings?.links.mail ?? "required";
    const { managed, resendTrigger, mailFailed, role, scopes, status } = recorded;
    meeting.tell({ id, person: { managed, resendTrigger, mailFailed, role, scopes, status } });
    const result = diff(recorded, declared, mail);
    return {
      differs: differences(recorded, declared, mail),
      because: result.diff === "replace" ? result.because : [],
    };
  },

  async create(news, around) {
    const inputs = news as unknown as Inputs;
    return { id: idOf(inputs), outputs: await ensurePerson(inputs, undefined, around) };
  },

  async read(id, props, around) {
    // Only an operation of this package records a status.
    const recorded = props.status === undefined ? undefined : (props as unknown as Outputs);
    const { outputs, inputs } = await readPerson(id, recorded, around);
    return { id: recorded ? id : idOf(outputs), outputs, inputs };
  },

  update: (_id, recorded, inputs, around) =>
    ensurePerson(inputs as unknown as Inputs, recorded as unknown as Outputs, around),

  delete: (_id, recorded, around) => removePerson(recorded as unknown as Outputs, around),
};

/** Holds what it is given, and asks nothing of a server. */
const guard: Kind = {
  check(before, args, { organizationId, settings, meeting }) {
    const checked = checkGuard(before, args, organizationId);
    if (checked.inputs && settings) meeting.approve(checked.approval);
    return checked;
  },

  diff(id, recorded, declared, { meeting }) {
    const { organizationId, people } = recorded as unknown as GuardInputs;
    meeting.tell({ id, roster: { organizationId, people } });
    return { differs: guardDifferences(recorded, declared), because: [] };
  },

  create: async (inputs) => ({ id: `roster/${randomUUID()}`, outputs: inputs }),
  read: async (id, recorded) => ({ id, outputs: recorded, inputs: recorded }),
  update: async (_id, _recorded, inputs) => inputs,
  delete: async () => {},
};

/** Removes those whom its inputs name, each time that these name anybody. */
const sweep: Kind = {
  check: (_before, args, { organizationId }) => checkSweep(args, organizationId),

  diff: (_id, _recorded, declared) => ({
    differs: sweepDiffers(declared as unknown as SweepInputs) ? ["remove"] : [],
    because: [],
  }),

  async create(inputs, around) {
    await sweepPeople(inputs as unknown as SweepInputs, around);
    return { id: `sweep/${randomUUID()}`, outputs: inputs };
  },

  async update(_id, _recorded, inputs, around) {
    await sweepPeople(inputs as unknown as SweepInputs, around);
    return inputs;
  },

  read: async (id, recorded) => ({ id, outputs: recorded, inputs: recorded }),
  delete: async () => {},
};

const organization: Kind = {
  args: ["name", "forceDestroy"],

  check: (_before, args) => checkOrganizationArguments(args),

  diff: (_id, recorded, declared) => ({
    differs: organizationDifferences(
      recorded as unknown as OrganizationInputs,
      declared as unknown as OrganizationInputs,
    ),
    because: [],
  }),

  async create(inputs, { server }) {
    const { name, forceDestroy } = inputs as unknown as OrganizationInputs;
    const id = await makeOrganization(name, await server());
    return { id, outputs: { name, forceDestroy } };
  },

  async read(id, { forceDestroy }, { server }) {
    const name = await readOrganization(id, forceDestroy !== undefined, await server());
    if (name === undefined) return undefined;
    const outputs = { name, forceDestroy: forceDestroy ?? false };
    return { id, outputs, inputs: outputs };
  },

  async update(id, recorded, inputs, { server }) {
    const { name, forceDestroy } = inputs as unknown as OrganizationInputs;
    if (name !== recorded.name) await renameOrganization(id, name, await server());
    return { name, forceDestroy };
  },

  delete: async (id, recorded, { server }) =>
    removeOrganization(id, recorded as unknown as OrganizationInputs, await server()),
};

const apiKey: Kind = {
  args: [
    ...["organizationId", "name", "role", "scopes", "datasetIds", "expiresAt", "rotateTrigger"],
  ],

  check: (before, args, { organizationId }) =>
    checkKeyArguments(before, args, organizationId, new Date()),

  diff(id, olds, declared, { keys }) {
    const recorded = olds as unknown as KeyOutputs;
    keys.note(recorded.tag, id);
    return keyDifferences(recorded, declared as unknown as KeyInputs);
  },

  create: async (inputs, { server }, { keys }) =>
    makeKey(inputs as unknown as KeyInputs, keys, await server()),

  async read(id, recorded, { server }, { keys }) {
    if (recorded.tag === undefined)
      throw new Error(
        `API key ${show(id)} cannot be imported or looked up, because Trieve shows the text of a key only once. Declare a new one.`,
      );
    const outputs = await readKey(id, recorded as unknown as KeyOutputs, keys, await server());
    return outputs && { id, outputs, inputs: keyInputsOf(outputs) };
  },

  /** A key cannot be changed: every difference replaces it. */
  update: async (_id, recorded) => recorded,

  delete: async (id, recorded, { server }, { keys }) =>
    removeKey(id, recorded as unknown as KeyOutputs, keys, await server()),
};

/** By the names that people's state knows them by. */
export const kinds = { person, guard, sweep, organization, apiKey };

/** What this package says of its resources, and no program. */
const ofPackage = ["roster", "roleIsDefault", "tag"];

/** Misspelled arguments: types stop them in some languages and set-ups, and in others nothing else does. */
export function unknownArguments({ args }: Kind, given: object): string[] {
  return args === undefined ? [] : unknownKeys(given, args, ofPackage);
}
