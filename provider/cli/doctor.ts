import { type Everybody, listEverybody, ownersOf, presentOf } from "../lifecycle/everybody";
import { printable } from "../printable";
import { count } from "../roster/words";
import { defaultApiUrl, resolveConnection, resolveLinks } from "../settings";
import type { AdminClient, Identity } from "../trieve/admin";
import { TrieveError } from "../trieve/errors";
import { type Transport, transport } from "../trieve/http";
import { higherRole } from "../trieve/model";
import { connect, missingSettings, type ServerOptions, settingsOf } from "./connection";
import { type Cell, type ExitCode, exitCode, type Output } from "./output";

type Result = "ok" | "problem" | "note";

/** What one look has shown, and what to do about it. */
interface Check {
  readonly name:
    | "settings"
    | "server"
    | "key"
    | "organization"
    | "role"
    | "people"
    | "links"
    | "mail";
  readonly result: Result;
  readonly text: string;
}

const marks: { readonly [result in Result]: Cell } = {
  ok: { text: "✓", style: "green" },
  problem: { text: "✗", style: "red" },
  note: { text: "–", style: "dim" },
};

/** Looks at everything that `up` needs, and changes nothing. */
export async function doctor(
  options: ServerOptions & { readonly json?: boolean },
  output: Output,
): Promise<ExitCode> {
  const checks: Check[] = [];
  const unreachable = await output.during("Waiting for the server", () =>
    examine(options, (name, result, text) => checks.push({ name, result, text })),
  );
  const problems = checks.filter(({ result }) => result === "problem");
  if (options.json) output.json({ ok: problems.length === 0, checks });
  else
    for (const { name, result, text } of checks) {
      const { text: mark, style } = marks[result];
      output.result(`${output.paint(mark, style)} ${name.padEnd(12)}  ${printable(text)}`);
    }
  if (unreachable) return exitCode.notAsked;
  return problems.length > 0 ? exitCode.problems : exitCode.fine;
}

type Tell = (name: Check["name"], result: Result, text: string) => void;

/** @returns whether the server could not be asked */
async function examine(options: ServerOptions, tell: Tell): Promise<boolean> {
  const env = process.env;
  const missing = missingSettings(options, env);
  for (const problem of [...missing, ...wrongSettings(options)])
    tell("settings", "problem", problem);
  const { connection, organizationId } = resolveConnection(settingsOf(options), env);
  if (!connection || organizationId === undefined) return false;
  const { apiUrl } = connection;
  tell("settings", "ok", `organization ${organizationId} at ${apiUrl}`);
  if (isExposed(apiUrl))
    tell("settings", "note", "the key is sent unencrypted; use https outside a private network");

  const client = connect(connection, options);
  const ask = transport(apiUrl, client.limits);
  let identified = false;
  try {
    const identity = await askIdentity(client, tell);
    identified = true;
    await askOrganization(client, organizationId, identity, tell);
    await checkLinks(options, apiUrl, ask, tell);
  } catch (error) {
    if (!(error instanceof TrieveError)) throw error;
    const about = partOf(error, identified);
    tell(about, "problem", error.message);
    return about === "server";
  }
  tell(
    "mail",
    "note",
    "not tested, because only an invitation sends email; `up` reports an email that fails",
  );
  return false;
}

/** Where people land may be missing here: a stack has it in its config. */
function wrongSettings(options: ServerOptions): string[] {
  const get = settingsOf(options);
  const problems = [
    ...resolveConnection(get, process.env).problems,
    ...resolveLinks(get, process.env).problems,
  ];
  // A key that is missing is told of in words of a command line.
  return problems.filter((problem) => !/^(apiKey|redirectUri) is missing/.test(problem));
}

function isExposed(apiUrl: string): boolean {
  const { protocol, hostname } = new URL(apiUrl);
  return protocol === "http:" && !/^(localhost|.*\.localhost|127\..*|\[::1\])$/.test(hostname);
}

async function askIdentity(client: AdminClient, tell: Tell): Promise<Identity | undefined> {
  const identity = await client.identity();
  tell("server", "ok", "answers like Trieve");
  const whose =
    identity === undefined
      ? "an organization key"
      : `of the account ${JSON.stringify(identity.email)}, which \`up\` cannot invite, remove or demote; an organization key has no such restriction`;
  tell("key", "ok", whose);
  return identity;
}

async function askOrganization(
  client: AdminClient,
  organizationId: string,
  identity: Identity | undefined,
  tell: Tell,
): Promise<void> {
  let everybody: Everybody;
  try {
    const name = await client.organizationName(organizationId);
    everybody = await listEverybody(client, organizationId);
    tell("organization", "ok", JSON.stringify(name));
    tell("role", "ok", await roleOfKey(client, organizationId, identity));
  } catch (error) {
    if (!(error instanceof TrieveError && error.name === "NotAllowed")) throw error;
    const lists = await listEverybody(client, organizationId).catch(() => undefined);
    if (lists === undefined) throw error;
    everybody = lists;
    tell(
      "role",
      "note",
      "can list people and no more; previews, `report` and `export` work, `up` does not",
    );
  }
  const people = presentOf(everybody);
  const members = people.filter(([, { phase }]) => phase === "member").length;
  const owners = ownersOf(everybody).size;
  tell(
    "people",
    owners > 0 ? "ok" : "note",
    `${count(members, "member", "members")} (${count(owners, "owner", "owners")}), ${people.length - members} pending${owners > 0 ? "" : "; nobody can sign in and change roles"}`,
  );
}

/** No question tells the role of an organization key; what it may ask, and which keys there are, tells most of it. */
async function roleOfKey(
  client: AdminClient,
  organizationId: string,
  identity: Identity | undefined,
): Promise<string> {
  if (identity !== undefined) {
    const own = identity.organizations.find(({ id }) => id === organizationId);
    return own?.role ?? "the server's admin key, which acts as an owner without being a member";
  }
  const keys = await client.keys(organizationId);
  const roles = new Set(keys.map(({ role }) => higherRole(role, "admin")));
  if (roles.size !== 1)
    return "admin or owner, which the server does not tell apart; inviting, promoting or removing owners requires owner";
  return roles.has("owner")
    ? "owner"
    : "admin, which is sufficient for everyone but owners; it can neither invite nor remove owners";
}

async function checkLinks(
  options: ServerOptions,
  apiUrl: string,
  ask: Transport,
  tell: Tell,
): Promise<void> {
  // Of one that is wrong the settings have told already, without the password that may be in it.
  const { appUrl, redirectUri } = resolveLinks(settingsOf(options), process.env).links;
  if (appUrl !== undefined && appUrl !== `${apiUrl}/api`) {
    const limits = { connectMs: 5_000, maxBytes: 10_000 };
    const works = URL.canParse(appUrl) && (await health(transport(appUrl, limits), "/health"));
    tell(
      "links",
      works ? "ok" : "problem",
      works
        ? `invitations lead to ${appUrl}`
        : `invitations would lead to ${appUrl}, which does not answer /health like Trieve; set TRIEVE_APP_URL to the server's public URL with /api`,
    );
  } else if (!(await health(ask, "/api/health")))
    tell(
      "links",
      "problem",
      `${apiUrl}/api/health does not answer like Trieve; check the URL and any proxy in front of the server`,
    );
  else tell("links", "ok", `invitations lead to ${apiUrl}/api`);
  if (redirectUri !== undefined)
    tell("links", "ok", `after accepting, people land at ${redirectUri}`);
  else if (apiUrl !== defaultApiUrl && !process.env.TRIEVE_REDIRECT_URI?.trim())
    tell(
      "links",
      "note",
      "redirectUri is not set here; `up` needs trieve:redirectUri or TRIEVE_REDIRECT_URI, the URL of your dashboard",
    );
}

/** Without the key: the address of the links may be somebody else's. */
async function health(ask: Transport, path: string): Promise<boolean> {
  const answer = await ask({ method: "GET", path, headers: {}, timeoutMs: 10_000 }).catch(
    () => undefined,
  );
  return answer?.status === 200 && answer.text === "";
}

/** @param identified whether the server has answered before */
function partOf(error: TrieveError, identified: boolean): Check["name"] {
  if (error.name === "KeyRejected") return "key";
  if (error.name === "NotAllowed") return "role";
  return error.name === "NotFound" && identified ? "organization" : "server";
}
