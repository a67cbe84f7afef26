import { html } from "hono/html";
import { loginState } from "./accept";
import { type Answer, empty } from "./answer";
import type { Call, World } from "./call";

/** Where the simulator's stand-in for an identity provider lives. */
export const signInPath = "/simulator/sign-in";

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

/** A page on which anybody says who they are. `email` is what is filled in already. */
export function signInPage(query: string, email: string) {
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Sign in</title></head>
<body>
<h1>Sign in</h1>
<p>The simulator believes whatever you say.</p>
<form method="post" action="${signInPath}?${query}">
<p><label>E-mail <input name="email" type="email" required autofocus value="${email}"></label></p>
<p><label>Name <input name="name"></label></p>
<p><button>Sign in</button></p>
</form>
</body>
</html>`;
}
