import { type Role, roleNumber } from "../trieve/model";
import type { Membership, Observed, Standing } from "./observe";
import { type Inputs, type Outputs, sameScopes } from "./state";

/** How somebody is invited. */
interface Invited extends Standing {
  /** In the spelling in which the server is to look for an account. */
  readonly email: string;
}

/** One request that changes something. */
export type Call =
  | ({ readonly call: "invite" } & Invited)
  | { readonly call: "delete invitation"; readonly id: string; readonly used: boolean }
  | { readonly call: "remove member"; readonly userId: string }
  | {
      readonly call: "update member";
      readonly userId: string;
      readonly role?: Role;
      readonly scopes?: readonly string[];
    };

/** A membership that a plan ends, or whose role it lowers. */
export interface Lowering {
  readonly membership: Membership;
  readonly to: Role | "out";
}

export type Decision =
  | { readonly decision: "done" }
  | {
      readonly decision: "act";
      /** In this order, each only after the one before. */
      readonly calls: readonly [Call, ...Call[]];
      /** What the guards have to allow first. */
      readonly lowers: readonly Lowering[];
    }
  /** Somebody found with a higher role than that of a roster's defaults. */
  | { readonly decision: "lowered by default"; readonly from: Role; readonly to: Role }
  /** An invitation of this operation is not in the lists any more: somebody else removed it. */
  | { readonly decision: "vanished" };

/** What is to be true of a person. */
export interface Wanted {
  readonly email: string;
  /** Missing: keep what is found, or else what is remembered. */
  readonly role?: Role;
  /** Refuse to lower them to this role. */
  readonly raiseOnly: boolean;
  /** Missing: keep what is found, or else what is remembered. */
  readonly scopes?: readonly string[];
  /** What somebody who is absent gets where the program does not say. */
  readonly remembered: Standing;
  /** Take restrictions away that an earlier program asked for. */
  readonly clearScopes: boolean;
  /** Send a pending invitation once more. */
  readonly resend: boolean;
}

/**
 * What a program says of a person, as far as it matters.
 *
 * @param recorded what an earlier run left; undefined for somebody new to the stack
 */
export function wantedOf(
  inputs: Pick<Inputs, "email" | "role" | "roleIsDefault" | "scopes" | "resendTrigger">,
  recorded:
    | Pick<Outputs, "managed" | "resendTrigger" | "mailFailed" | "role" | "scopes">
    | undefined,
): Wanted {
  const { email, role, scopes } = inputs;
  return {
    email,
    role,
    // Of somebody whom the stack knows, a higher role is drift like any other.
    raiseOnly: recorded === undefined && inputs.roleIsDefault === true,
    scopes,
    remembered: { role: comeback(recorded?.role ?? "user"), scopes: recorded?.scopes ?? null },
    clearScopes: recorded?.managed.includes("scopes") === true && scopes === undefined,
    resend:
      recorded !== undefined &&
      ((inputs.resendTrigger ?? null) !== recorded.resendTrigger || recorded.mailFailed),
  };
}

/** A removal by hand looks like a crash to the state, and must not be undone for an owner. */
function comeback(role: Role): Role {
  return role === "owner" ? "admin" : role;
}

/**
 * What it takes for a person to be in, as wanted.
 *
 * @param invited whether this operation has already invited them: nothing sends a second mail
 * @param found what it found before it deleted anything: what is not wanted otherwise comes back as it was
 */
export function decideEnsure(
  wanted: Wanted,
  observed: Observed,
  invited: boolean,
  found: Observed,
): Decision {
  const out = takenOut(found, observed);
  // On the way to being in again: an account is added at once, whatever invitations there are.
  if (out.length > 0 && !(invited && observed.phase !== "member"))
    return act(out.map((membership) => invitation(wanted, membership)));
  switch (observed.phase) {
    case "absent":
      if (invited) return { decision: "vanished" };
      return act([...observed.used.map(deletion), invitation(wanted, keptOf(wanted, found))]);
    case "pending": {
      const { newest } = observed;
      const call = invitation(wanted, keptOf(wanted, observed));
      if (wanted.raiseOnly && !invited && roleNumber(call.role) < roleNumber(newest.role))
        return { decision: "lowered by default", from: newest.role, to: call.role };
      const fits = newest.role === call.role && sameScopes(newest.scopes, call.scopes);
      if (invited || (fits && !wanted.resend)) return { decision: "done" };
      // There is no request that changes an invitation, and any row of this address, also a used one, makes the
      // server refuse a new one.
      return act([...[...observed.unused, ...observed.used].map(deletion), call]);
    }
    case "member":
      return decideMember(wanted, observed, found);
  }
}

/** @param kept what is to be kept of them, where it is not wanted otherwise */
function invitation(wanted: Wanted, kept: Invited): Extract<Call, { call: "invite" }> {
  return {
    call: "invite",
    email: kept.email,
    role: wanted.role ?? kept.role,
    scopes: wanted.scopes ?? (wanted.clearScopes ? null : kept.scopes),
  };
}

/** In the spelling of the program: that of an old invitation finds nobody. */
function keptOf({ email, remembered }: Wanted, found: Observed): Invited {
  const { role, scopes } = found.phase === "pending" ? found.newest : remembered;
  return { email, role, scopes };
}

/** Memberships that this operation has ended in order to begin them anew. */
function takenOut(found: Observed, observed: Observed): readonly Membership[] {
  if (found.phase !== "member") return [];
  const now = observed.phase === "member" ? observed.memberships : [];
  return found.memberships.filter(({ userId }) => now.every((one) => one.userId !== userId));
}

function decideMember(
  wanted: Wanted,
  { memberships, unused }: Extract<Observed, { phase: "member" }>,
  found: Observed,
): Decision {
  const restricted = memberships.filter(
    (membership) =>
      (membership.scopes !== null || membership.torn.has("scopes")) &&
      // Once for each: who restricts them again meanwhile is not to bring them mail after mail.
      !isRenewed(membership, found),
  );
  if (wanted.clearScopes && restricted.length > 0) {
    // The server can set scopes but not take them away: an empty list locks the person out. Out and in again does it,
    // at once, as long as the account is named in its own spelling. Invitations go first: who is out for longer than
    // that must not be left with what somebody else has offered them.
    return act(
      [
        ...unused.map(deletion),
        ...restricted.flatMap((membership): Call[] => [
          { call: "remove member", userId: membership.userId },
          invitation(wanted, membership),
        ]),
      ],
      restricted.map((membership) => ({ membership, to: "out" })),
    );
  }
  const changes = memberships.flatMap((membership) => {
    const role =
      wanted.role !== undefined && (membership.role !== wanted.role || membership.torn.has("role"))
        ? { role: wanted.role }
        : {};
    const scopes =
      wanted.scopes !== undefined &&
      (!sameScopes(membership.scopes, wanted.scopes) || membership.torn.has("scopes"))
        ? { scopes: wanted.scopes }
        : {};
    const change = { ...role, ...scopes };
    return Object.keys(change).length > 0 ? [{ membership, change }] : [];
  });
  const lowers = changes.flatMap(({ membership }) =>
    lowering(membership, wanted.role ?? membership.role),
  );
  const [lowered] = lowers;
  if (wanted.raiseOnly && lowered && wanted.role !== undefined)
    return { decision: "lowered by default", from: lowered.membership.role, to: wanted.role };
  return act(
    changes.map(({ membership, change }) => ({
      call: "update member",
      userId: membership.userId,
      ...change,
    })),
    lowers,
  );
}

/** Whether this operation has already taken an account out and in again. */
function isRenewed(membership: Membership, found: Observed): boolean {
  return (
    found.phase === "member" &&
    found.memberships.some(
      ({ userId, joinedAt }) => userId === membership.userId && joinedAt !== membership.joinedAt,
    )
  );
}

/** What it takes for a person to be out, or to be left as they were found. */
export function decideRemove(
  recorded: Pick<Outputs, "deletionPolicy" | "adopted" | "originalRole">,
  observed: Observed,
): Decision {
  switch (observed.phase) {
    case "absent":
      return { decision: "done" };
    case "pending":
      return act(observed.unused.map(deletion));
    case "member": {
      const { memberships, unused } = observed;
      if (keeps(recorded)) return putBack(recorded.originalRole, memberships);
      // A link that stays alive would let a removed person in again, so the invitations go first.
      return act(
        [
          ...unused.map(deletion),
          ...memberships.map(({ userId }): Call => ({ call: "remove member", userId })),
        ],
        memberships.map((membership) => ({ membership, to: "out" })),
      );
    }
  }
}

/** Whether a member stays when the resource goes: `revert` undoes what the resource did, and it did not bring them. */
export function keeps(recorded: Pick<Outputs, "deletionPolicy" | "adopted">): boolean {
  return recorded.deletionPolicy === "revert" && recorded.adopted;
}

/** Only downwards: giving somebody back a high role which they lost since is nobody's wish. */
function putBack(
  original: Role | null,
  memberships: readonly [Membership, ...Membership[]],
): Decision {
  if (original === null) return { decision: "done" };
  const raised = memberships.filter(({ role }) => roleNumber(role) > roleNumber(original));
  return act(
    raised.map(({ userId }) => ({ call: "update member", userId, role: original })),
    raised.map((membership) => ({ membership, to: original })),
  );
}

/**
 * Why these memberships must not be lowered, or undefined. An organization without an owner, or a key whose account
 * is out, cannot be repaired with that key.
 *
 * @param owners accounts of all owners, those about to be lowered included
 * @param keyAccount the account that the API key belongs to; an organization key belongs to none
 */
export function refusal(
  lowers: readonly Lowering[],
  owners: ReadonlySet<string>,
  keyAccount: string | undefined,
): "last owner" | "own account" | undefined {
  if (lowers.some(({ membership }) => membership.userId === keyAccount)) return "own account";
  const lowered = lowers.filter(({ membership }) => membership.role === "owner");
  const left = new Set(owners);
  for (const { membership } of lowered) left.delete(membership.userId);
  return lowered.length > 0 && left.size === 0 ? "last owner" : undefined;
}

/** Whether a plan takes anything away from a person: a role, or for a moment their membership. */
export function lowersPerson(
  observed: Observed,
  { calls, lowers }: Extract<Decision, { decision: "act" }>,
): boolean {
  if (lowers.length > 0) return true;
  if (observed.phase !== "pending") return false;
  const before = roleNumber(observed.newest.role);
  return calls.some((call) => call.call === "invite" && roleNumber(call.role) < before);
}

function deletion({ id, used }: { readonly id: string; readonly used: boolean }): Call {
  return { call: "delete invitation", id, used };
}

function lowering(membership: Membership, to: Role): Lowering[] {
  return roleNumber(to) < roleNumber(membership.role) ? [{ membership, to }] : [];
}

function act(calls: readonly Call[], lowers: readonly Lowering[] = []): Decision {
  const [first, ...others] = calls;
  return first ? { decision: "act", calls: [first, ...others], lowers } : { decision: "done" };
}
