import type { Forecast } from "../lifecycle/forecast";
import { describe, standing } from "./describe";
import { hasEnded } from "./people";
import type { RosterPerson } from "./rails";
import { count, firstTen } from "./words";

/** One thing for a preview to tell. */
export interface Note {
  readonly level: "info" | "warn" | "error";
  /** Whose resource it belongs to; undefined: the roster's. */
  readonly email?: string;
  readonly text: string;
}

/** What becomes of somebody on the roster. */
export function foretellWanted(told: Forecast): Note {
  // The rule about defaults knows all that it needs; what a guard will see, other resources may yet change.
  const level = levels[told.refusal?.guard ?? "none"];
  return { level, email: told.email, text: describe(told) };
}

const levels = {
  none: "info",
  "default role": "error",
  "break glass": "warn",
  "last owner": "warn",
  "own account": "warn",
} as const;

/**
 * What is so of somebody whose line is gone. No more: whether the stack holds a resource for them, which is deleted, no
 * program can see. After an interrupted run it may not, and then they stay.
 *
 * @param told undefined: another resource declares them
 * @param day today, YYYY-MM-DD in UTC
 */
export function foretellLeaving(
  person: RosterPerson,
  told: Forecast | undefined,
  day: string,
): Note {
  const { email, until } = person;
  if (told === undefined)
    return { level: "info", text: `${email} stays: another resource declares them` };
  const why = hasEnded(person, day) ? `last day was ${until}` : "line deleted";
  const refused = told.refusal === null ? "" : `; removing them is refused: ${told.refusal.reason}`;
  return {
    level: told.refusal === null ? "info" : "warn",
    text: `${email} ${why}; ${standing(told)}${refused}`,
  };
}

/** Somebody whom nothing in the program declares, and whom a roster that removes such people removes or leaves. */
export function foretellSwept(told: Forecast): Note {
  const { email, refusal } = told;
  const end = refusal === null ? "will be removed" : `stays: ${refusal.reason}`;
  return { level: "warn", text: `${email} is not declared; ${standing(told)}; ${end}` };
}

/** Those whom nothing in the program declares, as one line. */
export function foretellUnmanaged(organizationId: string, unmanaged: readonly Forecast[]): Note {
  const names = firstTen(unmanaged.map(({ email }) => email));
  return {
    level: "warn",
    text: `Organization ${organizationId} has ${count(unmanaged.length, "person", "people")} whom this program does not declare: ${names}. Add them to the roster, or set \`unmanaged\` to "remove" or "ignore".`,
  };
}
