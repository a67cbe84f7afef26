import { html } from "hono/html";
import type { Mail } from "./mail";
import { type Html, page } from "./page";
import { roleName } from "./rows";
import type { Simulator } from "./simulator";

/** Where people read the simulator's mails. The slash lets it be a redirect URI as well. */
export const inboxPath = "/simulator/inbox/";

type Invitation = ReturnType<Simulator["invitations"]>[number];

const style = `
main { max-width: 52rem; }
.mails { border-top: 1px solid var(--line); }
.mails > li { border-bottom: 1px solid var(--line); }
summary { display: grid; grid-template-columns: 1rem 1fr auto; gap: 0 0.5rem; align-items: baseline; padding: 0.75rem 0; cursor: pointer; }
summary::-webkit-details-marker { display: none; }
summary::before { content: ""; width: 0.5rem; height: 0.5rem; border: solid var(--muted); border-width: 0 2px 2px 0; rotate: -45deg; translate: 0 -0.1rem; }
details[open] > summary::before { rotate: 45deg; translate: 0 -0.25rem; }
summary:hover .to { text-decoration: underline; }
.to { font-weight: 600; }
.subject { grid-column: 2; grid-row: 2; }
.mails time { grid-column: 3; grid-row: 2; }
.mails .state, .mails time { text-align: end; }
.state { font-weight: 600; }
.pending { color: var(--amber); }
.in { color: var(--green); }
.gone { color: var(--muted); }
.letter { display: grid; gap: 1rem; margin: 0.25rem 0 1.25rem 1.5rem; padding: 1.25rem; border-radius: 8px; background: var(--soft); }
.button { display: inline-block; padding: 0.625rem 1.125rem; border-radius: 6px; background: var(--blue); color: var(--back); font-weight: 600; text-decoration: none; }
.button:hover { text-decoration: underline; }
.organization { margin-top: 1.5rem; }
th, td { width: 22%; }
th:first-child { width: 56%; }
th:last-child, td:last-child { padding-right: 0; }
tbody th { font-weight: 400; }
@media (max-width: 40rem) {
  .mails time { grid-column: 2; grid-row: 3; text-align: start; }
  .subject, .mails time { grid-column-end: -1; }
  th:first-child { width: auto; }
  td, th + th { width: 1px; white-space: nowrap; }
}
`;

/** All mails, and who is in which organization. */
export function inboxPage(simulator: Simulator): Html {
  const organizations = simulator.organizations();
  const names = new Map(organizations.map(({ id, name }) => [id, name]));
  const invitations = new Map(
    organizations.flatMap(({ id }) => simulator.invitations(id).map((row) => [row.id, row])),
  );
  const mails = simulator.mails.map((mail) => {
    const name = names.get(mail.organizationId) ?? "an organization that is deleted";
    return mailItem(mail, name, invitations.get(invitationIn(mail) ?? ""));
  });
  const body = html`<h1>Inbox</h1>
<p class="lead">Every mail of this simulated Trieve server, newest first. None has left this machine: open one and accept, as the person who got it would.</p>
<h2>Mail</h2>
${
  mails.length > 0
    ? html`<ol class="mails">
${mails.reverse()}</ol>`
    : html`<p>No mail yet. Invite somebody, then load this page again.</p>`
}
<h2>People</h2>
${organizations.map(({ id, name }) => people(simulator, id, name)).reverse()}`;
  return page({ title: "Inbox · Trieve simulator", style, body });
}

/** The id of the invitation to which a mail's link leads. */
export function invitationIn({ links }: Mail): string | undefined {
  return links.join(" ").match(/[?&]inv_code=([^?&]*)&/)?.[1];
}

function mailItem(mail: Mail, organization: string, invitation: Invitation | undefined): Html {
  const { at, to, subject } = mail;
  const time = new Date(at).toISOString();
  const [state, className, text] = stateOf(mail, organization, invitation);
  return html`<li><details>
<summary><span class="to">${to}</span> <span class="state small ${className}">${state}</span>
<span class="subject">${subject}</span> <time class="muted small" datetime="${time}">${time.slice(0, 16).replace("T", " ")} UTC</time></summary>
<div class="letter">
<p>${text}</p>
${mail.links.map((link) => linkOf(mail, link))}
</div>
</details></li>
`;
}

function stateOf(
  { kind }: Mail,
  organization: string,
  invitation: Invitation | undefined,
): [state: string, className: string, text: Html] {
  const name = html`<strong>${organization}</strong>`;
  if (kind === "added") return ["added at once", "in", html`You have been added to ${name}.`];
  if (invitation === undefined)
    return ["withdrawn", "gone", html`You were invited to join ${name}. That is no longer so.`];
  const text = html`You have been invited to join ${name} as ${roleName(invitation.role)}.`;
  return invitation.used ? ["accepted", "in", text] : ["pending", "pending", text];
}

/** A link holds whatever the inviter wrote, so only what a mail program would open is a link here. */
function linkOf({ kind, to }: Mail, link: string): Html {
  const label = kind === "added" ? `Open the dashboard as ${to}` : `Accept as ${to}`;
  return /^https?:\/\//i.test(link)
    ? html`<p><a class="button" href="${link}">${label}</a></p>
`
    : html`<p>This link leads to no web page: <code>${link}</code></p>
`;
}

function people(simulator: Simulator, id: string, name: string): Html {
  const rows = [
    ...simulator
      .members(id)
      .map(({ email, role, scopes }) => row(email, role, scopes, "in", "member")),
    ...simulator
      .invitations(id)
      .filter(({ used }) => !used)
      .map(({ email, role, scopes }) => row(email, roleName(role), scopes, "pending", "pending")),
  ];
  return html`<table class="organization">
<caption><strong>${name}</strong></caption>
<thead><tr><th scope="col">Person</th><th scope="col">Role</th><th scope="col">Status</th></tr></thead>
<tbody>
${rows}</tbody>
</table>
`;
}

function row(
  email: string,
  role: string,
  scopes: readonly string[] | null,
  className: string,
  status: string,
): Html {
  return html`<tr><th scope="row">${email}${scopes && onlyOn(scopes)}</th><td>${role}</td><td class="state ${className}">${status}</td></tr>
`;
}

function onlyOn(scopes: readonly string[]): Html {
  return scopes.length === 0
    ? html`<p class="muted small">on no route</p>`
    : html`<ul class="muted small">${scopes.map((scope) => html`<li>only <code>${scope}</code></li>`)}</ul>`;
}
