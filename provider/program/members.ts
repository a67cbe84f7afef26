import * as pulumi from "@pulumi/pulumi";
import { isKnown, withChildren } from "../deployment/engine";
import type { GetMembersResult } from "../resources/members";
import type { SettingsResult } from "../settings";
import { problem } from "./problem";
import { providerOf, settingsOf } from "./provider";

export type { GetMembersResult, Member } from "../resources/members";

/** Arguments of {@link getMembers}. */
export interface GetMembersArgs {
  /** UUID of the organization. @default the provider's organization */
  organizationId?: string;
}

/** Arguments of {@link getMembersOutput}. */
export interface GetMembersOutputArgs {
  /** UUID of the organization. @default the provider's organization */
  organizationId?: pulumi.Input<string>;
}

/**
 * Lists the members of an organization and the people invited to it, also in a preview. Uses the provider in the invoke options,
 * or else that of the parent, or else the settings of the stack.
 *
 * @throws if Trieve cannot be reached, or if a setting of the provider is not known yet: then use
 * {@link getMembersOutput}
 *
 * @example
 * ```ts
 * import * as trieve from "pulumi-trieve";
 *
 * export const owners = trieve.getMembers().then(({ members }) =>
 *   members.filter(({ role }) => role === "owner").map(({ email }) => email),
 * );
 * ```
 */
export async function getMembers(
  args: GetMembersArgs = {},
  opts: pulumi.InvokeOptions = {},
): Promise<GetMembersResult> {
  const settings = settingsOf(opts.provider ?? providerOf(opts.parent));
  if (!(await isKnown(settings)))
    throw new Error(
      "getMembers: a setting of the provider is not known yet. Use getMembersOutput, which waits for it.",
    );
  return new Promise((resolve, reject) => {
    settings.apply((known) => look(known, args.organizationId).then(resolve, reject));
  });
}

/**
 * Does the same as {@link getMembers}. Accepts arguments and a provider that are known only during `up`, and
 * `dependsOn`.
 *
 * @example
 * ```ts
 * import * as trieve from "pulumi-trieve";
 *
 * const team = new trieve.TrieveRoster("team", { file: "members.yaml" });
 * const everybody = trieve.getMembersOutput({}, { dependsOn: [team] });
 * export const pending = everybody.members.apply(
 *   (members) => members.filter(({ status }) => status === "pending").length,
 * );
 * ```
 */
export function getMembersOutput(
  args: GetMembersOutputArgs = {},
  opts: pulumi.InvokeOutputOptions = {},
): pulumi.Output<GetMembersResult> {
  // Ids: unknown while resources are still to be made, as the result then is.
  const before = pulumi.output(opts.dependsOn ?? []).apply(async (resources) => {
    const all = await withChildren([resources].flat());
    return pulumi.all([...all].filter(pulumi.CustomResource.isInstance).map(({ id }) => id));
  });
  const result = pulumi
    .all([settingsOf(opts.provider ?? providerOf(opts.parent)), args.organizationId, before])
    .apply(([settings, organizationId]) => look(settings as SettingsResult, organizationId));
  // The key is secret; who is a member is not.
  return pulumi.unsecret(result);
}

/** Loaded when first asked: programs without a look-up start faster. */
async function look(
  configured: SettingsResult,
  named: string | undefined,
): Promise<GetMembersResult> {
  const { listMembers } = await import("../resources/members.js");
  return listMembers(configured, named).catch((error: Error) => {
    throw problem(error.message);
  });
}
