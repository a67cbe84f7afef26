import { type Guarded, wantedOf } from "../lifecycle/decide";
import { type Everybody, presentOf } from "../lifecycle/everybody";
import { type Decided, decideIn, decideOut, type Forecast, forecast } from "../lifecycle/forecast";
import type { Inputs, Outputs } from "../lifecycle/state";
import { adminAccount } from "../trieve/quirks";
import { describe, standing } from "./describe";
import { hasEnded } from "./people";
import type { RosterPerson } from "./rails";
import { count, firstTen } from "./words";

/** A person of the roster, and what the stack does with their resource. */
export interface Declared {
  readonly person: Pick<Inputs, "email" | "role" | "roleIsDefault" | "scopes" | "resendTrigger">;
  /** Undefined: a new resource. */
  readonly recorded:
    | Pick<Outputs, "managed" | "resendTrigger" | "mailFailed" | "role" | "scopes">
    | undefined;
}

/** Everything that a run starts from. */
export interface Scene {
  readonly organizationId: string;
  /** Those whose resource is new or changes; nothing happens to any other. */
  readonly changing: readonly Declared[];
  /** Whose line is gone. */
  readonly leaving: readonly RosterPerson[];
  /** In lower case. */
  readonly breakGlass: ReadonlySet<string>;
  /** Whether another resource of the program declares somebody. */
  readonly isDeclared: (email: string) => boolean;
  readonly everybody: Everybody;
  /** YYYY-MM-DD in UTC. */
  readonly day: string;
}

/** One thing to tell. */
export interface Line {
  readonly level: "info" | "warn" | "error";
  /** Whose resource it belongs to; undefined: the roster's. */
  readonly email?: string;
  readonly text: string;
}

/** What the rules make of everybody whom the run concerns, those on the roster first. */
export function decideAll({ changing, leaving, isDeclared, everybody }: Scene): readonly Decided[] {
  return [
    ...changing.map(({ person, recorded }) => decideIn(wantedOf(person, recorded), everybody)),
    ...leaving
      .filter(({ email }) => !isDeclared(email))
      .map(({ email }) => decideOut(email, everybody)),
  ];
}

/**
 * What a run does to people, a line each. Pure: asks nobody.
 *
 * @param guarded what the guards know before anything is written
 */
export function foretell(scene: Scene, decided: readonly Decided[], guarded: Guarded): Line[] {
  const { leaving, breakGlass } = scene;
  const told = forecast(decided, guarded, breakGlass).map(
    (one, i) => [decided[i] as Decided, one] as const,
  );
  const out = new Map(
    told.flatMap(([{ email, goal }, one]) => (goal === "out" ? [[email, one]] : [])),
  );
  return [
    ...told.flatMap(([one, forecast]) => (one.goal === "in" ? [staying(one, forecast)] : [])),
    ...leaving.map((person): Line => {
      const forecast = out.get(person.email);
      return forecast
        ? going(scene, person, forecast)
        : { level: "info", text: `${person.email} stays: another resource declares them` };
    }),
  ];
}

function staying({ email, decision }: Decided, told: Forecast): Line {
  // The rule about defaults knows all that it needs; whether an owner is the last one, another resource may decide.
  const level =
    decision.decision === "lowered by default"
      ? "error"
      : told.change === "refused"
        ? "warn"
        : "info";
  return { level, email, text: describe(told) };
}

/**
 * What is so of somebody whose line is gone. No more: whether the stack holds a resource for them, which is deleted, no
 * program can see. After an interrupted run it may not, and then they stay.
 */
function going({ day }: Scene, person: RosterPerson, told: Forecast): Line {
  const { email, until } = person;
  const why = hasEnded(person, day) ? `last day was ${until}` : "line deleted";
  const refused = told.change === "refused";
  return {
    level: refused ? "warn" : "info",
    text: `${email} ${why}; ${standing(told)}${refused ? `; to remove them is refused: ${told.reason}` : ""}`,
  };
}

/**
 * People in the organization whom nothing in the program declares, as one line; undefined if there are none.
 *
 * @param known addresses of others who are not worth a line
 */
export function foretellUnmanaged(
  { organizationId, everybody, isDeclared }: Scene,
  known: ReadonlySet<string>,
): Line | undefined {
  const strangers = presentOf(everybody).filter(
    ([email]) => email !== adminAccount && !known.has(email) && !isDeclared(email),
  );
  if (strangers.length === 0) return undefined;
  const names = firstTen(strangers.map(([email]) => email));
  return {
    level: "warn",
    text: `${count(strangers.length, "person", "people")} whom nothing here declares in organization ${organizationId}: ${names}. Put them on the roster, or set \`unmanaged: "ignore"\`.`,
  };
}
