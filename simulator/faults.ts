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
}

/** The faults that are set. */
export class Faults {
  readonly #active = new Set<Fault & { left: number }>();

  add(fault: Fault): FaultHandle {
    const active = { ...fault, left: fault.times ?? 1 };
    this.#active.add(active);
    return { remove: () => this.#active.delete(active) };
  }

  /** The effect of the first fault that takes the request; without any, one that changes nothing. */
  take(request: RequestRecord): Effect {
    for (const fault of this.#active) {
      const { left, route, when, effect } = fault;
      if (left > 0 && (route === "any" || route === request.route) && (when?.(request) ?? true)) {
        fault.left -= 1;
        return effect;
      }
    }
    return { delayMs: 0 };
  }
}
