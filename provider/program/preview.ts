import * as pulumi from "@pulumi/pulumi";
import {
  isKnown,
  knownValue,
  perDeployment,
  programDeployment,
  programEnd,
} from "../deployment/engine";
import { declarationsMade, isDeclared, readKnown } from "../deployment/meeting";
import { wantedOf } from "../lifecycle/decide";
import { listEverybody } from "../lifecycle/everybody";
import { type Forecast, forecast, lowersAnybody, type Situation } from "../lifecycle/forecast";
import { type Inputs, idOf } from "../lifecycle/state";
import { printable } from "../printable";
import { foretellLeaving, foretellUnmanaged, foretellWanted, type Note } from "../roster/foretell";
import { utcDay } from "../roster/people";
import { normalize, type RosterPerson, removedPeople } from "../roster/rails";
import { count } from "../roster/words";
import type { Settings, SettingsResult } from "../settings";
import { Client } from "../trieve/client";
import type { TrieveInvitation } from "./invitation";
import { problem } from "./problem";
import { providerOf, settingsOf } from "./provider";

/** A roster whose preview is to tell what `up` will do. */
export interface Previewed {
  readonly roster: pulumi.ComponentResource;
  readonly guard: pulumi.CustomResource & {
    /** Whom it will hold: as before, in a run that leaves it out. */
    readonly people: pulumi.Output<readonly RosterPerson[]>;
  };
  readonly people: readonly {
    readonly resource: TrieveInvitation;
    readonly person: Pick<Inputs, "email" | "role" | "roleIsDefault" | "scopes" | "resendTrigger">;
  }[];
  readonly organizationId: pulumi.Input<string> | undefined;
  readonly breakGlass: readonly string[];
  readonly unmanaged: "warn" | "ignore";
}

/** A preview waits this long for the server, and goes on without it. */
const patienceMs = 5_000;

/**
 * Tells, person by person, what `up` will do: two lists from the server beside what the stack knows. Where the
 * organization or the key is not known before `up`, it tells nothing.
 */
export function previewRoster(previewed: Previewed): void {
  const { roster, organizationId } = previewed;
  // Under mocks there is no engine, and nobody to tell.
  if (programDeployment().engineAddress === "") return;
  pulumi.all([settingsOf(providerOf(roster)), organizationId]).apply(([result, named]) => {
    const { settings } = result as SettingsResult;
    const id = named?.trim().toLowerCase() ?? settings?.organizationId;
    // What is missing is said by the check of every resource.
    if (settings && id !== undefined) tell(previewed, settings, id);
  });
}

function tell(previewed: Previewed, settings: Settings, organizationId: string): void {
  const { roster, guard, people, breakGlass } = previewed;
  const strangers = strangersOf(organizationId, previewed);
  const asked = inTime((signal) => listEverybody(clientFor(settings, signal), organizationId));
  // Awaited later, and then it throws.
  asked.catch(() => {});
  pulumi.all([guard.urn, ...people.map(({ resource }) => resource.urn)]).apply(async () => {
    const told = pulumi.runtime.rpcKeepAlive();
    try {
      await programEnd();
      await declarationsMade();
      const known = readKnown();
      const everybody = await asked;
      const before = known.get((await knownValue(guard.id)) ?? "")?.roster;
      const after = { organizationId, people: (await knownValue(guard.people)) ?? [] };
      // Who was in another organization is not in these lists; the rails refuse such a change anyway.
      const leaving = before?.organizationId === organizationId ? removedPeople(before, after) : [];
      const idIn = (email: string) => idOf({ organizationId, email });
      const situation: Situation = {
        everybody,
        wanted: (await changingOf(people)).map(({ person }) =>
          wantedOf(person, known.get(idIn(person.email))?.person),
        ),
        leaving: leaving.map(({ email }) => email).filter((email) => !isDeclared(idIn(email))),
        breakGlass: new Set(breakGlass.map(normalize)),
        isDeclared: (email) => isDeclared(idIn(email)),
      };
      const account = lowersAnybody(situation)
        ? await inTime((signal) => clientFor(settings, signal).account())
        : undefined;
      const forecasts = forecast(situation, account?.userId);
      const byEmail = new Map(forecasts.map((one) => [one.email, one]));
      const { wanted } = situation;
      const unmanaged = forecasts.filter(({ change }) => change === "unmanaged");
      const day = utcDay(new Date());
      const lines = [
        ...forecasts.slice(0, wanted.length).map(foretellWanted),
        ...leaving.map((person) => foretellLeaving(person, byEmail.get(person.email), day)),
        ...strangers.foretell(leaving, unmanaged),
      ];
      const resources = new Map(people.map(({ person, resource }) => [person.email, resource]));
      for (const { level, email, text } of lines)
        pulumi.log[level](printable(text), resources.get(email ?? "") ?? roster);
      const errors = lines.filter(({ level }) => level === "error").length;
      if (errors > 0)
        throw problem(
          `${count(errors, "person", "people")} on the roster would be refused, see above. Nothing was written.`,
        );
    } catch (error) {
      if (error instanceof pulumi.RunError) throw error;
      pulumi.log.warn(
        `This preview cannot tell what will happen to whom; all else in it holds. ${(error as Error).message}`,
        roster,
      );
    } finally {
      told();
    }
  });
}

/**
 * Those whose resource is new or changes. A preview knows all outputs of those to whom nothing happens, and none of new
 * ones that it leaves out: those of other targets, and all in a `refresh` or `destroy` that runs the program.
 */
async function changingOf(people: Previewed["people"]): Promise<Previewed["people"]> {
  const changes = await Promise.all(
    people.map(
      async ({ resource }) =>
        (await isKnown(resource.email)) && !(await isKnown(resource.instance)),
    ),
  );
  return people.filter((_, i) => changes[i]);
}

/** Those whom nothing declares, in one organization: said once, by the last of its rosters. */
class Strangers {
  #rosters = 0;
  #ignored = false;
  readonly #known = new Set<string>();

  constructor(private readonly organizationId: string) {}

  add({ unmanaged, breakGlass }: Previewed): void {
    this.#rosters += 1;
    this.#ignored ||= unmanaged === "ignore";
    for (const email of breakGlass) this.#known.add(normalize(email));
  }

  foretell(leaving: readonly RosterPerson[], unmanaged: readonly Forecast[]): Note[] {
    for (const { email } of leaving) this.#known.add(email);
    this.#rosters -= 1;
    if (this.#rosters > 0 || this.#ignored) return [];
    const [first, ...others] = unmanaged.filter(({ email }) => !this.#known.has(email));
    return first ? [foretellUnmanaged(this.organizationId, [first, ...others])] : [];
  }
}

const strangersIn = perDeployment(() => new Map<string, Strangers>());

function strangersOf(organizationId: string, previewed: Previewed): Strangers {
  const strangers = strangersIn().get(organizationId) ?? new Strangers(organizationId);
  strangersIn().set(organizationId, strangers);
  strangers.add(previewed);
  return strangers;
}

function clientFor({ connection }: Settings, signal: AbortSignal): Client {
  // Before the end of patience, so that what is said is why.
  return new Client({ ...connection, signal, limits: { retryForMs: patienceMs / 2 } });
}

/** What is still under way then is ended: it would keep the program from its end. */
async function inTime<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController();
  const end = () => over.abort(new Error(`No answer within ${patienceMs / 1000} s.`));
  const late = setTimeout(end, patienceMs);
  try {
    return await ask(over.signal);
  } finally {
    clearTimeout(late);
  }
}
