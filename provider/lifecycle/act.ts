import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Links } from "../settings";
import type { InviteResult, RemovalResult } from "../trieve/client";
import type { Directory } from "../trieve/directory";
import type { TrieveError } from "../trieve/errors";
import { pause } from "../trieve/pause";
import { invitationLink } from "../trieve/quirks";
import {
  type Call,
  type Decision,
  decideEnsure,
  decideRemove,
  type Lowering,
  lowersPerson,
  refusal,
  type Wanted,
  wantedOf,
} from "./decide";
import { absent, newestOf, type Observed, observe, roleOf, standingOf } from "./observe";
import type { OwnerWrites } from "./owners";
import { type Inputs, managedBy, type Outputs } from "./state";

/** Where and how one organization's people are changed. */
export interface Organization {
  readonly directory: Directory;
  readonly owners: OwnerWrites;
  readonly links: Links;
  /** Asked when the first write of an operation is about to be sent; throws to stop it. */
  readonly mayBegin: () => Promise<void>;
  /** One line for the user, about something that went well but should be known. */
  readonly warn: (text: string) => void;
}

/**
 * Whether somebody may be changed, beyond what the organization itself forbids.
 *
 * @param lowers they would have a lower role, or be removed for a moment
 * @returns why it is refused and how to proceed, as the rest of a sentence; undefined if it is allowed
 */
export type Objection = (goal: "in" | "out", lowers: boolean) => string | undefined;

const nobodyObjects: Objection = () => undefined;

/** A guard stopped a write: nothing was changed by it. */
export class Refused extends Error {
  override readonly name = "Refused";
  constructor(
    message: string,
    readonly reason: "last owner" | "own account" | "default role" | "not approved",
  ) {
    super(message);
  }
}

/** Something was written, then the rest failed: what is so now has to be recorded. */
export class HalfDone extends Error {
  override readonly name = "HalfDone";
  constructor(
    cause: Error,
    readonly outputs: Outputs,
  ) {
    super(cause.message, { cause });
  }
}

/** Lists that began this long ago are good enough to decide on: every write is confirmed by newer ones. */
const decidingMs = 60_000;
/** A read changes nothing, and a refresh of ten thousand people takes a while. */
const readingMs = 300_000;
/** How often the lists may contradict an operation before it gives up. */
const maxRounds = 6;

/** What one operation has done at the server so far; true also where it only may have. */
class Progress {
  /** Its first write was let through: what is begun is brought to its end, whatever becomes of the engine. */
  begun = false;
  /** `maybe`: a POST went unanswered, and no list has been read since. */
  invited: boolean | "maybe" = false;
  /** A POST went unanswered: it may land after a list that does not show it. */
  unanswered = false;
  /** The last POST was answered with `Error sending email.` */
  mailFailed = false;
  /** An unused invitation or a membership is gone. */
  deleted = false;
  updated = false;

  /** Whether anything may have reached the server. */
  get hasReached(): boolean {
    return this.invited !== false || this.unanswered || this.deleted || this.updated;
  }
}

/**
 * Brings a person in as declared, or changes them.
 *
 * @param recorded the state of an existing resource; undefined for a new one
 * @throws HalfDone if something was written and the rest failed
 */
export function ensure(
  organization: Organization,
  inputs: Inputs,
  recorded: Outputs | undefined,
  objection: Objection = nobodyObjects,
): Promise<Outputs> {
  const wanted = wantedOf(inputs, recorded);
  const work = () =>
    ensureNow(organization, wanted, historyOf(inputs, recorded), recorded, objection);
  // Clearing scopes removes for a moment: as a removal it waits for promotions and is none itself.
  const promotes = inputs.role === "owner" && !wanted.clearScopes;
  return promotes ? organization.owners.promote(work) : work();
}

async function ensureNow(
  organization: Organization,
  wanted: Wanted,
  history: History,
  recorded: Outputs | undefined,
  objection: Objection,
): Promise<Outputs> {
  const progress = new Progress();
  let adoption: Pick<Outputs, "adopted" | "originalRole"> = history;
  let first: Observed | undefined;
  let last: Observed = absent;
  let found: Observed = absent;
  try {
    last = await converge(organization, wanted.email, progress, {
      goal: "in",
      objection,
      decide: (observed) => decideEnsure(wanted, observed, progress.invited === true, found),
      see: (observed) => {
        first ??= observed;
        last = observed;
        if (!progress.deleted) found = observed;
        // Who is found before anything of this operation has reached the server was there without it.
        if (recorded === undefined && !progress.hasReached)
          adoption =
            observed.phase === "member"
              ? { adopted: true, originalRole: roleOf(observed.memberships) }
              : { adopted: false, originalRole: null };
      },
    });
    if (last.phase === "absent")
      throw new Error(
        `Invited ${wanted.email} to ${organization.directory.where}, but the server lists them neither as invited nor as a member. Somebody else may have removed them. Run \`pulumi up --refresh\`.`,
      );
    const mailFailed = owesMail(organization, wanted.email, last, progress);
    if (wanted.clearScopes && last.phase === "member" && progress.deleted)
      organization.warn(
        `${wanted.email} was removed and added again, which is the only way to clear scopes. Trieve sent them an email.`,
      );
    if (first?.phase === "absent" && wanted.role === undefined && recorded?.role === "owner")
      organization.warn(
        `${wanted.email} was owner when last seen, has been removed since, and is now ${standingOf(last).role}. The owner role returns only if the program declares it. To restore it, write \`role: "owner"\`.`,
      );
    return outputsOf(organization, last, { ...history, ...adoption, mailFailed });
  } catch (error) {
    const { invited, deleted, updated } = progress;
    if (!invited && !deleted && !updated) throw error;
    const now: Observed = deleted && invited !== true ? absent : last;
    // What they had, and are to have again even if the program changes back.
    const { role, scopes } = standingOf(found) ?? history;
    // Scopes that were to be lifted may still be there.
    const memory = wanted.clearScopes
      ? { role, scopes: null, managed: [...history.managed, "scopes" as const] }
      : { role, scopes };
    const mailFailed = progress.mailFailed || (!invited && history.mailFailed);
    throw new HalfDone(
      error as Error,
      outputsOf(organization, now, { ...history, ...adoption, ...memory, mailFailed }),
    );
  }
}

/** Whether an invitation was written whose mail is still to be sent. */
function owesMail(
  { links, directory, warn }: Organization,
  email: string,
  observed: Observed,
  progress: Progress,
): boolean {
  if (!progress.mailFailed || links.mail === "optional") return false;
  if (observed.phase === "member") {
    warn(`${email} was added, but Trieve could not send the email that tells them.`);
    return false;
  }
  throw new Error(
    `Invited ${email} to ${directory.where}, but Trieve could not send the email (400 Error sending email.). Fix the server's mail settings (SMTP_*) and run \`pulumi up\` again, which sends the email again. Or set trieve:mail to optional and hand over the output inviteUrl.`,
  );
}

/** Takes a person out, or leaves them as they were found, as their policy says. Nothing to do is success. */
export async function remove(
  organization: Organization,
  recorded: Pick<
    Outputs,
    "email" | "organizationId" | "deletionPolicy" | "adopted" | "originalRole"
  >,
  objection: Objection = nobodyObjects,
): Promise<void> {
  const { email } = recorded;
  const last = await converge(organization, email, new Progress(), {
    goal: "out",
    objection,
    decide: (observed) => decideRemove(recorded, observed),
  });
  if (last.phase === "member") {
    organization.warn(
      `${email} was a member before this resource was created, and stays a member with role ${roleOf(last.memberships)}.`,
    );
  }
}

/**
 * What is so now of a person. Who is recorded stays so, as absent, with the rights that they had.
 *
 * @param recorded undefined for a look-up by id
 * @returns undefined if nobody of that address is in or invited, and nothing is recorded
 */
export async function read(
  organization: Organization,
  person: Pick<Inputs, "email" | "organizationId">,
  recorded: Outputs | undefined,
): Promise<Outputs | undefined> {
  const observed = observe(await organization.directory.look(person.email, readingMs));
  if (recorded === undefined) {
    if (observed.phase === "absent") return undefined;
    const history = historyOf({ ...person, deletionPolicy: "revert" }, undefined);
    // Whom a program only looks up it did not bring in.
    return outputsOf(organization, observed, { ...history, adopted: true });
  }
  // No mail is owed for an invitation that is gone.
  const mailFailed = recorded.mailFailed && observed.phase !== "absent";
  return outputsOf(organization, observed, { ...recorded, mailFailed });
}

interface Course {
  readonly goal: "in" | "out";
  readonly objection: Objection;
  readonly decide: (observed: Observed) => Decision;
  /** Told of every look, before it is decided on. */
  readonly see?: (observed: Observed) => void;
}

/** Observe, decide, act, confirm: until nothing is left to do. Returns the last look. */
async function converge(
  organization: Organization,
  email: string,
  progress: Progress,
  { goal, objection, decide, see }: Course,
): Promise<Observed> {
  let observed = observe(await organization.directory.look(email, decidingMs));
  let failure: TrieveError | undefined;
  for (let round = 0; round < maxRounds; round++) {
    see?.(observed);
    const decision = decide(observed);
    if (decision.decision === "lowered by default")
      throw new Refused(
        `Refused to make ${email} ${decision.to} in ${organization.directory.where}: they are ${decision.from} there, and a default role never lowers anyone. To lower them, write \`role: ${decision.to}\` on their own line. To keep their role, write \`role: ${decision.from}\`.`,
        "default role",
      );
    if (decision.decision !== "act") return observed;
    if (failure && !failure.transient) throw failure;
    // What is begun goes on to its end: half of it would be worse than all.
    if (!progress.begun) {
      const reason = objection(goal, lowersPerson(observed, decision));
      if (reason !== undefined)
        throw new Refused(
          `Refused to ${writing(goal, observed, email)} ${organization.directory.where}: ${reason}`,
          "not approved",
        );
    }
    failure = await guarded(organization, email, decision, decide, progress);
    if (failure)
      await pause(failure, organization.directory.client.limits.firstPauseMs * 2 ** round);
    observed = await confirm(organization, email, observed, progress);
  }
  throw (
    failure ??
    new Error(
      `Gave up on ${email} in ${organization.directory.where}: somebody else is changing the same person. Run \`pulumi up --refresh\` when they are done.`,
    )
  );
}

function writing(goal: "in" | "out", { phase }: Observed, email: string): string {
  if (goal === "out") return `remove ${email} from`;
  return phase === "absent" ? `invite ${email} to` : `change ${email} in`;
}

async function confirm(
  { directory }: Organization,
  email: string,
  before: Observed,
  progress: Progress,
): Promise<Observed> {
  const known = rowsOf(before);
  const isNew = (row: string) => !known.includes(row);
  if (progress.invited === true && before.phase !== "member") {
    // The long list of members is read only for those whom the short one does not show.
    const invitations = await directory.invitationsAfresh(email);
    const now = observe({ invitations, members: [] });
    if (rowsOf(now).some(isNew)) return now;
  }
  const now = observe(await directory.lookAfresh(email));
  // The lists tell what the answer did not: it has landed, with its mail as far as anybody can know.
  if (progress.invited === "maybe") progress.invited = rowsOf(now).some(isNew);
  return now;
}

/** What a POST adds one of: an old invitation in another case does not show that a new one has landed. */
function rowsOf(observed: Observed): string[] {
  const unused = observed.phase === "absent" ? [] : observed.unused;
  const memberships = observed.phase === "member" ? observed.memberships : [];
  return [
    ...unused.map(({ id }) => id),
    ...memberships.map(({ userId, joinedAt }) => `${userId} ${joinedAt}`),
  ];
}

/** Makes the calls of a decision, if the guards allow them. Returns why the effect is not known, if it is not. */
async function guarded(
  organization: Organization,
  email: string,
  decision: Extract<Decision, { decision: "act" }>,
  decide: Course["decide"],
  progress: Progress,
): Promise<TrieveError | undefined> {
  const { directory, owners } = organization;
  if (decision.lowers.length === 0) return perform(organization, email, decision.calls, progress);
  if (!decision.lowers.some(({ membership }) => membership.role === "owner")) {
    await refuse(organization, email, decision.lowers, new Set());
    return perform(organization, email, decision.calls, progress);
  }
  const lower = async () => {
    const members = await directory.membersAfresh();
    const again = decide(observe(await directory.look(email, Number.POSITIVE_INFINITY)));
    if (again.decision !== "act") return undefined;
    const ownersNow = members.filter(({ role }) => role === "owner").map(({ userId }) => userId);
    await refuse(organization, email, again.lowers, new Set(owners.certain(ownersNow)));
    const accounts = again.lowers.map(({ membership }) => membership.userId);
    return owners.doubting(accounts, () => perform(organization, email, again.calls, progress));
  };
  try {
    return await owners.lower(lower);
  } catch (error) {
    if (!(error instanceof Refused) || error.reason !== "last owner") throw error;
    // The engine may hand over the demotion of one owner a moment before the promotion of the next.
    await sleep(8 * directory.client.limits.firstPauseMs);
    return owners.lower(lower);
  }
}

/** @throws Refused */
async function refuse(
  { directory }: Organization,
  email: string,
  lowers: readonly Lowering[],
  owners: ReadonlySet<string>,
): Promise<void> {
  const keyAccount = (await directory.keyAccount())?.userId;
  const reason = refusal(lowers, owners, keyAccount);
  if (reason === undefined) return;
  const to = lowers[0]?.to;
  const what = to === "out" ? `remove ${email} from` : `make ${email} ${to} in`;
  const { where } = directory;
  throw new Refused(
    reason === "last owner"
      ? `Refused to ${what} ${where}: nobody else there is an owner, and only an owner can appoint another. Let another owner accept first, then run \`pulumi up\` again.`
      : `Refused to ${what} ${where}: the API key belongs to this account and would lose its rights. Use an organization key (\`pulumi config set --secret trieve:apiKey\`), then run \`pulumi up\` again.`,
    reason,
  );
}

/** Makes calls in turn, up to the first whose effect is not known or that finds the lists out of date. */
async function perform(
  { directory, links, mayBegin }: Organization,
  email: string,
  calls: readonly Call[],
  progress: Progress,
): Promise<TrieveError | undefined> {
  const { client, organizationId } = directory;
  const permit = async () => {
    if (!progress.begun) await mayBegin();
    progress.begun = true;
  };
  const send = (call: Call): Promise<InviteResult | RemovalResult> => {
    switch (call.call) {
      case "invite": {
        const { appUrl, redirectUri } = links;
        return client.invite(organizationId, { ...call, appUrl, redirectUri }, permit);
      }
      case "delete invitation":
        return client.deleteInvitation(organizationId, email, call.id, permit);
      case "remove member":
        return client.removeMember(organizationId, email, call.userId, permit);
      case "update member":
        return client.updateMember(organizationId, email, call.userId, call, permit);
    }
  };
  for (const call of calls) {
    const answer =
      call.call === "invite"
        ? await directory.invite(() => send(call))
        : await directory.write(() => send(call));
    const { result } = answer;
    if (call.call === "invite") {
      progress.mailFailed = result === "mail failed";
      progress.unanswered ||= result === "unclear";
      if (result !== "already there") progress.invited = result === "unclear" ? "maybe" : true;
    } else if (call.call === "update member") progress.updated ||= result !== "gone";
    else if (call.call === "remove member" || !call.used) progress.deleted ||= result !== "gone";
    if (answer.result === "unclear") return answer.error;
    const isOutOfDate = result === "gone" && call.call === "update member";
    if (result === "already there" || isOutOfDate) return undefined;
  }
  return undefined;
}

/** What the program says, and what earlier operations found: all of a person's state that no list shows. */
type History = Omit<Outputs, "status" | "userId" | "joinedAt" | "inviteUrl">;

function historyOf(inputs: Inputs, recorded: Outputs | undefined): History {
  return {
    email: inputs.email,
    organizationId: inputs.organizationId,
    deletionPolicy: inputs.deletionPolicy,
    resendTrigger: inputs.resendTrigger ?? null,
    roster: inputs.roster ?? null,
    managed: managedBy(inputs),
    // Six bytes tell apart the few resources that one person may have.
    instance: recorded?.instance ?? randomBytes(6).toString("base64url"),
    invitedAt: recorded?.invitedAt ?? null,
    role: recorded?.role ?? null,
    scopes: recorded?.scopes ?? null,
    adopted: recorded?.adopted ?? false,
    originalRole: recorded?.originalRole ?? null,
    mailFailed: recorded?.mailFailed ?? false,
  };
}

/** The state to record: what the lists show, and the history. */
function outputsOf(
  { links, directory }: Organization,
  observed: Observed,
  history: History,
): Outputs {
  const nothing = { userId: null, invitedAt: null, joinedAt: null, inviteUrl: null };
  switch (observed.phase) {
    case "absent":
      return { ...history, ...nothing, status: "absent" };
    case "pending": {
      const { id, createdAt } = observed.newest;
      const { appUrl, redirectUri } = links;
      return {
        ...{ ...history, ...nothing, ...standingOf(observed) },
        status: "pending",
        invitedAt: createdAt,
        inviteUrl: invitationLink(appUrl, id, directory.organizationId, redirectUri),
      };
    }
    case "member": {
      const [{ userId, joinedAt }] = observed.memberships;
      return {
        ...{ ...history, ...nothing, ...standingOf(observed), userId, joinedAt },
        status: "member",
        invitedAt: newestOf(observed.used)?.createdAt ?? history.invitedAt,
        mailFailed: false,
      };
    }
  }
}
