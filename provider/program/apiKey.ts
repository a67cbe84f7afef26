import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { knownValue } from "../deployment/engine";
import { dynamicType, storedProvider } from "../dynamic/stored";
import type { Role } from "../trieve/model";
import { problem } from "./problem";

/** Arguments of {@link TrieveApiKey}. A change of any of them makes a new key, and then deletes the old one. */
export interface TrieveApiKeyArgs {
  /** UUID. @default the provider's organization */
  organizationId?: pulumi.Input<string>;
  /** What it is called in the dashboard, where a mark of this resource follows it. */
  name: pulumi.Input<string>;
  /** `"user"` reads; people take a key of `"admin"`, and owners among them one of `"owner"`. */
  role: pulumi.Input<Role>;
  /**
   * Route patterns such as `"POST /api/chunk/search"`. Only these are allowed, **and on these the key acts as owner**.
   * Patterns are regular expressions that may match anywhere in `METHOD /path`. @default no restriction
   */
  scopes?: pulumi.Input<pulumi.Input<string>[]>;
  /** UUIDs of the datasets that it is for. @default all of the organization */
  datasetIds?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Until when it is good: ISO 8601 with a zone, such as `"2027-01-31T00:00:00Z"`, ahead when the key is made.
   * @default for ever
   */
  expiresAt?: pulumi.Input<string>;
  /** Any change makes a new key. */
  rotateTrigger?: pulumi.Input<string>;
}

/**
 * An API key of an organization. Its id is the key's UUID. Its text is told once, when it is made, and is in the secret
 * output `apiKey` and nowhere else. It takes the server's admin key, or a key of the organization of role admin.
 *
 * Every change makes a new key before the old one goes, so whoever uses it by way of the output has no gap. Keys of this
 * resource that no state knows, as a run leaves them that was killed, are deleted when it makes the next.
 *
 * One that was deleted in the dashboard is made anew by `pulumi refresh` and `pulumi up`.
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
  /** The key. Always a secret. */
  declare readonly apiKey: pulumi.Output<string>;
  /** UUID. */
  declare readonly organizationId: pulumi.Output<string>;
  /** As given. */
  declare readonly name: pulumi.Output<string>;
  /** What it may do. */
  declare readonly role: pulumi.Output<Role>;
  /** As given; the server does not tell them. `null`: no restriction. */
  declare readonly scopes: pulumi.Output<string[] | null>;
  /** `null`: all of the organization. */
  declare readonly datasetIds: pulumi.Output<string[] | null>;
  /** In UTC, as `2027-01-31T00:00:00Z`; the server does not tell it. `null`: for ever. */
  declare readonly expiresAt: pulumi.Output<string | null>;
  /** As given, else `null`. */
  declare readonly rotateTrigger: pulumi.Output<string | null>;

  /**
   * @param name unique in the stack
   * @throws if it is to be imported or looked up: no server tells the text of a key again
   */
  constructor(name: string, args: TrieveApiKeyArgs, opts?: pulumi.CustomResourceOptions) {
    if (opts?.import !== undefined || opts?.id !== undefined)
      throw problem(
        `TrieveApiKey "${name}": a key that is there cannot be used, since no server tells its text again. Leave \`import\` and \`id\` out: a new one is made.`,
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

/** A mark of the resource: of project, stack, place in the program, and name. */
async function tagOf(name: string, parent: pulumi.Resource | undefined): Promise<string> {
  const urn = pulumi.createUrn(name, dynamicType("ApiKey"), parent);
  // As a value: as an output it would have the key wait for the whole of its parent, of which it is a part.
  const text = (await knownValue(urn)) ?? name;
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
