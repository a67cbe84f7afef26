import { listEverybody, presentOf } from "../lifecycle/everybody";
import { newestOf, standingOf } from "../lifecycle/observe";
import type { Status } from "../lifecycle/state";
import { isUuid, type SettingsResult } from "../settings";
import { Client } from "../trieve/client";
import type { Role } from "../trieve/model";

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

/** Result of `getMembers`. */
export interface GetMembersResult {
  /** UUID of the organization, in lower case. */
  readonly organizationId: string;
  /** All members and invited people, sorted by email address. */
  readonly members: readonly Member[];
}

/**
 * Everybody in an organization, or invited to it.
 *
 * @param named the organization; undefined: that of the settings
 */
export async function listMembers(
  configured: SettingsResult,
  named: string | undefined,
): Promise<GetMembersResult> {
  const { settings, problems } = configured;
  const organizationId =
    named?.trim().toLowerCase() ?? (configured.settings ?? configured).organizationId;
  const wrong = [
    ...problems,
    ...(organizationId === undefined
      ? ["organizationId is missing: set it in getMembers, the provider or the stack"]
      : []),
    ...(named !== undefined && !isUuid(named.trim())
      ? [`organizationId ${JSON.stringify(named)} is not a UUID: copy it from the dashboard`]
      : []),
  ];
  if (wrong.length > 0 || !settings || typeof organizationId !== "string")
    throw new Error(`getMembers: ${wrong.join("; ")}.`);
  const everybody = await listEverybody(new Client(settings.connection), organizationId).catch(
    (error: Error) => {
      throw new Error(`getMembers: ${error.message}`);
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
