import * as v from "valibot";
import { defined } from "../defined";
import { show } from "../printable";
import type { Role } from "../trieve/model";
import { formatPath, formatPlace, type Path, type Place, type RosterProblem } from "./problems";
import { address, defaults, person, roster } from "./schema";
import { unknownKey } from "./words";
import { readYaml, type Source } from "./yaml";

export { formatProblem, type Place, type RosterProblem } from "./problems";

/** One person of a roster, with what `defaults` say for those whose own line says nothing. */
export interface RosterEntry {
  /** Lower case. */
  readonly email: string;
  /** The line's own, else that of `defaults`, else `user`. */
  readonly role: Role;
  /** The role is not on the person's own line, so it must not take anything away from them. */
  readonly roleIsDefault: boolean;
  /** The line's own, else those of `defaults`; missing: no restriction. */
  readonly scopes?: readonly string[];
  /** Last day, YYYY-MM-DD in UTC; missing: no end. */
  readonly until?: string;
  /** A change sends a pending invitation once more. */
  readonly resend?: string;
  readonly note?: string;
  /** Where the line begins; missing for people given in the program. */
  readonly place?: Place;
}

/** Everybody on a roster, or everything that is wrong with it. */
export type RosterResult =
  | { readonly members: readonly RosterEntry[]; readonly problems: readonly [] }
  | { readonly members: undefined; readonly problems: readonly RosterProblem[] };

/**
 * Reads a roster file. Pure; never throws.
 *
 * @param text YAML or JSON: `defaults` and `members`, see members.schema.json
 * @param file its name, for places in problems
 * @returns people in the order of the file, or all problems in the order of the file; those of the YAML come alone
 */
export function parseRoster(text: string, file: string): RosterResult {
  return check(readYaml(text, file));
}

/**
 * Checks people given in the program as a file is checked. Pure.
 *
 * @param input as the program gave it, of any type
 * @returns people in the order given, or all problems, without places
 */
export function checkMembers(input: { defaults?: unknown; members: unknown }): RosterResult {
  return check({ value: input, problems: [], place: () => undefined });
}

function check(source: Source): RosterResult {
  const checker = new Checker(source);
  // After a mistake in the YAML nobody knows what the rest was meant to say.
  const members = source.problems.length > 0 ? [] : checker.readRoster();
  const problems = inOrder([...source.problems, ...checker.problems]);
  return problems.length > 0 ? { members: undefined, problems } : { members, problems: [] };
}

type MapSchema = v.GenericSchema & { readonly entries: v.ObjectEntries };
type Person = Partial<v.InferOutput<typeof person>>;

/** Goes on after a problem, so that one run finds them all. */
class Checker {
  readonly problems: RosterProblem[] = [];

  constructor(private readonly source: Source) {}

  readRoster(): RosterEntry[] {
    const { value } = this.source;
    const instead = 'write "members:" and a list of addresses below it';
    if (!isMap(value)) {
      const problem = value === null ? "the file is empty" : `${show(value)} is not a roster`;
      this.report([], `${problem}: ${instead}`);
      return [];
    }
    this.checkKeys(roster, value, []);
    const { defaults: common, members } = value;
    const preset =
      common === undefined
        ? undefined
        : this.readMap(
            defaults,
            common,
            ["defaults"],
            "set of defaults: write { role: user }, or omit defaults",
          );
    if (members === undefined) this.report([], `members is missing: ${instead}`);
    else if (members === null)
      this.report(["members"], "members is empty: write a list of addresses, or [] for nobody");
    else if (!Array.isArray(members))
      this.report(["members"], `${show(members)} is not a list of members: ${instead}`);
    else return this.readMembers(members, preset ?? {});
    return [];
  }

  private readMembers(
    list: readonly unknown[],
    preset: v.InferOutput<typeof defaults>,
  ): RosterEntry[] {
    const firsts = new Map<string, Path>();
    return list.flatMap((item, i) => {
      const path: Path = ["members", i];
      const short = typeof item === "string";
      const line: Person | undefined = short
        ? { email: this.parse(address, item, path) }
        : this.readMap(
            person,
            item,
            path,
            "member: write an address such as ada@example.com, or a map with an email",
          );
      // Also of a line that is wrong elsewhere.
      const email = v.safeParse(address, short || !isMap(item) ? item : item.email);
      if (!email.success) return [];
      this.checkDuplicate(email.output, short ? path : [...path, "email"], firsts);
      return line ? [this.toMember(email.output, line, preset, path)] : [];
    });
  }

  private toMember(
    email: string,
    line: Person,
    preset: v.InferOutput<typeof defaults>,
    path: Path,
  ): RosterEntry {
    const { scopes = preset.scopes, until, resend, note } = line;
    return {
      email,
      role: line.role ?? preset.role ?? "user",
      roleIsDefault: line.role === undefined,
      ...defined({ scopes, until, resend, note, place: this.source.place(path) }),
    };
  }

  private checkDuplicate(email: string, path: Path, firsts: Map<string, Path>) {
    const first = firsts.get(email);
    if (!first) {
      firsts.set(email, path);
      return;
    }
    const place = this.source.place(first);
    const where = place ? formatPlace(place) : formatPath(first);
    this.report(path, `${email} is already listed at ${where}: delete one of them`);
  }

  /** @param otherwise what any other value is not, and what to write instead of it */
  private readMap<S extends MapSchema>(
    schema: S,
    value: unknown,
    path: Path,
    otherwise: string,
  ): v.InferOutput<S> | undefined {
    if (!isMap(value)) {
      this.report(path, `${show(value)} is not a valid ${otherwise}`);
      return undefined;
    }
    this.checkKeys(schema, value, path);
    return this.parse(schema, value, path);
  }

  /** Here, because valibot names one unknown key only, and overlooks keys such as `constructor`. */
  private checkKeys(schema: MapSchema, value: object, path: Path) {
    const known = Object.keys(schema.entries).filter((key) => key !== "$schema");
    for (const key of Object.keys(value))
      if (!Object.hasOwn(schema.entries, key))
        this.report([...path, key], unknownKey(key, known), "key");
  }

  private parse<S extends v.GenericSchema>(
    schema: S,
    value: unknown,
    path: Path,
  ): v.InferOutput<S> | undefined {
    const result = v.safeParse(schema, value, { abortPipeEarly: true });
    for (const issue of result.issues ?? []) {
      const inner = issue.path?.map(({ key }) => key as string | number) ?? [];
      this.report([...path, ...inner], issue.message);
    }
    return result.success ? result.output : undefined;
  }

  private report(path: Path, text: string, of?: "value" | "key") {
    this.problems.push({ place: this.source.place(path, of), path: formatPath(path), text });
  }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** As in the file. */
function inOrder(problems: readonly RosterProblem[]): RosterProblem[] {
  return problems.toSorted(
    ({ place: a }, { place: b }) =>
      (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0),
  );
}
