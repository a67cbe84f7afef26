import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { knownValue } from "../deployment/engine";
import { dynamicType, storedProvider } from "../dynamic/stored";
import type { Role } from "../trieve/model";
import { problem } from "./problem";

/** Arguments of {@link TrieveApiKey}. A change of any of them replaces the key. */
export interface TrieveApiKeyArgs {
  /** UUID of the organization. @default the provider's organization */
  organizationId?: pulumi.Input<string>;
  /** Name of the key. The dashboard shows it with a suffix that identifies this resource. */
  name: pulumi.Input<string>;
  /** `"user"` can read. `"admin"` can also manage people, except owners. `"owner"` can manage everybody. */
  role: pulumi.Input<Role>;
  /**
   * Route patterns such as `"POST /api/chunk/search"`. The key allows only these routes, **and acts as owner on them**.
   * Each pattern is a regular expression that may match anywhere in `METHOD /path`. @default no restriction
   */
  scopes?: pulumi.Input<pulumi.Input<string>[]>;
  /** UUIDs of the datasets that the key can access. @default all datasets of the organization */
  datasetIds?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Expiry time, ISO 8601 with a time zone, such as `"2027-01-31T00:00:00Z"`. Must be in the future when the key is
   * created.
   * @default never
   */
  expiresAt?: pulumi.Input<string>;
  /** Any text. Changing it replaces the key. */
  rotateTrigger?: pulumi.Input<string>;
}

/**
 * An API key of an organization. The id is its UUID. Trieve returns the key once, when it is created. The secret output
 * `apiKey` contains it. Requires the server's admin key, or an organization key with role admin.
 *
 * Every change replaces the key. Pulumi creates the new key before it deletes the old one, so resources that use the
 * output always have a valid key. The next create also deletes keys of this resource that an interrupted run left.
 *
 * If the key is deleted in the dashboard, `pulumi up --refresh` creates a new one.
 *
 * @example
 * ```ts
 * import * as trieve from "pulumi-trieve";
 *
 * declare const server: trieve.Provider;
 * declare const organization: trieve.TrieveOrganization;
 *
 * const key = new trieve.TrieveApiKey(
 *   "people",
 *   { organizationId: organization.id, name: "pulumi", role: "owner", rotateTrigger: "2027-01" },
 *   { provider: server },
 * );
 * export const apiKey = key.apiKey;
 * ```
 */
export class TrieveApiKey extends pulumi.CustomResource {
  /** The key. Secret. */
  declare readonly apiKey: pulumi.Output<string>;
  /** UUID of the organization. */
  declare readonly organizationId: pulumi.Output<string>;
  /** Value of the argument. */
  declare readonly name: pulumi.Output<string>;
  /** Role of the key. */
  declare readonly role: pulumi.Output<Role>;
  /** Value of the argument, because Trieve does not return it. `null` means no restriction. */
  declare readonly scopes: pulumi.Output<string[] | null>;
  /** UUIDs of the datasets. `null` means all datasets of the organization. */
  declare readonly datasetIds: pulumi.Output<string[] | null>;
  /** Expiry time in UTC, such as `2027-01-31T00:00:00Z`, from the argument. `null` means never. */
  declare readonly expiresAt: pulumi.Output<string | null>;
  /** Value of the argument, or `null` if omitted. */
  declare readonly rotateTrigger: pulumi.Output<string | null>;

  /**
   * @param name unique in the stack
   * @throws if `import` or `id` is set, because Trieve does not return an existing key
   */
  constructor(name: string, args: TrieveApiKeyArgs, opts?: pulumi.CustomResourceOptions) {
    if (opts?.import !== undefined || opts?.id !== undefined)
      throw problem(
        `TrieveApiKey "${name}": an existing key cannot be imported, because Trieve shows the text of a key only once. Leave \`import\` and \`id\` out: a new one is made.`,
      );
    super(
      dynamicType("ApiKey"),
      name,
      {
        organizationId: undefined,
        scopes: undefined,
        datasetIds: undefined,
        expiresAt: undefined,
        rotateTrigger: undefined,
        apiKey: undefined,
        ...args,
        tag: tagOf(name, opts?.parent),
        __provider: storedProvider.apiKey,
      },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["apiKey"] }),
    );
  }
}

/** Returns a suffix for names of keys, derived from project, stack, parent and name of the resource. */
async function tagOf(name: string, parent: pulumi.Resource | undefined): Promise<string> {
  const urn = pulumi.createUrn(name, dynamicType("ApiKey"), parent);
  // As a value: as an output it would have the key wait for the whole of its parent, of which it is a part.
  const text = (await knownValue(urn)) ?? name;
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
