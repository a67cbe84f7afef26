import { defined } from "../defined";
import {
  Arguments,
  type Checked,
  checkOrganization,
  Problem,
  readList,
  readRole,
  readScopes,
  readText,
  unknownValue,
} from "../lifecycle/check";
import { printable, show } from "../printable";
import { isUuid } from "../settings";
import type { AdminClient, KeyEntry, NewKey } from "../trieve/admin";
import type { TrieveError } from "../trieve/errors";
import type { Role } from "../trieve/model";
import { pause } from "../trieve/pause";
import { maxRounds, type Server, untilClear } from "./organization";

/** What the program says of a key, checked. What was not given is missing. */
export interface KeyInputs extends NewKey {
  /** Lower case UUID. */
  readonly organizationId: string;
  readonly rotateTrigger?: string;
  /** Ends the name at the server. By it a key of this resource is known that no state knows. */
  readonly tag: string;
}

/** The recorded state of a key. Every key is always there: a missing one is unknown in every preview. */
export interface KeyOutputs {
  readonly organizationId: string;
  readonly name: string;
  readonly role: Role;
  readonly scopes: readonly string[] | null;
  readonly datasetIds: readonly string[] | null;
  readonly expiresAt: string | null;
  readonly rotateTrigger: string | null;
  readonly tag: string;
  /** Secret. The server tells it once. */
  readonly apiKey: string;
}

type Bag = Readonly<Record<string, unknown>>;

/**
 * @param before the recorded inputs; empty for a key that is to be made
 * @param organizationId of the provider's settings, for keys that name none; `null` if it is wrong there
 */
export function checkKeyArguments(
  before: Bag,
  args: Bag,
  organizationId: string | null | undefined,
  now: Date,
): Checked<KeyInputs> {
  const given = new Arguments(args);
  const { problems } = given;
  const organization = checkOrganization(args.organizationId, organizationId);
  problems.push(...organization.problems);
  const name = given.required("name", readName);
  const role = given.required("role", readRole);
  const scopes = given.optional("scopes", (value) =>
    readScopes(value, "is empty, which would make the key useless; omit it for no restriction"),
  );
  const datasetIds = given.optional("datasetIds", readDatasets);
  const expiresAt = given.optional("expiresAt", (value) => readExpiry(value, before, now));
  const rotateTrigger = given.optional("rotateTrigger", readText);
  const tag = given.required("tag", readText);
  if (
    problems.length > 0 ||
    organization.id === undefined ||
    name === undefined ||
    role === undefined ||
    tag === undefined
  )
    return { inputs: undefined, problems };
  const { id } = organization;
  const optional = { scopes, datasetIds, expiresAt, rotateTrigger };
  return { inputs: defined({ organizationId: id, name, role, ...optional, tag }), problems: [] };
}

function readName(value: unknown): string | Problem {
  const name = readText(value);
  if (name instanceof Problem) return name;
  if (name.trim() === "") return new Problem("is empty");
  return printable(name) === name
    ? name
    : new Problem(`${show(name)} contains an invisible character`);
}

function readDatasets(value: unknown): readonly string[] | Problem {
  if (Array.isArray(value) && value.length === 0)
    return new Problem("is empty; omit it for all datasets of the organization");
  const datasets = readList(value, (id) =>
    typeof id === "string" && isUuid(id) ? undefined : "is not the UUID of a dataset",
  );
  return datasets instanceof Problem
    ? datasets
    : [...new Set(datasets.map((id) => id.toLowerCase()))].sort();
}

/** The server drops a time without a zone, and one that it cannot read, without a word: such a key never expires. */
function readExpiry(value: unknown, before: Bag, now: Date): string | Problem {
  const text = readText(value);
  if (text instanceof Problem) return text;
  const time = Date.parse(text);
  if (
    !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text) ||
    Number.isNaN(time)
  )
    return new Problem(`${show(text)} is not a time with its zone, such as "2027-01-31T00:00:00Z"`);
  const expiresAt = new Date(time).toISOString().replace(/\.\d+Z$/, "Z");
  // That of a key which was made when it lay ahead stays as it is.
  if (time <= now.getTime() && expiresAt !== before.expiresAt)
    return new Problem(`${show(text)} is in the past`);
  return expiresAt;
}

const compared = [
  "organizationId",
  "name",
  "role",
  "scopes",
  "datasetIds",
  "expiresAt",
  "rotateTrigger",
] as const;

/** What of a key is to be another; a key cannot be changed, so another one is made. Asks nobody. */
export function keyDifferences(
  recorded: KeyOutputs,
  declared: KeyInputs,
): {
  readonly differs: readonly string[];
  /** Without what is not known yet: naming that would show a replacement that never happens. */
  readonly because: readonly string[];
} {
  const differs = compared.filter(
    (key) => JSON.stringify(recorded[key]) !== JSON.stringify(declared[key] ?? null),
  );
  const isUnknown = (key: (typeof compared)[number]) =>
    JSON.stringify(declared[key])?.includes(unknownValue);
  return { differs, because: differs.filter((key) => !isUnknown(key)) };
}

/**
 * What a provider process knows of keys: which of them the state knows, as far as the engine has told, and the lists of
 * organizations, each read once for all keys that are refreshed together.
 */
export class KeyRing {
  readonly #recorded = new Map<string, Set<string>>();
  readonly #lists = new Map<string, { beganAt: number; keys: Promise<readonly KeyEntry[]> }>();

  /** The state holds this key. */
  note(tag: string, id: string): void {
    const ids = this.#recorded.get(tag) ?? new Set();
    this.#recorded.set(tag, ids.add(id));
  }

  /**
   * Ids with this tag that the state knows. Of one that is replaced without a difference, as by `--replace`, the engine
   * tells nothing.
   */
  recordedWith(tag: string): ReadonlySet<string> {
    return this.#recorded.get(tag) ?? new Set();
  }

  /** In a list that is at most as old as a refresh may take. */
  list(client: AdminClient, organizationId: string): Promise<readonly KeyEntry[]> {
    const known = this.#lists.get(organizationId);
    if (known && Date.now() - known.beganAt < 300_000) return known.keys;
    const keys = client.keys(organizationId);
    this.#lists.set(organizationId, { beganAt: Date.now(), keys });
    // A list that failed proves nothing.
    keys.catch(() => this.#lists.delete(organizationId));
    return keys;
  }

  /** Something is written. */
  forget(organizationId: string): void {
    this.#lists.delete(organizationId);
  }
}

/** Whether a key of this name may be one that a resource has made. */
export function endsWithTag(name: string): boolean {
  return /-[0-9a-f]{8}$/.test(name);
}

/**
 * Makes a key. Those of this resource that no state knows come from a run that was killed or from a request that went
 * unanswered: nobody has their text, so they are deleted, once there is another.
 */
export async function makeKey(
  inputs: KeyInputs,
  ring: KeyRing,
  server: Server,
): Promise<{ readonly id: string; readonly outputs: KeyOutputs }> {
  const { organizationId, tag } = inputs;
  const { client, mayBegin } = server;
  ring.forget(organizationId);
  const before = await client.keys(organizationId);
  const spared = ring.recordedWith(tag);
  const isLost = (key: KeyEntry) => key.name.endsWith(`-${tag}`) && !spared.has(key.id);
  let now: readonly KeyEntry[] = before;
  let failure: TrieveError | undefined;
  for (let round = 0; round < maxRounds; round++) {
    const key = { ...inputs, name: `${inputs.name}-${tag}` };
    const result = await client.createKey(organizationId, key, mayBegin);
    if (result.result === "unclear") {
      failure = result.error;
      await pause(failure, client.limits.firstPauseMs * 2 ** round);
      now = await client.keys(organizationId);
      if (!failure.transient) break;
      continue;
    }
    const known = idsOf(now);
    now = await client.keys(organizationId);
    const made = now.filter((one) => isLost(one) && !known.has(one.id));
    const [first] = made;
    if (!first)
      throw new Error(
        `Created an API key in organization ${organizationId} at ${client.connection.apiUrl}, but the server does not list it. Somebody else may have deleted it. Run \`pulumi up\` again.`,
      );
    // One that went unanswered may land late, and which of them has this text no list tells.
    const lost = made.length > 1 ? made : now.filter((one) => isLost(one) && one !== first);
    await deleteAll(organizationId, lost, server);
    if (made.length === 1) return { id: first.id, outputs: outputsOf(inputs, result.made) };
    now = now.filter((one) => !made.includes(one));
  }
  const known = idsOf(before);
  const left = now.filter((one) => isLost(one) && !known.has(one.id));
  // Why there is no key is what matters; the next to be made clears away what is left now.
  await deleteAll(organizationId, left, server).catch(() => {});
  throw (
    failure ??
    new Error(
      `Gave up on an API key in organization ${organizationId} at ${client.connection.apiUrl}: somebody else is creating keys with the same name. Run \`pulumi up\` again when they are done.`,
    )
  );
}

function idsOf(keys: readonly KeyEntry[]): ReadonlySet<string> {
  return new Set(keys.map(({ id }) => id));
}

function outputsOf(inputs: KeyInputs, apiKey: string): KeyOutputs {
  const nothing = { scopes: null, datasetIds: null, expiresAt: null, rotateTrigger: null };
  return { ...nothing, ...inputs, apiKey };
}

async function deleteAll(
  organizationId: string,
  keys: readonly KeyEntry[],
  server: Server,
): Promise<void> {
  for (const { id } of keys) await deleteUntilGone(organizationId, id, server);
}

async function deleteUntilGone(organizationId: string, id: string, server: Server): Promise<void> {
  const { client, mayBegin } = server;
  await untilClear(
    client,
    () => client.deleteKey(organizationId, id, mayBegin),
    async () => {
      const keys = await client.keys(organizationId);
      return keys.some((key) => key.id === id) ? undefined : { result: "done" };
    },
  );
}

/** What is so now of a key; undefined if it is gone. The list tells neither scopes nor expiry, so they stay as recorded. */
export async function readKey(
  id: string,
  recorded: KeyOutputs,
  ring: KeyRing,
  { client }: Server,
): Promise<KeyOutputs | undefined> {
  const { organizationId, tag } = recorded;
  const keys = await client.unlessGone(organizationId, () => ring.list(client, organizationId));
  const key = keys?.find((one) => one.id === id);
  if (!key) return undefined;
  const end = `-${tag}`;
  return {
    ...recorded,
    name: key.name.endsWith(end) ? key.name.slice(0, -end.length) : key.name,
    role: key.role,
    datasetIds: key.datasetIds && [...key.datasetIds].sort(),
  };
}

/** Deletes a key, always within its organization: with another in the header the server says that it has. */
export async function removeKey(
  id: string,
  { organizationId }: KeyOutputs,
  ring: KeyRing,
  server: Server,
): Promise<void> {
  ring.forget(organizationId);
  await server.client.unlessGone(organizationId, () => deleteUntilGone(organizationId, id, server));
}

/** What a program would have to say to have things as they are, by which the engine shows drift. */
export function keyInputsOf({ apiKey, ...outputs }: KeyOutputs): KeyInputs {
  return defined(outputs);
}
