import { checkOrganization, unknown } from "../lifecycle/check";
import { utcDay } from "./people";
import { checkRails, type Limits, type RosterPerson, type RosterRecord } from "./rails";

/** What the guard of a roster holds: the list, and what a change of it must not do. */
export interface GuardInputs extends RosterRecord {
  /** By this key the provider tells a guard from a person. */
  readonly people: readonly RosterPerson[];
  readonly limits: Limits;
  readonly breakGlass: readonly string[];
}

type Bag = Readonly<Record<string, unknown>>;

/** Whether what the engine passes is a guard's. */
export function isGuard(props: Bag): boolean {
  return Array.isArray(props.people);
}

/**
 * Checks a change of a roster, from the old list and the new alone.
 *
 * @param organizationId of the provider's settings, for rosters that name none; `null` if it is wrong there
 */
export function checkGuard(
  before: Bag,
  args: Bag,
  organizationId: string | null | undefined,
): { readonly inputs: GuardInputs | undefined; readonly problems: readonly string[] } {
  const recorded = isGuard(before) ? (before as unknown as GuardInputs) : undefined;
  const organization = checkOrganization(args.organizationId, organizationId);
  // A guard without one would take the first for a change, which removes everybody.
  if (organization.id === undefined) return { inputs: undefined, problems: organization.problems };
  const inputs = { ...(args as unknown as GuardInputs), organizationId: organization.id };
  // An organization that is not known yet is no other one.
  const known = inputs.organizationId === unknown ? (recorded?.organizationId ?? "") : undefined;
  const after = known === undefined ? inputs : { ...inputs, organizationId: known };
  return { inputs, problems: checkRails(recorded, after, inputs, utcDay(new Date())) };
}

/** Whether the guard has something else to hold than before. */
export function guardDiffers(recorded: Bag, declared: Bag): boolean {
  return held(recorded as unknown as GuardInputs) !== held(declared as unknown as GuardInputs);
}

function held({ organizationId, people, limits, breakGlass }: GuardInputs): string {
  const { maxRemovals, minOwners, allowedDomains } = limits;
  return JSON.stringify([
    organizationId,
    people.map(({ email, role, until }) => [email, role, until]),
    [maxRemovals, minOwners, allowedDomains],
    breakGlass,
  ]);
}
