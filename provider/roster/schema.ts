import * as v from "valibot";
import { emailProblem, scopeProblem } from "../lifecycle/check";
import { show } from "../printable";
import { roleChoice } from "../settings";
import { roles } from "../trieve/model";
import { nearest } from "./words";

// Descriptions are what an editor shows beside a key. Every message ends with what to write instead.

type Message = (issue: v.BaseIssue<unknown>) => string;

/** Names the value and says what to write; for keys without one, that it is missing. */
function wrong(what: string, instead: string | ((input: unknown) => string)): Message {
  return ({ input }) => {
    const problem =
      input === null || input === undefined
        ? `${what} has no value`
        : `${show(input)} is not a valid ${what}`;
    return `${problem}: write ${typeof instead === "string" ? instead : instead(input)}`;
  };
}

const anAddress = "an address such as ada@example.com";
const addressText: Message = (issue) => {
  if (typeof issue.input !== "string") return wrong("email address", anAddress)(issue);
  const email = issue.input.trim();
  return `${show(email)} ${emailProblem(email)}; write ${anAddress}`;
};

/** Somebody's address; the result is trimmed and in lower case. */
export const address = v.pipe(
  v.string(addressText),
  // Less than `emailProblem` asks, but something that a JSON Schema can say. In one way only, so that no text takes long.
  v.regex(/^\s*[^@\s]+@[^@\s.]+(\.[^@\s.]+)+\s*$/, addressText),
  v.check((email) => emailProblem(email.trim()) === undefined, addressText),
  v.trim(),
  v.toLowerCase(),
  v.description("Email address of the person. Case-insensitive."),
  v.examples(["ada@example.com"]),
);

const role = v.picklist(
  roles,
  wrong("role", (input) => {
    const meant = typeof input === "string" ? nearest(input, roles) : undefined;
    return meant ? show(meant) : roleChoice;
  }),
);

const scopeText: Message = ({ input }) => `${show(input)} ${scopeProblem(input)}`;
const scopes = v.pipe(
  v.array(
    v.pipe(
      v.string(scopeText),
      v.regex(/^(GET|POST|PUT|PATCH|DELETE) \/api\/\S/, scopeText),
      v.check(
        (scope) => scopeProblem(scope) === undefined,
        (issue) => `${scopeText(issue)}; write one such as "GET /api/chunk/{chunk_id}"`,
      ),
      v.examples(["POST /api/chunk/search"]),
    ),
    wrong("list of scopes", '["POST /api/chunk/search"], or omit scopes for no restriction'),
  ),
  // Trieve reads an empty list as "nothing at all", not as "no restriction".
  v.minLength(
    1,
    'an empty list of scopes would lock the person out: write ["POST /api/chunk/search"], or omit scopes for no restriction',
  ),
);

const dayText = wrong("date", "the last day as YYYY-MM-DD, such as 2027-01-31");

const text = (key: string) =>
  v.string(
    wrong(`text for ${key}`, (input) =>
      typeof input === "number" || typeof input === "boolean"
        ? `${show(String(input))}, in quotes`
        : "text in quotes",
    ),
  );

/** A person with more than an address. */
export const person = v.object(
  {
    email: address,
    role: v.optional(
      v.pipe(
        role,
        v.description("Role in the organization. If omitted, that of `defaults`, else user."),
      ),
    ),
    scopes: v.optional(
      v.pipe(
        scopes,
        v.description(
          "Routes that the person can use, and no others. The person acts as owner on them. If omitted, those of `defaults`, else no restriction.",
        ),
      ),
    ),
    until: v.optional(
      v.pipe(
        v.string(dayText),
        v.isoDate(dayText),
        v.check(isDay, dayText),
        v.description(
          "Last day, YYYY-MM-DD in UTC. The first `up` after that day removes the person.",
        ),
        v.examples(["2027-01-31"]),
      ),
    ),
    resend: v.optional(
      v.pipe(
        text("resend"),
        v.description("Any text. Changing it sends a pending invitation once more."),
        v.examples(["2"]),
      ),
    ),
    note: v.optional(v.pipe(text("note"), v.description("Any text for people who read the file."))),
  },
  `email is missing: write ${anAddress}`,
);

/** What counts for those whose own line says nothing. No `until`: it would end everybody's stay at once. */
export const defaults = v.pipe(
  v.object({
    role: v.optional(
      v.pipe(role, v.description("Role of people whose entry omits it. If omitted, user.")),
    ),
    scopes: v.optional(
      v.pipe(
        scopes,
        v.description("Scopes of people whose entry omits them. If omitted, no restriction."),
      ),
    ),
  }),
  v.description("Role and scopes of people whose entry omits them."),
);

/** A whole file. Its parts are checked one by one; as a whole it is what the JSON Schema is made from. */
export const roster = v.pipe(
  v.object({
    $schema: v.optional(v.pipe(v.string(), v.description("For editors."))),
    defaults: v.optional(defaults),
    members: v.pipe(
      v.array(v.union([address, person])),
      v.description("People whom this file manages, in any order."),
    ),
  }),
  v.title("Members of a Trieve organization"),
);

/** Whether the calendar has a day that is written YYYY-MM-DD: 2027-02-30 rolls over to another. */
function isDay(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}
