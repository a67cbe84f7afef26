import * as pulumi from "@pulumi/pulumi";
import { knownValue } from "../deployment/engine";
import { beginMeeting } from "../deployment/meeting";
import { dynamicType, storedProvider } from "../dynamic/stored";
import type { DeletionPolicy, Status } from "../lifecycle/state";
import {
  bearsMark,
  countsOf,
  guardedPeople,
  memberInputs,
  readRoster,
  rosterRules,
} from "../resources/roster";
import { isMeantToEnd, type Limits, type RosterPerson } from "../roster/rails";
import type { Role } from "../trieve/model";
import { TrieveInvitation } from "./invitation";
import { mendable, problem } from "./problem";
import { namedAndUnmanaged, RosterSweep, rosters, type Swept } from "./sweep";

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

  /**
   * @throws if the list has problems. The error contains all of them, each as `members.yaml:7:5: …`
   */
  constructor(name: string, args: TrieveRosterArgs, opts?: pulumi.ComponentResourceOptions) {
    // Before anything is registered: a component that fails half-way leaves promises behind.
    const read = readRoster(args);
    if (!read.people)
      throw problem([`TrieveRoster "${name}"${read.summary}`, ...read.problems].join("\n"));
    super("trieve:index:Roster", name, {}, opts);
    const { organizationId } = args;
    const rules = rosterRules(args);
    const { deletionPolicy, limits, breakGlass, unmanaged } = rules;
    mendable(beginMeeting);
    rosters().protect(breakGlass);
    const guard = new RosterGuard(
      `${name}/guard`,
      {
        // As a value: as an output it would have the guard wait for the whole component, of which it is a part.
        roster: knownValue(this.urn),
        organizationId,
        people: guardedPeople(read.people),
        limits,
        breakGlass,
      },
      { parent: this, protect: !isMeantToEnd(limits) },
    );
    const people = read.people.map((entry) => {
      const person = memberInputs(entry);
      const resource = new TrieveInvitation(
        `${name}/${entry.email}`,
        {
          ...(person as typeof person & { scopes?: string[] }),
          organizationId,
          deletionPolicy,
          ...(bearsMark(entry.email, rules) ? { roster: guard.roster } : {}),
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
          rules,
        })
      : unmanaged === "remove"
        ? namedAndUnmanaged(swept)
        : Promise.resolve([]);
    if (unmanaged === "remove") new RosterSweep(`${name}/sweep`, swept, emails);
    this.people = pulumi
      .all(people.map(({ resource }) => pulumi.all([resource.email, resource.status])))
      .apply((entries) => Object.fromEntries(entries));
    this.counts = this.people.apply(countsOf);
    this.registerOutputs({ people: this.people, counts: this.counts });
  }
}

/** Records a roster's list, so that its check sees the old and the new one. Makes no request. */
class RosterGuard extends pulumi.CustomResource {
  declare readonly roster: pulumi.Output<string>;
  declare readonly people: pulumi.Output<readonly RosterPerson[]>;

  constructor(name: string, props: pulumi.Inputs, opts: pulumi.CustomResourceOptions) {
    super(dynamicType("RosterGuard"), name, { ...props, __provider: storedProvider.guard }, opts);
  }
}
