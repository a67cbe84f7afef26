import { defined } from "../defined";
import { show } from "../printable";
import { isUuid, roleChoice } from "../settings";
import { type Role, roles } from "../trieve/model";
import type { Inputs } from "./state";

/** What the engine sends at preview in place of a value that is not known yet. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Checked arguments, in the form in which they are compared and stored; unknown ones as they came. */
export type Checked<T> =
  | { readonly inputs: T; readonly problems: readonly [] }
  | { readonly inputs: undefined; readonly problems: readonly string[] };

/**
 * Checks and normalizes what the program gave for one person. Pure: asks nobody.
 *
 * @param args as the program gave them, of any type
 * @param organizationId of the provider's settings, for resources that name none; `null` if it is wrong there
 */
export function checkArguments(
  args: Readonly<Record<string, unknown>>,
  organizationId: string | null | undefined,
): Checked<Inputs> {
  const given = new Arguments(args);
  const { problems } = given;
  const email = given.required("email", readEmail);
  const organization = checkOrganization(args.organizationId, organizationId);
  problems.push(...organization.problems);
  const role = given.optional("role", readRole);
  const roleIsDefault = given.optional("roleIsDefault", (value) => value === true);
  const scopes = given.optional("scopes", (value) =>
    readScopes(value, "is empty, which would lock the person out; omit it for no restriction"),
  );
  const roster = given.optional("roster", (value) => String(value));
  const deletionPolicy = given.optional("deletionPolicy", readDeletionPolicy) ?? "revert";
  const resendTrigger = given.optional("resendTrigger", readText);

  if (problems.length > 0 || email === undefined || organization.id === undefined)
    return { inputs: undefined, problems };
  return {
    inputs: defined({
      email,
      organizationId: organization.id,
      role,
      roleIsDefault: roleIsDefault || undefined,
      scopes,
      deletionPolicy,
      resendTrigger,
      roster,
    }),
    problems: [],
  };
}

/**
 * The organization that a resource is about, in lower case.
 *
 * @param named by the resource itself
 * @param organizationId of the provider's settings; `null` if it is wrong there, which is said elsewhere
 */
export function checkOrganization(
  named: unknown,
  organizationId: string | null | undefined,
): { readonly id: string | undefined; readonly problems: readonly string[] } {
  if (named === unknownValue) return { id: unknownValue, problems: [] };
  if (named === undefined || named === null)
    return {
      id: organizationId ?? undefined,
      problems: organizationId === undefined ? [missing] : [],
    };
  const id = readOrganization(named);
  return id instanceof Problem
    ? { id: undefined, problems: [`organizationId ${id.text}`] }
    : { id, problems: [] };
}

const missing =
  "organizationId is missing: run `pulumi config set trieve:organizationId <id>`, set TRIEVE_ORGANIZATION_ID, or set it on the resource or its trieve.Provider";

/** What is wrong with a value, as the rest of a sentence that begins with its name. */
export class Problem {
  constructor(readonly text: string) {}
}

/** Arguments as a program gave them, of any type, and all that is wrong with them. Unknown ones stay as they came. */
export class Arguments {
  readonly problems: string[] = [];

  constructor(private readonly args: Readonly<Record<string, unknown>>) {}

  optional<T>(name: string, read: (value: unknown) => T | Problem): T | undefined {
    const value = this.args[name];
    if (value === undefined || value === null) return undefined;
    if (value === unknownValue) return unknownValue as T;
    const result = read(value);
    if (!(result instanceof Problem)) return result;
    this.problems.push(`${name} ${result.text}`);
    return undefined;
  }

  required<T>(name: string, read: (value: unknown) => T | Problem): T | undefined {
    const value = this.args[name];
    if (value === undefined || value === null) this.problems.push(`${name} is missing`);
    return this.optional(name, read);
  }
}

export function readText(value: unknown): string | Problem {
  return typeof value === "string" ? value : new Problem(`must be a string, not ${show(value)}`);
}

/** A list without what is in it twice, in the order of the alphabet. */
export function readList(
  value: unknown,
  problemOf: (item: unknown) => string | undefined,
): string[] | Problem {
  if (!Array.isArray(value)) return new Problem(`must be a list of strings, not ${show(value)}`);
  const wrong = value.flatMap((item) => {
    const problem = item === unknownValue ? undefined : problemOf(item);
    return problem ? [`${show(item)} ${problem}`] : [];
  });
  return wrong.length > 0 ? new Problem(wrong.join("; ")) : [...new Set<string>(value)].sort();
}

/**
 * Stricter than the server on purpose: addresses such as `a..b@example.com` pass its check and then kill its process,
 * after the row is written. 100 characters is the width of its column.
 */
function readEmail(value: unknown): string | Problem {
  if (typeof value !== "string") return new Problem(`must be a string, not ${show(value)}`);
  const email = value.trim();
  const problem = emailProblem(email);
  return problem ? new Problem(`${show(email)} ${problem}`) : email.toLowerCase();
}

/** What is wrong with an address, as the rest of a sentence that begins with it; undefined if nothing. */
export function emailProblem(email: string): string | undefined {
  if (email === "") return "is empty";
  if (email.length > 100) return "is longer than the 100 characters that Trieve stores";
  const at = email.lastIndexOf("@");
  if (at < 0) return "has no @";
  if (email.indexOf("@") < at) return "has more than one @";
  const local = email.slice(0, at);
  const domain = email.slice(at + 1);
  if (local.length > 64) return "has more than 64 characters before the @";
  if (!/^[a-z0-9!#$%&*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&*+/=?^_`{|}~-]+)*$/i.test(local))
    return "may contain only letters, digits, !#$%&*+/=?^_`{|}~- and single dots before the @";
  if (!/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(domain))
    return "has no valid domain after the @, such as example.com (write international domains in their xn-- form)";
  return undefined;
}

function readOrganization(value: unknown): string | Problem {
  return typeof value === "string" && isUuid(value.trim())
    ? value.trim().toLowerCase()
    : new Problem(`${show(value)} is not a UUID: copy it from the dashboard`);
}

export function readRole(value: unknown): Role | Problem {
  const role = roles.find((name) => name === value);
  return role ?? new Problem(`must be ${roleChoice}, not ${show(value)}`);
}

function readDeletionPolicy(value: unknown): Inputs["deletionPolicy"] | Problem {
  return value === "revert" || value === "remove"
    ? value
    : new Problem(`must be "revert" or "remove", not ${show(value)}`);
}

/** @param emptied what is wrong with an empty list */
export function readScopes(value: unknown, emptied: string): readonly string[] | Problem {
  // Trieve reads an empty list as "nothing at all", not as "no restriction".
  if (Array.isArray(value) && value.length === 0) return new Problem(emptied);
  return readList(value, scopeProblem);
}

/** What is wrong with a scope, as the rest of a sentence that begins with it; undefined if nothing. */
export function scopeProblem(scope: unknown): string | undefined {
  if (typeof scope !== "string" || !/^(GET|POST|PUT|PATCH|DELETE) \/api\/\S/.test(scope))
    return 'must be a method and a route, such as "POST /api/chunk/search"';
  // As the server does, which then takes it for a regular expression; one that is invalid never matches.
  const pattern = scope.replace(/\{[a-zA-Z0-9_-]+\}/g, "[a-zA-Z0-9_-]+");
  return isPattern(pattern) && !rustRefuses.test(pattern)
    ? undefined
    : "is not a valid regular expression, which is how Trieve reads it";
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

/** Valid here, but not in Rust: looking around, going back to a group, a brace that counts nothing. */
const rustRefuses = /\(\?<?[=!]|\\[1-9]|(?<!\\|\\[a-zA-Z])\{(?!\d+(,\d*)?\})/;
