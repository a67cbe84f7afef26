import type { MailPolicy } from "../settings";
import { unknownValue } from "./check";
import { type Inputs, managedBy, type Outputs, sameScopes } from "./state";

/** What the engine is to do with a resource that it knows. */
export type Diff =
  | { readonly diff: "none" }
  | { readonly diff: "update" }
  | { readonly diff: "replace"; readonly because: readonly ("email" | "organizationId")[] };

/**
 * Compares what is recorded with what is declared. Pure: asks nobody. The phase of a person is never a difference.
 *
 * @param mail a mail that is still owed is a difference only where mails are required
 */
export function diff(recorded: Outputs, declared: Inputs, mail: MailPolicy): Diff {
  const because = (["email", "organizationId"] as const).filter(
    // Naming an unknown here would show a replacement that never happens.
    (key) => declared[key] !== unknownValue && declared[key] !== recorded[key],
  );
  if (because.length > 0) return { diff: "replace", because };
  return differences(recorded, declared, mail).length > 0 ? { diff: "update" } : { diff: "none" };
}

/** Names of the properties that are to be other than they are recorded. */
export function differences(
  recorded: Outputs,
  declared: Inputs,
  mail: MailPolicy,
): readonly (keyof Outputs)[] {
  // What the program says is recorded with the person, since a delete gets nothing else to go by.
  const isManagedElse = (key: Outputs["managed"][number]) =>
    managedBy(declared).includes(key) !== recorded.managed.includes(key);
  const differs: { readonly [key in keyof Outputs]?: boolean } = {
    email: declared.email !== recorded.email,
    organizationId: declared.organizationId !== recorded.organizationId,
    role:
      (declared.role !== undefined && declared.role !== recorded.role) ||
      isManagedElse("role") ||
      isManagedElse("roleIsDefault"),
    scopes:
      isManagedElse("scopes") ||
      (declared.scopes !== undefined &&
        ((declared.scopes as unknown) === unknownValue ||
          !sameScopes(declared.scopes, recorded.scopes))),
    status: recorded.status === "absent",
    mailFailed: recorded.mailFailed && mail === "required",
    deletionPolicy: declared.deletionPolicy !== recorded.deletionPolicy,
    resendTrigger: (declared.resendTrigger ?? null) !== recorded.resendTrigger,
    roster: (declared.roster ?? null) !== recorded.roster,
  };
  return (Object.keys(differs) as (keyof Outputs)[]).filter((key) => differs[key]);
}
