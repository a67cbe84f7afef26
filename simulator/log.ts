/** What a request asks for. Other names are those of the table of routes. */
export type Route =
  | "invite"
  | "listInvitations"
  | "deleteInvitation"
  | "listMembers"
  | "removeMember"
  | "updateMember"
  | "me"
  | "health"
  | "other"
  | (string & {});

/** A request to Trieve's API. */
export interface RequestRecord {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly route: Route;
  /** The organization header as it came. */
  readonly organizationId?: string;
  readonly keyText?: string;
  /** Parsed if it is JSON, else its text. */
  readonly body?: unknown;
  /** The address in a `POST /api/invitation`. */
  readonly email?: string;
  /** Absent while unanswered, and when the connection broke instead. */
  status?: number;
}

/** Every request, and how many there are at once. */
export class Log {
  readonly requests: RequestRecord[] = [];
  inFlight = 0;
  highestInFlight = 0;

  /** A request begins. Returns what ends it, once. */
  begin(): () => void {
    this.inFlight += 1;
    this.highestInFlight = Math.max(this.highestInFlight, this.inFlight);
    let open = true;
    return () => {
      this.inFlight -= open ? 1 : 0;
      open = false;
    };
  }

  add(request: Omit<RequestRecord, "at">): RequestRecord {
    const record = { at: Date.now(), ...request };
    this.requests.push(record);
    return record;
  }

  /** Begins `highestInFlight` anew, from what is in flight now. */
  resetCounters(): void {
    this.highestInFlight = this.inFlight;
  }
}
