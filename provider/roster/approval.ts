/**
 * What the guard of a roster has approved in this deployment. The engine never calls the check of a resource that a run
 * leaves out (`--target`, `--exclude`, `destroy`), so a check alone stops nothing: whoever belongs to a roster is
 * created, changed or removed only where its guard has been checked.
 */
export interface Approval {
  /** The mark that its people bear: the URN of the component, as first recorded. */
  readonly roster: string;
  readonly organizationId: string;
  /** Everybody on the list, in lower case. */
  readonly people: readonly string[];
  /** In lower case. */
  readonly breakGlass: readonly string[];
}

/** What is to be done to somebody who belongs to a roster. */
export interface Intent {
  /** The mark of the roster. */
  readonly roster: string;
  readonly organizationId: string;
  /** In lower case. */
  readonly email: string;
  readonly goal: "in" | "out";
  /** They would have a lower role, or be removed for a moment. */
  readonly lowers: boolean;
}

/**
 * Says why it is refused and how to proceed, as the rest of a sentence; undefined if it is allowed. Pure.
 *
 * @param approval of their roster in this deployment; undefined if its guard was not checked
 */
export function objection(intent: Intent, approval: Approval | undefined): string | undefined {
  const { roster, organizationId, email, goal, lowers } = intent;
  const name = roster.slice(roster.lastIndexOf("::") + 2);
  if (approval === undefined) {
    const unchecked = `the guard of roster "${name}" was not checked in this run`;
    return goal === "in"
      ? `${unchecked}. Run \`pulumi up\` without --target and --exclude, or add --target '**${name}/guard'.`
      : `${unchecked}. Delete their line and run \`pulumi up\` without --target and --exclude. To destroy the whole roster, set limits.maxRemovals to "100%", leave breakGlass empty, run \`pulumi up\`, then \`pulumi destroy\`.`;
  }
  if ((goal === "out" || lowers) && approval.breakGlass.includes(email))
    return `breakGlass of roster "${name}" protects this address. To go ahead, remove it from breakGlass and run \`pulumi up\` again.`;
  if (
    goal === "out" &&
    approval.organizationId === organizationId &&
    approval.people.includes(email)
  )
    return `roster "${name}" still declares this address. Delete the line first, then run \`pulumi up\` again.`;
  return undefined;
}
