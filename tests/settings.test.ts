import { expect } from "chai";
import {
  isUuid,
  type KeySource,
  keyAdvice,
  organizationAdvice,
  resolveSettings,
  roleChoice,
} from "../provider/settings";

type Texts = Readonly<Record<string, string>>;

const organizationId = "01234567-89ab-cdef-0123-456789abcdef";
const good: Texts = {
  apiKey: "tr-key",
  organizationId,
  apiUrl: "http://localhost:8090",
  redirectUri: "http://localhost:5173/",
};

/** Settings of a stack or, with `explicit`, of a provider; names without `trieve:`. */
const resolve = (config: Texts, env: Texts = {}) =>
  resolveSettings((key) => config[key.replace(/^trieve:/, "")], env);
const settingsOf = (config: Texts, env: Texts = {}) => {
  const { settings, problems } = resolve(config, env);
  expect(problems).to.deep.equal([]);
  const { connection, links, ...rest } = settings ?? {};
  return { ...connection, ...rest, ...links };
};
const problemsOf = (config: Texts, env: Texts = {}) => resolve(config, env).problems;

describe("settings: defaults", () => {
  it("of Trieve's own server", () => {
    expect(settingsOf({ apiKey: "tr-key" })).to.deep.equal({
      apiKey: "tr-key",
      apiUrl: "https://api.trieve.ai",
      appUrl: "https://api.trieve.ai/api",
      redirectUri: "https://dashboard.trieve.ai/",
      mail: "required",
      maxConcurrency: 4,
      keyAdvice: keyAdvice("stack"),
    });
  });

  it("of a server of one's own", () => {
    expect(settingsOf(good)).to.deep.equal({
      ...good,
      appUrl: "http://localhost:8090/api",
      mail: "required",
      maxConcurrency: 4,
      keyAdvice: keyAdvice("stack"),
    });
  });

  it("blanks are nothing", () => {
    const blanks = { organizationId: " ", apiUrl: "", appUrl: "\n", redirectUri: "  ", mail: "" };
    expect(settingsOf({ apiKey: " tr-key ", ...blanks, maxConcurrency: " " })).to.deep.equal(
      settingsOf({ apiKey: "tr-key" }),
    );
  });
});

describe("settings: where they come from", () => {
  const env = {
    TRIEVE_API_KEY: "tr-environment",
    TRIEVE_ORGANIZATION_ID: "11111111-2222-3333-4444-555555555555",
    TRIEVE_API_URL: "http://environment:1",
    TRIEVE_APP_URL: "http://environment:2/api",
    TRIEVE_REDIRECT_URI: "http://environment:3/",
  };
  const fromEnvironment = {
    apiKey: env.TRIEVE_API_KEY,
    organizationId: env.TRIEVE_ORGANIZATION_ID,
    apiUrl: env.TRIEVE_API_URL,
    appUrl: env.TRIEVE_APP_URL,
    redirectUri: env.TRIEVE_REDIRECT_URI,
  };
  const config = { ...good, appUrl: "http://app/api" };
  const rest = { mail: "required", maxConcurrency: 4 };

  it("the environment, where the stack says nothing", () => {
    expect(settingsOf({}, env)).to.deep.equal({
      ...fromEnvironment,
      ...rest,
      keyAdvice: keyAdvice("environment"),
    });
  });

  it("the stack before the environment, except for the key", () => {
    expect(settingsOf(config, env)).to.deep.equal({
      ...config,
      apiKey: "tr-environment",
      ...rest,
      keyAdvice: keyAdvice("environment"),
    });
  });

  it("a blank variable is none", () => {
    const blank = Object.fromEntries(Object.keys(env).map((name) => [name, " "]));
    expect(settingsOf(config, blank)).to.deep.equal(settingsOf(config));
  });

  it("an explicit provider alone, if there is one", () => {
    expect(settingsOf({ ...config, explicit: "true" }, env)).to.deep.equal({
      ...config,
      ...rest,
      keyAdvice: keyAdvice("provider"),
      organizationAdvice,
    });
  });

  it("an explicit provider takes nothing from the environment", () => {
    expect(problemsOf({ explicit: "true" }, env)).to.deep.equal([
      "apiKey is missing: set it on the trieve.Provider",
    ]);
    expect(problemsOf({ explicit: "true", apiKey: "k", apiUrl: "http://x" }, env)).to.deep.equal([
      "redirectUri is missing: set it on the trieve.Provider",
    ]);
  });

  for (const [name, variable] of [
    ["mail", "TRIEVE_MAIL"],
    ["maxConcurrency", "TRIEVE_MAX_CONCURRENCY"],
  ] as const)
    it(`${name} only from the stack`, () =>
      expect(settingsOf(good, { [variable]: "nonsense" })).to.deep.equal(settingsOf(good)));
});

describe("settings: values taken", () => {
  const rows: readonly [key: string, given: string, expected: unknown][] = [
    ["organizationId", ` ${organizationId.toUpperCase()}\n`, organizationId],
    ["apiUrl", "http://localhost:8090/", "http://localhost:8090"],
    ["apiUrl", "https://trieve.example//", "https://trieve.example"],
    ["apiUrl", "https://example.com/trieve", "https://example.com/trieve"],
    ["appUrl", "https://trieve.example/api/", "https://trieve.example/api"],
    ["redirectUri", "https://d.example/", "https://d.example/"],
    ["redirectUri", "https://d.example/app/?org=1", "https://d.example/app/?org=1"],
    ["mail", "optional", "optional"],
    ["mail", "required", "required"],
    ["maxConcurrency", "1", 1],
    ["maxConcurrency", " 8 ", 8],
  ];
  for (const [key, given, expected] of rows)
    it(`${key} ${JSON.stringify(given)}`, () =>
      expect(settingsOf({ ...good, [key]: given })).to.include({ [key]: expected }));
});

describe("settings: values refused", () => {
  const url = "is not an http or https URL without user name and password";
  const slash =
    "must be an http or https URL whose path ends with a slash, such as http://localhost:5173/";
  const number = "must be a whole number from 1 to 8: ten requests at once hang a Trieve server";
  const key =
    "apiKey contains a character that is not valid in an API key; copy the whole key and nothing else";
  const rows: readonly [key: string, given: string, problems: readonly string[]][] = [
    ["apiKey", "tr key", [key]],
    ["apiKey", "tr-key\nX-Header: 1", [key]],
    ["apiKey", "tr-këy", [key]],
    // As it was given: Pulumi masks a key that was pasted here only by its exact text.
    ["organizationId", "Acme", ['organizationId "Acme" is not a UUID: copy it from the dashboard']],
    [
      "apiUrl",
      "localhost:8090",
      [`apiUrl "localhost:8090" ${url}`, `appUrl "localhost:8090/api" ${url}`],
    ],
    [
      "apiUrl",
      "trieve.example",
      [`apiUrl "trieve.example" ${url}`, `appUrl "trieve.example/api" ${url}`],
    ],
    [
      "apiUrl",
      "ftp://t.example",
      [`apiUrl "ftp://t.example" ${url}`, `appUrl "ftp://t.example/api" ${url}`],
    ],
    [
      "apiUrl",
      "http://t.example/api",
      ['apiUrl "http://t.example/api" ends with /api; write it without: http://t.example'],
    ],
    [
      "apiUrl",
      "http://t.example/api/",
      ['apiUrl "http://t.example/api" ends with /api; write it without: http://t.example'],
    ],
    ["appUrl", "t.example/api", [`appUrl "t.example/api" ${url}`]],
    // What stands before an @ may be a password: problems are printed, and end in logs.
    ["appUrl", "https://ada@t.example/api", [`appUrl "…@t.example/api" ${url}`]],
    ["appUrl", "https://:word@t.example/api", [`appUrl "…@t.example/api" ${url}`]],
    [
      "apiUrl",
      "https://ada:p@ss/word@t.example",
      [`apiUrl "…@t.example" ${url}`, `appUrl "…@t.example/api" ${url}`],
    ],
    ["redirectUri", "http:ada:word@d.example", [`redirectUri "…@d.example" ${slash}`]],
    ["appUrl", "http://t.example/\napi", [`appUrl "http://t.example/\\napi" ${url}`]],
    ["appUrl", "http://t.example/\u202eapi", [`appUrl "http://t.example/\\u202eapi" ${url}`]],
    ["redirectUri", "https://d.example", [`redirectUri "https://d.example" ${slash}`]],
    ["redirectUri", "https://d.example/app", [`redirectUri "https://d.example/app" ${slash}`]],
    ["redirectUri", "https://d.example?to=/", [`redirectUri "https://d.example?to=/" ${slash}`]],
    [
      "redirectUri",
      "https://d.example/app?to=/",
      [`redirectUri "https://d.example/app?to=/" ${slash}`],
    ],
    ["redirectUri", "/app/", [`redirectUri "/app/" ${slash}`]],
    ["redirectUri", "javascript:alert(1)/", [`redirectUri "javascript:alert(1)/" ${slash}`]],
    ["mail", "never", ['mail "never" must be "required" or "optional"']],
    ["maxConcurrency", "0", [`maxConcurrency "0" ${number}`]],
    ["maxConcurrency", "9", [`maxConcurrency "9" ${number}`]],
    ["maxConcurrency", "2.5", [`maxConcurrency "2.5" ${number}`]],
    ["maxConcurrency", "many", [`maxConcurrency "many" ${number}`]],
  ];
  for (const [name, given, problems] of rows)
    it(`${name} ${JSON.stringify(given)}`, () => {
      expect(resolve({ ...good, [name]: given })).to.deep.equal({
        settings: undefined,
        // Wrong is not missing.
        organizationId: name === "organizationId" ? null : organizationId,
        problems,
      });
    });

  it("a missing key says how to set it", () => {
    expect(problemsOf({})).to.deep.equal([
      "apiKey is missing: run `pulumi config set --secret trieve:apiKey` or set TRIEVE_API_KEY",
    ]);
  });

  it("a missing redirectUri says what to write", () => {
    expect(problemsOf({ apiKey: "k", apiUrl: "http://localhost:8090" })).to.deep.equal([
      "redirectUri is missing: run `pulumi config set trieve:redirectUri <URL of your dashboard, such as http://localhost:5173/>` or set TRIEVE_REDIRECT_URI",
    ]);
  });

  it("all problems at once, and none shows the key", () => {
    const problems = problemsOf({
      apiKey: "tr-sécret",
      organizationId: "acme",
      apiUrl: "x",
      redirectUri: "y",
      mail: "z",
      maxConcurrency: "99",
    });
    expect(problems.map((problem) => problem.split(" ")[0])).to.deep.equal([
      "apiKey",
      "apiUrl",
      "maxConcurrency",
      "organizationId",
      "appUrl",
      "redirectUri",
      "mail",
    ]);
    expect(problems.join()).not.to.contain("sécret");
  });
});

describe("settings: keys of stack config that are misspelled", () => {
  const rows: readonly [key: string, meant: string | undefined][] = [
    ["trieve:apiurl", "apiUrl"],
    ["trieve:api-url", "apiUrl"],
    ["trieve:API_URL", "apiUrl"],
    ["trieve:apiURL", "apiUrl"],
    ["trieve:apikey", "apiKey"],
    ["trieve:organisationId", "organizationId"],
    ["trieve:organizationID", "organizationId"],
    ["trieve:redirectUrl", "redirectUri"],
    ["trieve:maxConcurency", "maxConcurrency"],
    ["trieve:Mail", "mail"],
    ["trieve:apiUrl", undefined],
    ["trieve:appUrl", undefined],
    // Of the program of a project that is named trieve.
    ["trieve:email", undefined],
    ["trieve:members", undefined],
    ["trieve:stagingKey", undefined],
    ["acme:apiurl", undefined],
  ];
  const withKey = (key: string, isExplicit: boolean) => {
    const config: Texts = { ...good, explicit: String(isExplicit) };
    return resolveSettings((full) => config[full.replace(/^trieve:/, "")], {}, [key]).problems;
  };
  for (const [key, meant] of rows)
    it(`${key}: ${meant ?? "not one"}`, () => {
      expect(withKey(key, false)).to.deep.equal(
        meant === undefined
          ? []
          : [`${key} is not a setting: set trieve:${meant} and run \`pulumi config rm ${key}\``],
      );
      expect(withKey(key, true)).to.deep.equal([]);
    });
});

describe("settings: texts", () => {
  // To set trieve:apiKey was advised while a forgotten TRIEVE_API_KEY went before it.
  const advice: Record<KeySource, string> = {
    environment:
      "The key comes from TRIEVE_API_KEY, which overrides trieve:apiKey. Set it to a valid key, or unset it.",
    stack:
      "For `pulumi up`, set trieve:apiKey to a valid key. `pulumi refresh` and `pulumi destroy` send the key that the last `up` recorded. For them, set TRIEVE_API_KEY=<new key> or add --run-program.",
    provider:
      "For `pulumi up`, set a valid key on the trieve.Provider. `pulumi refresh` and `pulumi destroy` send the key that the last `up` recorded. For them, add --run-program. If a TrieveApiKey created it, run `pulumi refresh --target <its URN>`, unless a refresh has already dropped it, then `pulumi up`.",
  };
  for (const source of ["environment", "stack", "provider"] as const)
    it(`what to do about a key of the ${source} that is rejected`, () =>
      expect(keyAdvice(source)).to.equal(advice[source]));

  it("the choice of roles", () => expect(roleChoice).to.equal('"user", "admin" or "owner"'));

  const uuids: readonly [text: string, is: boolean][] = [
    [organizationId, true],
    [organizationId.toUpperCase(), true],
    [organizationId.replaceAll("-", ""), false],
    [`{${organizationId}}`, false],
    [`urn:uuid:${organizationId}`, false],
    [` ${organizationId}`, false],
    ["", false],
  ];
  for (const [text, is] of uuids)
    it(`${JSON.stringify(text)} is ${is ? "a" : "no"} UUID`, () =>
      expect(isUuid(text)).to.equal(is));
});
