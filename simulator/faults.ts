import type { RequestRecord, Route } from "./log";

/** What goes wrong. */
export type Effect =
  /** Answered like this, as by a proxy: Trieve never sees the request. */
  | { status: number; body?: string; headers?: Record<string, string> }
  /** Carried out after a while. */
  | { delayMs: number }
  /** The connection breaks: before the request is carried out, or after. */
  | { reset: "before" | "after" }
  /** Carried out, but the connection breaks in the middle of the answer. */
  | { truncate: true }
  /** Carried out, but the answer is 200 with this body (`text/html` unless told). */
  | { replaceBody: string; contentType?: string }
  /** Carried out, but the mail server refuses the mail. */
  | { mailFails: true };

/** Something that goes wrong with some requests. */
export interface Fault {
  route: Route | "any";
  /** How many requests it hits. @default 1 */
  times?: number;
  /** Only these requests. */
  when?: (request: RequestRecord) => boolean;
  effect: Effect;
}

/** A fault that has been set. */
export interface FaultHandle {
  /** Takes the fault away. */
  remove(): void;
  /** Requests hit so far. */
  readonly hits: number;
}

class ActiveFault implements FaultHandle {
  hits = 0;
  constructor(
    readonly fault: Fault,
    readonly remove: () => void,
  ) {}

  takes(request: RequestRecord): boolean {
    const { route, times = 1, when } = this.fault;
    return (
      this.hits < times && (route === "any" || route === request.route) && (when?.(request) ?? true)
    );
  }
}

/** The faults that are set. */
export class Faults {
  readonly #active = new Set<ActiveFault>();

  add(fault: Fault): FaultHandle {
    const active: ActiveFault = new ActiveFault(fault, () => this.#active.delete(active));
    this.#active.add(active);
    return active;
  }

  /** The effect of the first fault that takes the request, which counts as a hit. */
  take(request: RequestRecord): Effect | undefined {
    for (const active of this.#active) {
      if (active.takes(request)) {
        active.hits += 1;
        return active.fault.effect;
      }
    }
    return undefined;
  }
}
