import { type Access, type ConnectionSettings, isUuid, resolveConnection } from "../settings";
import { AdminClient } from "../trieve/admin";
import { UsageError } from "./output";

/** Options of every command that asks a server. There is none for the key: others see a command line. */
export interface ServerOptions {
  readonly url?: string;
  readonly organization?: string;
  /** Seconds, as given. */
  readonly retryFor: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What is not there at all, in words of a command line. */
export function missingSettings(options: ServerOptions, env: Environment): string[] {
  return [
    env.TRIEVE_API_KEY?.trim()
      ? ""
      : "TRIEVE_API_KEY is not set: set it to the API key of the organization (there is no option for it, because other users can see command lines)",
    (options.organization ?? env.TRIEVE_ORGANIZATION_ID)?.trim()
      ? ""
      : "no organization: add --organization <id> or set TRIEVE_ORGANIZATION_ID",
  ].filter(Boolean);
}

/** @throws UsageError that names everything that is missing or wrong */
export function readAccess(options: ServerOptions, env: Environment): Access {
  const missing = missingSettings(options, env);
  if (missing.length > 0) throw new UsageError(missing.join("; "));
  const resolved = resolveConnection(settingsOf(options), env);
  if (resolved.connection === undefined) throw new UsageError(resolved.problems.join("; "));
  // What is missing was said above.
  return { ...resolved.connection, organizationId: resolved.organizationId as string };
}

/** Options as settings. */
export function settingsOf(
  options: Pick<ServerOptions, "url" | "organization"> & { apiKey?: string; redirectUri?: string },
) {
  const given: Readonly<Record<string, string | undefined>> = {
    "trieve:apiUrl": options.url,
    "trieve:organizationId": options.organization,
    "trieve:apiKey": options.apiKey,
    "trieve:redirectUri": options.redirectUri,
  };
  return (key: string) => given[key];
}

/** @throws UsageError */
export function readOrganization(text: string): string {
  if (!isUuid(text))
    throw new UsageError(
      `--organization ${JSON.stringify(text)} is not a UUID: copy it from the dashboard`,
    );
  return text.toLowerCase();
}

/** @param keyAdvice what to do about a key that the server rejects */
export function connect(
  { apiKey, apiUrl, maxConcurrency }: ConnectionSettings,
  { retryFor }: Pick<ServerOptions, "retryFor">,
  keyAdvice = "Set TRIEVE_API_KEY to a valid key; `pulumi config get trieve:apiKey` prints the key of a stack.",
): AdminClient {
  const seconds = Number(retryFor);
  if (!/^\d{1,4}$/.test(retryFor))
    throw new UsageError(`--retry-for ${JSON.stringify(retryFor)} is not a number of seconds`);
  return new AdminClient({
    apiUrl,
    apiKey,
    maxConcurrency,
    keyAdvice,
    limits: { retryForMs: seconds * 1000 },
  });
}
