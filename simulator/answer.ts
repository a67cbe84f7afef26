/** What the server sends back. No content type without a body, as the real one. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An answer with a JSON body. */
export function json(body: unknown, status = 200): Answer {
  return jsonText(JSON.stringify(body), status);
}

/** An answer with a JSON body that is text already. */
export function jsonText(body: string, status = 200): Answer {
  return { status, headers: { "content-type": "application/json" }, body };
}

/** An answer without a body. */
export function empty(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers };
}

/** Ends a request with an error answer. */
export class Refusal extends Error {
  override name = "Refusal" as const;
  constructor(readonly answer: Answer) {
    super(answer.body ?? `${answer.status}`);
  }
}

/** Trieve's own errors: `{"message": …}`. */
export function refusal(status: number, message: string): Refusal {
  return new Refusal(json({ message }, status));
}

/** Errors of the web framework, which Trieve does not turn into JSON. */
export function textRefusal(status: number, body: string): Refusal {
  return new Refusal({ status, headers: { "content-type": "text/plain; charset=utf-8" }, body });
}

/** The server's code panicked: the client sees the connection close. A release build ends its process too. */
export class Panic extends Error {
  override name = "Panic" as const;
}
