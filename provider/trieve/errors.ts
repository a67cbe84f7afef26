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

/**
 * Something did not go as asked of a Trieve server. Each kind of failure is a class of its own; the message is one
 * line that says what was tried, for whom, where, what came back, why that is likely, and what to do next.
 */
export abstract class TrieveError extends Error {
  /** Whether a write may have taken effect all the same. */
  abstract readonly outcome: "not executed" | "unknown";
  /** Whether the same question may get another answer soon. */
  readonly transient: boolean = false;
}

/** 401: there is a key, but the server does not know it. */
export class KeyRejected extends TrieveError {
  override readonly name = "KeyRejected";
  override readonly outcome = "not executed";
  constructor(attempt: Attempt, advice: string) {
    super(
      sentence(
        attempt,
        "the server answered 401 (Unauthorized)",
        `The API key is wrong, expired or revoked. ${advice}`,
      ),
    );
  }
}

/** 403: the key is good, but not for this. */
export class NotAllowed extends TrieveError {
  override readonly name = "NotAllowed";
  override readonly outcome = "not executed";
  constructor(attempt: Attempt, message: string) {
    super(
      sentence(
        attempt,
        `the server answered 403 (${clean(message) || "no message"})`,
        "The API key belongs to another organization, has a role below admin, or is limited by scopes; removing an owner takes a key of role owner. Use a key of this organization with a role that suffices.",
      ),
    );
  }
}

/** 404: no such organization, or no Trieve server at that URL. Never taken for "nobody there". */
export class NotFound extends TrieveError {
  override readonly name = "NotFound";
  override readonly outcome = "not executed";
  constructor(
    attempt: Attempt,
    /** As the server sent it; not for terminals. */
    readonly serverMessage: string,
    /** What else to do about an organization that is not there. */
    organizationAdvice = "",
  ) {
    const message = clean(serverMessage);
    super(
      message
        ? sentence(
            attempt,
            `the server answered 404 (${message})`,
            `The organization was deleted, or its id belongs to another server. Check the organization id and the server's URL. ${organizationAdvice}`,
          )
        : sentence(
            attempt,
            "the server answered 404 with no message",
            "There is no Trieve API at that URL. Give the server's base URL, without `/api`.",
          ),
    );
  }
}

/** Any other 4xx: Trieve understood and declined. */
export class Declined extends TrieveError {
  override readonly name = "Declined";
  override readonly outcome = "not executed";
  constructor(
    attempt: Attempt,
    readonly status: number,
    /** As the server sent it; not for terminals. */
    readonly serverMessage: string,
  ) {
    super(
      sentence(
        attempt,
        `the server answered ${status} (${clean(serverMessage) || "no message"})`,
        adviceFor(serverMessage),
      ),
    );
  }
}

function adviceFor(message: string): string {
  if (message.includes("higher role than"))
    return "A key gives out roles up to its own. Use a key of a higher role, or declare a lower role.";
  if (message === "Can not invite yourself")
    return "The API key belongs to this very account. Use an organization key, or leave this person out.";
  if (message === "Invalid email") return "Trieve does not take this address. Correct it.";
  return "Nothing was changed. The server's log may say more.";
}

/** 408, 429 and 5xx: the server, or something before it, could not answer now. */
export class ServerFailed extends TrieveError {
  override readonly name = "ServerFailed";
  override readonly outcome = "unknown";
  override readonly transient = true;
  constructor(
    attempt: Attempt,
    readonly status: number,
    message: string,
    /** Milliseconds that the server asked to wait; none given: undefined. */
    readonly retryAfterMs: number | undefined,
  ) {
    super(
      sentence(
        attempt,
        `the server answered ${status}${message ? ` (${clean(message)})` : ""}`,
        status === 408
          ? "The server is overloaded or its mail server is slow. Try again later."
          : "Something is wrong at the server or before it. Try again; the server's log says more.",
      ),
    );
  }
}

/** No answer at all: refused, reset, not found in DNS, TLS, or too slow. */
export class NoAnswer extends TrieveError {
  override readonly name = "NoAnswer";
  override readonly transient: boolean;
  override readonly outcome: "not executed" | "unknown";
  constructor(
    attempt: Attempt,
    reason: string,
    /** Node's (`ECONNRESET`), or `TIMEOUT`, `CONNECT_TIMEOUT`, `TOO_LARGE`. */
    readonly code: string | undefined,
  ) {
    const advice = adviceForCode(code);
    super(sentence(attempt, clean(reason), advice.text));
    this.transient = advice.transient;
    this.outcome = neverSent.has(code ?? "") ? "not executed" : "unknown";
  }
}

const neverSent = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "CONNECT_TIMEOUT"]);

function adviceForCode(code: string | undefined): { text: string; transient: boolean } {
  if (code === "ECONNREFUSED")
    return { text: "Is the server running, and is the URL right?", transient: true };
  if (code === "ENOTFOUND")
    return { text: "The host name is unknown. Check the server's URL.", transient: false };
  if (code?.startsWith("ERR_TLS") || code?.includes("CERT") || code?.includes("SIGNED"))
    return {
      text: "The server's certificate is not trusted. For a private authority set NODE_EXTRA_CA_CERTS to its file.",
      transient: false,
    };
  if (code === "TOO_LARGE")
    return { text: "Check that the URL leads to a Trieve server.", transient: false };
  return {
    text: "Try again; if it stays so, look at the server and what lies before it.",
    transient: true,
  };
}

/** The server takes connections and answers its health check, but no question that needs its database. */
export class ServerHangs extends TrieveError {
  override readonly name = "ServerHangs";
  override readonly outcome = "unknown";
  constructor(attempt: Attempt, afterMs: number) {
    super(
      sentence(
        attempt,
        `no answer within ${Math.round(afterMs / 1000)} s, while the health check still answers`,
        "The server hangs: about ten requests at once with organization keys, from all clients together, do that for good. Restart it, then run the command again.",
      ),
    );
  }
}

/** An answer that is not what Trieve sends: a proxy's page, a body cut short, another API. Proves nothing. */
export class UnexpectedAnswer extends TrieveError {
  override readonly name = "UnexpectedAnswer";
  override readonly outcome = "unknown";
  override readonly transient: boolean;
  constructor(
    attempt: Attempt,
    status: number,
    mismatch: string,
    options?: { transient?: boolean },
  ) {
    super(
      sentence(
        attempt,
        `the server's answer (${status}) is not what Trieve sends (${clean(mismatch)})`,
        "Nothing was concluded from it. Check that the URL leads to a Trieve server, with no sign-in page or proxy before it.",
      ),
    );
    this.transient = options?.transient ?? false;
  }
}
