import { emailProblem } from "../lifecycle/check";
import { show } from "../printable";
import { type Role, roleNumber } from "../trieve/model";
import { hasEnded } from "./people";
import { count, firstTen, nearest, unknownKeys } from "./words";

/** Limits on one change of a roster. */
export interface Limits {
  /**
   * How many people one change can remove, as a number or as a percentage of the previous list. With
   * `unmanaged: "remove"`, the percentage is of everybody in the organization. A percentage above 0% always allows one
   * person. `0` and `"0%"` allow none. People whose `until` has passed do not count. A change of organization counts as
   * removing everyone. `"100%"` also allows `pulumi destroy`.
   *
   * @default "25%"
   */
  readonly maxRemovals?: number | `${number}%`;
  /**
   * How many owners the roster must keep. An invited owner counts, and an owner whose `until` has passed does not. A
   * roster that already has fewer may keep its number, and the last change can always be reverted. If set, the first
   * `up` must declare at least as many.
   *
   * @default 1
   */
  readonly minOwners?: number;
  /**
   * Email domains that the roster allows. Case-insensitive. A subdomain is a different domain.
   *
   * @default any
   */
  readonly allowedDomains?: readonly string[];
}

/** Whom a roster declares in an organization at one time: what a run leaves for the next to compare with. */
export interface RosterRecord {
  readonly organizationId: string;
  readonly people: readonly RosterPerson[];
  /** How many owners the list had before its last change; missing: there was none. */
  readonly ownersBefore?: number;
}

/** One person of a record. */
export interface RosterPerson {
  /** Lower case. */
  readonly email: string;
  readonly role: Role;
  /** Last day, YYYY-MM-DD in UTC. */
  readonly until?: string;
}

/** What a change must not exceed, and whom it must not touch. */
export interface Rules {
  readonly limits: Limits;
  /** Addresses, in any case, that no change may remove or demote. */
  readonly breakGlass: readonly string[];
}

/** Whether a roster may lose everybody at once, by which a `pulumi destroy` that is meant is declared. */
export function isMeantToEnd({ maxRemovals }: Limits): boolean {
  return (
    typeof maxRemovals === "string" &&
    isShare(maxRemovals) &&
    Number.parseFloat(maxRemovals) === 100
  );
}

const defaultMaxRemovals = "25%";
const defaultMinOwners = 1;

/**
 * Whether a roster may go from one list to another. Pure: asks nobody.
 *
 * @param before what the last run recorded; undefined on the first
 * @param after what is declared now
 * @param day today, YYYY-MM-DD in UTC
 * @returns the reasons against it, each with what to do; also what is wrong with the limits. Empty if it may
 */
export function checkRails(
  before: RosterRecord | undefined,
  after: RosterRecord,
  rules: Rules,
  day: string,
): string[] {
  const problems = checkRules(rules);
  if (problems.length > 0) return problems;
  return [
    ...checkRemovals(before, after, rules.limits, day),
    ...checkOwners(before, after, rules.limits),
    ...checkBreakGlass(before, after, rules.breakGlass),
    ...checkDomains(after, rules.limits),
  ];
}

/**
 * Who goes with a change, also those whose `until` ran out: everybody if the organization is another.
 *
 * @returns people as they were before, in that order
 */
export function removedPeople(
  before: RosterRecord | undefined,
  after: RosterRecord,
): readonly RosterPerson[] {
  if (before === undefined) return [];
  if (before.organizationId !== after.organizationId) return before.people;
  const declared = new Set(after.people.map(({ email }) => email));
  return before.people.filter(({ email }) => !declared.has(email));
}

function checkRemovals(
  before: RosterRecord | undefined,
  after: RosterRecord,
  { maxRemovals = defaultMaxRemovals }: Limits,
  day: string,
): string[] {
  if (before === undefined) return [];
  const removed = removedPeople(before, after).filter((person) => !hasEnded(person, day));
  const total = before.people.length;
  const allowed = removalsAllowed(maxRemovals, total);
  if (removed.length <= allowed) return [];
  const why =
    before.organizationId === after.organizationId
      ? "This"
      : `Moving from organization ${before.organizationId} to ${after.organizationId}`;
  const enough = enoughFor(removed.length, total, maxRemovals);
  return [
    `${why} would remove ${removed.length} of ${count(total, "person", "people")}, and limits.maxRemovals ${show(maxRemovals)} allows ${allowed}: ${namesOf(removed)}. If this is intended, raise limits.maxRemovals to ${enough} for one run.`,
  ];
}

/**
 * Whether so many people whom nothing declares may be removed, those whose line is gone among them. Pure.
 *
 * @param emails of those who would be removed
 * @param recorded how many the last run declared
 * @param present how many are in the organization or invited
 * @returns a sentence that says why it is refused and how to proceed; undefined if it is allowed
 */
export function checkUnmanaged(
  emails: readonly string[],
  recorded: number,
  present: number,
  { maxRemovals = defaultMaxRemovals }: Limits,
): string | undefined {
  const total = Math.max(recorded, present);
  const allowed = removalsAllowed(maxRemovals, total);
  if (emails.length <= allowed) return undefined;
  const enough = enoughFor(emails.length, total, maxRemovals);
  return `unmanaged: "remove" would remove ${emails.length} of ${count(total, "person", "people")}, and limits.maxRemovals ${show(maxRemovals)} allows ${allowed}: ${firstTen(emails)}. If this is intended, raise limits.maxRemovals to ${enough} for one run. Otherwise, add them to the roster.`;
}

function removalsAllowed(maxRemovals: number | string, total: number): number {
  if (typeof maxRemovals === "number") return maxRemovals;
  const share = Number(maxRemovals.slice(0, -1));
  return share === 0 ? 0 : Math.max(1, Math.floor((share * total) / 100));
}

/** The limit that allows so many, in the form of the given one. */
function enoughFor(n: number, total: number, given: number | string): string {
  return typeof given === "number" ? `${n}` : `"${Math.ceil((n / total) * 100)}%"`;
}

function checkOwners(
  before: RosterRecord | undefined,
  after: RosterRecord,
  { minOwners }: Limits,
): string[] {
  const owners = ownersOn(after.people);
  const wanted = minOwners ?? defaultMinOwners;
  const advice = `Write "role: owner" on somebody's line, or set limits.minOwners to ${owners.length}.`;
  if (before === undefined)
    return owners.length >= (minOwners ?? 0)
      ? []
      : [
          `The roster declares ${count(owners.length, "owner", "owners")}, and limits.minOwners is ${wanted}. ${advice}`,
        ];
  const previous = ownersOn(before.people);
  // Taking back the last change is no loss: a run that was interrupted may have made nobody an owner.
  const were = Math.min(previous.length, before.ownersBefore ?? previous.length);
  if (owners.length >= Math.min(wanted, were)) return [];
  const still = new Set(owners.map(({ email }) => email));
  const lost = previous.filter(({ email }) => !still.has(email));
  return [
    `This would leave ${count(owners.length, "owner", "owners")} of ${previous.length}, and limits.minOwners is ${wanted}. ${namesOf(lost)} would lose the owner role. ${advice}`,
  ];
}

/** Those of a list who are to be owners. */
export function ownersOn(people: readonly RosterPerson[]): readonly RosterPerson[] {
  return people.filter(({ role }) => role === "owner");
}

function checkBreakGlass(
  before: RosterRecord | undefined,
  after: RosterRecord,
  breakGlass: readonly string[],
): string[] {
  const guarded = new Set(breakGlass.map(normalize));
  const removed = removedPeople(before, after).filter(({ email }) => guarded.has(email));
  const roles = new Map(after.people.map(({ email, role }) => [email, role]));
  const gone = new Set(removed.map(({ email }) => email));
  const demoted = (before?.people ?? []).flatMap(({ email, role }) => {
    const now = roles.get(email);
    const lower = now !== undefined && roleNumber(now) < roleNumber(role);
    return guarded.has(email) && !gone.has(email) && lower ? [`${email} (${role} to ${now})`] : [];
  });
  const problems: string[] = [];
  if (removed.length > 0)
    problems.push(
      `This would remove ${count(removed.length, "address", "addresses")} that breakGlass protects: ${namesOf(removed)}. Declare them as before, or remove them from breakGlass.`,
    );
  if (demoted.length > 0)
    problems.push(
      `This would demote ${count(demoted.length, "address", "addresses")} that breakGlass protects: ${firstTen(demoted)}. Write the role as before, or remove them from breakGlass.`,
    );
  return problems;
}

function checkDomains({ people }: RosterRecord, { allowedDomains }: Limits): string[] {
  if (allowedDomains === undefined) return [];
  const allowed = allowedDomains.map(normalize);
  const domainOf = ({ email }: RosterPerson) =>
    email.slice(email.lastIndexOf("@") + 1).toLowerCase();
  const others = people.filter((person) => !allowed.includes(domainOf(person)));
  return [...Map.groupBy(others, domainOf)].map(([domain, persons]) => {
    const meant = nearest(domain, allowed);
    const correct = meant ? `Did you mean ${meant}? If not` : "If this is intended";
    return `limits.allowedDomains does not include ${domain}, the domain of ${count(persons.length, "address", "addresses")}: ${namesOf(persons)}. ${correct}, add ${show(domain)} to limits.allowedDomains.`;
  });
}

/** Rules come from a program, which may be JavaScript: a limit that is misspelt would limit nothing. */
function checkRules({ limits, breakGlass }: Rules): string[] {
  const { maxRemovals, minOwners, allowedDomains } = limits;
  const known = ["maxRemovals", "minOwners", "allowedDomains"];
  const problems = unknownKeys(limits, known).map((text) => `limits: ${text}.`);
  if (maxRemovals !== undefined && !isCount(maxRemovals) && !isShare(maxRemovals))
    problems.push(
      `limits.maxRemovals ${show(maxRemovals)} must be a whole number from 0, or a percentage from "0%" to "100%".`,
    );
  if (minOwners !== undefined && !isCount(minOwners))
    problems.push(`limits.minOwners ${show(minOwners)} must be a whole number from 0.`);
  if (allowedDomains?.length === 0)
    problems.push(
      "limits.allowedDomains is empty, which allows nobody. Omit it to allow any domain.",
    );
  for (const domain of allowedDomains ?? [])
    if (emailProblem(`a@${normalize(domain)}`) !== undefined)
      problems.push(
        `limits.allowedDomains: ${show(domain)} is not a domain; write one such as example.com.`,
      );
  for (const email of breakGlass) {
    const problem = emailProblem(normalize(email));
    if (problem !== undefined) problems.push(`breakGlass: ${show(email)} ${problem}.`);
  }
  return problems;
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0;
}

function isShare(value: unknown): boolean {
  return (
    typeof value === "string" && /^\d+(\.\d+)?%$/.test(value) && Number.parseFloat(value) <= 100
  );
}

/** An address or a domain as it is compared. */
export function normalize(text: string): string {
  return text.trim().toLowerCase();
}

function namesOf(people: readonly RosterPerson[]): string {
  return firstTen(people.map(({ email }) => email));
}
