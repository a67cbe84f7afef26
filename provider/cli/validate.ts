import { printable } from "../printable";
import { formatProblem, type RosterEntry } from "../roster/file";
import { peopleOn, utcDay } from "../roster/people";
import { count } from "../roster/words";
import { type ExitCode, exitCode, type Output } from "./output";
import { nameOf, problemsAsJson, readRoster } from "./roster-file";

/** Checks a roster: no key, no network. */
export async function validate(
  file: string,
  options: { readonly json?: boolean },
  output: Output,
): Promise<ExitCode> {
  const { members, problems } = await readRoster(file);
  const counts = members && countsOf(members);
  if (options.json)
    output.json({
      file: nameOf(file),
      valid: counts !== undefined,
      problems: problemsAsJson(problems),
      counts: counts ?? null,
    });
  else if (counts) output.result(`${printable(nameOf(file))}: ${sentenceOf(counts)}`);
  else for (const problem of problems) output.result(printable(formatProblem(problem)));
  return counts ? exitCode.fine : exitCode.problems;
}

type Counts = ReturnType<typeof countsOf>;

/** Of those that belong to the organization today; `ended` are not among the others. */
function countsOf(members: readonly RosterEntry[]) {
  const { present, ended } = peopleOn(members, utcDay(new Date()));
  const having = (role: RosterEntry["role"]) =>
    present.filter((member) => member.role === role).length;
  return {
    people: present.length,
    owners: having("owner"),
    admins: having("admin"),
    users: having("user"),
    ended: ended.length,
  };
}

function sentenceOf({ people, owners, admins, users, ended }: Counts): string {
  const roles = [
    count(owners, "owner", "owners"),
    count(admins, "admin", "admins"),
    count(users, "user", "users"),
  ].join(", ");
  return `${count(people, "person", "people")} (${roles})${ended > 0 ? `, and ${ended} whose last day is over` : ""}`;
}
