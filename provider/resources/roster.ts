import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { defined } from "../defined";
import type { DeletionPolicy, Inputs, Status } from "../lifecycle/state";
import { show } from "../printable";
import type { RosterEntry } from "../roster/file";
import { peopleOn, utcDay } from "../roster/people";
import { isMeantToEnd, type Limits, normalize, type RosterPerson } from "../roster/rails";
import { unknownKeys } from "../roster/words";

/** What a program says of a roster, but for its organization. */
export interface RosterArguments {
  readonly file?: string;
  readonly members?: unknown;
  readonly defaults?: unknown;
  readonly deletionPolicy?: DeletionPolicy;
  readonly limits?: Limits;
  readonly breakGlass?: readonly string[];
  readonly unmanaged?: Unmanaged;
}

/** What becomes of people whom nothing declares. */
export type Unmanaged = "warn" | "ignore" | "remove";

/** What a roster goes by. */
export type RosterRules = Required<
  Pick<RosterArguments, "deletionPolicy" | "limits" | "breakGlass" | "unmanaged">
>;

export function rosterRules(args: RosterArguments): RosterRules {
  const { deletionPolicy = "remove", limits = {}, breakGlass = [], unmanaged = "warn" } = args;
  return { deletionPolicy, limits, breakGlass, unmanaged };
}

/** Everybody on a roster today, or what is wrong with it: how many problems, and each of them, if it has more to say. */
export type ReadRoster =
  | { readonly people: readonly RosterEntry[] }
  | { readonly people: undefined; readonly summary: string; readonly problems: readonly string[] };

/** Reads the people of a roster. */
export function readRoster(args: RosterArguments): ReadRoster {
  const { file, members, defaults } = args;
  const wrong = (summary: string, problems: readonly string[] = []): ReadRoster => ({
    people: undefined,
    summary,
    problems,
  });
  const misshapen = problemsOf(args);
  if (misshapen.length > 0) return wrong(" has wrong arguments:", misshapen);
  if ((file === undefined) === (members === undefined))
    return wrong(": set either `file` or `members`.");
  let text = "";
  try {
    if (file !== undefined) text = readFileSync(file, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return wrong(`: ${code === "ENOENT" ? `there is no file ${resolve(file ?? "")}` : message}`);
  }
  // Loaded when a roster is made: a program without one starts faster.
  const { checkMembers, formatProblem, parseRoster } =
    require("../roster/file") as typeof import("../roster/file");
  const result = file === undefined ? checkMembers({ defaults, members }) : parseRoster(text, file);
  if (result.members) return { people: peopleOn(result.members, utcDay(new Date())).present };
  const problems = result.problems.map(formatProblem);
  const number = problems.length === 1 ? "a problem" : `${problems.length} problems`;
  return wrong(` has ${number}:`, problems);
}

const names = [
  ...["file", "members", "defaults", "organizationId", "deletionPolicy", "limits", "breakGlass"],
  "unmanaged",
];

/** Arguments come from programs without types as well. What is wrong inside of them is told elsewhere. */
function problemsOf(args: RosterArguments): string[] {
  const { file, limits = {}, breakGlass = [], unmanaged } = args;
  const isMap = typeof limits === "object" && limits !== null && !Array.isArray(limits);
  const { allowedDomains = [] } = isMap ? limits : {};
  const choices: readonly unknown[] = ["warn", "ignore", "remove", undefined];
  return [
    ...unknownKeys(args, names),
    ...(file === undefined || typeof file === "string" ? [] : ["file: must be the path of a file"]),
    ...(isMap ? [] : ["limits: must be a map"]),
    ...(areTexts(allowedDomains) ? [] : ["limits.allowedDomains: must be a list of domains"]),
    ...(areTexts(breakGlass) ? [] : ["breakGlass: must be a list of email addresses"]),
    ...(choices.includes(unmanaged)
      ? []
      : [`unmanaged: ${show(unmanaged)} must be "warn", "ignore" or "remove"`]),
  ];
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}

/** What the guard of a roster is to hold of it. Sorted: the order of the list means nothing. */
export function guardedPeople(people: readonly RosterEntry[]): readonly RosterPerson[] {
  return people
    .map(({ email, role, until }): RosterPerson => defined({ email, role, until }))
    .sort((a, b) => (a.email < b.email ? -1 : 1));
}

/** What a roster says of somebody. */
export type RosterMemberInputs = Pick<
  Inputs,
  "email" | "role" | "roleIsDefault" | "scopes" | "resendTrigger"
>;

/** The arguments of somebody's resource. */
export function memberInputs(entry: RosterEntry): RosterMemberInputs {
  const { email, role, roleIsDefault, scopes, resend } = entry;
  return defined({
    email,
    role,
    roleIsDefault: roleIsDefault || undefined,
    scopes: scopes && [...scopes],
    resendTrigger: resend,
  });
}

/** Whether somebody's resource bears the mark of the roster, without whose guard they are then not removed. */
export function bearsMark(email: string, { limits, breakGlass }: RosterRules): boolean {
  return !isMeantToEnd(limits) || breakGlass.some((address) => normalize(address) === email);
}

/** How many people a roster has. */
export function countsOf(people: Readonly<Record<string, Status>>): {
  member: number;
  pending: number;
} {
  const all = Object.values(people);
  return {
    member: all.filter((status) => status === "member").length,
    pending: all.filter((status) => status === "pending").length,
  };
}
