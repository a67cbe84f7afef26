/**
 * What the engine calls, through the stub: finds the settings, the organization and the rule, and turns outcomes into
 * what the SDK expects. Holds no rule itself.
 *
 * @internal
 */
import type { dynamic } from "@pulumi/pulumi";
import { Claims } from "./claims";
import { assertEngineAlive, providerEngineAddress } from "./engine";
import type { Organization } from "./lifecycle/act";
import { checkArguments } from "./lifecycle/check";
import { diff as compare } from "./lifecycle/diff";
import { type Inputs, idOf, type Outputs } from "./lifecycle/state";
import { checkGuard, guardDiffers, isGuard } from "./roster/guard";
import { keyAdvice, resolveSettings, type Settings, type SettingsResult } from "./settings";
import type { Client } from "./trieve/client";

type Bag = Record<string, unknown>;

let configured: SettingsResult = resolveSettings(() => undefined, process.env);
let client: Promise<Client> | undefined;
const organizations = new Map<string, Promise<Organization>>();
const claims = new Claims(providerEngineAddress());

/** The SDK does not wait for it before other calls, and takes a failure for success: so at once, and never failing. */
export function configure(request: dynamic.ConfigureRequest): Promise<void> {
  configured = resolveSettings((key) => request.config.get(key), process.env);
  client = undefined;
  organizations.clear();
  return Promise.resolve();
}

export async function check(olds: Bag, news: Bag): Promise<dynamic.CheckResult> {
  const { settings } = configured;
  const organizationId = settings ? settings.organizationId : configured.organizationId;
  const { inputs, problems } = isGuard(news)
    ? checkGuard(olds, news, organizationId)
    : checkArguments(news, organizationId);
  // Without a property the engine does not print the value.
  const failures = [...configured.problems, ...problems].map((reason) => ({
    property: "",
    reason,
  }));
  return inputs ? { inputs: { ...inputs }, failures } : { inputs: news, failures };
}

export async function diff(_id: string, olds: Bag, news: Bag): Promise<dynamic.DiffResult> {
  if (isGuard(news)) return { changes: guardDiffers(olds, news) };
  const mail = configured.settings?.mail ?? "required";
  const result = compare(olds as unknown as Outputs, news as unknown as Inputs, mail);
  return {
    changes: result.diff !== "none",
    ...(result.diff === "replace" ? { replaces: [...result.because] } : {}),
  };
}

export function create(news: Bag): Promise<dynamic.CreateResult> {
  if (isGuard(news)) return Promise.resolve({ id: "roster", outs: { ...news } });
  const inputs = news as unknown as Inputs;
  return answer(news, async ({ ensure }) => {
    const outs = await ensure(await organizationOf(inputs), inputs, undefined);
    return { id: idOf(inputs), outs };
  });
}

export function update(_id: string, olds: Bag, news: Bag): Promise<dynamic.UpdateResult> {
  if (isGuard(news)) return Promise.resolve({ outs: { ...news } });
  const inputs = news as unknown as Inputs;
  return answer(news, async ({ ensure }) => ({
    outs: await ensure(await organizationOf(inputs), inputs, olds as unknown as Outputs),
  }));
}

export function read(id: string, props: Bag = {}): Promise<dynamic.ReadResult> {
  if (isGuard(props)) return Promise.resolve({ id, props: { ...props } });
  return answer(props, async (rules) => {
    // Only an operation of this package records a status: without one this is a look-up by id.
    const recorded = props.status === undefined ? undefined : (props as unknown as Outputs);
    const person = parseId(id);
    const outs = await rules.read(await organizationOf(person), person, recorded);
    if (outs) return { id, props: outs, inputs: inputsOf(outs) };
    if (recorded) return {};
    throw new Error(
      `${person.email} is neither a member of organization ${person.organizationId} nor invited to it.`,
    );
  });
}

async function delete_(id: string, props: Bag): Promise<void> {
  if (isGuard(props)) return;
  const recorded = props as unknown as Outputs;
  if (await claims.elsewhere(id, recorded.instance)) {
    warn(
      `${recorded.email} stays in organization ${recorded.organizationId}: another resource of the program declares them.`,
    );
    return;
  }
  return answer(props, async ({ remove }) => remove(await organizationOf(recorded), recorded));
}

export { delete_ as delete };

/** Runs a rule and gives its failure the form that the SDK understands. */
async function answer<T>(
  props: Bag,
  work: (rules: typeof import("./lifecycle/act")) => Promise<T>,
): Promise<T> {
  // Loaded when first needed: previews without changes ask nothing of a server.
  const rules = await import("./lifecycle/act.js");
  try {
    return await work(rules);
  } catch (error) {
    const { message } = error as Error;
    if (!(error instanceof rules.HalfDone)) throw oneLine(message);
    throw Object.assign(oneLine(message), {
      id: idOf(error.outputs),
      // The SDK stores these as they are; without its own key the resource could never be refreshed or deleted.
      properties: { ...error.outputs, __provider: props.__provider },
      reasons: [message],
    });
  }
}

/** The SDK prints the stack beside the message; for what is expected to happen one line is enough. */
function oneLine(message: string): Error {
  const error = new Error(message);
  error.stack = message;
  error.toString = () => "pulumi-trieve";
  return error;
}

function warn(text: string): void {
  console.log(`warning: ${text}`);
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
    ...(managed.includes("scopes") ? { scopes: outs.scopes } : {}),
  };
}

function parseId(id: string): Pick<Inputs, "organizationId" | "email"> {
  const [, organizationId, email] = /^([0-9a-f-]{36})\/(.+@.+)$/i.exec(id) ?? [];
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

async function connect({ apiUrl, apiKey, maxConcurrency, explicit }: Settings): Promise<Client> {
  const { Client } = await import("./trieve/client.js");
  const engine = providerEngineAddress();
  return new Client({
    apiUrl,
    apiKey,
    maxConcurrency,
    keyAdvice: keyAdvice(explicit),
    beforeWrite: () => assertEngineAlive(engine),
  });
}
