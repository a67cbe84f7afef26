import { isUuid, resolveSettings, type Settings } from "../settings";
import { AdminClient } from "./admin";
import { UsageError } from "./output";

/** Options of every command that asks a server. There is none for the key: others see a command line. */
export interface ServerOptions {
  readonly url?: string;
  readonly organization?: string;
  /** Seconds, as given. */
  readonly retryFor: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What it takes to ask a server about an organization. */
export type Access = Pick<Settings, "apiKey" | "apiUrl"> & { readonly organizationId: string };

/** What is not there at all, in words of a command line. */
export function missingSettings(options: ServerOptions, env: Environment): string[] {
  return [
    ...(env.TRIEVE_API_KEY?.trim()
      ? []
      : [
          "TRIEVE_API_KEY is not set: the organization's API key goes there, not on the command line, where others see it",
        ]),
    ...((options.organization ?? env.TRIEVE_ORGANIZATION_ID)?.trim()
      ? []
      : ["no organization: add --organization <id> or set TRIEVE_ORGANIZATION_ID"]),
  ];
}

/** @throws UsageError that names everything that is missing or wrong */
export function readAccess(options: ServerOptions, env: Environment): Access {
  const missing = missingSettings(options, env);
  if (missing.length > 0) throw new UsageError(missing.join("; "));
  const { settings, problems } = resolveSettings(settingsOf(options), {
    TRIEVE_API_KEY: env.TRIEVE_API_KEY,
    TRIEVE_ORGANIZATION_ID: env.TRIEVE_ORGANIZATION_ID,
    TRIEVE_API_URL: env.TRIEVE_API_URL,
  });
  if (settings?.organizationId === undefined) throw new UsageError(problems.join("; "));
  const { apiKey, apiUrl, organizationId } = settings;
  return { apiKey, apiUrl, organizationId };
}

/** Options as settings; where people land is asked of nobody who invites nobody. */
export function settingsOf({ url, organization }: Pick<ServerOptions, "url" | "organization">) {
  const given: Readonly<Record<string, string | undefined>> = {
    "trieve:apiUrl": url,
    "trieve:organizationId": organization,
    "trieve:redirectUri": "http://localhost/",
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
  { apiKey, apiUrl }: Pick<Access, "apiKey" | "apiUrl">,
  { retryFor }: Pick<ServerOptions, "retryFor">,
  keyAdvice = "Set TRIEVE_API_KEY to one that is valid; `pulumi config get trieve:apiKey` prints that of a stack.",
): AdminClient {
  const seconds = Number(retryFor);
  if (!/^\d{1,4}$/.test(retryFor))
    throw new UsageError(`--retry-for ${JSON.stringify(retryFor)} is not a number of seconds`);
  return new AdminClient({
    apiUrl,
    apiKey,
    maxConcurrency: 4,
    keyAdvice,
    limits: { retryForMs: seconds * 1000 },
  });
}
