import * as pulumi from "@pulumi/pulumi";
import { dynamicType } from "../dynamic/stored";
import { explicitMarker, type MailPolicy, resolveSettings, type SettingsResult } from "../settings";

/** Arguments of {@link Provider}. */
export interface ProviderArgs {
  /** Organization API key, of role admin or owner. An explicit provider always keeps it as a secret. */
  apiKey: pulumi.Input<string>;
  /** UUID of the organization; may be left out where every resource names its own. */
  organizationId?: pulumi.Input<string>;
  /** Base URL of the server, without `/api`. @default "https://api.trieve.ai" */
  apiUrl?: pulumi.Input<string>;
  /** API base that goes into the link of the mail, with `/api`. @default `<apiUrl>/api` */
  appUrl?: pulumi.Input<string>;
  /**
   * Where a person lands after accepting; its path ends with a slash.
   * @default "https://dashboard.trieve.ai/" for the default server; required for any other
   */
  redirectUri?: pulumi.Input<string>;
  /**
   * `required`: an invitation whose mail fails is an error. `optional`: the invitation is enough.
   * @default "required"
   */
  mail?: pulumi.Input<MailPolicy>;
  /** Requests in flight, 1 to 8, over all processes of this user on this machine. @default 4 */
  maxConcurrency?: pulumi.Input<number>;
}

/**
 * A second organization, server or key in one program. It takes nothing from stack config and nothing from the
 * environment. Give it to Trieve resources only: to Pulumi it is the provider of every dynamic resource.
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
  /** As given; the program needs it to tell whom its resources declare. */
  readonly organizationId: pulumi.Input<string> | undefined;
  /** As the provider process reads them. @internal */
  readonly settings: pulumi.Output<SettingsResult>;

  constructor(name: string, args: ProviderArgs, opts?: pulumi.ResourceOptions) {
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
  return provider instanceof Provider
    ? provider.settings
    : pulumi.secret(resolveSettings((key) => pulumi.runtime.getConfig(key), process.env));
}
