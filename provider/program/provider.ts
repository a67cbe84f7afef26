import * as pulumi from "@pulumi/pulumi";
import { knownValue } from "../deployment/engine";
import { dynamicType } from "../dynamic/stored";
import { unknownKeys } from "../roster/words";
import {
  type Access,
  explicitMarker,
  type MailPolicy,
  resolveSettings,
  type SettingsResult,
  settingNames,
} from "../settings";
import { problem } from "./problem";

/** Arguments of {@link Provider}. */
export interface ProviderArgs {
  /** API key of the organization, with role admin or owner. An explicit provider always stores it as a secret. */
  apiKey: pulumi.Input<string>;
  /** UUID of the organization. Can be omitted if every resource sets its own. */
  organizationId?: pulumi.Input<string>;
  /** Base URL of the server, without `/api`. @default "https://api.trieve.ai" */
  apiUrl?: pulumi.Input<string>;
  /** Base URL of the API in the link of the email, with `/api`. @default `<apiUrl>/api` */
  appUrl?: pulumi.Input<string>;
  /**
   * URL to which Trieve sends people after they accept. Its path must end with a slash.
   * @default "https://dashboard.trieve.ai/" for the default server; required for any other
   */
  redirectUri?: pulumi.Input<string>;
  /**
   * With `required`, an email that fails is an error. With `optional`, it is not.
   * @default "required"
   */
  mail?: pulumi.Input<MailPolicy>;
  /** Maximum of concurrent requests to one server, 1 to 8, by all processes of this user on this machine. @default 4 */
  maxConcurrency?: pulumi.Input<number>;
}

/**
 * Settings for a second organization, server or key in one program. Reads neither stack config nor the environment.
 * Pass it to Trieve resources only, because Pulumi uses it for every dynamic resource that it is passed to.
 *
 * @example
 * ```ts
 * import * as pulumi from "@pulumi/pulumi";
 * import * as trieve from "pulumi-trieve";
 *
 * const staging = new trieve.Provider("staging", {
 *   apiKey: new pulumi.Config().requireSecret("stagingKey"),
 *   organizationId: "6c8f3c1e-58f6-4c8e-9f2b-0f6c6a3f5d11",
 *   apiUrl: "https://trieve.staging.example",
 *   redirectUri: "https://dashboard.staging.example/",
 * });
 * new trieve.TrieveInvitation("bob", { email: "bob@example.com" }, { provider: staging });
 * ```
 */
export class Provider extends pulumi.ProviderResource {
  /** The organization as it was given. */
  readonly organizationId: pulumi.Input<string> | undefined;
  /** As the provider process reads them. @internal */
  readonly settings: pulumi.Output<SettingsResult>;

  /**
   * @throws if the arguments contain unknown names
   */
  constructor(name: string, args: ProviderArgs, opts?: pulumi.ResourceOptions) {
    const unknown = unknownKeys(args, settingNames);
    if (unknown.length > 0)
      throw problem([`Provider "${name}" has wrong arguments:`, ...unknown].join("\n"));
    // The provider process looks settings up by their full keys, as in stack config.
    const inputs = {
      "trieve:apiKey": pulumi.secret(args.apiKey),
      "trieve:organizationId": args.organizationId,
      "trieve:apiUrl": args.apiUrl,
      "trieve:appUrl": args.appUrl,
      "trieve:redirectUri": args.redirectUri,
      "trieve:mail": args.mail,
      "trieve:maxConcurrency":
        args.maxConcurrency === undefined
          ? undefined
          : pulumi.output(args.maxConcurrency).apply(String),
      [explicitMarker]: "true",
    };
    super("pulumi-nodejs", name, inputs, opts);
    this.organizationId = args.organizationId;
    this.settings = pulumi
      .output(inputs)
      .apply((values: Record<string, string | undefined>) =>
        resolveSettings((key) => values[key], process.env),
      );
  }
}

/** Program side: the provider of Trieve resources that a resource or its children have. */
export function providerOf(
  resource: pulumi.Resource | undefined,
): pulumi.ProviderResource | undefined {
  return resource?.getProvider(dynamicType("Invitation"));
}

/**
 * Program side: the settings that resources with this provider have, read as the provider process reads them. Secret;
 * at preview unknown if a value of an explicit provider is.
 */
export function settingsOf(
  provider: pulumi.ProviderResource | undefined,
): pulumi.Output<SettingsResult> {
  return provider instanceof Provider ? provider.settings : pulumi.secret(stackSettings());
}

function stackSettings(): SettingsResult {
  const { allConfig, getConfig } = pulumi.runtime;
  return resolveSettings(getConfig, process.env, Object.keys(allConfig()));
}

/**
 * Finds the server, key and organization of a resource's people.
 *
 * @param organizationId as the resource names it, if it does
 * @returns undefined where a preview does not know it yet; null where something is missing, which the check of every
 * resource says
 */
export async function accessOf(
  resource: pulumi.Resource,
  organizationId: pulumi.Input<string> | undefined,
): Promise<Access | null | undefined> {
  const access = pulumi.all([settingsOf(providerOf(resource)), organizationId]);
  const known = (await knownValue(access)) as [SettingsResult, string | undefined] | undefined;
  if (known === undefined) return undefined;
  const [{ settings }, named] = known;
  const id = named?.trim().toLowerCase() ?? settings?.organizationId;
  return settings && id !== undefined ? { ...settings.connection, organizationId: id } : null;
}
