import { closest, distance } from "fastest-levenshtein";
import { defined } from "./defined";
import { printable } from "./printable";
import { roles } from "./trieve/model";

/** With `required`, an email that fails is an error. With `optional`, it is not. */
export type MailPolicy = "required" | "optional";

/** Where the API key comes from: `TRIEVE_API_KEY`, stack config, or an explicit `trieve.Provider`. */
export type KeySource = "environment" | "stack" | "provider";

/** How to reach the server. Transport, never part of anybody's identity, never a diff. */
export interface ConnectionSettings {
  readonly apiKey: string;
  /** Without `/api`, without a slash at the end. */
  readonly apiUrl: string;
  /** 1 to 8. */
  readonly maxConcurrency: number;
  /** What to do about a key that the server rejects. */
  readonly keyAdvice: string;
  /** What else to do about an organization that the server does not know. */
  readonly organizationAdvice?: string;
}

/** What goes into the mail of an invitation, and whether there has to be one. */
export interface Links {
  /** With `/api`, without a slash at the end. */
  readonly appUrl: string;
  /** Its path ends with a slash. */
  readonly redirectUri: string;
  readonly mail: MailPolicy;
}

/** What it takes to ask a server about an organization. */
export interface Access extends ConnectionSettings {
  /** Lower case UUID. */
  readonly organizationId: string;
}

export interface Settings {
  readonly connection: ConnectionSettings;
  /** Lower case UUID; missing where every resource names its own. */
  readonly organizationId?: string;
  readonly links: Links;
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

/** Names of settings, in stack config after `trieve:`. */
export const settingNames = [
  ...["apiKey", "organizationId", "apiUrl", "appUrl", "redirectUri", "mail", "maxConcurrency"],
];

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text is a UUID in the form that Trieve prints. */
export function isUuid(text: string): boolean {
  return uuid.test(text);
}

/** One value by its full key, `trieve:apiKey`: of an explicit provider its inputs, else the stack's config. */
type Get = (key: string) => string | undefined;
type Environment = Readonly<Record<string, string | undefined>>;

/** Reads settings, and notes everything that is wrong with them. */
class Reader {
  readonly problems: string[] = [];
  readonly #explicit: boolean;

  constructor(
    private readonly get: Get,
    private readonly env: Environment,
  ) {
    this.#explicit = get(explicitMarker) === "true";
  }

  connection(): ConnectionSettings | undefined {
    // `pulumi refresh` and `pulumi destroy` send the configuration of the last `up`. Only the key's variable comes
    // first, since it is the way past a rotated key; any other that was forgotten in a shell could replace everybody.
    const keyOfEnvironment = this.environment("TRIEVE_API_KEY");
    const apiKey = keyOfEnvironment ?? this.config("apiKey");
    if (apiKey === undefined) this.missing("apiKey", "TRIEVE_API_KEY");
    else if (!/^[\x21-\x7e]+$/.test(apiKey))
      this.problems.push(
        "apiKey contains a character that is not valid in an API key; copy the whole key and nothing else",
      );
    const apiUrl = this.apiUrl();
    if (!isHttpUrl(apiUrl)) this.problems.push(`apiUrl ${showUrl(apiUrl)} ${noUrl}`);
    else if (/\/api$/.test(apiUrl))
      this.problems.push(
        `apiUrl ${JSON.stringify(apiUrl)} ends with /api; write it without: ${apiUrl.slice(0, -4)}`,
      );
    const maxConcurrency = Number(this.config("maxConcurrency") ?? 4);
    if (!Number.isInteger(maxConcurrency) || maxConcurrency < 1 || maxConcurrency > 8)
      this.problems.push(
        `maxConcurrency ${JSON.stringify(this.config("maxConcurrency"))} must be a whole number from 1 to 8: ten requests at once hang a Trieve server`,
      );
    if (apiKey === undefined) return undefined;
    const stored = this.#explicit ? "provider" : "stack";
    return {
      ...{ apiKey, apiUrl, maxConcurrency },
      keyAdvice: keyAdvice(keyOfEnvironment === undefined ? stored : "environment"),
      ...(this.#explicit ? { organizationAdvice } : {}),
    };
  }

  /** `null`: one was given that is wrong. */
  organizationId(): string | null | undefined {
    const given = this.config("organizationId") ?? this.environment("TRIEVE_ORGANIZATION_ID");
    if (given === undefined || isUuid(given)) return given?.toLowerCase();
    this.problems.push(
      // As given: Pulumi masks a key that was pasted here only by its exact text.
      `organizationId ${JSON.stringify(given)} is not a UUID: copy it from the dashboard`,
    );
    return null;
  }

  /** Those that are given or have a default, and are right. */
  links(): Partial<Links> {
    const apiUrl = this.apiUrl();
    const appUrl = withoutSlashes(
      this.config("appUrl") ?? this.environment("TRIEVE_APP_URL") ?? `${apiUrl}/api`,
    );
    const isAppUrl = isHttpUrl(appUrl);
    if (!isAppUrl) this.problems.push(`appUrl ${showUrl(appUrl)} ${noUrl}`);
    const redirectUri =
      this.config("redirectUri") ??
      this.environment("TRIEVE_REDIRECT_URI") ??
      (apiUrl === defaultApiUrl ? defaultRedirectUri : undefined);
    if (redirectUri === undefined)
      this.missing(
        "redirectUri",
        "TRIEVE_REDIRECT_URI",
        " <URL of your dashboard, such as http://localhost:5173/>",
      );
    // Trieve makes `<before the ?>org?<after it>` of it for those who are added at once.
    const isLanding =
      redirectUri !== undefined && isHttpUrl(redirectUri) && /^[^?#]*\/([?#]|$)/.test(redirectUri);
    if (redirectUri !== undefined && !isLanding)
      this.problems.push(
        `redirectUri ${showUrl(redirectUri)} must be an http or https URL whose path ends with a slash, such as http://localhost:5173/`,
      );
    const mail = this.config("mail") ?? "required";
    const isPolicy = mail === "required" || mail === "optional";
    if (!isPolicy)
      this.problems.push(`mail ${JSON.stringify(mail)} must be "required" or "optional"`);
    return defined({
      appUrl: isAppUrl ? appUrl : undefined,
      redirectUri: isLanding ? redirectUri : undefined,
      mail: isPolicy ? mail : undefined,
    });
  }

  /**
   * Else a key would go to the default server because of `trieve:apiurl`. Only what is close counts: in a project named
   * trieve, the program's own config has the same namespace.
   */
  misspelled(keys: readonly string[]): void {
    if (this.#explicit) return;
    for (const key of keys) {
      const [, name] = /^trieve:(.+)$/.exec(key) ?? [];
      if (name === undefined || settingNames.includes(name)) continue;
      const meant = settingMeantBy(name);
      if (meant !== undefined)
        this.problems.push(
          `trieve:${printable(name)} is not a setting: set trieve:${meant} and run \`pulumi config rm trieve:${printable(name)}\``,
        );
    }
  }

  private apiUrl(): string {
    return withoutSlashes(
      this.config("apiUrl") ?? this.environment("TRIEVE_API_URL") ?? defaultApiUrl,
    );
  }

  private config(key: string): string | undefined {
    return this.get(`trieve:${key}`)?.trim() || undefined;
  }

  private environment(name: string): string | undefined {
    return this.#explicit ? undefined : this.env[name]?.trim() || undefined;
  }

  private missing(key: string, name: string, value = ""): void {
    const secret = key === "apiKey" ? "--secret " : "";
    this.problems.push(
      this.#explicit
        ? `${key} is missing: set it on the trieve.Provider`
        : `${key} is missing: run \`pulumi config set ${secret}trieve:${key}${value}\` or set ${name}`,
    );
  }
}

/**
 * Everything that a provider needs.
 *
 * @param keys of stack config, with their namespaces
 */
export function resolveSettings(
  get: Get,
  env: Environment,
  keys: readonly string[] = [],
): SettingsResult {
  const reader = new Reader(get, env);
  reader.misspelled(keys);
  const connection = reader.connection();
  const organizationId = reader.organizationId();
  const links = reader.links();
  const { problems } = reader;
  if (problems.length > 0 || !connection || organizationId === null)
    return { settings: undefined, organizationId, problems };
  return {
    // Without a problem all links are there.
    settings: { connection, ...defined({ organizationId }), links: links as Links },
    problems: [],
  };
}

/** The setting that was probably meant: case and separators aside, and in a long name one typo. */
function settingMeantBy(name: string): string | undefined {
  const bare = name.replace(/[-_.]/g, "").toLowerCase();
  const meant = closest(
    bare,
    settingNames.map((setting) => setting.toLowerCase()),
  );
  const allowed = meant.length > 5 ? 1 : 0;
  if (distance(bare, meant) > allowed) return undefined;
  return settingNames.find((setting) => setting.toLowerCase() === meant);
}

/** What it takes to ask a server, for those who invite nobody. */
export function resolveConnection(
  get: Get,
  env: Environment,
): {
  /** Undefined if there is a problem. */
  readonly connection: ConnectionSettings | undefined;
  readonly organizationId: string | undefined;
  readonly problems: readonly string[];
} {
  const reader = new Reader(get, env);
  const connection = reader.connection();
  const organizationId = reader.organizationId() ?? undefined;
  const { problems } = reader;
  return { connection: problems.length > 0 ? undefined : connection, organizationId, problems };
}

/** What goes into a mail, as far as it is given, and what is wrong or missing. */
export function resolveLinks(
  get: Get,
  env: Environment,
): { readonly links: Partial<Links>; readonly problems: readonly string[] } {
  const reader = new Reader(get, env);
  return { links: reader.links(), problems: reader.problems };
}

/** What to do about a key that the server does not know (any more). */
export function keyAdvice(source: KeySource): string {
  if (source === "environment")
    return "The key comes from TRIEVE_API_KEY, which overrides trieve:apiKey. Set it to a valid key, or unset it.";
  const where =
    source === "stack"
      ? "set trieve:apiKey to a valid key"
      : "set a valid key on the trieve.Provider";
  const otherwise = source === "stack" ? "set TRIEVE_API_KEY=<new key> or add" : "add";
  return `For \`pulumi up\`, ${where}. \`pulumi refresh\` and \`pulumi destroy\` send the key that the last \`up\` recorded. For them, ${otherwise} --run-program.${source === "provider" ? ` ${madeKeyAdvice}` : ""}`;
}

const madeKeyAdvice =
  "If a TrieveApiKey created it, run `pulumi refresh --target <its URN>`, unless a refresh has already dropped it, then `pulumi up`.";

/** People of an organization that is gone can be neither read nor removed, so the state has to forget them. */
export const organizationAdvice =
  "If a TrieveOrganization created it, run `pulumi state delete --force --target-dependents <URN of the trieve.Provider>`, `pulumi refresh`, then `pulumi up`.";

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
