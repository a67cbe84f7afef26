import { cut, oneLine } from "../printable";

/** What was asked of Trieve, in words for people. */
export interface Attempt {
  /** "invite ada@example.com", "list the members" */
  readonly what: string;
  /** Absent where the question is about the key alone. */
  readonly organizationId?: string;
  /** Base URL of the server. */
  readonly server: string;
}

/** Server text goes to terminals and logs: no control characters, no flood. */
function clean(text: string): string {
  return cut(oneLine(text), 300);
}

function sentence(attempt: Attempt, answer: string, advice: string): string {
  const where = attempt.organizationId
    ? `in organization ${attempt.organizationId} at ${attempt.server}`
    : `at ${attempt.server}`;
  return oneLine(`Could not ${attempt.what} ${where}: ${answer}. ${advice}`);
}

/** What went wrong, by which a {@link TrieveError} is named. */
export type Failure =
  /** 401: there is a key, but the server does not know it. */
  | "KeyRejected"
  /** 403: the key is good, but not for this. */
  | "NotAllowed"
  /** 404: no such organization, or no Trieve server at that URL. Never taken for "nobody there". */
  | "NotFound"
  /** Any other 4xx: Trieve understood and declined. */
  | "Declined"
  /** 408, 429 and 5xx: the server, or something before it, could not answer now. */
  | "ServerFailed"
  /** No answer at all: refused, reset, not found in DNS, TLS, or too slow. */
  | "NoAnswer"
  /** The server takes connections and answers its health check, but no question that needs its database. */
  | "ServerHangs"
  /** An answer that is not what Trieve sends: a proxy's page, a body cut short, another API. Proves nothing. */
  | "UnexpectedAnswer";

/**
 * Something did not go as asked of a Trieve server. The message is one line that says what was tried, for whom, where,
 * what came back, why that is likely, and what to do next.
 */
export class TrieveError extends Error {
  /** Whether a write may have taken effect all the same. */
  readonly outcome: "not executed" | "unknown" = "unknown";
  /** Whether the same question may get another answer soon. */
  readonly transient: boolean = false;
  /** As the server sent it; not for terminals. */
  readonly serverMessage: string = "";
  /** Milliseconds that the server asked to wait. */
  readonly retryAfterMs: number = 0;
  /** Of a connection: Node's (`ECONNRESET`), or `TIMEOUT`, `CONNECT_TIMEOUT`, `TOO_LARGE`. */
  readonly code?: string;

  constructor(
    override readonly name: Failure,
    attempt: Attempt,
    answer: string,
    advice: string,
    facts: Facts = {},
  ) {
    super(sentence(attempt, answer, advice));
    Object.assign(this, facts);
  }
}

type Facts = Partial<Omit<TrieveError, keyof Error>>;

/** Whether it is a failure of this kind, of which the server said what a quirk tells. */
export function isOf(kind: Failure, error: unknown, says: (message: string) => boolean): boolean {
  return error instanceof TrieveError && error.name === kind && says(error.serverMessage);
}

/** Why a preview goes on without the lists, to begin a sentence. */
export function whyUnknown(error: unknown): string {
  const hasAnswered = error instanceof TrieveError && !/^(NoAnswer|ServerHangs)$/.test(error.name);
  return hasAnswered ? "Trieve refused the request" : "Could not reach Trieve";
}

/**
 * A status that is not the one that was asked for.
 *
 * @param message of the server, as it came
 * @param advice what to do about a key that the server rejects, and what else about an organization that is not there
 * @param retryAfterMs milliseconds that the server asked to wait
 */
export function refusedWith(
  attempt: Attempt,
  status: number,
  message: string,
  advice: { readonly keyAdvice: string; readonly organizationAdvice?: string },
  retryAfterMs: number,
): TrieveError {
  const shown = clean(message);
  const fail = (name: Failure, said: string, whatToDo: string, facts?: Facts) =>
    new TrieveError(name, attempt, `the server answered ${status}${said}`, whatToDo, {
      outcome: "not executed",
      serverMessage: message,
      ...facts,
    });
  if (status < 400) return unexpected(attempt, status, "another status was expected");
  if (status === 408 || status === 429 || status >= 500)
    return fail(
      "ServerFailed",
      shown && ` (${shown})`,
      status === 408
        ? "The server is overloaded or its mail server is slow. Try again later."
        : "The server, or a proxy in front of it, failed. Try again, and check the server's log.",
      { outcome: "unknown", transient: true, retryAfterMs },
    );
  if (status === 401)
    return fail(
      "KeyRejected",
      " (Unauthorized)",
      `The API key is wrong, expired or revoked. ${advice.keyAdvice}`,
    );
  if (status === 404)
    return shown
      ? fail(
          "NotFound",
          ` (${shown})`,
          `The organization was deleted, or its id belongs to another server. Check the organization id and the server's URL. ${advice.organizationAdvice ?? ""}`,
        )
      : fail(
          "NotFound",
          " with no message",
          "No Trieve API answers at that URL. Use the server's base URL, without `/api`.",
        );
  const said = ` (${shown || "no message"})`;
  return status === 403
    ? fail(
        "NotAllowed",
        said,
        "The API key belongs to another organization, has a role below admin, or is restricted by scopes. Removing an owner requires a key with role owner. Use a key of this organization with a sufficient role.",
      )
    : fail("Declined", said, adviceFor(message));
}

function adviceFor(message: string): string {
  if (message.includes("higher role than"))
    return "A key can grant roles up to its own. Use a key with a higher role, or declare a lower role.";
  if (message === "Can not invite yourself")
    return "The API key belongs to this account. Use an organization key, or remove this person from the program.";
  if (message === "Invalid email") return "Trieve does not accept this address. Correct it.";
  return "Nothing was changed. Check the server's log for details.";
}

/** @param code as that of a {@link TrieveError} */
export function unanswered(attempt: Attempt, reason: string, code = ""): TrieveError {
  const [, advice, transient] = connectionAdvice.find(([codes]) => codes.test(code)) ?? later;
  const outcome = neverSent.has(code) ? "not executed" : "unknown";
  return new TrieveError("NoAnswer", attempt, clean(reason), advice, { outcome, transient, code });
}

const neverSent = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "CONNECT_TIMEOUT"]);

type Advice = readonly [codes: RegExp, advice: string, transient: boolean];
const later: Advice = [
  /^/,
  "Try again. If it keeps failing, check the server and any proxy in front of it.",
  true,
];
const connectionAdvice: readonly Advice[] = [
  [/^ECONNREFUSED$/, "Check that the server is running and that the URL is correct.", true],
  [/^ENOTFOUND$/, "The host name is unknown. Check the server's URL.", false],
  [
    /^ERR_TLS|CERT|SIGNED/,
    "The server's certificate is not trusted. For a private certificate authority, set NODE_EXTRA_CA_CERTS to its certificate file.",
    false,
  ],
  [/^TOO_LARGE$/, "Check that the URL is that of a Trieve server.", false],
];

/** @param afterMs how long it was waited for */
export function hanging(attempt: Attempt, afterMs: number): TrieveError {
  return new TrieveError(
    "ServerHangs",
    attempt,
    `no answer within ${Math.round(afterMs / 1000)} s, while the health check still answers`,
    "The server hangs. About ten concurrent requests with organization keys, from all clients together, cause this. Restart the server, then run the command again.",
  );
}

/** @param mismatch in what the answer differs from what Trieve sends */
export function unexpected(
  attempt: Attempt,
  status: number,
  mismatch: string,
  transient = false,
): TrieveError {
  return new TrieveError(
    "UnexpectedAnswer",
    attempt,
    `the server's answer (${status}) is not what Trieve sends (${clean(mismatch)})`,
    "The answer was ignored. Check that the URL is that of a Trieve server, with no sign-in page or proxy in front of it.",
    { transient },
  );
}
