import { checkOrganization, unknownValue } from "../lifecycle/check";
import { idOf } from "../lifecycle/state";
import type { Surroundings } from "./person";

/** What the sweep of a roster does: removes people whom nothing declares, after everybody on the roster is done. */
export interface SweepInputs {
  /** The mark of the roster. */
  readonly roster: string;
  readonly organizationId: string;
  /** Addresses in lower case that a preview has named. Empty: nothing is to be done. */
  readonly remove: readonly string[];
  /** Which run it is, by which the program tells a sweep that was left out. */
  readonly run: string;
}

/** @param organizationId of the provider's settings, for rosters that name none; `null` if it is wrong there */
export function checkSweep(
  args: Readonly<Record<string, unknown>>,
  organizationId: string | null | undefined,
): { readonly inputs: SweepInputs | undefined; readonly problems: readonly string[] } {
  const organization = checkOrganization(args.organizationId, organizationId);
  if (organization.id === undefined) return { inputs: undefined, problems: organization.problems };
  const given = args as unknown as SweepInputs;
  return { inputs: { ...given, organizationId: organization.id }, problems: [] };
}

/** A sweep is a change only where there is somebody to remove, whatever was before. */
export function sweepDiffers({ remove }: SweepInputs): boolean {
  return (remove as unknown) === unknownValue || remove.length > 0;
}

/**
 * Removes those whom the sweep names, each after another look. Whom the program declares by now stays, and so does
 * whoever a guard protects; all are told of.
 *
 * @throws with the first failure, after the others have been removed
 */
export async function sweep(inputs: SweepInputs, surroundings: Surroundings): Promise<void> {
  const { roster, organizationId, remove } = inputs;
  const { warn } = surroundings;
  if (remove.length === 0) return;
  const approval = surroundings.approvalOf(roster);
  if (approval === undefined) {
    warn(
      `No undeclared person was removed from organization ${organizationId}: the roster's guard was not checked in this run. Run \`pulumi up\` without --target and --exclude.`,
    );
    return;
  }
  const [{ remove: removeFrom, Refused }, organization] = await Promise.all([
    import("../lifecycle/act.js"),
    surroundings.organization(organizationId),
  ]);
  const outcomes = await Promise.allSettled(
    remove
      .filter((email) => !surroundings.isDeclared(idOf({ organizationId, email })))
      .map(async (email) => {
        if (approval.breakGlass.includes(email))
          return warn(
            `${email} stays in organization ${organizationId}: breakGlass protects this address.`,
          );
        try {
          await removeFrom(organization, {
            ...{ email, organizationId, originalRole: null },
            ...{ deletionPolicy: "remove", adopted: false },
          });
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
          warn(error.message);
        }
      }),
  );
  const failed = outcomes.flatMap((outcome) =>
    outcome.status === "rejected" ? [outcome.reason as Error] : [],
  );
  const [first] = failed;
  if (first === undefined) return;
  throw failed.length === 1
    ? first
    : new Error(`${first.message} (${failed.length - 1} more could not be removed either.)`);
}

/** Told where a run leaves out a sweep that has somebody to remove. */
export function sweepSkipped(name: string): string {
  return `unmanaged: "remove" removes nobody in this run, because the run skips ${name}. Run \`pulumi up\` without --target and --exclude.`;
}
