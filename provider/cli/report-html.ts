import { html } from "hono/html";
import { type Html, page } from "../../simulator/page";
import { sameScopes } from "../lifecycle/state";
import { printable } from "../printable";
import { formatProblem, type RosterProblem } from "../roster/file";
import { count } from "../roster/words";
import type { Access } from "../settings";
import { type Planned, writing } from "./comparison";

/** Somebody of a comparison, with the words that every format has for what `up` would do. */
export interface Row extends Planned {
  readonly mark: string;
  readonly words: string;
}

/** What a page of the report says. */
export interface ReportPage {
  readonly file: string;
  readonly access: Pick<Access, "organizationId" | "apiUrl">;
  readonly at: Date;
  readonly summary: string;
  readonly rows: readonly Row[];
  readonly footnote: string | undefined;
}

const columns = ["Person", "Status", "Role", "Scopes", "In the file", "Next up"] as const;
type Column = (typeof columns)[number];

const style = `
main { max-width: 84rem; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 0.125rem 1.25rem; margin-top: 1rem; }
.facts dt { color: var(--muted); }
.counts { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; margin: 1.75rem 0 1rem; }
.counts div { display: flex; flex-direction: column-reverse; }
.counts dt { color: var(--muted); font-size: 0.875rem; }
.counts dd { font-size: 1.75rem; font-weight: 600; line-height: 1.2; font-variant-numeric: tabular-nums; }
table { margin-top: 2rem; font-size: 0.9375rem; font-variant-numeric: tabular-nums; }
tbody th { font-weight: 400; }
tbody .group { padding-top: 1.75rem; border-bottom-color: var(--muted); font-size: 1.0625rem; font-weight: 600; }
tbody:first-of-type .group { padding-top: 0.75rem; }
tr > :last-child { padding-right: 0; }
thead th { width: 18%; }
thead th:first-child, thead th:last-child { width: 22%; }
thead th:nth-child(3) { width: 7%; }
thead th:nth-child(5) { width: 13%; }
.together { white-space: nowrap; }
.pending { color: var(--amber); }
.mark { display: inline-block; min-width: 1.5rem; margin-right: 0.5rem; border-radius: 4px; background: var(--soft); font: 600 0.875rem/1.5rem ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; text-align: center; }
.next { display: flex; align-items: baseline; }
.refused, .remove { color: var(--red); }
.update, .reinvite, .unmanaged { color: var(--amber); }
.invite { color: var(--green); }
.footnote { margin-top: 1.5rem; max-width: 52rem; }
.problems { margin-top: 1.25rem; }
.problems li { padding: 0.625rem 0; border-bottom: 1px solid var(--line); }
@media screen and (max-width: 50rem) {
  table, tbody, tr, th, td, caption { display: block; width: auto; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody tr { padding: 0.875rem 0; border-bottom: 1px solid var(--line); }
  tbody th, tbody td { padding: 0.125rem 0; border: 0; }
  tbody td { display: grid; grid-template-columns: 6rem 1fr; }
  tbody td::before { content: attr(data-column); color: var(--muted); font-size: 0.875rem; }
  tbody .group { padding-top: 1rem; }
  tbody tr:has(.group) { padding-bottom: 0.25rem; border-bottom-color: var(--muted); }
  thead th, tbody td { width: auto; }
}
@media print {
  @page { size: A4 landscape; margin: 12mm; }
  :root { color-scheme: light; }
  html { font-size: 10pt; }
  main { padding: 0; }
  tr { break-inside: avoid; }
  tr:has(.group) { break-after: avoid; }
}
`;

type Among = (row: Row) => boolean;
const isChange: Among = ({ change }) => writing.has(change);
const isUnmanaged: Among = ({ change }) => change === "unmanaged";

const counts: readonly (readonly [what: string, among: Among])[] = [
  ["members", ({ status }) => status === "member"],
  ["of them owners", ({ status, from }) => status === "member" && from?.role === "owner"],
  ["pending", ({ status }) => status === "pending"],
  ["not in the file", isUnmanaged],
  ["changes", isChange],
];

const groups: readonly (readonly [name: string, among: Among])[] = [
  ["Changes", isChange],
  ["Not in the file", isUnmanaged],
  ["No change", (row) => !isChange(row) && !isUnmanaged(row)],
];

/** One page to review who has access: everybody, and what the next `up` would do about them. */
export function reportPage(report: ReportPage): Html {
  const { file, access, at, summary, rows, footnote } = report;
  const title = `Access to Trieve organization ${access.organizationId}`;
  const body = html`<h1>Who has access</h1>
<p class="lead">Everyone in the Trieve organization or in the file, and what the next <code>pulumi up --refresh</code> would do.</p>
<dl class="facts">
<dt>Organization</dt><dd>${printable(access.organizationId)}</dd>
<dt>Server</dt><dd>${printable(access.apiUrl)}</dd>
<dt>File</dt><dd>${printable(file)}</dd>
<dt>Time</dt><dd>${moment(at)}</dd>
</dl>
<dl class="counts">
${counts.map(([what, among]) => html`<div><dt>${what}</dt><dd>${rows.filter(among).length}</dd></div>`)}
</dl>
${
  rows.length === 0
    ? html`<p>${summary}.</p>`
    : html`<table role="table">
<caption>${summary}.</caption>
<thead role="rowgroup"><tr role="row">${columns.map((name) => html`<th role="columnheader" scope="col">${name}</th>`)}</tr></thead>
${groups.map(([name, among]) => group(name, rows.filter(among), at))}</table>`
}
${footnote && html`<p class="footnote muted small">${withCode(footnote)}</p>`}`;
  return page({ title, style, body });
}

/** What is wrong with a file, which therefore was compared with nothing. */
export function problemsPage(file: string, problems: readonly RosterProblem[], at: Date): Html {
  const body = html`<h1>Problems in ${printable(file)}</h1>
<p class="lead">${count(problems.length, "problem", "problems")} on ${moment(at)}. The file was not compared with the server.</p>
<ol class="problems">
${problems.map((problem) => html`<li>${printable(formatProblem(problem))}</li>`)}
</ol>`;
  return page({ title: `Problems in ${printable(file)}`, style, body });
}

function moment(at: Date): Html {
  const text = at.toISOString();
  return html`<time datetime="${text}">${text.slice(0, 16).replace("T", " ")} UTC</time>`;
}

/** Our own words, in which backticks mean what they mean in Markdown. */
function withCode(text: string): (Html | string)[] {
  return text.split("`").map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : part));
}

function group(name: string, rows: readonly Row[], at: Date): Html | string {
  if (rows.length === 0) return "";
  return html`<tbody role="rowgroup">
<tr role="row"><th class="group" role="rowheader" scope="rowgroup" colspan="${columns.length}">${name} <span class="muted">${rows.length}</span></th></tr>
${rows.map((row) => person(row, at))}</tbody>
`;
}

/** The roles are those of the elements; some browsers forget them where the style makes a card of a row. */
function person(row: Row, at: Date): Html {
  const { email, member, status, since, from } = row;
  return html`<tr role="row">
<th role="rowheader" scope="row"><strong>${printable(email)}</strong>${
    member?.note !== undefined &&
    html`<br><span class="muted small">${printable(member.note)}</span>`
  }</th>
${cell("Status", standing(status, since, at))}
${cell("Role", from?.role ?? none)}
${cell("Scopes", from ? scopesOf(from.scopes, member) : none)}
${cell("In the file", inTheFile(member))}
${cell("Next up", next(row))}
</tr>
`;
}

function cell(column: Column, content: Html | string): Html {
  return html`<td role="cell" data-column="${column}"><div>${content}</div></td>`;
}

const none = html`<span class="muted">–</span>`;

function standing(status: Row["status"], since: string | null, at: Date): Html | string {
  if (status === "absent" || since === null) return html`<span class="muted">not there</span>`;
  const sinceThen = html`<span class="together">since <time datetime="${since}">${since.slice(0, 10)}</time></span>`;
  if (status === "member") return html`member ${sinceThen}`;
  const days = Math.max(0, Math.floor((at.getTime() - Date.parse(since)) / 86_400_000));
  return html`<span class="pending">pending for ${count(days, "day", "days")}</span>, ${sinceThen}`;
}

function scopesOf(scopes: readonly string[] | null, member: Row["member"]): Html | string {
  if (scopes === null) return "unrestricted";
  const list = scopes.length === 0 ? "no route at all" : listOf(scopes);
  return member && member.scopes === undefined
    ? html`${list}<p class="muted">not in the file</p>`
    : list;
}

function listOf(scopes: readonly string[]): Html {
  return html`<ul>${scopes.map((scope) => html`<li><code>${printable(scope)}</code></li>`)}</ul>`;
}

function inTheFile(member: Row["member"]): Html | string {
  if (!member) return html`<span class="unmanaged">no</span>`;
  return member.until === undefined
    ? "yes"
    : html`yes, <span class="together">until <time>${member.until}</time></span>`;
}

function next({ change, mark, words, from, to }: Row): Html {
  if (change === "unmanaged")
    return html`<span class="muted">unchanged, unless the last <code>up</code> declared them</span>`;
  if (!writing.has(change)) return html`<span class="muted">nothing</span>`;
  const scopes = to?.scopes && !sameScopes(to.scopes, from?.scopes ?? null) && listOf(to.scopes);
  return html`<div class="next"><span class="mark ${change}" aria-hidden="true">${mark}</span><div>${printable(words)}${scopes}</div></div>`;
}
