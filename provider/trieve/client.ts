import { bulkhead } from "cockatiel";
import {
  type Attempt,
  hanging,
  isOf,
  refusedWith,
  TrieveError,
  unanswered,
  unexpected,
} from "./errors";
import { type Request, type Response, type Transport, TransportError, transport } from "./http";
import {
  describeMismatch,
  type Invitation,
  type MemberRow,
  parseAccount,
  parseInvitations,
  parseMembers,
  type Role,
  roleNumber,
} from "./model";
import * as quirks from "./quirks";
import { parseRetryAfter, retryReads } from "./retry";
import { type Slots, slotsFor } from "./slots";

/** Times in milliseconds, sizes in bytes. */
export interface Limits {
  readonly connectMs: number;
  /** One try of a question. */
  readonly readMs: number;
  /** A write may wait for a slow mail server. */
  readonly writeMs: number;
  /** How long a question is asked again. */
  readonly retryForMs: number;
  /** The first pause before something is tried again; later ones are longer. */
  readonly firstPauseMs: number;
  readonly maxBytes: number;
}

const defaultLimits: Limits = {
  connectMs: 10_000,
  readMs: 10_000,
  writeMs: 150_000,
  retryForMs: 90_000,
  firstPauseMs: 250,
  maxBytes: 256 * 1024 * 1024,
};

/** After so long without an answer the user is told. */
const slowMs = 2_000;

export interface Connection {
  /** Base URL of the server, without `/api` and without a slash at the end. */
  readonly apiUrl: string;
  readonly apiKey: string;
  /** Requests in flight, 1 to 8, counted over all processes of this user on this machine. */
  readonly maxConcurrency: number;
  /** What to do about a key that the server rejects, one sentence or two. */
  readonly keyAdvice: string;
  /** What else to do about an organization that the server does not know, one sentence. */
  readonly organizationAdvice?: string;
  /**
   * Called when a request goes without an answer for two seconds; once, until one is answered. The text says what was
   * asked, and how long it is waited for.
   */
  readonly onWaiting?: (text: string) => void;
  /** Ends whatever is under way, and fails it with the signal's reason. */
  readonly signal?: AbortSignal;
  readonly limits?: Partial<Limits>;
}

/** Called when a write has its slot and is about to be sent; throws to stop it. */
export type Permit = () => Promise<void>;

/** What is posted for one person. */
export interface NewInvitation {
  readonly email: string;
  readonly role: Role;
  /** `null`: unrestricted. Never empty: an empty list locks the person out. */
  readonly scopes: readonly string[] | null;
  readonly appUrl: string;
  readonly redirectUri: string;
}

/** A write that may have taken effect: look before anything else. Repeat it only if `error.transient`. */
export interface Unclear {
  readonly result: "unclear";
  readonly error: TrieveError;
}

export type InviteResult =
  | { readonly result: "done" }
  /** Written, but nobody was told. */
  | { readonly result: "mail failed" }
  /** Not written: the list that led to this call was out of date. */
  | { readonly result: "already there" }
  | Unclear;

export type RemovalResult =
  | { readonly result: "done" }
  /** There was nothing to remove, says the server; a list has to confirm it. */
  | { readonly result: "gone" }
  | Unclear;

export interface Call extends Attempt {
  readonly method: Request["method"];
  readonly path: string;
  readonly body?: unknown;
}

/** The part of Trieve's HTTP API that decides who belongs to an organization. Knows no policy. */
export class Client {
  readonly #transport: Transport;
  readonly #slots: Slots;
  readonly limits: Limits;
  readonly #oneAtATime = bulkhead(1, Number.POSITIVE_INFINITY);
  #overloads = 0;
  #writesUnderWay = 0;
  #waitingIsTold = false;

  constructor(readonly connection: Connection) {
    // A server without an admin key takes an empty one for it.
    if (connection.apiKey === "") throw new Error("The API key is empty.");
    this.limits = { ...defaultLimits, ...connection.limits };
    this.#transport = transport(connection.apiUrl, this.limits);
    this.#slots = slotsFor(new URL(connection.apiUrl).origin, connection.maxConcurrency);
  }

  /** All rows, used ones included, in no order. */
  listInvitations(organizationId: string): Promise<Invitation[]> {
    return this.read(
      {
        ...this.attempt("list the invitations", organizationId),
        method: "GET",
        path: `/api/invitations/${organizationId}`,
      },
      (json) => parseInvitations(json, organizationId),
    );
  }

  /** One entry for each membership row, in no order. */
  listMembers(organizationId: string): Promise<MemberRow[]> {
    return this.read(
      {
        ...this.attempt("list the members", organizationId),
        method: "GET",
        path: `/api/organization/users/${organizationId}`,
      },
      (json) => parseMembers(json, organizationId),
    );
  }

  /** The account that the key belongs to; an organization key belongs to none. */
  async account(): Promise<{ userId: string; email: string } | undefined> {
    const call: Call = {
      ...this.attempt("ask whose API key this is"),
      method: "GET",
      path: "/api/auth/me",
    };
    try {
      return await this.read(call, parseAccount);
    } catch (error) {
      if (isOf("Declined", error, quirks.keyWithoutAccount)) return undefined;
      throw error;
    }
  }

  /** Invites somebody, or adds them at once where the address has an account. The answer does not say which. */
  async invite(
    organizationId: string,
    invitation: NewInvitation,
    permit?: Permit,
  ): Promise<InviteResult> {
    const { email, role, scopes, appUrl, redirectUri } = invitation;
    const post = () =>
      this.#change(
        {
          ...this.attempt(`invite ${email} as ${role}`, organizationId),
          method: "POST",
          path: "/api/invitation",
          body: {
            email,
            user_role: roleNumber(role),
            app_url: appUrl,
            redirect_uri: redirectUri,
            ...(scopes === null ? {} : { scopes }),
          },
        },
        (message): InviteResult | undefined => {
          if (quirks.mailFailed(message)) return { result: "mail failed" };
          if (quirks.alreadyMember(message) || quirks.alreadyInvited(message))
            return { result: "already there" };
          return undefined;
        },
        permit,
      );
    // A server that mails slowly blocks its workers; after two 408s more than one POST only makes that worse.
    return this.#overloads >= 2 ? this.#oneAtATime.execute(post) : post();
  }

  deleteInvitation(
    organizationId: string,
    email: string,
    id: string,
    permit?: Permit,
  ): Promise<RemovalResult> {
    return this.#change(
      {
        ...this.attempt(`delete the invitation of ${email}`, organizationId),
        method: "DELETE",
        path: `/api/invitation/${encodeURIComponent(id)}`,
      },
      (message): RemovalResult | undefined =>
        quirks.invitationGone(message) ? { result: "gone" } : undefined,
      permit,
    );
  }

  removeMember(
    organizationId: string,
    email: string,
    userId: string,
    permit?: Permit,
  ): Promise<RemovalResult> {
    return this.#change(
      {
        ...this.attempt(`remove ${email}`, organizationId),
        method: "DELETE",
        path: `/api/organization/${organizationId}/user/${encodeURIComponent(userId)}`,
      },
      (message): RemovalResult | undefined =>
        quirks.membershipGone(message) ? { result: "gone" } : undefined,
      permit,
    );
  }

  /** Without `user_id` the server would change the caller; without a field it leaves that field. */
  updateMember(
    organizationId: string,
    email: string,
    userId: string,
    change: { readonly role?: Role; readonly scopes?: readonly string[] },
    permit?: Permit,
  ): Promise<RemovalResult> {
    const { role, scopes } = change;
    const what = [role && `the role of ${email} to ${role}`, scopes && `the scopes of ${email}`];
    return this.#change(
      {
        ...this.attempt(`change ${what.filter(Boolean).join(" and ")}`, organizationId),
        method: "PUT",
        path: "/api/user",
        body: {
          user_id: userId,
          ...(role === undefined ? {} : { role: roleNumber(role) }),
          ...(scopes === undefined ? {} : { scopes }),
        },
      },
      (message): RemovalResult | undefined =>
        quirks.accountGone(message) ? { result: "gone" } : undefined,
      permit,
    );
  }

  protected attempt(what: string, organizationId?: string): Attempt {
    return {
      what,
      server: this.connection.apiUrl,
      ...(organizationId === undefined ? {} : { organizationId }),
    };
  }

  protected read<T>(call: Call, parse: (json: unknown) => T): Promise<T> {
    return retryReads(
      async () => {
        const response = await this.exchange(call, this.limits.readMs);
        if (response.status !== 200) throw this.failure(call, response);
        const answer = this.parsed(call, response, parse);
        this.#waitingIsTold = false;
        return answer;
      },
      this.limits,
      {
        mayPass: (error) => this.#mayPass(error),
        onWaiting: ({ message }) =>
          this.#tellOfWaiting(
            `${message} It is asked again, for ${this.limits.retryForMs / 1000} s at most.`,
          ),
      },
    ).catch((error) => this.#nameAHang(call, error));
  }

  /** @throws TrieveError an answer of another shape */
  protected parsed<T>(call: Call, response: Response, parse: (json: unknown) => T): T {
    try {
      return parse(JSON.parse(response.text));
    } catch (error) {
      const mismatch = this.withoutKey(describeMismatch(error));
      // A body cut short may come whole when asked again; one of another shape will not.
      const transient = call.method === "GET" && error instanceof SyntaxError;
      throw unexpected(call, response.status, mismatch, transient);
    }
  }

  /**
   * A server that sends a slow mail answers nobody else meanwhile. Otherwise one that is silent is not asked again: a run
   * that is interrupted must come to an end, and nobody tells a dynamic provider of it.
   */
  #mayPass(error: TrieveError): boolean {
    return error.transient && (error.code !== "TIMEOUT" || this.#writesUnderWay > 0);
  }

  #tellOfWaiting(text: string): void {
    if (!this.#waitingIsTold) this.connection.onWaiting?.(text);
    this.#waitingIsTold = true;
  }

  /** A write of which the server answers no more than that it is done. */
  async #change<R extends { readonly result: string }>(
    call: Call,
    meaningOf: (message: string) => R | undefined,
    permit?: Permit,
  ): Promise<R | { readonly result: "done" } | Unclear> {
    return this.write<R | { readonly result: "done" }>(
      call,
      (response) => {
        if (response.status === 204) return { result: "done" };
        return response.status === 400 ? meaningOf(serverMessage(response.text)) : undefined;
      },
      permit,
    );
  }

  /**
   * A write. It is never repeated here.
   *
   * @param meaningOf an answer; undefined: it is a failure
   */
  protected async write<R extends { readonly result: string }>(
    call: Call,
    meaningOf: (response: Response) => R | undefined,
    permit?: Permit,
  ): Promise<R | Unclear> {
    try {
      const response = await this.exchange(call, this.limits.writeMs, permit);
      const known = meaningOf(response);
      if (!known) throw this.failure(call, response);
      if (response.status < 300) this.#waitingIsTold = false;
      return known;
    } catch (error) {
      if (error instanceof TrieveError && (error.outcome === "unknown" || error.transient))
        return { result: "unclear", error };
      throw error;
    }
  }

  protected async exchange(call: Call, timeoutMs: number, permit?: Permit): Promise<Response> {
    const { apiKey, signal } = this.connection;
    try {
      return await this.#slots(async () => {
        // Not before: it may have waited long for its slot.
        await permit?.();
        return this.#answered(call, {
          method: call.method,
          path: call.path,
          headers: {
            Authorization: apiKey,
            ...(call.organizationId ? { "TR-Organization": call.organizationId } : {}),
            ...(call.body === undefined ? {} : { "Content-Type": "application/json" }),
          },
          ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
          timeoutMs,
          ...(signal ? { signal } : {}),
        });
      }, signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof TransportError)) throw error;
      throw unanswered(call, this.withoutKey(error.message), error.reason);
    }
  }

  /** Sends a request, and says so when the answer is slow to come. */
  async #answered(call: Call, request: Request): Promise<Response> {
    const slow = setTimeout(() => {
      const where = call.organizationId ? ` in organization ${call.organizationId}` : "";
      this.#tellOfWaiting(
        `No answer from ${call.server} for 2 s, asked to ${call.what}${where}. It has ${request.timeoutMs / 1000} s.`,
      );
    }, slowMs);
    const isWrite = request.method !== "GET";
    if (isWrite) this.#writesUnderWay += 1;
    try {
      return await this.#transport(request);
    } finally {
      clearTimeout(slow);
      if (isWrite) this.#writesUnderWay -= 1;
    }
  }

  protected failure(call: Call, response: Response): TrieveError {
    if (response.status === 408) this.#overloads += 1;
    const message = this.withoutKey(serverMessage(response.text));
    const retryAfterMs = parseRetryAfter(response.header("retry-after"), Date.now());
    return refusedWith(call, response.status, message, this.connection, retryAfterMs);
  }

  /** A proxy may send back what it was sent. A key as short as a word would garble what servers say. */
  protected withoutKey(message: string): string {
    const { apiKey } = this.connection;
    return apiKey.length < 8 ? message : message.replaceAll(apiKey, "<key>");
  }

  /** A server whose database connections are used up for good still answers its health check. */
  async #nameAHang(call: Call, error: unknown): Promise<never> {
    if (error instanceof TrieveError && error.code === "TIMEOUT") {
      const health = await this.#transport({
        method: "GET",
        path: "/api/health",
        headers: {},
        timeoutMs: Math.min(this.limits.connectMs, slowMs),
      }).catch(() => undefined);
      if (health?.status === 200) throw hanging(call, this.limits.readMs);
    }
    throw error;
  }
}

/** `{"message": "…"}`; anything else, such as a proxy's page or nothing at all, says nothing. */
function serverMessage(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === "string" ? message : "";
  } catch {
    return "";
  }
}
