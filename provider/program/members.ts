import * as pulumi from "@pulumi/pulumi";
import { isKnown, withChildren } from "../deployment/engine";
import type { Status } from "../lifecycle/state";
import { isUuid, type SettingsResult } from "../settings";
import type { Role } from "../trieve/model";
import { problem } from "./problem";
import { providerOf, settingsOf } from "./provider";

/** A member of an organization, or a person invited to it. */
export interface Member {
  /** Email address in lower case. */
  readonly email: string;
  /** The highest role, if the person has several memberships. */
  readonly role: Role;
  /** Route patterns; `null` means no restriction. */
  readonly scopes: readonly string[] | null;
  /** `"pending"`: invited, not accepted yet. `"member"`: a member. */
  readonly status: Exclude<Status, "absent">;
  /** UUID of the account; `null` while pending. */
  readonly userId: string | null;
  /** Start of the membership, ISO 8601; `null` while pending. */
  readonly joinedAt: string | null;
  /** Time of the latest invitation, ISO 8601; `null` if there is none. */
  readonly invitedAt: string | null;
}

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

/** Result of {@link getMembers}. */
export interface GetMembersResult {
  /** UUID of the organization, in lower case. */
  readonly organizationId: string;
  /** All members and invited people, sorted by email address. */
  readonly members: readonly Member[];
}

/**
 * Lists the members of an organization and the people invited to it, also in a preview. Uses the provider of `opts`,
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

async function look(
  configured: SettingsResult,
  named: string | undefined,
): Promise<GetMembersResult> {
  const { settings, problems } = configured;
  const organizationId =
    named?.trim().toLowerCase() ?? (configured.settings ?? configured).organizationId;
  const wrong = [...problems];
  if (organizationId === undefined)
    wrong.push(
      "organizationId is missing: give it to getMembers, to the provider, or to the stack",
    );
  if (named !== undefined && !isUuid(named.trim()))
    wrong.push(`organizationId ${JSON.stringify(named)} is not a UUID: copy it from the dashboard`);
  if (wrong.length > 0 || !settings || typeof organizationId !== "string")
    throw problem(`getMembers: ${wrong.join("; ")}.`);
  // Loaded when first asked: programs without a look-up start faster.
  const [{ Client }, { listEverybody, presentOf }, { newestOf, standingOf }] = await Promise.all([
    import("../trieve/client.js"),
    import("../lifecycle/everybody.js"),
    import("../lifecycle/observe.js"),
  ]);
  const everybody = await listEverybody(new Client(settings.connection), organizationId).catch(
    (error: Error) => {
      throw problem(`getMembers: ${error.message}`);
    },
  );
  const members = presentOf(everybody).map(([email, person]): Member => {
    const { role, scopes } = standingOf(person);
    const { phase: status } = person;
    const [membership] = person.phase === "member" ? person.memberships : [];
    const invitation = person.phase === "member" ? newestOf(person.used) : person.newest;
    return {
      ...{ email, role, scopes, status },
      userId: membership?.userId ?? null,
      joinedAt: membership?.joinedAt ?? null,
      invitedAt: invitation?.createdAt ?? null,
    };
  });
  return { organizationId, members };
}
