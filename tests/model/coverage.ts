import type { Phase } from "./model";
import { type FaultName, faultNames, type Verb } from "./process";

const phases: readonly Phase[] = ["absent", "pending", "member"];
const verbs: readonly Verb[] = ["create", "read", "update", "delete"];
const faults = ["none", ...faultNames] as const;

/** A mail is sent with an invitation only: no read or delete makes one, nor the adoption of a member. */
function canHappen(phase: Phase, verb: Verb, fault: FaultName | "none"): boolean {
  if (fault !== "mail fails") return true;
  return verb === "update" || (verb === "create" && phase !== "member");
}

/** How often each verb met each state of a person, and each fault on the way. */
export class Coverage {
  readonly #counts = new Map<string, number>();

  count(phase: Phase, verb: Verb, fault: FaultName | "none"): void {
    const key = `${phase} ${verb} ${fault}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** What could have happened and never did. */
  get missing(): string[] {
    return cells()
      .filter((cell) => canHappen(...cell) && this.#of(...cell) === 0)
      .map((cell) => cell.join(" × "));
  }

  /** `none` counts every operation. */
  toString(): string {
    const width = 13;
    const head = ["", "", ...faults].map((text) => text.padEnd(width)).join("");
    const lines = phases.flatMap((phase) =>
      verbs.map((verb) =>
        [
          phase,
          verb,
          ...faults.map((fault) =>
            canHappen(phase, verb, fault) ? String(this.#of(phase, verb, fault)) : "-",
          ),
        ]
          .map((text) => text.padEnd(width))
          .join(""),
      ),
    );
    return [head, ...lines].map((line) => line.trimEnd()).join("\n");
  }

  #of(phase: Phase, verb: Verb, fault: FaultName | "none"): number {
    return this.#counts.get(`${phase} ${verb} ${fault}`) ?? 0;
  }
}

function cells(): [Phase, Verb, FaultName | "none"][] {
  return phases.flatMap((phase) =>
    verbs.flatMap((verb) =>
      faults.map((fault): [Phase, Verb, FaultName | "none"] => [phase, verb, fault]),
    ),
  );
}
