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

/** What came of a write that the server answers with no more than that it is done. */
export type WriteResult<Other extends string = never> =
  | { readonly result: "done" | Other }
  | Unclear;

/**
 * `mail failed`: written, but nobody was told. `already there`: not written, since the list that led to this call was out
 * of date.
 */
export type InviteResult = WriteResult<"mail failed" | "already there">;

/** `gone`: there was nothing to remove, says the server; a list has to confirm it. */
export type RemovalResult = WriteResult<"gone">;

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
  listInvitations(id: string): Promise<Invitation[]> {
    const call = this.call("GET", `/api/invitations/${id}`, "list the invitations", id);
    return this.read(call, (json) => parseInvitations(json, id));
  }

  /** One entry for each membership row, in no order. */
  listMembers(id: string): Promise<MemberRow[]> {
    const call = this.call("GET", `/api/organization/users/${id}`, "list the members", id);
    return this.read(call, (json) => parseMembers(json, id));
  }

  /** The account that the key belongs to; an organization key belongs to none. */
  account(): Promise<{ userId: string; email: string } | undefined> {
    return this.me(parseAccount);
  }

  /** Invites somebody, or adds them at once where the address has an account. The answer does not say which. */
  async invite(
    organizationId: string,
    invitation: NewInvitation,
    permit?: Permit,
  ): Promise<InviteResult> {
    const { email, role, scopes, appUrl, redirectUri } = invitation;
    const what = `invite ${email} as ${role}`;
    const call = this.call("POST", "/api/invitation", what, organizationId, {
      email,
      user_role: roleNumber(role),
      app_url: appUrl,
      redirect_uri: redirectUri,
      scopes: scopes ?? undefined,
    });
    const meaningOf = (message: string) => {
      if (quirks.mailFailed(message)) return "mail failed";
      return quirks.alreadyMember(message) || quirks.alreadyInvited(message)
        ? "already there"
        : undefined;
    };
    const post = () => this.change(call, meaningOf, permit);
    // A server that mails slowly blocks its workers; after two 408s more than one POST only makes that worse.
    return this.#overloads >= 2 ? this.#oneAtATime.execute(post) : post();
  }

  deleteInvitation(
    organizationId: string,
    email: string,
    id: string,
    permit?: Permit,
  ): Promise<RemovalResult> {
    const what = `delete the invitation of ${email}`;
    const path = `/api/invitation/${encodeURIComponent(id)}`;
    const call = this.call("DELETE", path, what, organizationId);
    return this.change(call, (message) => quirks.invitationGone(message) && "gone", permit);
  }

  removeMember(
    organizationId: string,
    email: string,
    userId: string,
    permit?: Permit,
  ): Promise<RemovalResult> {
    const path = `/api/organization/${organizationId}/user/${encodeURIComponent(userId)}`;
    const call = this.call("DELETE", path, `remove ${email}`, organizationId);
    return this.change(call, (message) => quirks.membershipGone(message) && "gone", permit);
  }

  /** Without `user_id` the server would change the caller; without a field it leaves that field. */
  updateMember(
    organizationId: string,
    email: string,
    userId: string,
    { role, scopes }: { readonly role?: Role; readonly scopes?: readonly string[] },
    permit?: Permit,
  ): Promise<RemovalResult> {
    const whats = [role && `the role of ${email} to ${role}`, scopes && `the scopes of ${email}`];
    const what = `change ${whats.filter(Boolean).join(" and ")}`;
    const call = this.call("PUT", "/api/user", what, organizationId, {
      user_id: userId,
      role: role && roleNumber(role),
      scopes,
    });
    return this.change(call, (message) => quirks.accountGone(message) && "gone", permit);
  }

  /** @param what in words for people */
  protected call(
    method: Request["method"],
    path: string,
    what: string,
    organizationId?: string,
    body?: unknown,
  ): Call {
    return { method, path, what, server: this.connection.apiUrl, organizationId, body };
  }

  /** What the server tells of the key's account; undefined for an organization key, which is nobody's. */
  protected async me<T>(parse: (json: unknown) => T): Promise<T | undefined> {
    try {
      return await this.read(this.call("GET", "/api/auth/me", "check the API key"), parse);
    } catch (error) {
      if (isOf("Declined", error, quirks.keyWithoutAccount)) return undefined;
      throw error;
    }
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
      (error) => this.#mayPass(error),
      ({ message }) =>
        this.#tellOfWaiting(
          `${message} It is retried for ${this.limits.retryForMs / 1000} s at most.`,
        ),
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

  /**
   * A write of which the server answers no more than that it is done.
   *
   * @param meaningOf what it says otherwise; nothing: it is a failure
   */
  protected change<Other extends string = never>(
    call: Call,
    meaningOf: (message: string) => Other | false | undefined,
    permit?: Permit,
  ): Promise<WriteResult<Other>> {
    return this.write(
      call,
      ({ status, text }) => {
        const result = status === 204 ? "done" : status === 400 && meaningOf(serverMessage(text));
        return result ? { result } : undefined;
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
            ...(call.body ? { "Content-Type": "application/json" } : {}),
          },
          body: JSON.stringify(call.body),
          timeoutMs,
          signal,
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
