import { forgetNames, leaveNames, namesLeft } from "../deployment/named";
import type { Wanted } from "../lifecycle/decide";
import type { Everybody } from "../lifecycle/everybody";
import {
  type Forecast,
  forecast,
  lowersAnybody,
  type Situation,
  unmanagedIn,
} from "../lifecycle/forecast";
import { idOf } from "../lifecycle/state";
import {
  foretellLeaving,
  foretellSwept,
  foretellUnmanaged,
  foretellWanted,
  type Note,
} from "../roster/foretell";
import { utcDay } from "../roster/people";
import {
  checkUnmanaged,
  normalize,
  type RosterPerson,
  type RosterRecord,
  removedPeople,
} from "../roster/rails";
import { count, firstTen } from "../roster/words";
import { whyUnknown } from "../trieve/errors";
import type { RosterRules, Unmanaged } from "./roster";

/** Told where nobody can be looked at. */
export const notThereYet =
  "This run creates the organization or the API key of the roster, so this preview cannot show who is already there.";

/** A roster, and where it looks for people whom nothing declares. */
export interface SweptRoster {
  /** URN of the roster: names are left by it for the run that follows. */
  readonly key: string;
  /** Base URL of the server. */
  readonly apiUrl: string;
  readonly organizationId: string;
  /** Asks for everybody at the server. */
  readonly everybody: () => Promise<Everybody>;
  /** Whether the program declares this person. */
  readonly isDeclared: (person: string) => boolean;
}

/** A roster whose preview is to tell what `up` will do. */
export interface PreviewedRoster extends SweptRoster {
  readonly rules: RosterRules;
  /** What its guard holds; undefined for a new one. */
  readonly before: RosterRecord | undefined;
  /** Whom its guard will hold: as before, in a run that leaves it out. */
  readonly after: readonly RosterPerson[];
  readonly wanted: readonly Wanted[];
  /** Of the API key; undefined if it belongs to none. */
  readonly account: () => Promise<{ readonly userId: string } | undefined>;
  /** Whether the preview of each person has told what becomes of them. */
  readonly isToldByEach: boolean;
}

/** What is told of a roster before its sweep. */
export interface RosterPreview {
  readonly notes: readonly Note[];
  /** Addresses of those whom nothing declares and whom `unmanaged: "remove"` removes. */
  readonly remove: readonly string[];
  /** Why `up` would be refused. */
  readonly refusal?: string | undefined;
}

/** What the rosters of one deployment know of each other. */
export class Rosters {
  readonly #breakGlass = new Set<string>();
  /** `<organizationId>/<email>` */
  readonly #declared = new Set<string>();
  /** By organization. */
  readonly #strangers = new Map<string, Strangers>();

  /** Before anything is looked at: addresses that no roster removes, in whatever organization. */
  protect(breakGlass: readonly string[]): void {
    for (const address of breakGlass) this.#breakGlass.add(normalize(address));
  }

  /** Before anything is looked at: a roster of this organization, and whom it declares. */
  expect(
    organizationId: string,
    unmanaged: Unmanaged,
    people: readonly { readonly email: string }[],
  ): void {
    const strangers = this.#strangers.get(organizationId) ?? new Strangers(organizationId);
    this.#strangers.set(organizationId, strangers);
    strangers.add(unmanaged);
    for (const { email } of people) this.#declared.add(idOf({ organizationId, email }));
  }

  /**
   * Tells what `up` will do for everybody on a roster, by the lists of the server and what the stack knows. Leaves the names
   * of those whom `unmanaged: "remove"` removes for the run that follows, which removes nobody else.
   */
  async preview(roster: PreviewedRoster): Promise<RosterPreview> {
    try {
      const told = await this.#tell(roster);
      if (roster.rules.unmanaged !== "remove") return told;
      if (told.refusal !== undefined) forgetNames(roster.key);
      else {
        const { key, apiUrl: server, organizationId } = roster;
        leaveNames({ key, server, organizationId, emails: told.remove });
      }
      return told;
    } catch (error) {
      if (roster.rules.unmanaged === "remove") forgetNames(roster.key);
      const text = `${whyUnknown(error)}, so this preview does not show per-person changes. Everything else in it is accurate. ${(error as Error).message}`;
      return { notes: [{ level: "warn", text }], remove: [] };
    }
  }

  /**
   * In an update with `unmanaged: "remove"`: those whom the last preview has named and whom the program still does not
   * declare.
   */
  async namedBefore(roster: SweptRoster): Promise<RosterPreview> {
    const nobody = (why: string): RosterPreview => ({
      notes: [{ level: "warn", text: `unmanaged: "remove" removes nobody in this run${why}` }],
      remove: [],
    });
    try {
      const left = namesLeft({ ...roster, server: roster.apiUrl });
      if (left === undefined)
        return nobody(
          ", because no preview of this stack named anybody on this machine within the last hour. Run `pulumi up` without --skip-preview.",
        );
      if (left.length === 0) return { notes: [], remove: [] };
      const unmanaged = this.#unmanagedIn(await roster.everybody(), roster);
      return { notes: [], remove: unmanaged.filter((email) => left.includes(email)) };
    } catch (error) {
      return nobody(`. ${(error as Error).message}`);
    }
  }

  #unmanagedIn(everybody: Everybody, roster: SweptRoster): string[] {
    const stays = (email: string) => this.#breakGlass.has(email) || this.#declares(roster, email);
    return [...unmanagedIn(everybody, stays)];
  }

  /** Rosters that come later are declared before their people are registered. */
  #declares({ organizationId, isDeclared }: SweptRoster, email: string): boolean {
    const person = idOf({ organizationId, email });
    return this.#declared.has(person) || isDeclared(person);
  }

  async #tell(roster: PreviewedRoster): Promise<RosterPreview> {
    const { organizationId, before, rules, wanted } = roster;
    const everybody = await roster.everybody();
    const after = { organizationId, people: roster.after };
    // Who was in another organization is not in these lists; the rails refuse such a change anyway.
    const leaving = before?.organizationId === organizationId ? removedPeople(before, after) : [];
    const isDeclared = (email: string) => this.#declares(roster, email);
    const isSwept = rules.unmanaged === "remove" ? this.#unmanagedIn(everybody, roster) : [];
    const out = leaving.map(({ email }) => email).filter((email) => !isDeclared(email));
    const situation: Situation = {
      ...{ everybody, wanted, isDeclared, breakGlass: this.#breakGlass },
      leaving: [...new Set([...out, ...isSwept])],
    };
    const account = lowersAnybody(situation) ? await roster.account() : undefined;
    const forecasts = forecast(situation, account?.userId);
    const byEmail = new Map(forecasts.map((one) => [one.email, one]));
    const isLeaving = new Set(leaving.map(({ email }) => email));
    const swept = isSwept.flatMap((email) => byEmail.get(email) ?? []);
    const day = utcDay(new Date());
    const notes = [
      ...(roster.isToldByEach ? [] : forecasts.slice(0, wanted.length).map(foretellWanted)),
      ...leaving.map((person) => foretellLeaving(person, byEmail.get(person.email), day)),
      ...swept.filter(({ email }) => !isLeaving.has(email)).map(foretellSwept),
      ...this.#foretellStrangers(organizationId, leaving, forecasts),
    ];
    const remove = swept.filter(({ refusal }) => refusal === null).map(({ email }) => email);
    const refused = notes.flatMap(({ level, email = "" }) => (level === "error" ? [email] : []));
    const refusal =
      refused.length > 0
        ? `${count(refused.length, "person", "people")} on the roster would be refused: ${firstTen(refused)}. Nothing was written.`
        : checkUnmanaged(
            remove,
            before?.people.length ?? 0,
            unmanagedIn(everybody, () => false).length,
            rules.limits,
          );
    return { notes, remove, refusal };
  }

  #foretellStrangers(
    organizationId: string,
    leaving: readonly RosterPerson[],
    forecasts: readonly Forecast[],
  ): readonly Note[] {
    const strangers = this.#strangers.get(organizationId);
    return strangers?.foretell(leaving, forecasts, this.#breakGlass) ?? [];
  }
}

/** The undeclared people of one organization. The last of its rosters reports them, once. */
class Strangers {
  #rosters = 0;
  /** Nothing is left to report: a roster removes them and names each, or ignores them. */
  #isTold = false;
  readonly #known = new Set<string>();

  constructor(private readonly organizationId: string) {}

  add(unmanaged: Unmanaged): void {
    this.#rosters += 1;
    this.#isTold ||= unmanaged !== "warn";
  }

  foretell(
    leaving: readonly RosterPerson[],
    forecasts: readonly Forecast[],
    breakGlass: ReadonlySet<string>,
  ): Note[] {
    for (const { email } of leaving) this.#known.add(email);
    this.#rosters -= 1;
    if (this.#rosters > 0 || this.#isTold) return [];
    const unmanaged = forecasts.filter(
      ({ change, email }) =>
        change === "unmanaged" && !this.#known.has(email) && !breakGlass.has(email),
    );
    return unmanaged.length > 0 ? [foretellUnmanaged(this.organizationId, unmanaged)] : [];
  }
}
