import { type Context, Hono } from "hono";
import * as v from "valibot";
import { inboxPage, inboxPath, invitationIn } from "./inbox";
import { signInPage } from "./sign-in";
import type { Simulator } from "./simulator";

const acceptance = v.object({
  link: v.string(),
  email: v.string(),
  name: v.optional(v.string()),
  subject: v.optional(v.string()),
});

/** JSON has neither functions nor Infinity: `email` stands for a predicate, and 0 times for always. */
const fault = v.object({
  route: v.string(),
  times: v.optional(v.number()),
  email: v.optional(v.string()),
  effect: v.union([
    v.strictObject({
      status: v.number(),
      body: v.optional(v.string()),
      headers: v.optional(v.record(v.string(), v.string())),
    }),
    v.strictObject({ delayMs: v.number() }),
    v.strictObject({ reset: v.picklist(["before", "after"]) }),
    v.strictObject({ truncate: v.literal(true) }),
    v.strictObject({ replaceBody: v.string(), contentType: v.optional(v.string()) }),
    v.strictObject({ mailFails: v.literal(true) }),
  ]),
});

/** The simulator's own paths, to be mounted under `/simulator`: what tests call on the object, for other processes. */
export function controlRoutes(simulator: Simulator): Hono {
  const app = new Hono();
  function post<T>(
    path: string,
    schema: v.GenericSchema<unknown, T>,
    act: (c: Context, body: T) => Response,
  ) {
    app.post(path, async (c) => {
      const result = v.safeParse(schema, await c.req.json().catch(() => undefined));
      return result.success
        ? act(c, result.output)
        : c.json({ message: v.summarize(result.issues) }, 400);
    });
  }
  app.get("/mails", (c) => c.json(simulator.mails));
  app.get("/requests", (c) => c.json(simulator.requests));
  app.get("/state", (c) => {
    const { hung, inFlight, highestInFlight, mailWorks } = simulator;
    return c.json({ hung, inFlight, highestInFlight, mailWorks });
  });
  post("/accept", acceptance, (c, { link, ...person }) => c.json(simulator.accept(link, person)));
  post("/fault", fault, (c, { route, times, email, effect }) => {
    simulator.fault({
      route,
      effect,
      times: times === 0 ? Number.POSITIVE_INFINITY : times,
      when: email === undefined ? undefined : (request) => request.email === email,
    });
    return c.body(null, 204);
  });
  app.get("/inbox", (c) => c.redirect(inboxPath));
  // With the inbox as redirect URI a new person lands on it, and somebody with an account on `org` below it.
  for (const path of ["/inbox/", "/inbox/org"]) {
    app.get(path, (c) => c.html(inboxPage(simulator)));
  }
  app.get("/sign-in", (c) => {
    const query = new URL(c.req.url).searchParams;
    const code = query.get("inv_code");
    const invited = simulator.mails.findLast((mail) => code && invitationIn(mail) === code);
    return c.html(signInPage(query.toString(), invited?.to ?? ""));
  });
  app.post("/sign-in", async (c) => {
    const form = await c.req.parseBody();
    const name = String(form.name ?? "").trim();
    const { status, location, body } = simulator.accept(c.req.url, {
      email: String(form.email ?? ""),
      name: name === "" ? undefined : name,
    });
    // A panic has no answer to show.
    return location === null
      ? new Response(body, {
          status: status || 502,
          headers: { "content-type": "application/json" },
        })
      : new Response(null, { status, headers: { location } });
  });
  return app;
}
