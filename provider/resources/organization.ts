import { Arguments, type Checked, Problem, readText } from "../lifecycle/check";
import { printable, show } from "../printable";
import { count } from "../roster/words";
import { isUuid } from "../settings";
import type { AdminClient, Identity } from "../trieve/admin";
import type { Unclear } from "../trieve/client";
import { pause } from "../trieve/pause";

/** What the program says of an organization, checked and filled in. Recorded as it is. */
export interface OrganizationInputs {
  readonly name: string;
  /** Deleting it takes its datasets along. */
  readonly forceDestroy: boolean;
}

/** Where organizations and keys are made. */
export interface Server {
  readonly client: AdminClient;
  /** Asked when a write is about to be sent; throws to stop it. */
  readonly mayBegin: () => Promise<void>;
  /** One line for the user, about something that went well but should be known. */
  readonly warn: (text: string) => void;
}

/** How often an unclear answer is looked into before an operation gives up. */
export const maxRounds = 6;

export function checkOrganizationArguments(
  args: Readonly<Record<string, unknown>>,
): Checked<OrganizationInputs> {
  const given = new Arguments(args);
  const name = given.required("name", readName);
  const forceDestroy = given.optional("forceDestroy", readBoolean) ?? false;
  const { problems } = given;
  if (problems.length > 0 || name === undefined) return { inputs: undefined, problems };
  return { inputs: { name, forceDestroy }, problems: [] };
}

/**
 * A name that the server stores as it is. It takes any name for a new organization, but a rename goes through a filter
 * for HTML, and the next comparison would find another name than the program's.
 */
function readName(value: unknown): string | Problem {
  const name = readText(value);
  if (name instanceof Problem) return name;
  if (name.trim() === "") return new Problem("is empty");
  if (name.trim() !== name) return new Problem(`${show(name)} begins or ends with a space`);
  if (printable(name) !== name) return new Problem(`${show(name)} contains an invisible character`);
  return /[<>&\u00a0]/.test(name)
    ? new Problem(
        `${show(name)} contains <, >, & or a non-breaking space, which Trieve stores differently`,
      )
    : name;
}

function readBoolean(value: unknown): boolean | Problem {
  return typeof value === "boolean"
    ? value
    : new Problem(`must be true or false, not ${show(value)}`);
}

/** Names of the properties that are to be others. Asks nobody. */
export function organizationDifferences(
  recorded: OrganizationInputs,
  declared: OrganizationInputs,
): readonly (keyof OrganizationInputs)[] {
  return (["name", "forceDestroy"] as const).filter((key) => declared[key] !== recorded[key]);
}

/**
 * Makes an organization, or takes over the empty one of that name that a run left which was killed.
 *
 * @returns its id
 */
export async function makeOrganization(name: string, server: Server): Promise<string> {
  const { client, mayBegin, warn } = server;
  const before = await accountOf(client, name);
  const [there, ...others] = named(before, name);
  if (there) {
    await refuseUnlessEmpty(client, before, name, [there, ...others]);
    warn(
      `organization ${show(name)} (${there.id}) already exists and is empty. It is used as it is.`,
    );
    return there.id;
  }
  const known = new Set(before.organizations.map(({ id }) => id));
  const newOnes = async () =>
    named(await accountOf(client, name), name).filter(({ id }) => !known.has(id));
  let isUnclear = false;
  const { made } = await untilClear(
    client,
    async () => {
      const result = await client.createOrganization(name, mayBegin);
      if (result.result !== "done" || !isUnclear) return result;
      // What went unanswered may have landed after the look that did not show it.
      const { id } = result.made;
      const late = (await newOnes()).filter((one) => one.id !== id);
      if (late.length > 0)
        warn(
          `Created organization ${show(name)} as ${id}. Another with the same name exists, ${ids(late)}, perhaps from a request that went unanswered. Delete it in the dashboard if nobody needs it.`,
        );
      return result;
    },
    async () => {
      isUnclear = true;
      const [landed, ...more] = await newOnes();
      if (landed && more.length > 0)
        throw new Error(
          `Could not tell which organization ${show(name)} is the one that was asked for at ${client.connection.apiUrl}: ${ids([landed, ...more])} came up meanwhile. Delete all but one of them in the dashboard, then run \`pulumi up\` again.`,
        );
      return landed && { result: "done", made: landed };
    },
  );
  return made.id;
}

/**
 * Makes a write, again where that may help, until it is clear what came of it.
 *
 * @param look the answer that did not come, if a look shows that the write was carried out; undefined: nothing shows it
 */
export async function untilClear<T extends { readonly result: "done" }>(
  client: AdminClient,
  write: () => Promise<T | Unclear>,
  look: () => Promise<T | undefined>,
): Promise<T> {
  for (let round = 1; ; round++) {
    const result = await write();
    if (result.result === "done") return result;
    await pause(result.error, client.limits.firstPauseMs * 2 ** (round - 1));
    const carriedOut = await look();
    if (carriedOut) return carriedOut;
    if (!result.error.transient || round === maxRounds) throw result.error;
  }
}

type Listed = Identity["organizations"][number];

function named({ organizations }: Identity, name: string): Listed[] {
  return organizations.filter((one) => one.name === name);
}

function ids(organizations: readonly Listed[]): string {
  return organizations.map(({ id }) => id).join(", ");
}

/** @throws for an organization key: the server would make one without anybody in it, and fail after that */
async function accountOf(client: AdminClient, name: string): Promise<Identity> {
  const account = await client.identity();
  if (account) return account;
  throw new Error(
    `Refused to create organization ${show(name)} at ${client.connection.apiUrl}: the API key belongs to an organization, so nobody would be in the new one. Set the server's admin key, or an account's key, on its trieve.Provider.`,
  );
}

/** @throws if there are several, or if somebody has begun to use it */
async function refuseUnlessEmpty(
  client: AdminClient,
  account: Identity,
  name: string,
  organizations: readonly [Listed, ...Listed[]],
): Promise<void> {
  const [first, ...others] = organizations;
  const contents = others.length > 0 ? undefined : await contentsOf(client, account, first);
  if (contents === "") return;
  const there =
    contents === undefined
      ? `there are ${organizations.length} with that name already, ${ids(organizations)}`
      : `there is one with that name already, ${first.id}, with ${contents}`;
  throw new Error(
    `Refused to create organization ${show(name)} at ${client.connection.apiUrl}: ${there}. Give it another name, rename or delete the existing one in the dashboard, or look it up with TrieveOrganization.get(name, "${first.id}").`,
  );
}

/** Whatever is in an organization beside its account, in words; empty if nothing. */
async function contentsOf(
  client: AdminClient,
  { userId }: Identity,
  { id, role }: Listed,
): Promise<string> {
  if (role !== "owner") return "another owner";
  const [members, invitations, keys, datasets] = await Promise.all([
    client.listMembers(id),
    client.listInvitations(id),
    client.keys(id),
    client.listDatasets(id),
  ]);
  const others = members.filter((member) => member.userId !== userId);
  const kinds = [
    [others, "member", "members"],
    [invitations, "invitation", "invitations"],
    [keys, "API key", "API keys"],
    [datasets, "dataset", "datasets"],
  ] as const;
  return kinds
    .filter(([{ length }]) => length > 0)
    .map(([{ length }, one, many]) => count(length, one, many))
    .join(", ");
}

/** Gives it another name, in place. */
export async function renameOrganization(
  id: string,
  name: string,
  { client, mayBegin }: Server,
): Promise<void> {
  const { made } = await untilClear(
    client,
    () => client.renameOrganization(id, name, mayBegin),
    async () => {
      const stored = await client.organizationName(id);
      return stored === name ? { result: "done", made: { name } } : undefined;
    },
  );
  if (made.name !== name)
    throw new Error(
      `Renamed organization ${id} at ${client.connection.apiUrl} to ${show(name)}, but the server stored ${show(made.name)}. Give it a name that Trieve stores as it is.`,
    );
}

/**
 * Its name now.
 *
 * @param isRecorded false for a look-up by id
 * @returns undefined if a recorded one is gone
 */
export async function readOrganization(
  id: string,
  isRecorded: boolean,
  { client }: Server,
): Promise<string | undefined> {
  if (!isUuid(id))
    throw new Error(`${show(id)} is not the id of an organization: copy it from the dashboard.`);
  const ask = () => client.organizationName(id);
  return isRecorded ? client.unlessGone(id, ask) : ask();
}

/** Deletes it, with its datasets only if that is meant. One that is gone already is success. */
export async function removeOrganization(
  id: string,
  { name, forceDestroy }: OrganizationInputs,
  { client, mayBegin }: Server,
): Promise<void> {
  await client.unlessGone(id, async () => {
    const datasets = forceDestroy ? [] : await client.listDatasets(id);
    if (datasets.length > 0)
      throw new Error(
        `Refused to delete organization ${show(name)} (${id}) at ${client.connection.apiUrl}: it holds ${count(datasets.length, "dataset", "datasets")}. Delete them first; or set \`forceDestroy: true\` and run \`pulumi up\`, then delete it.`,
      );
    const remove = () => client.deleteOrganization(id, mayBegin);
    // The look fails if there is none any more.
    await untilClear(client, remove, () => client.organizationName(id).then(() => undefined));
  });
}
