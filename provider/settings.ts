import { printable } from "./printable";
import { roles } from "./trieve/model";

/** Whether a person is to be told: `required`, a mail that fails is an error; `optional`, the row is enough. */
export type MailPolicy = "required" | "optional";

/** Where the API key comes from: `TRIEVE_API_KEY`, stack config, or an explicit `trieve.Provider`. */
export type KeySource = "environment" | "stack" | "provider";

/** How to reach the server. Transport, never part of anybody's identity, never a diff. */
export interface Settings {
  readonly apiKey: string;
  /** Lower case UUID; missing where every resource names its own. */
  readonly organizationId?: string;
  /** Without `/api`, without a slash at the end. */
  readonly apiUrl: string;
  /** With `/api`, without a slash at the end: goes into the link of the mail. */
  readonly appUrl: string;
  /** Its path ends with a slash. */
  readonly redirectUri: string;
  readonly mail: MailPolicy;
  /** 1 to 8. */
  readonly maxConcurrency: number;
  readonly keySource: KeySource;
}

/** What was configured, or everything that is wrong with it. */
export type SettingsResult =
  | { readonly settings: Settings; readonly problems: readonly [] }
  | {
      readonly settings: undefined;
      /** Of use to a preview where a key is missing. `null`: one was given that is wrong, as a problem says. */
      readonly organizationId: string | null | undefined;
      readonly problems: readonly string[];
    };

/** Inputs of an explicit provider carry this key, so that nothing from elsewhere is mixed in. */
export const explicitMarker = "trieve:explicit";

export const defaultApiUrl = "https://api.trieve.ai";
const defaultRedirectUri = "https://dashboard.trieve.ai/";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text is a UUID in the form that Trieve prints. */
export function isUuid(text: string): boolean {
  return uuid.test(text);
}

/**
 * @param get one value by its full key, `trieve:apiKey`; of an explicit provider its inputs, else the stack's config
 * @param env environment variables
 */
export function resolveSettings(
  get: (key: string) => string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): SettingsResult {
  const explicit = get(explicitMarker) === "true";
  const problems: string[] = [];
  const config = (key: string) => get(`trieve:${key}`)?.trim() || undefined;
  const environment = (name: string) => (explicit ? undefined : env[name]?.trim() || undefined);
  const missing = (key: string, name: string, command: string) =>
    explicit
      ? `${key} is missing: give it to the trieve.Provider`
      : `${key} is missing: run \`pulumi config set ${command}\` or set ${name}`;

  // `pulumi refresh` and `pulumi destroy` send the configuration of the last `up`. Only the key's variable comes
  // first, since it is the way past a rotated key; any other that was forgotten in a shell could replace everybody.
  const keyOfEnvironment = environment("TRIEVE_API_KEY");
  const apiKey = keyOfEnvironment ?? config("apiKey");
  if (apiKey === undefined)
    problems.push(missing("apiKey", "TRIEVE_API_KEY", "--secret trieve:apiKey"));
  else if (!/^[\x21-\x7e]+$/.test(apiKey))
    problems.push(
      "apiKey holds a character that no Trieve key has; is it the whole key and nothing else?",
    );

  const given = config("organizationId") ?? environment("TRIEVE_ORGANIZATION_ID");
  const organizationId = given === undefined || isUuid(given) ? given?.toLowerCase() : null;
  if (organizationId === null)
    problems.push(
      // As given: Pulumi masks a key that was pasted here only by its exact text.
      `organizationId ${JSON.stringify(given)} is not a UUID: copy it from the dashboard`,
    );

  const apiUrl = withoutSlashes(config("apiUrl") ?? environment("TRIEVE_API_URL") ?? defaultApiUrl);
  if (!isHttpUrl(apiUrl)) problems.push(`apiUrl ${showUrl(apiUrl)} ${noUrl}`);
  else if (/\/api$/.test(apiUrl))
    problems.push(
      `apiUrl ${JSON.stringify(apiUrl)} ends with /api: write it without, ${apiUrl.slice(0, -4)}`,
    );

  const appUrl = withoutSlashes(
    config("appUrl") ?? environment("TRIEVE_APP_URL") ?? `${apiUrl}/api`,
  );
  if (!isHttpUrl(appUrl)) problems.push(`appUrl ${showUrl(appUrl)} ${noUrl}`);

  const redirectUri =
    config("redirectUri") ??
    environment("TRIEVE_REDIRECT_URI") ??
    (apiUrl === defaultApiUrl ? defaultRedirectUri : undefined);
  if (redirectUri === undefined)
    problems.push(
      missing(
        "redirectUri",
        "TRIEVE_REDIRECT_URI",
        "trieve:redirectUri <URL of your dashboard, such as http://localhost:5173/>",
      ),
    );
  else if (!isHttpUrl(redirectUri) || !/^[^?#]*\/([?#]|$)/.test(redirectUri))
    // Trieve makes `<before the ?>org?<after it>` of it for those who are added at once.
    problems.push(
      `redirectUri ${showUrl(redirectUri)} must be an http or https URL whose path ends with a slash, such as http://localhost:5173/`,
    );

  const mail = config("mail") ?? "required";
  if (mail !== "required" && mail !== "optional")
    problems.push(`mail ${JSON.stringify(mail)} must be "required" or "optional"`);

  const maxConcurrency = Number(config("maxConcurrency") ?? 4);
  if (!Number.isInteger(maxConcurrency) || maxConcurrency < 1 || maxConcurrency > 8)
    problems.push(
      `maxConcurrency ${JSON.stringify(config("maxConcurrency"))} must be a whole number from 1 to 8: ten requests at once hang a Trieve server`,
    );

  if (
    problems.length > 0 ||
    apiKey === undefined ||
    organizationId === null ||
    redirectUri === undefined
  )
    return { settings: undefined, organizationId, problems };
  return {
    settings: {
      apiKey,
      ...(organizationId === undefined ? {} : { organizationId }),
      apiUrl,
      appUrl,
      redirectUri,
      mail: mail as MailPolicy,
      maxConcurrency,
      keySource: explicit ? "provider" : keyOfEnvironment === undefined ? "stack" : "environment",
    },
    problems: [],
  };
}

/** What to do about a key that the server does not know (any more). */
export function keyAdvice(source: KeySource): string {
  if (source === "environment")
    return "It is that of TRIEVE_API_KEY, which goes before trieve:apiKey: set it to one that is valid, or unset it.";
  const where = source === "stack" ? "set trieve:apiKey to one" : "give the trieve.Provider one";
  const otherwise = source === "stack" ? "set TRIEVE_API_KEY=<new key> or add" : "add";
  return `For \`pulumi up\` ${where} that is valid; \`pulumi refresh\` and \`pulumi destroy\` send the key that the last \`up\` recorded: for them ${otherwise} --run-program.`;
}

/** A URL without slashes at its end. */
function withoutSlashes(url: string): string {
  let end = url.length;
  while (url[end - 1] === "/") end--;
  return url.slice(0, end);
}

const noUrl = "is not an http or https URL without user name and password";

/** A password may stand before the last @, wherever a URL that is wrong has it. */
function showUrl(text: string): string {
  return printable(JSON.stringify(text.replace(/^.*@/s, "…@")));
}

function isHttpUrl(text: string): boolean {
  // Parsing drops line breaks and tabs, of which then nobody knows.
  if (!URL.canParse(text) || /\s/.test(text) || printable(text) !== text) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === "http:" || protocol === "https:") && username === "" && password === "";
}

/** For messages: `"user", "admin" or "owner"`. */
export const roleChoice = `"${roles.slice(0, -1).join('", "')}" or "${roles.at(-1)}"`;
