import * as pulumi from "@pulumi/pulumi";
import {
  isKnown,
  knownValue,
  perDeployment,
  programDeployment,
  programEnd,
} from "../deployment/engine";
import { declarationsMade, readKnown } from "../deployment/meeting";
import { forgetNames, leaveNames } from "../deployment/named";
import { wantedOf } from "../lifecycle/decide";
import { listEverybody, presentOf } from "../lifecycle/everybody";
import {
  type Forecast,
  forecast,
  lowersAnybody,
  type Situation,
  unmanagedIn,
} from "../lifecycle/forecast";
import { type Inputs, idOf } from "../lifecycle/state";
import { printable } from "../printable";
import { inTime, patienceMs } from "../resources/patience";
import {
  foretellLeaving,
  foretellSwept,
  foretellUnmanaged,
  foretellWanted,
  type Note,
} from "../roster/foretell";
import { utcDay } from "../roster/people";
import { checkUnmanaged, type Limits, type RosterPerson, removedPeople } from "../roster/rails";
import { count, firstTen } from "../roster/words";
import type { Access } from "../settings";
import { Client } from "../trieve/client";
import { whyUnknown } from "../trieve/errors";
import type { TrieveInvitation } from "./invitation";
import { nativeProcess } from "./native";
import { problem } from "./problem";
import { accessOf } from "./provider";
import { declaresPerson, protectedAddresses } from "./sweep";

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
  readonly limits: Limits;
  readonly unmanaged: "warn" | "ignore" | "remove";
}

/**
 * Reports what `up` will do for each person. Compares the two lists of the server with what the stack knows. Says so if
 * the organization or the key is known only after `up`, because the same run creates them.
 *
 * @returns whom `unmanaged: "remove"` removes; they are also left for the run that follows
 */
export async function previewRoster(previewed: Previewed): Promise<readonly string[]> {
  const { roster, organizationId } = previewed;
  // Under mocks there is no engine, and nobody to tell.
  if (programDeployment().engineAddress === "") return [];
  const told = pulumi.runtime.rpcKeepAlive();
  try {
    const access = await accessOf(roster, organizationId);
    if (access === undefined)
      await pulumi.log.info(
        "This run creates the organization or the API key of the roster, so this preview cannot show who is already there.",
        roster,
      );
    return access ? await tell(previewed, access) : [];
  } finally {
    told();
  }
}

async function tell(previewed: Previewed, access: Access): Promise<readonly string[]> {
  const { roster, guard, people, limits, unmanaged } = previewed;
  const { apiUrl, organizationId } = access;
  const strangers = strangersOf(organizationId, previewed);
  const asked = inTime((signal) => listEverybody(clientFor(access, signal), organizationId));
  // Awaited later, and then it throws.
  asked.catch(() => {});
  // Settled, even if a preview does not know them.
  await Promise.all(
    [guard, ...people.map(({ resource }) => resource)].map(({ urn }) => isKnown(urn)),
  );
  try {
    await programEnd();
    await declarationsMade();
    const native = nativeProcess();
    const known = native?.meeting.known ?? readKnown();
    const everybody = await asked;
    const before = known.get((await knownValue(guard.id)) ?? "")?.roster;
    const after = { organizationId, people: (await knownValue(guard.people)) ?? [] };
    // Who was in another organization is not in these lists; the rails refuse such a change anyway.
    const leaving = before?.organizationId === organizationId ? removedPeople(before, after) : [];
    const isDeclaredHere = (email: string) => declaresPerson(idOf({ organizationId, email }));
    const breakGlass = protectedAddresses();
    const isSwept =
      unmanaged === "remove"
        ? unmanagedIn(everybody, (email) => isDeclaredHere(email) || breakGlass.has(email))
        : [];
    const out = new Set([
      ...leaving.map(({ email }) => email).filter((email) => !isDeclaredHere(email)),
      ...isSwept,
    ]);
    const situation: Situation = {
      everybody,
      wanted: (native ? people : await changingOf(people)).map(({ person }) =>
        wantedOf(person, known.get(idOf({ organizationId, email: person.email }))?.person),
      ),
      leaving: [...out],
      breakGlass,
      isDeclared: isDeclaredHere,
    };
    const account = lowersAnybody(situation)
      ? await inTime((signal) => clientFor(access, signal).account())
      : undefined;
    const forecasts = forecast(situation, account?.userId);
    const byEmail = new Map(forecasts.map((one) => [one.email, one]));
    const isLeaving = new Set(leaving.map(({ email }) => email));
    const swept = isSwept.flatMap((email) => byEmail.get(email) ?? []);
    const day = utcDay(new Date());
    const notes = [
      // In the plugin the preview of each person has said it.
      ...(native ? [] : forecasts.slice(0, situation.wanted.length).map(foretellWanted)),
      ...leaving.map((person) => foretellLeaving(person, byEmail.get(person.email), day)),
      ...swept.filter(({ email }) => !isLeaving.has(email)).map(foretellSwept),
      ...strangers.foretell(leaving, forecasts),
    ];
    const resources = new Map(people.map(({ person, resource }) => [person.email, resource]));
    for (const { level, email, text } of notes)
      pulumi.log[level](printable(text), resources.get(email ?? "") ?? roster);
    const refused = notes.flatMap(({ level, email = "" }) => (level === "error" ? [email] : []));
    if (refused.length > 0)
      throw problem(
        `${count(refused.length, "person", "people")} on the roster would be refused: ${firstTen(refused)}. Nothing was written.`,
      );
    const emails = swept.filter(({ refusal }) => refusal === null).map(({ email }) => email);
    if (unmanaged === "remove") {
      const key = (await knownValue(roster.urn)) ?? "";
      const tooMany = checkUnmanaged(
        emails,
        before?.people.length ?? 0,
        presentOf(everybody).length,
        limits,
      );
      if (tooMany !== undefined) throw problem(tooMany);
      // For the run that follows, which removes nobody else.
      leaveNames({ key, server: apiUrl, organizationId, emails });
      // Who is declared later in the program is refused by their check.
      const unmanagedPeople = emails.map((email) => idOf({ organizationId, email }));
      native?.meeting.name(unmanagedPeople, key);
    }
    return emails;
  } catch (error) {
    if (unmanaged === "remove") forgetNames((await knownValue(roster.urn)) ?? "");
    if (error instanceof pulumi.RunError) throw error;
    pulumi.log.warn(
      `${whyUnknown(error)}, so this preview does not show per-person changes. Everything else in it is accurate. ${(error as Error).message}`,
      roster,
    );
    return [];
  }
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

/** Lists the undeclared people of one organization. The last of its rosters reports them, once. */
class Strangers {
  #rosters = 0;
  /** Nothing is left to report: a roster removes them and names each, or ignores them. */
  #isTold = false;
  readonly #known = new Set<string>();

  constructor(private readonly organizationId: string) {}

  add({ unmanaged }: Previewed): void {
    this.#rosters += 1;
    this.#isTold ||= unmanaged !== "warn";
  }

  foretell(leaving: readonly RosterPerson[], forecasts: readonly Forecast[]): Note[] {
    for (const { email } of leaving) this.#known.add(email);
    this.#rosters -= 1;
    if (this.#rosters > 0 || this.#isTold) return [];
    const unmanaged = forecasts.filter(
      ({ change, email }) =>
        change === "unmanaged" && !this.#known.has(email) && !protectedAddresses().has(email),
    );
    return unmanaged.length > 0 ? [foretellUnmanaged(this.organizationId, unmanaged)] : [];
  }
}

const strangersIn = perDeployment(() => new Map<string, Strangers>());

function strangersOf(organizationId: string, previewed: Previewed): Strangers {
  const strangers = strangersIn().get(organizationId) ?? new Strangers(organizationId);
  strangersIn().set(organizationId, strangers);
  strangers.add(previewed);
  return strangers;
}

function clientFor(access: Access, signal: AbortSignal): Client {
  // Before the end of patience, so that what is said is why.
  return new Client({ ...access, signal, limits: { retryForMs: patienceMs / 2 } });
}
