import { listEverybody } from "../lifecycle/everybody";
import { type Change, changes, forecast, lowersAnybody } from "../lifecycle/forecast";
import { cut, printable } from "../printable";
import { describe } from "../roster/describe";
import { formatProblem, type RosterProblem } from "../roster/file";
import { utcDay } from "../roster/people";
import { count } from "../roster/words";
import type { Access } from "../settings";
import { type Planned, plan, situationOf, type Unmanaged, writing } from "./comparison";
import { connect, readAccess, type ServerOptions } from "./connection";
import { type Cell, type ExitCode, exitCode, markdownCode, type Output } from "./output";
import { problemsPage, reportPage } from "./report-html";
import { nameOf, problemsAsJson, readRoster } from "./roster-file";

export interface ReportOptions extends ServerOptions {
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly html?: boolean;
  readonly expectNoChanges?: boolean;
  readonly unmanaged: Unmanaged;
}

/** Compares a roster with an organization: what `up --refresh` would do, person by person. */
export async function report(
  file: string,
  options: ReportOptions,
  output: Output,
): Promise<ExitCode> {
  const access = readAccess(options, process.env);
  const client = connect(access, options);
  const { members, problems } = await readRoster(file);
  if (members === undefined) {
    if (options.html) output.result(`${await problemsPage(nameOf(file), problems, new Date())}`);
    else printProblems(nameOf(file), problems, options, output);
    return exitCode.problems;
  }
  const planned = await output.during(
    `Comparing with organization ${access.organizationId}`,
    async () => {
      const everybody = await listEverybody(client, access.organizationId);
      const situation = situationOf(members, everybody, utcDay(new Date()), options.unmanaged);
      const account = lowersAnybody(situation) ? await client.account() : undefined;
      return plan(members, forecast(situation, account?.userId));
    },
  );
  const print = options.json
    ? printJson
    : options.markdown
      ? printMarkdown
      : options.html
        ? printHtml
        : printText;
  await print(nameOf(file), access, planned, output);
  const wrong = planned.some(
    ({ change }) =>
      change === "refused" || (options.expectNoChanges === true && writing.has(change)),
  );
  return wrong ? exitCode.problems : exitCode.fine;
}

function printProblems(
  file: string,
  problems: readonly RosterProblem[],
  options: ReportOptions,
  output: Output,
) {
  if (options.json) output.json({ file, valid: false, problems: problemsAsJson(problems) });
  else if (options.markdown)
    output.result(
      [
        `### ${title(file)}`,
        "",
        `${count(problems.length, "problem", "problems")} in the file:`,
        "",
        ...problems.map((problem) => `- ${markdownCode(formatProblem(problem))}`),
      ].join("\n"),
    );
  else for (const problem of problems) output.result(printable(formatProblem(problem)));
}

const title = (file: string) => `Trieve members: ${markdownCode(file)}`;

interface Look {
  readonly mark: Cell;
  readonly icon: string;
  readonly inSummary: string;
}

const looks: { readonly [change in Change]: Look } = {
  refused: { mark: { text: "!", style: "red" }, icon: "❌", inSummary: "refused" },
  remove: { mark: { text: "-", style: "red" }, icon: "➖", inSummary: "to remove" },
  update: { mark: { text: "~", style: "yellow" }, icon: "✏️", inSummary: "to change" },
  reinvite: { mark: { text: "+-", style: "yellow" }, icon: "✉️", inSummary: "to invite again" },
  invite: { mark: { text: "+", style: "green" }, icon: "✉️", inSummary: "to invite" },
  pending: { mark: { text: "" }, icon: "", inSummary: "pending" },
  unchanged: { mark: { text: "" }, icon: "", inSummary: "unchanged" },
  ended: { mark: { text: "" }, icon: "", inSummary: "ended" },
  unmanaged: { mark: { text: "?", style: "yellow" }, icon: "❔", inSummary: "not in the file" },
};

function printText(file: string, access: Access, planned: readonly Planned[], output: Output) {
  const of = `organization ${access.organizationId} at ${access.apiUrl}`;
  output.result(`${output.paint(printable(file), "bold")} against ${of}\n\n`);
  output.table(
    planned.map((person) => [
      looks[person.change].mark,
      { text: person.email },
      { text: wordsFor(person) },
      { text: person.member?.note ?? "", style: "dim" },
    ]),
  );
  if (planned.length > 0) output.result("");
  output.result(`${summary(planned)}.`);
  const more = footnote(planned);
  if (more) output.result(more);
}

function countsOf(planned: readonly Planned[]): (readonly [change: Change, n: number])[] {
  return changes.map((change) => [change, planned.filter((one) => one.change === change).length]);
}

function summary(planned: readonly Planned[]): string {
  const counted = countsOf(planned).filter(([, n]) => n > 0);
  return (
    counted.map(([change, n]) => `${n} ${looks[change].inSummary}`).join(", ") ||
    "Nobody in the file or in the organization"
  );
}

/** What no comparison can know without the stack. */
function footnote(planned: readonly Planned[]): string | undefined {
  if (planned.some(({ change, member }) => change === "remove" && member === null))
    return "`up` removes people who are not in the file once a preview has named them, unless something else in the program declares them or `breakGlass` protects them.";
  return planned.some(({ change }) => change === "unmanaged" || change === "remove")
    ? "`up` removes people who are not in the file, or whose last day is over, only if its last run declared them."
    : undefined;
}

/** Ours, apart from what was checked before: roles, days. */
function wordsFor(person: Planned): string {
  const { change, from, member, refusal } = person;
  const words = describe(person);
  switch (change) {
    case "remove":
    case "ended":
      return member ? `${words}: ${member.until} was their last day` : `not in the file: ${words}`;
    case "pending":
    case "unchanged":
      return `${words}${unnamed(from, member)}`;
    case "unmanaged":
      return `not in the file: ${words}${refusal ? `; stays: ${refusal.reason}` : ""}`;
    default:
      return words;
  }
}

function unnamed(from: Planned["from"], member: Planned["member"]): string {
  return from?.scopes && member?.scopes === undefined ? ", not in the file" : "";
}

function printJson(
  file: string,
  { organizationId, apiUrl }: Access,
  planned: readonly Planned[],
  output: Output,
) {
  output.json({
    file,
    valid: true,
    organizationId,
    apiUrl,
    changes: planned.filter(({ change }) => writing.has(change)).length,
    summary: Object.fromEntries(countsOf(planned)),
    people: planned.map(({ member, refusal, ...person }) => ({
      ...person,
      reason: refusal?.reason ?? null,
      until: member?.until ?? null,
      note: member?.note ?? null,
    })),
  });
}

async function printHtml(
  file: string,
  access: Access,
  planned: readonly Planned[],
  output: Output,
) {
  const rows = planned.map((person) => ({
    ...person,
    mark: looks[person.change].mark.text,
    words: wordsFor(person),
  }));
  const text = { summary: summary(planned), footnote: footnote(planned) };
  output.result(`${await reportPage({ file, access, at: new Date(), rows, ...text })}`);
}

/** A comment takes 65,536 characters on GitHub. */
const roomForChanges = 40_000;
const roomForOthers = 15_000;

function printMarkdown(
  file: string,
  { organizationId, apiUrl }: Access,
  planned: readonly Planned[],
  output: Output,
) {
  // A line that a pull request deletes shows as somebody who is not in the file: a reviewer has to see that.
  const remarkable = ({ change }: Planned) => writing.has(change) || change === "unmanaged";
  const news = planned.filter(remarkable);
  const others = planned.filter((person) => !remarkable(person));
  const more = footnote(planned);
  output.result(
    [
      `### ${title(file)}`,
      "",
      `**${summary(planned)}** · organization ${markdownCode(organizationId)} at ${markdownCode(apiUrl)}`,
      ...(news.length > 0 ? ["", ...markdownTable(news, roomForChanges)] : []),
      ...(others.length > 0
        ? [
            "",
            `<details><summary>${count(others.length, "person", "people")} without a change</summary>`,
            "",
            ...markdownTable(others, roomForOthers),
            "",
            "</details>",
          ]
        : []),
      ...(more ? ["", more] : []),
    ].join("\n"),
  );
}

/** @param room characters, of which the last rows may not get any */
function markdownTable(people: readonly Planned[], room: number): string[] {
  const lines = ["| | person | what happens | note |", "|---|---|---|---|"];
  let left = room;
  for (const [i, person] of people.entries()) {
    const note = person.member?.note ?? "";
    const line = `| ${looks[person.change].icon} | ${markdownCode(person.email)} | ${wordsFor(person)} | ${markdownCode(cut(note, 100))} |`;
    left -= line.length;
    if (left < 0) return [...lines, `| | … | and ${people.length - i} more | |`];
    lines.push(line);
  }
  return lines;
}
