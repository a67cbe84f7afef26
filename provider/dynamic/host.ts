/**
 * What the engine calls for dynamic resources, by these names: the verbs of a person, and under `guard`, `sweep`,
 * `organization` and `apiKey` those of the others. Finds the settings and the organization, and turns outcomes into what
 * the SDK expects. Holds no rule.
 *
 * @internal
 */
import { randomUUID } from "node:crypto";
import type { dynamic } from "@pulumi/pulumi";
import { EngineWatch, providerEngineAddress } from "../deployment/engine";
import { Meeting } from "../deployment/meeting";
import type { Organization } from "../lifecycle/act";
import { checkArguments } from "../lifecycle/check";
import { diff as compare } from "../lifecycle/diff";
import { type Inputs, idOf, type Outputs } from "../lifecycle/state";
import { printable } from "../printable";
import {
  checkKeyArguments,
  type KeyInputs,
  type KeyOutputs,
  KeyRing,
  keyDifferences,
  keyInputsOf,
  makeKey,
  readKey,
  removeKey,
} from "../resources/apiKey";
import { checkGuard, type GuardInputs, guardDiffers } from "../resources/guard";
import {
  checkOrganizationArguments,
  makeOrganization,
  type OrganizationInputs,
  organizationDiffers,
  readOrganization,
  removeOrganization,
  renameOrganization,
  type Server,
} from "../resources/organization";
import { ensurePerson, readPerson, removePerson, type Surroundings } from "../resources/person";
import {
  checkSweep,
  type SweepInputs,
  sweepDiffers,
  sweep as sweepPeople,
} from "../resources/sweep";
import { resolveSettings, type Settings, type SettingsResult } from "../settings";
import type { AdminClient } from "../trieve/admin";

type Bag = Record<string, unknown>;

const engineAddress = providerEngineAddress();
let configured: SettingsResult = resolveSettings(() => undefined, process.env);
let client: Promise<AdminClient> | undefined;
const organizations = new Map<string, Promise<Organization>>();
const meeting = new Meeting(engineAddress);
const engine = new EngineWatch(engineAddress, () => process.exit());

/**
 * The SDK does not wait for it before other calls, and takes a failure for success: so at once, and never failing. It
 * calls it for each kind of resource, which all share the lists and the order of writes.
 */
export function configure(request: dynamic.ConfigureRequest): Promise<void> {
  const now = resolveSettings((key) => request.config.get(key), process.env);
  if (JSON.stringify(now) === JSON.stringify(configured)) return Promise.resolve();
  configured = now;
  client = undefined;
  organizations.clear();
  return Promise.resolve();
}

export async function check(_olds: Bag, news: Bag): Promise<dynamic.CheckResult> {
  const { organizationId } = configured.settings ?? configured;
  return checkResult(news, checkArguments(news, organizationId));
}

export async function diff(id: string, olds: Bag, news: Bag): Promise<dynamic.DiffResult> {
  const recorded = olds as unknown as Outputs;
  const mail = configured.settings?.links.mail ?? "required";
  const result = compare(recorded, news as unknown as Inputs, mail);
  const { managed, resendTrigger, mailFailed, role, scopes, status } = recorded;
  plainly(() =>
    meeting.tell({ id, person: { managed, resendTrigger, mailFailed, role, scopes, status } }),
  );
  return {
    changes: result.diff !== "none",
    ...(result.diff === "replace" ? { replaces: [...result.because] } : {}),
  };
}

export function create(news: Bag): Promise<dynamic.CreateResult> {
  const inputs = news as unknown as Inputs;
  return answer(news, async () => ({
    id: idOf(inputs),
    outs: await ensurePerson(inputs, undefined, surroundings),
  }));
}

export function update(_id: string, olds: Bag, news: Bag): Promise<dynamic.UpdateResult> {
  return answer(news, async () => ({
    outs: await ensurePerson(news as unknown as Inputs, recordedIn(olds), surroundings),
  }));
}

export function read(id: string, props: Bag = {}): Promise<dynamic.ReadResult> {
  return answer(props, async () => {
    // Only an operation of this package records a status: without one this is a look-up by id.
    const recorded = props.status === undefined ? undefined : recordedIn(props);
    const { outputs, inputs } = await readPerson(id, recorded, surroundings);
    return { id, props: outputs, inputs };
  });
}

function delete_(_id: string, props: Bag): Promise<void> {
  return answer(props, () => removePerson(recordedIn(props), surroundings));
}

export { delete_ as delete };

/** Holds what it is given, and asks nothing of a server. */
export const guard = {
  configure,

  async check(olds: Bag, news: Bag): Promise<dynamic.CheckResult> {
    const { organizationId } = configured.settings ?? configured;
    const checked = checkGuard(olds, news, organizationId);
    if (checked.inputs && configured.settings) plainly(() => meeting.approve(checked.approval));
    return checkResult(news, checked);
  },

  async diff(id: string, olds: Bag, news: Bag): Promise<dynamic.DiffResult> {
    const { organizationId, people } = olds as unknown as GuardInputs;
    plainly(() => meeting.tell({ id, roster: { organizationId, people } }));
    return { changes: guardDiffers(olds, news) };
  },

  create: async (news: Bag) => ({ id: `roster/${randomUUID()}`, outs: { ...news } }),
  read: async (id: string, props: Bag) => ({ id, props: { ...props } }),
  update: async (_id: string, _olds: Bag, news: Bag) => ({ outs: { ...news } }),
  delete: async () => {},
};

/** Removes those whom its inputs name, each time that these name anybody. */
export const sweep = {
  configure,

  async check(_olds: Bag, news: Bag): Promise<dynamic.CheckResult> {
    const { organizationId } = configured.settings ?? configured;
    return checkResult(news, checkSweep(news, organizationId));
  },

  diff: async (_id: string, _olds: Bag, news: Bag) => ({
    changes: sweepDiffers(news as unknown as SweepInputs),
  }),

  async create(news: Bag): Promise<dynamic.CreateResult> {
    await answer(news, () => sweepPeople(news as unknown as SweepInputs, surroundings));
    return { id: `sweep/${randomUUID()}`, outs: { ...news } };
  },

  async update(_id: string, _olds: Bag, news: Bag): Promise<dynamic.UpdateResult> {
    await answer(news, () => sweepPeople(news as unknown as SweepInputs, surroundings));
    return { outs: { ...news } };
  },

  read: async (id: string, props: Bag) => ({ id, props: { ...props } }),
  delete: async () => {},
};

export const organization = {
  configure,

  check: async (_olds: Bag, news: Bag) => checkResult(news, checkOrganizationArguments(news)),

  diff: async (_id: string, olds: Bag, news: Bag): Promise<dynamic.DiffResult> => ({
    changes: organizationDiffers(
      olds as unknown as OrganizationInputs,
      news as unknown as OrganizationInputs,
    ),
  }),

  create: (news: Bag) =>
    answer(news, async () => {
      const { name, forceDestroy } = news as unknown as OrganizationInputs;
      const id = await makeOrganization(name, await openServer());
      return { id, outs: { name, forceDestroy } };
    }),

  read: (id: string, props: Bag = {}) =>
    answer(props, async (): Promise<dynamic.ReadResult> => {
      const { forceDestroy = false } = props;
      const isRecorded = props.forceDestroy !== undefined;
      const name = await readOrganization(id, isRecorded, await openServer());
      if (name === undefined) return gone;
      return { id, props: { name, forceDestroy }, inputs: { name, forceDestroy } };
    }),

  update: (id: string, olds: Bag, news: Bag) =>
    answer(news, async () => {
      const { name, forceDestroy } = news as unknown as OrganizationInputs;
      if (name !== olds.name) await renameOrganization(id, name, await openServer());
      return { outs: { name, forceDestroy } };
    }),

  delete: (id: string, props: Bag) =>
    answer(props, async () =>
      removeOrganization(id, props as unknown as OrganizationInputs, await openServer()),
    ),
};

const keys = new KeyRing();

export const apiKey = {
  configure,

  async check(olds: Bag, news: Bag): Promise<dynamic.CheckResult> {
    const { organizationId } = configured.settings ?? configured;
    return checkResult(news, checkKeyArguments(olds, news, organizationId, new Date()));
  },

  async diff(id: string, olds: Bag, news: Bag): Promise<dynamic.DiffResult> {
    const recorded = olds as unknown as KeyOutputs;
    keys.note(recorded.tag, id);
    const { differs, because } = keyDifferences(recorded, news as unknown as KeyInputs);
    return { changes: differs, ...(because.length > 0 ? { replaces: [...because] } : {}) };
  },

  create: (news: Bag) =>
    answer(news, async () => {
      const { id, outputs } = await makeKey(news as unknown as KeyInputs, keys, await openServer());
      return { id, outs: { ...outputs } };
    }),

  read: (id: string, props: Bag = {}) =>
    answer(props, async (): Promise<dynamic.ReadResult> => {
      const { __provider, ...recorded } = props;
      const outputs = await readKey(
        id,
        recorded as unknown as KeyOutputs,
        keys,
        await openServer(),
      );
      return outputs ? { id, props: outputs, inputs: keyInputsOf(outputs) } : gone;
    }),

  /** A key cannot be changed: every difference replaces it. */
  update: async (_id: string, olds: Bag) => ({ outs: { ...olds } }),

  delete: (id: string, props: Bag) =>
    answer(props, async () =>
      removeKey(id, props as unknown as KeyOutputs, keys, await openServer()),
    ),
};

/** By an empty id the engine knows that there is nothing any more. */
const gone: dynamic.ReadResult = { id: "", props: {} };

function checkResult(
  news: Bag,
  {
    inputs,
    problems,
  }: { readonly inputs?: object | undefined; readonly problems: readonly string[] },
): dynamic.CheckResult {
  // Without a property the engine does not print the value.
  const failures = [...configured.problems, ...problems].map((reason) => ({
    property: "",
    reason,
  }));
  return inputs ? { inputs: { ...inputs }, failures } : { inputs: news, failures };
}

/** What was recorded, without the key that the SDK adds. */
function recordedIn({ __provider, ...recorded }: Bag): Outputs {
  return recorded as unknown as Outputs;
}

const surroundings: Surroundings = {
  organization(organizationId) {
    const known = organizations.get(organizationId) ?? openOrganization(organizationId);
    organizations.set(organizationId, known);
    return known;
  },
  isDeclared: (person) => meeting.isDeclared(person),
  isDeclaredElsewhere: (person, instance) => meeting.isDeclaredElsewhere(person, instance),
  approvalOf: (roster) => meeting.approvalOf(roster),
  warn,
};

/** Does the work of a verb, and gives its failure the form that the SDK understands. */
async function answer<T>(props: Bag, work: () => Promise<T>): Promise<T> {
  try {
    return await engine.run(work);
  } catch (error) {
    const { message } = error as Error;
    const outputs = (error as { readonly outputs?: Outputs }).outputs;
    if (outputs === undefined) throw plainError(message);
    throw Object.assign(plainError(message), {
      id: idOf(outputs),
      // The SDK stores these as they are; without its own key the resource could never be refreshed or deleted.
      properties: { ...outputs, __provider: props.__provider },
      reasons: [message],
    });
  }
}

/** Does what fails only for reasons that the user can mend, such as a folder that cannot be written to. */
function plainly(work: () => void): void {
  try {
    work();
  } catch (error) {
    throw plainError((error as Error).message);
  }
}

/** For what is expected to happen its message is enough; of a delete or read that fails the SDK prints the stack too. */
function plainError(message: string): Error {
  const error = new Error(message);
  error.stack = "the error of the resource says what failed.";
  error.toString = () => "pulumi-trieve";
  return error;
}

function warn(text: string): void {
  console.log(`warning: ${printable(text)}`);
}

async function openOrganization(organizationId: string): Promise<Organization> {
  const settings = settled();
  const [{ Directory }, { OwnerWrites }] = await Promise.all([
    import("../trieve/directory.js"),
    import("../lifecycle/owners.js"),
  ]);
  return {
    directory: new Directory(await connected(settings), organizationId),
    owners: new OwnerWrites(organizationId),
    links: settings.links,
    mayBegin: () => engine.assertAlive(),
    warn,
  };
}

async function openServer(): Promise<Server> {
  return {
    client: await connected(settled()),
    mayBegin: () => engine.assertAlive(),
    warn,
  };
}

function settled(): Settings {
  const { settings, problems } = configured;
  if (!settings) throw new Error(`${problems.join("; ")}.`);
  return settings;
}

function connected(settings: Settings): Promise<AdminClient> {
  client ??= connect(settings);
  return client;
}

async function connect({ connection }: Settings): Promise<AdminClient> {
  const { AdminClient } = await import("../trieve/admin.js");
  return new AdminClient({ ...connection, onWaiting: warn });
}
