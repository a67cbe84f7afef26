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
  return differs(recorded, declared, mail) ? { diff: "update" } : { diff: "none" };
}

function differs(recorded: Outputs, declared: Inputs, mail: MailPolicy): boolean {
  return (
    declared.email === unknownValue ||
    declared.organizationId === unknownValue ||
    recorded.status === "absent" ||
    (recorded.mailFailed && mail === "required") ||
    (declared.role !== undefined && declared.role !== recorded.role) ||
    (declared.scopes !== undefined &&
      ((declared.scopes as unknown) === unknownValue ||
        !sameScopes(declared.scopes, recorded.scopes))) ||
    // What the program says is recorded with the person, since a delete gets nothing else to go by.
    String(managedBy(declared)) !== String(recorded.managed) ||
    declared.deletionPolicy !== recorded.deletionPolicy ||
    (declared.roster ?? null) !== recorded.roster ||
    (declared.resendTrigger ?? null) !== recorded.resendTrigger
  );
}
