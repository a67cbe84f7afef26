import * as pulumi from "@pulumi/pulumi";
import { perDeployment, programDeployment } from "../deployment/engine";
import { dynamicType, storedProvider } from "../dynamic/stored";
import type { SettingsResult } from "../settings";
import { problem } from "./problem";
import { providerOf, settingsOf } from "./provider";

/** Arguments of {@link TrieveOrganization}. */
export interface TrieveOrganizationArgs {
  /**
   * Name of the organization. A change renames it in place. Names with `<`, `>` or `&`, or with spaces at either end,
   * are refused, because Trieve does not store them as they are.
   */
  name: pulumi.Input<string>;
  /**
   * Whether deleting the organization also deletes its datasets. If `false`, an organization that contains a dataset is
   * not deleted.
   * @default false
   */
  forceDestroy?: pulumi.Input<boolean>;
}

/**
 * An organization on a Trieve server. The id is its UUID. Requires the server's admin key, or the key of an account,
 * which becomes the owner. An organization key is refused.
 *
 * Trieve allows several organizations of one name. If the account already belongs to an organization of this name, the
 * create fails. Look that organization up with `get` instead. Only an empty organization is adopted, because an
 * interrupted run leaves one.
 *
 * Deleting the resource ends access for everybody in the organization. Trieve cannot restore it.
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
  /** Name on the server. */
  declare readonly name: pulumi.Output<string>;
  /** Value of the argument. */
  declare readonly forceDestroy: pulumi.Output<boolean>;

  /**
   * @param name unique in the stack
   * @throws if another resource of the program declares the same name on the same server
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
   * Looks up an organization without managing it.
   *
   * @param id UUID
   * @throws while the program runs, if the organization does not exist or the key has no access
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

/** Refuses a second resource for the same organization, which would take over the first one's while it is empty. */
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
        `Two resources create organization ${JSON.stringify(organization)} at ${apiUrl}: "${other}" and "${name}". Rename one of them.`,
      );
    known.set(`${apiUrl} ${organization}`, name);
  });
}
