import { isDeepStrictEqual } from "node:util";
import { defined } from "../defined";
import { checkOrganization, unknownValue } from "../lifecycle/check";
import type { Approval } from "../roster/approval";
import { utcDay } from "../roster/people";
import {
  checkRails,
  type Limits,
  normalize,
  ownersOn,
  type RosterPerson,
  type RosterRecord,
} from "../roster/rails";

/** What the guard of a roster holds: the list, and what a change of it must not do. Asks nothing of a server. */
export interface GuardInputs extends RosterRecord {
  /** The mark that people of the roster bear: the URN of the component. Kept when the roster gets another name. */
  readonly roster: string;
  readonly limits: Limits;
  readonly breakGlass: readonly string[];
}

type Bag = Readonly<Record<string, unknown>>;

/** A guard's inputs, and what may be done to the roster's people in this deployment; or what is wrong. */
export type CheckedGuard =
  | { readonly inputs: GuardInputs; readonly approval: Approval; readonly problems: readonly [] }
  | { readonly inputs: undefined; readonly problems: readonly string[] };

/**
 * Checks a change of a roster, from the old list and the new alone.
 *
 * @param before the recorded inputs; empty for a new guard
 * @param organizationId of the provider's settings, for rosters that name none; `null` if it is wrong there
 */
export function checkGuard(
  before: Bag,
  args: Bag,
  organizationId: string | null | undefined,
): CheckedGuard {
  const recorded = Array.isArray(before.people) ? (before as unknown as GuardInputs) : undefined;
  const organization = checkOrganization(args.organizationId, organizationId);
  // A guard without one would take the first for a change, which removes everybody.
  if (organization.id === undefined) return { inputs: undefined, problems: organization.problems };
  const given = args as unknown as GuardInputs;
  const inputs: GuardInputs = {
    ...given,
    roster: recorded?.roster ?? given.roster,
    organizationId: organization.id,
    ...defined({ ownersBefore: ownersBefore(recorded, given.people) }),
  };
  // An organization that is not known yet is no other one.
  const known =
    inputs.organizationId === unknownValue ? (recorded?.organizationId ?? "") : undefined;
  const after = known === undefined ? inputs : { ...inputs, organizationId: known };
  const problems = checkRails(recorded, after, inputs, utcDay(new Date()));
  if (problems.length > 0) return { inputs: undefined, problems };
  const approval: Approval = {
    roster: inputs.roster,
    organizationId: inputs.organizationId,
    people: inputs.people.map(({ email }) => email),
    breakGlass: inputs.breakGlass.map(normalize),
  };
  return { inputs, approval, problems: [] };
}

/** A list is recorded before its people are changed, so one that a run did not come to an end with may be taken back. */
function ownersBefore(
  recorded: GuardInputs | undefined,
  people: readonly RosterPerson[],
): number | undefined {
  if (recorded === undefined) return undefined;
  const roles = (list: readonly RosterPerson[]) => list.map(({ email, role }) => [email, role]);
  return JSON.stringify(roles(recorded.people)) === JSON.stringify(roles(people))
    ? recorded.ownersBefore
    : ownersOn(recorded.people).length;
}

const held = [
  "roster",
  "organizationId",
  "people",
  "ownersBefore",
  "limits",
  "breakGlass",
] as const satisfies readonly (keyof GuardInputs)[];

/** Names of what the guard is to hold otherwise than before. */
export function guardDifferences(recorded: Bag, declared: Bag): readonly string[] {
  return held.filter((key) => !isDeepStrictEqual(recorded[key], declared[key]));
}
