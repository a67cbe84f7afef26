/**
 * What the engine calls, by these names: finds the settings, the organization and the rule, and turns outcomes into
 * what the SDK expects. Holds no rule itself.
 *
 * @internal
 */
import { randomUUID } from "node:crypto";
import type { dynamic } from "@pulumi/pulumi";
import { Claims } from "./claims";
import { EngineWatch, providerEngineAddress } from "./engine";
import type { Organization } from "./lifecycle/act";
import { checkArguments } from "./lifecycle/check";
import { diff as compare } from "./lifecycle/diff";
import { type Inputs, idOf, type Outputs } from "./lifecycle/state";
import { printable } from "./printable";
import { tellKnown } from "./records";
import { checkGuard, type GuardInputs, guardDiffers, isGuard } from "./roster/guard";
import { keyAdvice, resolveSettings, type Settings, type SettingsResult } from "./settings";
import type { Client } from "./trieve/client";

type Bag = Record<string, unknown>;

/** The verbs of one kind of resource. */
interface Verbs {
  check(
    olds: Bag,
    news: Bag,
    organizationId: string | null | undefined,
  ): { readonly inputs: object | undefined; readonly problems: readonly string[] };
  diff(id: string, olds: Bag, news: Bag): dynamic.DiffResult;
  create(news: Bag): Promise<dynamic.CreateResult>;
  read(id: string, props: Bag): Promise<dynamic.ReadResult>;
  update(id: string, olds: Bag, news: Bag): Promise<dynamic.UpdateResult>;
  delete(id: string, props: Bag): Promise<void>;
}

const engineAddress = providerEngineAddress();
let configured: SettingsResult = resolveSettings(() => undefined, process.env);
let client: Promise<Client> | undefined;
const organizations = new Map<string, Promise<Organization>>();
const claims = new Claims(engineAddress);
const engine = new EngineWatch(engineAddress);

/** The SDK does not wait for it before other calls, and takes a failure for success: so at once, and never failing. */
export function configure(request: dynamic.ConfigureRequest): Promise<void> {
  configured = resolveSettings((key) => request.config.get(key), process.env);
  client = undefined;
  organizations.clear();
  return Promise.resolve();
}

export async function check(olds: Bag, news: Bag): Promise<dynamic.CheckResult> {
  const { organizationId } = configured.settings ?? configured;
  const { inputs, problems } = verbsOf(news).check(olds, news, organizationId);
  // Without a property the engine does not print the value.
  const failures = [...configured.problems, ...problems].map((reason) => ({
    property: "",
    reason,
  }));
  return inputs ? { inputs: { ...inputs }, failures } : { inputs: news, failures };
}

export async function diff(id: string, olds: Bag, news: Bag): Promise<dynamic.DiffResult> {
  return verbsOf(news).diff(id, olds, news);
}

export function create(news: Bag): Promise<dynamic.CreateResult> {
  return verbsOf(news).create(news);
}

export function update(id: string, olds: Bag, news: Bag): Promise<dynamic.UpdateResult> {
  return verbsOf(news).update(id, olds, news);
}

export function read(id: string, props: Bag = {}): Promise<dynamic.ReadResult> {
  return verbsOf(props).read(id, props);
}

function delete_(id: string, props: Bag): Promise<void> {
  return verbsOf(props).delete(id, props);
}

export { delete_ as delete };

function verbsOf(props: Bag): Verbs {
  return isGuard(props) ? guardVerbs : personVerbs;
}

const personVerbs: Verbs = {
  check: (_olds, news, organizationId) => checkArguments(news, organizationId),

  diff(id, olds, news) {
    const recorded = olds as unknown as Outputs;
    const mail = configured.settings?.mail ?? "required";
    const result = compare(recorded, news as unknown as Inputs, mail);
    const { managed, resendTrigger, mailFailed } = recorded;
    tellKnown(engineAddress, { id, person: { managed, resendTrigger, mailFailed } });
    return {
      changes: result.diff !== "none",
      ...(result.diff === "replace" ? { replaces: [...result.because] } : {}),
    };
  },

  create(news) {
    const inputs = news as unknown as Inputs;
    return answer(news, async ({ ensure }) => {
      const outs = await ensure(await organizationOf(inputs), inputs, undefined);
      return { id: idOf(inputs), outs };
    });
  },

  read: (id, props) =>
    answer(props, async (rules) => {
      // Only an operation of this package records a status: without one this is a look-up by id.
      const recorded = props.status === undefined ? undefined : (props as unknown as Outputs);
      const person = parseId(id);
      const outs = await rules.read(await organizationOf(person), person, recorded);
      if (outs) return { id, props: outs, inputs: inputsOf(outs) };
      if (recorded) return {};
      throw new Error(
        `${person.email} is neither a member of organization ${person.organizationId} nor invited to it.`,
      );
    }),

  update(_id, olds, news) {
    const inputs = news as unknown as Inputs;
    return answer(news, async ({ ensure }) => ({
      outs: await ensure(await organizationOf(inputs), inputs, olds as unknown as Outputs),
    }));
  },

  async delete(id, props) {
    const recorded = props as unknown as Outputs;
    if (await claims.elsewhere(id, recorded.instance)) {
      warn(
        `${recorded.email} stays in organization ${recorded.organizationId}: another resource of the program declares them.`,
      );
      return;
    }
    return answer(props, async ({ remove }) => remove(await organizationOf(recorded), recorded));
  },
};

/** A guard holds what it is given, and asks nothing of a server. */
const guardVerbs: Verbs = {
  check: checkGuard,

  diff(id, olds, news) {
    const { organizationId, people } = olds as unknown as GuardInputs;
    tellKnown(engineAddress, { id, roster: { organizationId, people } });
    return { changes: guardDiffers(olds, news) };
  },

  create: async (news) => ({ id: `roster/${randomUUID()}`, outs: { ...news } }),
  read: async (id, props) => ({ id, props: { ...props } }),
  update: async (_id, _olds, news) => ({ outs: { ...news } }),
  delete: async () => {},
};

type Rules = typeof import("./lifecycle/act");

/** Loaded when first needed: previews without changes ask nothing of a server. */
let rules: Promise<Rules> | undefined;

/** Runs a rule and gives its failure the form that the SDK understands. */
async function answer<T>(props: Bag, work: (rules: Rules) => Promise<T>): Promise<T> {
  rules ??= import("./lifecycle/act.js");
  const loaded = await rules;
  try {
    return await work(loaded);
  } catch (error) {
    const { message } = error as Error;
    if (!(error instanceof loaded.HalfDone)) throw oneLine(message);
    throw Object.assign(oneLine(message), {
      id: idOf(error.outputs),
      // The SDK stores these as they are; without its own key the resource could never be refreshed or deleted.
      properties: { ...error.outputs, __provider: props.__provider },
      reasons: [message],
    });
  }
}

/** For what is expected to happen its message is enough; of a delete or read that fails the SDK prints the stack too. */
function oneLine(message: string): Error {
  const error = new Error(message);
  error.stack = "the error of the resource says what failed.";
  error.toString = () => "pulumi-trieve";
  return error;
}

function warn(text: string): void {
  console.log(`warning: ${printable(text)}`);
}

/** What a program would have to say to have things as they are, by which the engine shows drift. */
function inputsOf(outs: Outputs): Bag {
  const { email, organizationId, deletionPolicy, resendTrigger, managed } = outs;
  return {
    email,
    organizationId,
    deletionPolicy,
    ...(resendTrigger === null ? {} : { resendTrigger }),
    ...(managed.includes("role") ? { role: outs.role } : {}),
    ...(managed.includes("roleIsDefault") ? { roleIsDefault: true } : {}),
    ...(managed.includes("scopes") ? { scopes: outs.scopes } : {}),
  };
}

function parseId(id: string): Pick<Inputs, "organizationId" | "email"> {
  const [, organizationId, email] = /^([0-9a-f-]{36})\/([^@]+@[^@]+)$/i.exec(id) ?? [];
  if (organizationId === undefined || email === undefined)
    throw new Error(`${JSON.stringify(id)} is not an id of the form <organizationId>/<email>.`);
  return { organizationId: organizationId.toLowerCase(), email: email.toLowerCase() };
}

function organizationOf({ organizationId }: Pick<Inputs, "organizationId">): Promise<Organization> {
  const known = organizations.get(organizationId) ?? openOrganization(organizationId);
  organizations.set(organizationId, known);
  return known;
}

async function openOrganization(organizationId: string): Promise<Organization> {
  const { settings, problems } = configured;
  if (!settings) throw new Error(`${problems.join("; ")}.`);
  client ??= connect(settings);
  const [{ Directory }, { OwnerWrites }] = await Promise.all([
    import("./trieve/directory.js"),
    import("./lifecycle/owners.js"),
  ]);
  return {
    directory: new Directory(await client, organizationId),
    owners: new OwnerWrites(organizationId),
    settings,
    warn,
  };
}

async function connect({ apiUrl, apiKey, maxConcurrency, keySource }: Settings): Promise<Client> {
  const { Client } = await import("./trieve/client.js");
  return new Client({
    apiUrl,
    apiKey,
    maxConcurrency,
    keyAdvice: keyAdvice(keySource),
    beforeWrite: () => engine.assertAlive(),
    onWaiting: ({ message }, retryForMs) =>
      warn(`${message} It is asked again, for ${retryForMs / 1000} s at most.`),
  });
}
