import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { defined } from "../defined";
import { knownValue } from "../deployment/engine";
import { beginMeeting } from "../deployment/meeting";
import type { DeletionPolicy, Status } from "../lifecycle/state";
import type { RosterEntry } from "../roster/file";
import { peopleOn, utcDay } from "../roster/people";
import { isMeantToEnd, type Limits, type RosterPerson } from "../roster/rails";
import type { Role } from "../trieve/model";
import { TrieveInvitation } from "./invitation";
import { type Native, nativeProcess, registrationOf } from "./native";
import { mendable, problem } from "./problem";
import { namedAndUnmanaged, protectAddresses, RosterSweep, type Swept } from "./sweep";

/** One person of a list in the program: an email address, or an object with more. */
export type RosterMember =
  | string
  | {
      /** Email address of the person. Case-insensitive. */
      email: string;
      /** `"user"`, `"admin"` or `"owner"`. @default that of `defaults` */
      role?: Role;
      /** Route patterns, as those of a TrieveInvitation. @default those of `defaults` */
      scopes?: string[];
      /** Last day, YYYY-MM-DD in UTC. The first `up` after that day removes the person. @default no end */
      until?: string;
      /** Any text. Changing it sends a pending invitation once more. */
      resend?: string;
      /** Any text for people who read the list. */
      note?: string;
    };

/** Arguments of {@link TrieveRoster}: a file, or people in the program. */
export interface TrieveRosterArgs {
  /** Path of a YAML or JSON file with `members` and `defaults`, relative to the program's folder. */
  file?: string;
  /** People as a list in the program. Required if there is no `file`. */
  members?: RosterMember[];
  /** Role and scopes of people whose entry omits them. Only with `members`; a file contains its own. */
  defaults?: {
    /** `"user"`, `"admin"` or `"owner"`. @default "user" */
    role?: Role;
    /** Route patterns, as those of a TrieveInvitation. */
    scopes?: string[];
  };
  /** UUID of the organization. @default the provider's organization */
  organizationId?: pulumi.Input<string>;
  /**
   * What deleting a line does. `"remove"` removes the person, even if they were a member before. `"revert"` keeps
   * people who were a member before.
   * @default "remove"
   */
  deletionPolicy?: DeletionPolicy;
  /** Limits on one change of the list. A change that exceeds them is refused before any write. */
  limits?: Limits;
  /** Email addresses of people whom this roster never removes or demotes, even to correct drift. */
  breakGlass?: string[];
  /**
   * What happens to people in the organization whom the program does not declare. `"warn"` names them in previews.
   * `"ignore"` does not mention them. `"remove"` removes those whom a preview of this stack named on this machine
   * within the last hour. They count toward `limits.maxRemovals`. The last owner, the account of the API key, the
   * server's own account and addresses in `breakGlass` are never removed.
   * @default "warn"
   */
  unmanaged?: "warn" | "ignore" | "remove";
}

/**
 * Many people from a file or a list. Creates one {@link TrieveInvitation} per person, named `<roster>/<email>`. The order
 * of the list has no effect. The list is authoritative for everyone it contains. Deleting a line removes that person,
 * even if they were a member before.
 *
 * The guard resource `<roster>/guard` records the list and checks the limits. A change that exceeds them is refused in
 * the preview, before any write. A run that does not check the guard resource creates, updates and removes nobody on
 * the roster. This applies to `--target` and `--exclude` without it, to `destroy`, and to a program without the roster.
 * To destroy a roster, set `limits.maxRemovals` to `"100%"` and run `pulumi up` first.
 *
 * @example
 * ```ts
 * import * as trieve from "pulumi-trieve";
 *
 * const team = new trieve.TrieveRoster("team", {
 *   file: "members.yaml",
 *   limits: { maxRemovals: "10%", allowedDomains: ["example.com"] },
 *   breakGlass: ["root@example.com"],
 * });
 * export const members = team.counts;
 * ```
 */
export class TrieveRoster extends pulumi.ComponentResource {
  /** Status of everyone on the roster, by email address in lower case. */
  readonly people: pulumi.Output<Record<string, Status>>;
  /** Number of members, and number of invited people who have not accepted yet. */
  readonly counts: pulumi.Output<{
    /** Members. */
    member: number;
    /** Invited, not accepted yet. */
    pending: number;
  }>;
  /** Resolves when the preview has reported. @internal */
  readonly told: Promise<unknown>;
  /** By email address. @internal */
  readonly resources: ReadonlyMap<string, pulumi.Resource>;

  /**
   * @throws if the list has problems. The error contains all of them, each as `members.yaml:7:5: …`
   */
  constructor(name: string, args: TrieveRosterArgs, opts?: pulumi.ComponentResourceOptions) {
    // Before anything is registered: a component that fails half-way leaves promises behind.
    const { present } = peopleOn(readMembers(name, args), utcDay(new Date()));
    super("trieve:index:Roster", name, {}, opts);
    const { organizationId, deletionPolicy = "remove", unmanaged = "warn" } = args;
    const { limits = {}, breakGlass = [] } = args;
    const native = nativeProcess();
    if (native) expectIn(native, organizationId, present);
    else mendable(beginMeeting);
    const mayEnd = isMeantToEnd(limits);
    const isProtected = protectAddresses(breakGlass);
    const guard = new RosterGuard(
      `${name}/guard`,
      {
        // As a value: as an output it would have the guard wait for the whole component, of which it is a part.
        roster: knownValue(this.urn),
        organizationId,
        // Sorted: the order of the file means nothing.
        people: present
          .map(({ email, role, until }) => defined({ email, role, until }))
          .sort((a, b) => (a.email < b.email ? -1 : 1)),
        limits,
        breakGlass,
      },
      { parent: this, protect: !mayEnd },
    );
    const people = present.map(({ email, role, roleIsDefault, scopes, resend }) => {
      const person = defined({
        email,
        role,
        roleIsDefault: roleIsDefault || undefined,
        scopes: scopes && [...scopes],
        resendTrigger: resend,
      });
      const resource = new TrieveInvitation(
        `${name}/${email}`,
        {
          ...person,
          organizationId,
          deletionPolicy,
          ...(mayEnd && !isProtected.has(email) ? {} : { roster: guard.roster }),
        },
        // Without it some are invited before the guard refuses.
        { parent: this, dependsOn: [guard] },
      );
      return { person, resource };
    });
    const swept: Swept = {
      roster: this,
      mark: guard.roster,
      organizationId,
      people: [guard, ...people.map(({ resource }) => resource)],
    };
    const emails = pulumi.runtime.isDryRun()
      ? // Loaded in previews alone: an update leaves the server to the provider.
        (require("./preview") as typeof import("./preview")).previewRoster({
          roster: this,
          guard,
          people,
          organizationId,
          limits,
          unmanaged,
        })
      : unmanaged === "remove"
        ? namedAndUnmanaged(swept)
        : Promise.resolve([]);
    this.told = emails;
    this.resources = new Map(people.map(({ person, resource }) => [person.email, resource]));
    if (unmanaged === "remove") new RosterSweep(`${name}/sweep`, swept, emails);
    this.people = pulumi
      .all(people.map(({ resource }) => pulumi.all([resource.email, resource.status])))
      .apply((entries) => Object.fromEntries(entries));
    this.counts = this.people.apply((statuses) => {
      const all = Object.values(statuses);
      return {
        member: all.filter((status) => status === "member").length,
        pending: all.filter((status) => status === "pending").length,
      };
    });
    this.registerOutputs({ people: this.people, counts: this.counts });
  }
}

/** Announces the roster's people to the previews of single people. An organization that is unknown yet has none. */
async function expectIn(
  { previews, settings }: Native,
  organizationId: pulumi.Input<string> | undefined,
  people: readonly RosterEntry[],
): Promise<void> {
  const named = await knownValue(pulumi.output(organizationId));
  const id = named?.trim().toLowerCase() ?? settings.settings?.organizationId;
  if (id !== undefined) previews.expect(id, people);
}

/** Records a roster's list, so that its check sees the old and the new one. Makes no request. */
class RosterGuard extends pulumi.CustomResource {
  declare readonly roster: pulumi.Output<string>;
  declare readonly people: pulumi.Output<readonly RosterPerson[]>;

  constructor(name: string, props: pulumi.Inputs, opts: pulumi.CustomResourceOptions) {
    const { type, props: more, aliases } = registrationOf("RosterGuard");
    super(type, name, { ...props, ...more }, pulumi.mergeOptions(opts, { aliases }));
  }
}

function readMembers(name: string, args: TrieveRosterArgs): readonly RosterEntry[] {
  const { file, members, defaults } = args;
  if ((file === undefined) === (members === undefined))
    throw problem(`TrieveRoster "${name}": set either \`file\` or \`members\`.`);
  // Loaded when a roster is made: a program without one starts faster.
  const { checkMembers, formatProblem, parseRoster } =
    require("../roster/file") as typeof import("../roster/file");
  const result =
    file === undefined
      ? checkMembers({ defaults, members })
      : parseRoster(readRoster(name, file), file);
  if (result.members) return result.members;
  const problems = result.problems.map(formatProblem);
  const number = problems.length === 1 ? "a problem" : `${problems.length} problems`;
  throw problem(`TrieveRoster "${name}" has ${number}:\n${problems.join("\n")}`);
}

function readRoster(name: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw problem(
      `TrieveRoster "${name}": ${code === "ENOENT" ? `there is no file ${resolve(file)}` : message}`,
    );
  }
}
