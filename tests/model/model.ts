/**
 * What is to become of people, by the documented rules alone. Knows neither the provider nor the simulator: it is told
 * what the server holds and what the stack has recorded, and says what a deployment has to make of them.
 */

export type Role = "user" | "admin" | "owner";
const roles: readonly Role[] = ["user", "admin", "owner"];

export type Scopes = readonly string[] | null;

interface Row {
  /** As it is spelled at the server. */
  readonly email: string;
  readonly role: Role;
  readonly scopes: Scopes;
}

/** What the server holds of one person, in whatever case. Rows of one spelling are rows of one account. */
export interface Place {
  readonly members: readonly Row[];
  /** Oldest first. */
  readonly unused: readonly Row[];
  readonly used: readonly Row[];
}

export type Phase = "absent" | "pending" | "member";

/** People by address in lower case. */
export interface World {
  readonly places: ReadonlyMap<string, Place>;
  /** Every spelling that somebody has signed up with. */
  readonly accounts: ReadonlySet<string>;
}

/** What the program says of one person. */
export interface Declared {
  readonly email: string;
  readonly role?: Role;
  /** Whom the stack does not know it must not lower. */
  readonly roleIsDefault?: boolean;
  readonly scopes?: readonly string[];
  readonly deletionPolicy: "revert" | "remove";
  readonly resendTrigger?: string;
  /** The mark of the roster whose guard watches over them. */
  readonly roster?: string;
}

/** What the stack has recorded of one resource. */
export interface Held {
  readonly email: string;
  /** Of somebody absent: as last seen. */
  readonly role: Role | null;
  readonly scopes: Scopes;
  readonly status: Phase;
  readonly adopted: boolean;
  readonly originalRole: Role | null;
  readonly mailFailed: boolean;
  readonly deletionPolicy: "revert" | "remove";
  readonly resendTrigger: string | null;
  readonly managed: readonly string[];
  readonly roster: string | null;
  /** Its last operation ended half-way: the engine updates it, whatever the difference. */
  readonly failed: boolean;
}

export interface Stack {
  readonly resources: ReadonlyMap<string, Held>;
  /** Replaced, and still to be deleted. */
  readonly condemned: readonly Held[];
}

/** The list that a roster's guard was checked with, in one deployment. */
export interface Approval {
  readonly people: ReadonlySet<string>;
  readonly breakGlass: ReadonlySet<string>;
}

interface Options {
  readonly refresh: boolean;
  readonly mailRequired: boolean;
  /** What may be done to people who bear a mark; `none`: their guard was left out. @default all */
  readonly approval?: Approval | "all" | "none";
  /** Whether a run is about a resource. @default about all */
  readonly includes?: (name: string) => boolean;
  /** Whom the program hands to the sweep of its roster. @default nobody */
  readonly handed?: readonly string[];
}

/** What an undisturbed deployment comes to. */
export interface Plan {
  readonly start: World;
  readonly world: World;
  readonly resources: ReadonlyMap<string, Held>;
  /** Mails to each person. */
  readonly mails: ReadonlyMap<string, number>;
  /** Whom it is about. */
  readonly touched: ReadonlySet<string>;
  /** Who is out for a moment, on the way to being in again. */
  readonly between: ReadonlySet<string>;
  /** Who gets a mail for the asking, again if nobody knows that it was sent. */
  readonly resent: ReadonlySet<string>;
  /** A guard stops this, or may, as it depends on the order. */
  readonly mayBeRefused: boolean;
  /** Who stays as they are, and the run fails. */
  readonly refused: ReadonlySet<string>;
  /** Whom the sweep removes. */
  readonly swept: ReadonlySet<string>;
}

export const nobody: Place = { members: [], unused: [], used: [] };

export function phaseOf(place: Place): Phase {
  if (place.members.length > 0) return "member";
  return place.unused.length > 0 ? "pending" : "absent";
}

/** Everybody who owns the organization, by account. */
export function ownersIn(world: Pick<World, "places">): Set<string> {
  const rows = [...world.places.values()].flatMap(({ members }) => members);
  return new Set(rows.filter(({ role }) => role === "owner").map(({ email }) => email));
}

/** By account, once for each row. */
function ownerRows({ members }: Place): string[] {
  return members.filter(({ role }) => role === "owner").map(({ email }) => email);
}

function highest(rows: readonly Row[]): Role {
  return roles[Math.max(...rows.map(({ role }) => roles.indexOf(role)))] ?? "user";
}

/** What somebody is, or is invited to be; undefined: neither. */
function roleIn(place: Place): Role | undefined {
  const phase = phaseOf(place);
  if (phase === "absent") return undefined;
  return highest(phase === "member" ? place.members : place.unused.slice(-1));
}

function same(a: Scopes, b: Scopes): boolean {
  return JSON.stringify(a && [...a].sort()) === JSON.stringify(b && [...b].sort());
}

/** What becomes of a remembered role: nobody becomes owner again unless the program says so. */
function comeback(role: Role): Role {
  return role === "owner" ? "admin" : role;
}

/** What somebody may do with all their rows together. */
function widest(rows: readonly Row[]): Scopes {
  if (rows.some(({ scopes }) => scopes === null)) return null;
  return [...new Set(rows.flatMap(({ scopes }) => scopes ?? []))].sort();
}

/** A deployment under way. */
class Course {
  readonly places: Map<string, Place>;
  readonly mails = new Map<string, number>();
  readonly touched = new Set<string>();
  readonly between = new Set<string>();
  readonly resent = new Set<string>();
  readonly lowered = new Set<string>();
  readonly refused = new Set<string>();
  readonly swept = new Set<string>();
  /** It depends on the order who of several owners is the last one. */
  isUnclear = false;

  constructor(
    readonly start: World,
    readonly mailRequired: boolean,
    readonly approval: Approval | "all" | "none",
  ) {
    this.places = new Map(start.places);
  }

  place(email: string): Place {
    return this.places.get(email) ?? nobody;
  }

  /** Somebody with an account is in at once, anybody else is invited. */
  invite(email: string, row: Row): void {
    const place = this.place(email);
    const known = this.start.accounts.has(row.email);
    this.places.set(email, {
      ...place,
      members: known ? [...place.members, row] : place.members,
      unused: known ? place.unused : [...place.unused, row],
    });
    this.mails.set(email, (this.mails.get(email) ?? 0) + 1);
  }

  /** Whether something may be done to somebody who bears a mark. */
  #isApproved(email: string, goal: "in" | "out", was: Place, is: Place): boolean {
    const { approval } = this;
    const isWrite = show(was) !== show(is) || this.mails.has(email);
    if (approval === "all" || !isWrite) return true;
    if (approval === "none") return false;
    if (goal === "out") return !approval.people.has(email) && !approval.breakGlass.has(email);
    const standing = (place: Place) => roles.indexOf(roleIn(place) ?? "user");
    const lowers =
      phaseOf(was) !== "absent" &&
      (standing(is) < standing(was) || (phaseOf(was) === "member" && this.between.has(email)));
    return !(lowers && approval.breakGlass.has(email));
  }

  /** Undefined if it is refused: then everything about them stays as it was. */
  ensure(wanted: Declared, held: Held | undefined): Held | undefined {
    const { email } = wanted;
    const was = this.place(email);
    const mark = wanted.roster ?? held?.roster ?? null;
    const found = roleIn(was);
    const lowersByDefault =
      held === undefined &&
      wanted.roleIsDefault === true &&
      found !== undefined &&
      roles.indexOf(found) > roles.indexOf(wanted.role ?? "user");
    const made = this.#ensure(wanted, held);
    if (
      !lowersByDefault &&
      (mark === null || this.#isApproved(email, "in", was, this.place(email)))
    )
      return made;
    this.places.set(email, was);
    this.mails.delete(email);
    this.between.delete(email);
    this.refused.add(email);
    return undefined;
  }

  #ensure(wanted: Declared, held: Held | undefined): Held {
    const { email } = wanted;
    const before = this.place(email);
    const phase = phaseOf(before);
    const clearScopes = held?.managed.includes("scopes") === true && wanted.scopes === undefined;
    const resend =
      held !== undefined &&
      ((wanted.resendTrigger ?? null) !== held.resendTrigger || held.mailFailed);
    this.touched.add(email);
    if (phase === "absent") {
      this.places.set(email, nobody);
      const remembered = { role: held?.role ?? "user", scopes: clearScopes ? null : held?.scopes };
      this.invite(email, {
        email,
        role: wanted.role ?? comeback(remembered.role),
        scopes: wanted.scopes ?? remembered.scopes ?? null,
      });
    } else if (phase === "pending") {
      const newest = before.unused.at(-1) as Row;
      const role = wanted.role ?? newest.role;
      const scopes = wanted.scopes ?? (clearScopes ? null : newest.scopes);
      if (resend) this.resent.add(email);
      if (resend || role !== newest.role || !same(scopes, newest.scopes)) {
        this.between.add(email);
        this.places.set(email, nobody);
        this.invite(email, { email, role, scopes });
      }
    } else {
      this.#change(wanted, before, clearScopes);
    }
    const adoption = held
      ? { adopted: held.adopted, originalRole: held.originalRole }
      : phase === "member"
        ? { adopted: true, originalRole: highest(before.members) }
        : { adopted: false, originalRole: null };
    return this.recorded(email, {
      ...adoption,
      email,
      deletionPolicy: wanted.deletionPolicy,
      resendTrigger: wanted.resendTrigger ?? null,
      roster: wanted.roster ?? null,
      managed: (["role", "roleIsDefault", "scopes"] as const).filter(
        (key) => wanted[key] !== undefined,
      ),
      mailFailed: false,
      failed: false,
      role: null,
      scopes: null,
      status: "absent",
    });
  }

  #change(wanted: Declared, before: Place, clearScopes: boolean): void {
    const { email } = wanted;
    const accounts = new Set(before.members.map((row) => row.email));
    for (const account of accounts) {
      const rows = before.members.filter((row) => row.email === account);
      const role = wanted.role ?? highest(rows);
      const others = this.place(email).members.filter((row) => row.email !== account);
      const owner = rows.some((row) => row.role === "owner");
      if (clearScopes && rows.some(({ scopes }) => scopes !== null)) {
        this.between.add(email);
        if (owner) this.lowered.add(account);
        this.places.set(email, { ...this.place(email), members: others, unused: [] });
        this.invite(email, { email: account, role, scopes: null });
        continue;
      }
      if (owner && role !== "owner") this.lowered.add(account);
      const changed = rows.map((row) => ({
        ...row,
        role: wanted.role ?? row.role,
        scopes: wanted.scopes ?? row.scopes,
      }));
      this.places.set(email, { ...this.place(email), members: [...others, ...changed] });
    }
  }

  /** Whether that is done. */
  remove(held: Held): boolean {
    const { email } = held;
    const was = this.place(email);
    this.#remove(held);
    if (held.roster === null || this.#isApproved(email, "out", was, this.place(email))) return true;
    this.places.set(email, was);
    this.refused.add(email);
    return false;
  }

  #remove(held: Held): void {
    const { email } = held;
    this.touched.add(email);
    const { members, unused, used } = this.place(email);
    const original = held.originalRole;
    if (members.length > 0 && held.adopted && held.deletionPolicy === "revert") {
      if (original === null) return;
      const limit = roles.indexOf(original);
      for (const row of members)
        if (row.role === "owner" && original !== "owner") this.lowered.add(row.email);
      // An account's rows go together.
      const high = new Set(
        members.filter(({ role }) => roles.indexOf(role) > limit).map((row) => row.email),
      );
      const lower = (row: Row) => (high.has(row.email) ? { ...row, role: original } : row);
      this.places.set(email, { members: members.map(lower), unused, used });
      return;
    }
    for (const row of members) if (row.role === "owner") this.lowered.add(row.email);
    this.places.set(email, { members: [], unused: [], used });
  }

  /** Nobody without their guard, nobody on its breakGlass, and not the last owner: none of that fails. */
  sweep(emails: readonly string[]): void {
    const { approval } = this;
    if (approval === "none") return;
    const going = emails.filter(
      (email) =>
        phaseOf(this.place(email)) !== "absent" &&
        (approval === "all" || !approval.breakGlass.has(email)),
    );
    const owning = going.filter((email) => ownerRows(this.place(email)).length > 0);
    const theirs = new Set(owning.flatMap((email) => ownerRows(this.place(email))));
    const isForLast =
      approval !== "all" && owning.length > 0 && ownersIn(this).size === theirs.size;
    this.isUnclear ||= isForLast && owning.length > 1;
    for (const email of going) {
      if (isForLast && owning.length === 1 && owning[0] === email) continue;
      this.places.set(email, { ...this.place(email), members: [], unused: [] });
      this.swept.add(email);
    }
  }

  /** What the lists show, with what only the state knows. */
  recorded(email: string, held: Held): Held {
    const place = this.place(email);
    const status = phaseOf(place);
    const rows = status === "member" ? place.members : place.unused.slice(-1);
    return {
      ...held,
      status,
      role: rows.length === 0 ? held.role : highest(rows),
      scopes: rows.length === 0 ? held.scopes : widest(rows),
      mailFailed: held.mailFailed && status === "pending",
    };
  }

  differs(held: Held, wanted: Declared): boolean {
    return (
      held.failed ||
      held.status === "absent" ||
      (held.mailFailed && this.mailRequired) ||
      (wanted.role !== undefined && wanted.role !== held.role) ||
      (wanted.scopes !== undefined && !same(wanted.scopes, held.scopes)) ||
      (wanted.role !== undefined) !== held.managed.includes("role") ||
      (wanted.roleIsDefault !== undefined) !== held.managed.includes("roleIsDefault") ||
      (wanted.scopes !== undefined) !== held.managed.includes("scopes") ||
      (wanted.roster ?? null) !== held.roster ||
      wanted.deletionPolicy !== held.deletionPolicy ||
      (wanted.resendTrigger ?? null) !== held.resendTrigger
    );
  }
}

/** What a deployment has to come to if nothing disturbs it. */
export function plan(
  world: World,
  stack: Stack,
  program: ReadonlyMap<string, Declared> | undefined,
  { refresh, mailRequired, approval = "all", includes = () => true, handed = [] }: Options,
): Plan {
  const course = new Course(world, mailRequired, approval);
  const resources = new Map(stack.resources);
  if (refresh) {
    for (const [name, held] of stack.resources)
      if (includes(name))
        resources.set(name, course.recorded(held.email, { ...held, failed: false }));
  }
  if (program !== undefined) {
    const leaving = [...stack.condemned];
    for (const [name, wanted] of program) {
      if (!includes(name)) continue;
      const held = resources.get(name);
      const isSame = held?.email === wanted.email;
      if (isSame && !course.differs(held, wanted)) continue;
      const made = course.ensure(wanted, isSame ? held : undefined);
      if (made === undefined) continue;
      if (held !== undefined && !isSame) leaving.push(held);
      resources.set(name, made);
    }
    const gone = [...resources].filter(([name]) => !program.has(name) && includes(name));
    leaving.push(...gone.map(([, held]) => held));
    const declared = new Set([...program.values()].map(({ email }) => email));
    course.sweep(handed.filter((email) => !declared.has(email)));
    const stays = leaving.filter((held) => !declared.has(held.email) && !course.remove(held));
    for (const [name, held] of gone) if (!stays.includes(held)) resources.delete(name);
  }
  const gone = new Set(
    [...course.swept].flatMap((email) => ownerRows(world.places.get(email) ?? nobody)),
  );
  const left = [...ownersIn(world)].filter(
    (account) => !course.lowered.has(account) && !gone.has(account),
  );
  return {
    start: world,
    world: { places: course.places, accounts: world.accounts },
    resources,
    mails: course.mails,
    touched: course.touched,
    between: course.between,
    resent: course.resent,
    refused: course.refused,
    swept: course.swept,
    mayBeRefused: course.isUnclear || (course.lowered.size > 0 && left.length === 0),
  };
}

export interface List {
  readonly people: readonly { readonly email: string; readonly role: Role }[];
  /** How many owners there were before the last change. */
  readonly ownersBefore?: number;
}

export interface Limits {
  readonly maxRemovals?: number | `${number}%`;
  readonly minOwners?: number;
}

/** How many of a list one change may remove. */
function removable({ maxRemovals = "25%" }: Limits, total: number): number {
  if (typeof maxRemovals === "number") return maxRemovals;
  const share = Number.parseInt(maxRemovals, 10) / 100;
  return Math.max(share > 0 ? 1 : 0, Math.floor(share * total));
}

/** Whether a roster may go from one list to another. */
export function mayGo(
  before: List | undefined,
  after: List,
  limits: Limits,
  breakGlass: ReadonlySet<string>,
): boolean {
  const owners = (list: List) => list.people.filter(({ role }) => role === "owner").length;
  const { minOwners } = limits;
  if (before === undefined) return owners(after) >= (minOwners ?? 0);
  const now = new Map(after.people.map(({ email, role }) => [email, role]));
  const removed = before.people.filter(({ email }) => !now.has(email));
  const were = Math.min(owners(before), before.ownersBefore ?? owners(before));
  const isLower = (was: Role, is: Role | undefined) =>
    roles.indexOf(is ?? was) < roles.indexOf(was);
  return (
    removed.length <= removable(limits, before.people.length) &&
    owners(after) >= Math.min(minOwners ?? 1, were) &&
    before.people.every(
      ({ email, role }) =>
        !breakGlass.has(email) || (now.has(email) && !isLower(role, now.get(email))),
    )
  );
}

/** Who is in or invited and neither declared nor on breakGlass, in order. */
export function strangersIn(
  { places }: World,
  isKnown: (email: string) => boolean,
): readonly string[] {
  return [...places]
    .filter(([email, place]) => phaseOf(place) !== "absent" && !isKnown(email))
    .map(([email]) => email)
    .sort();
}

/**
 * Whom of them a preview names for removal: all but the last owner that would be left.
 *
 * @param expected what the run comes to without it
 * @param recorded how many the list had that the last run has recorded
 * @returns undefined if that is more than the limits allow
 */
export function named(
  world: World,
  expected: Plan,
  strangers: readonly string[],
  limits: Limits,
  recorded: number,
): readonly string[] | undefined {
  const owners = ownersIn(expected.world);
  const names = strangers.filter((email) => {
    const theirs = ownerRows(world.places.get(email) ?? nobody);
    const others = [...owners].filter((account) => !theirs.includes(account));
    if (theirs.length > 0 && others.length === 0) return false;
    for (const account of theirs) owners.delete(account);
    return true;
  });
  const total = Math.max(recorded, strangersIn(world, () => false).length);
  return names.length <= removable(limits, total) ? names : undefined;
}

/**
 * What is wrong with a run for somebody whom nothing but their guard may change.
 *
 * @param isWatched nobody may remove or lower them
 */
export function unguarded(
  was: Place,
  is: Place,
  approval: "none" | { readonly isWatched: boolean; readonly isOnList: boolean },
  mayBeBetween: boolean,
): string | undefined {
  if (approval === "none")
    return show(was) === show(is) ? undefined : "was changed, and their guard was not asked";
  const [before, now] = [roleIn(was), roleIn(is)];
  if (before === undefined) return undefined;
  if (now === undefined) {
    if (approval.isWatched && phaseOf(was) === "member") return "was on breakGlass and is out";
    return (approval.isOnList || approval.isWatched) && !mayBeBetween ? "was lost" : undefined;
  }
  const isLower = roles.indexOf(now) < roles.indexOf(before);
  return approval.isWatched && isLower ? "was on breakGlass and has a lower role" : undefined;
}

/** A place as text, for comparison and for people. */
export function show({ members, unused, used }: Place): string {
  const rows = (kind: string, list: readonly Row[]) =>
    list
      .map(
        ({ email, role, scopes }) =>
          `${kind} ${email} ${role} ${JSON.stringify(scopes && [...scopes].sort())}`,
      )
      .sort();
  return [...rows("member", members), ...rows("pending", unused), ...rows("used", used)].join("; ");
}

/** What is wrong after a deployment that nothing disturbed. */
export function exactly(expected: Plan, actual: World): string[] {
  const people = new Set([...expected.world.places.keys(), ...actual.places.keys()]);
  return [...people].flatMap((email) => {
    const want = show(expected.world.places.get(email) ?? nobody);
    const have = show(actual.places.get(email) ?? nobody);
    return want === have ? [] : [`${email} is {${have}}, not {${want}}`];
  });
}

/** What is wrong after a deployment that was disturbed: everybody is as before, as planned, or on the way. */
export function onTheWay(before: World, expected: Plan, actual: World): string[] {
  const people = new Set([
    ...before.places.keys(),
    ...expected.world.places.keys(),
    ...actual.places.keys(),
  ]);
  return [...people].flatMap((email) => {
    const was = before.places.get(email) ?? nobody;
    const want = expected.world.places.get(email) ?? nobody;
    const is = actual.places.get(email) ?? nobody;
    const problem = journey(was, want, is, expected.between.has(email));
    return problem === undefined
      ? []
      : [`${email} ${problem}: was {${show(was)}}, is {${show(is)}}, wanted {${show(want)}}`];
  });
}

/** What is wrong after the death of the engine alone: everybody is as before or as planned. */
export function inOnePiece(before: World, expected: Plan, actual: World): string[] {
  return [...new Set([...before.places.keys(), ...expected.world.places.keys()])].flatMap(
    (email) => {
      const [was, want, is] = [before, expected.world, actual].map(({ places }) =>
        show(places.get(email) ?? nobody),
      );
      return is === was || is === want ? [] : [`${email} was left half-way: {${is}}`];
    },
  );
}

function journey(was: Place, want: Place, is: Place, between: boolean): string | undefined {
  if (show(is) === show(was) || show(is) === show(want)) return undefined;
  if (show(was) === show(want) && !between) return "was touched";
  const stays = phaseOf(was) === phaseOf(want) && !between;
  if (stays && phaseOf(is) !== phaseOf(was)) return "was lost";
  if (is.members.length > Math.max(was.members.length, want.members.length)) return "is in twice";
  const invitations = Math.max(was.unused.length, want.unused.length);
  if (is.unused.length > invitations) return "is invited twice";
  const known = (row: Row, rows: readonly Row[]) =>
    rows.some(({ email }) => email === row.email) &&
    rows.some(({ role }) => role === row.role) &&
    rows.some(({ scopes }) => same(scopes, row.scopes));
  if (is.members.some((row) => !known(row, [...was.members, ...want.members])))
    return "has rights that nobody gave";
  if (is.unused.some((row) => !known(row, [...was.unused, ...want.unused])))
    return "is offered rights that nobody gave";
  return undefined;
}

/**
 * What is wrong after a deployment, however it ended: the next one, if nothing disturbs it, has to come to the same as
 * this one would have come to.
 *
 * @param before what this one would have come to, undisturbed
 * @param after what the next one will come to
 * @param isForgotten who has no memory: a new resource that was replacing somebody else's invitation when it died
 */
export function astray(
  before: Plan,
  after: Plan,
  isForgotten: (email: string) => boolean,
): string[] {
  const people = new Set([...before.world.places.keys(), ...after.world.places.keys()]);
  return [...people].flatMap((email) => {
    const was = standingOf(before.world.places.get(email) ?? nobody);
    const is = standingOf(after.world.places.get(email) ?? nobody);
    if (was === is || isForgotten(email)) return [];
    const isOut = phaseOf(after.start.places.get(email) ?? nobody) === "absent";
    if (isOut && was.replace(/^owner/, "admin") === is) return [];
    return [`${email} was to be ${was}, and is to be ${is} now`];
  });
}

/** What somebody is or is invited to be. */
function standingOf(place: Place): string {
  const phase = phaseOf(place);
  if (phase === "absent") return "out";
  const rows = phase === "member" ? place.members : place.unused.slice(-1);
  return `${highest(rows)} ${JSON.stringify(widest(rows))}`;
}

/** What is wrong at the end: everybody who is declared is in, with their role, once. */
export function atTheEnd(program: Iterable<Declared>, world: World): string[] {
  return [...program].flatMap(({ email, role, scopes }) => {
    const place = world.places.get(email) ?? nobody;
    const rows = phaseOf(place) === "member" ? place.members : place.unused.slice(-1);
    const fits =
      rows.length > 0 &&
      (role === undefined || highest(rows) === role) &&
      (scopes === undefined || same(widest(rows), scopes));
    return fits ? [] : [`${email} is declared as ${role} ${scopes} but is {${show(place)}}`];
  });
}

/** What is wrong where nobody but those of the roster and those on breakGlass may be left: a last owner is kept. */
export function strangersLeft(strangers: readonly string[], world: World): string[] {
  const owners = ownersIn(world);
  return strangers.flatMap((email) => {
    const place = world.places.get(email) ?? nobody;
    const theirs = new Set(ownerRows(place));
    if (theirs.size > 0 && theirs.size === owners.size) return [];
    return [`${email} is declared by nothing, and is {${show(place)}}`];
  });
}
