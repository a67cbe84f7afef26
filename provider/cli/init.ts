import { text as readAll } from "node:stream/consumers";
import { printable } from "../printable";
import { endsWithTag } from "../resources/apiKey";
import { count, firstTen } from "../roster/words";
import { resolveConnection, resolveLinks } from "../settings";
import type { AdminClient, KeyEntry, NewKey } from "../trieve/admin";
import { connect, readOrganization, type ServerOptions, settingsOf } from "./connection";
import { type ExitCode, exitCode, type Output, UsageError } from "./output";

export interface InitOptions extends ServerOptions {
  readonly adminKeyStdin?: boolean;
  readonly redirectUri?: string;
  readonly readOnly?: boolean;
  readonly json?: boolean;
}

const keyName = "pulumi";
const isKeyOfStack = ({ name }: KeyEntry) => name === keyName || endsWithTag(name);

/** What a preview asks: the two lists. */
const readOnlyScopes = [
  "GET /api/organization/users/{organization_id}",
  "GET /api/invitations/{organization_id}",
];

/** From the admin key of a new server to a stack's configuration: finds the organization, makes a key for it. */
export async function init(options: InitOptions, output: Output): Promise<ExitCode> {
  const settings = await readSettings(options);
  const advice = options.readOnly
    ? "Use an organization key of role admin or owner, or the server's admin key."
    : "Check that it is the ADMIN_API_KEY with which the server was first started.";
  const client = connect(settings.connection, options, advice);
  return output.during("Setting up", async () => {
    const organization = await findOrganization(client, options);
    if (organization === undefined) {
      output.message(
        "The account of the admin key belongs to no organization. Create one in the dashboard, then add --organization <id>.",
      );
      return exitCode.problems;
    }
    const { id, name } = organization;
    if (options.readOnly) {
      const apiKey = await makeKey(client, id, {
        name: "pulumi preview",
        role: "user",
        scopes: readOnlyScopes,
      });
      output.message(
        `Created a read-only key for organization ${JSON.stringify(name)} (${id}): it can list people and change nothing.`,
      );
      if (options.json) output.json({ apiKey, organizationId: id });
      else output.result(apiKey);
      return exitCode.fine;
    }
    const before = (await client.keys(id)).filter(isKeyOfStack);
    if (before.length > 0) {
      // Without a word from the user a second environment would share the people of the first.
      if (options.organization === undefined) {
        output.message(
          `organization ${id} (${JSON.stringify(name)}) already has a key named ${before[0]?.name}, which a stack may use. For another key of this organization, add --organization ${id}. For another environment, create an organization and add --organization with its id.`,
        );
        return exitCode.problems;
      }
      output.warn(
        `organization ${id} already has ${count(before.length, "key", "keys")} of stacks (${firstTen(before.map((key) => key.name))}); delete unused keys in the dashboard`,
      );
    }
    const apiKey = await makeKey(client, id, { name: keyName, role: "owner" });
    output.message(
      `Created a key with role owner for organization ${JSON.stringify(name)} (${id}).`,
    );
    const { apiUrl } = settings.connection;
    const { redirectUri } = settings;
    printSettings({ apiUrl, organizationId: id, apiKey, redirectUri }, options, output);
    return exitCode.fine;
  });
}

/** A connection with the admin key, and where people land. */
async function readSettings(options: InitOptions) {
  const url = options.url ?? process.env.TRIEVE_API_URL?.trim();
  // An admin key must not go to the default server by oversight.
  if (!url)
    throw new UsageError(
      "no server: add --url, such as --url http://localhost:8090, or set TRIEVE_API_URL",
    );
  const apiKey = await readAdminKey(options);
  const redirectUri = options.redirectUri ?? process.env.TRIEVE_REDIRECT_URI?.trim();
  const get = settingsOf({ url, apiKey, redirectUri });
  const { connection, problems } = resolveConnection(get, {});
  const links = redirectUri ? resolveLinks(get, {}) : { links: {}, problems: [] };
  const wrong = [...problems, ...links.problems];
  if (!connection || wrong.length > 0) throw new UsageError(wrong.join("; "));
  return { connection, redirectUri: links.links.redirectUri };
}

/** Any key of role admin makes one that only reads. */
async function readAdminKey({ adminKeyStdin, readOnly }: InitOptions): Promise<string> {
  const { TRIEVE_ADMIN_KEY, TRIEVE_API_KEY } = process.env;
  const key = adminKeyStdin
    ? await readAll(process.stdin)
    : TRIEVE_ADMIN_KEY || (readOnly ? TRIEVE_API_KEY : undefined);
  if (key?.trim()) return key.trim();
  throw new UsageError(
    adminKeyStdin
      ? "stdin is empty; pipe the server's admin key into it"
      : `no admin key: set TRIEVE_ADMIN_KEY${readOnly ? " or TRIEVE_API_KEY" : ""}, or pipe it in with --admin-key-stdin (there is no option for it, because other users can see command lines)`,
  );
}

async function findOrganization(
  client: AdminClient,
  { organization }: InitOptions,
): Promise<{ readonly id: string; readonly name: string } | undefined> {
  if (organization !== undefined) {
    const id = readOrganization(organization);
    return { id, name: await client.organizationName(id) };
  }
  const identity = await client.identity();
  if (identity === undefined)
    throw new UsageError(
      "this is an organization key, not the server's admin key; set it with `pulumi config set --secret trieve:apiKey`",
    );
  const [first, ...others] = identity.organizations;
  if (others.length === 0) return first;
  const choice = identity.organizations
    .map(({ id, name }) => `${id} (${JSON.stringify(name)})`)
    .join(", ");
  throw new UsageError(
    `the account belongs to several organizations; add --organization with one of ${choice}`,
  );
}

async function makeKey(client: AdminClient, organizationId: string, key: NewKey): Promise<string> {
  const result = await client.createKey(organizationId, key);
  if (result.result === "done") return result.made;
  const { error } = result;
  if (error.outcome === "not executed") throw error;
  throw new Error(
    `${error.message} A key named ${key.name} may have been created without being printed. Delete it in the dashboard.`,
    { cause: error },
  );
}

/** What a stack is to be configured with. */
interface StackSettings {
  readonly apiUrl: string;
  readonly organizationId: string;
  readonly apiKey: string;
  readonly redirectUri: string | undefined;
}

function printSettings(settings: StackSettings, { json }: InitOptions, output: Output) {
  const { apiUrl, organizationId, apiKey, redirectUri } = settings;
  if (json) return output.json({ ...settings, redirectUri: redirectUri ?? null });
  const set = (name: string, value: string) =>
    `pulumi config set trieve:${name} ${shellWord(value)}`;
  output.result(
    [
      set("apiUrl", apiUrl),
      set("organizationId", organizationId),
      // Part of a shell: as an argument of `pulumi` the key would stand in the list of processes, for all to see.
      `printf %s ${shellWord(apiKey)} | pulumi config set --secret trieve:apiKey`,
      redirectUri === undefined
        ? "# pulumi config set trieve:redirectUri <URL of your dashboard, such as http://localhost:5173/>"
        : set("redirectUri", redirectUri),
    ].join("\n"),
  );
}

/** One word for a POSIX shell, whatever is in it. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${printable(text).replaceAll("'", "'\\''")}'`;
}
