import { html } from "hono/html";
import { loginState } from "./accept";
import { type Answer, empty } from "./answer";
import type { Call } from "./call";
import { type Html, page } from "./page";
import type { World } from "./world";

/** Where the simulator's stand-in for an identity provider lives. */
const signInPath = "/simulator/sign-in";

/** `GET /api/auth`: checks the link's query and sends the person to the identity provider. */
export function startSignIn(_world: World, call: Call): Answer {
  const state = loginState(call.query, call.headers.get("referer"));
  const query = new URLSearchParams({ redirect_uri: state.redirectUri });
  if (state.organizationId !== null) {
    query.set("organization_id", state.organizationId);
  }
  if (state.invitationId !== null) {
    query.set("inv_code", state.invitationId);
  }
  return empty(303, { location: `${signInPath}?${query}` });
}

const style = `
main { max-width: 28rem; }
label { display: block; margin-top: 1.25rem; font-weight: 600; }
input { display: block; width: 100%; margin-top: 0.25rem; padding: 0.625rem; border: 1px solid var(--muted); border-radius: 6px; background: var(--back); color: inherit; font: inherit; font-weight: 400; }
button { margin-top: 1.5rem; padding: 0.625rem 1.5rem; border: 0; border-radius: 6px; background: var(--blue); color: var(--back); font: inherit; font-weight: 600; cursor: pointer; }
`;

/** A page on which anybody says who they are. `email` is what is filled in already. */
export function signInPage(query: string, email: string): Html {
  const body = html`<h1>Sign in</h1>
<p class="lead">The simulator believes whatever you say.</p>
<form method="post" action="${signInPath}?${query}">
<label>E-mail <input name="email" type="email" autocomplete="email" required autofocus value="${email}"></label>
<label>Name <input name="name" autocomplete="name"></label>
<button>Sign in</button>
</form>`;
  // From here people are sent to wherever the invitation says.
  return page({ title: "Sign in · Trieve simulator", style, body, formAction: "*" });
}
