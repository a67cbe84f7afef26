import * as pulumi from "@pulumi/pulumi";
import { perDeployment, programDeployment } from "../deployment/engine";
import { dynamicType, storedProvider } from "../dynamic/stored";
import type { SettingsResult } from "../settings";
import { problem } from "./problem";
import { providerOf, settingsOf } from "./provider";

/** Arguments of {@link TrieveOrganization}. */
export interface TrieveOrganizationArgs {
  /**
   * What it is called, in the dashboard too. A change renames it, in place. Names with `<`, `>` or `&`, or with blanks
   * around them, are refused: Trieve stores something else.
   */
  name: pulumi.Input<string>;
  /** Whether deleting it takes its datasets along. Without it an organization that holds a dataset is not deleted. @default false */
  forceDestroy?: pulumi.Input<boolean>;
}

/**
 * An organization on a Trieve server. Its id is the UUID. It takes the server's admin key, or a key of an account, which
 * becomes its owner; the key of an organization is refused.
 *
 * Names are not unique on a server. If the account is in one of that name already, it is refused to make another: use
 * that one with `get`. Only one that is empty is taken over, as a run leaves it that was killed.
 *
 * Deleting it ends access for everybody in it. Trieve only marks it as deleted, but no request brings it back.
 *
 * @example
 * ```ts
 * import * as pulumi from "@pulumi/pulumi";
 * import * as trieve from "pulumi-trieve";
 *
 * const server = new trieve.Provider("server", {
 *   apiKey: new pulumi.Config().requireSecret("adminKey"),
 *   apiUrl: "https://trieve.example",
 *   redirectUri: "https://dashboard.example/",
 * });
 * const dev = new trieve.TrieveOrganization("dev", { name: "dev" }, { provider: server });
 * export const organizationId = dev.id;
 * ```
 */
export class TrieveOrganization extends pulumi.CustomResource {
  /** As it is at the server. */
  declare readonly name: pulumi.Output<string>;
  /** As given. */
  declare readonly forceDestroy: pulumi.Output<boolean>;

  /**
   * @param name unique in the stack
   * @throws if another resource of the program makes one of the same name on the same server
   */
  constructor(name: string, args: TrieveOrganizationArgs, opts?: pulumi.CustomResourceOptions) {
    if (opts?.import !== undefined)
      throw problem(
        `TrieveOrganization "${name}": Pulumi cannot import dynamic resources. Use one that is there with TrieveOrganization.get(name, id).`,
      );
    super(
      dynamicType("Organization"),
      name,
      {
        name: undefined,
        forceDestroy: undefined,
        ...(args as Partial<TrieveOrganizationArgs>),
        __provider: storedProvider.organization,
      },
      opts,
    );
    if (opts?.id === undefined) declare(this, name, args);
  }

  /**
   * Looks up an organization, without managing it.
   *
   * @param id UUID
   * @throws while the program runs, if there is none or the key may not see it
   */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    opts?: pulumi.CustomResourceOptions,
  ): TrieveOrganization {
    return new TrieveOrganization(name, {} as TrieveOrganizationArgs, { ...opts, id });
  }
}

/** Resources by server and name of the organization. */
const declared = perDeployment(() => new Map<string, string>());

/** The second would find the first one's, empty, and take it over. */
function declare(resource: TrieveOrganization, name: string, args: TrieveOrganizationArgs): void {
  // Under mocks there is no deployment: each test of a program declares its organizations anew.
  if (programDeployment().engineAddress === "") return;
  const known = declared();
  pulumi.all([settingsOf(providerOf(resource)), args.name]).apply(([result, organization]) => {
    const { settings } = result as SettingsResult;
    // What is wrong with the settings is said by the check.
    if (!settings || typeof organization !== "string") return;
    const { apiUrl } = settings.connection;
    const other = known.get(`${apiUrl} ${organization}`);
    if (other !== undefined)
      throw problem(
        `Two resources make an organization ${JSON.stringify(organization)} at ${apiUrl}: "${other}" and "${name}". Give one of them another name.`,
      );
    known.set(`${apiUrl} ${organization}`, name);
  });
}
