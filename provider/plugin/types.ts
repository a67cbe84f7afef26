import { createHash } from "node:crypto";
import { type Kind, kinds } from "../resources/kinds";

/** A type of resource, and what only this adapter does for it. */
export interface ResourceType {
  readonly kind: Kind;
  /** Outputs that are secret whatever the program says. */
  readonly secrets: readonly string[];
}

/** By the token that stands in programs and in state. */
export const types: ReadonlyMap<string, ResourceType> = new Map([
  ["trieve:index:Invitation", { kind: kinds.person, secrets: ["inviteUrl"] }],
  ["trieve:index:Organization", { kind: kinds.organization, secrets: [] }],
  ["trieve:index:ApiKey", { kind: kinds.apiKey, secrets: ["apiKey"] }],
  ["trieve:index:RosterGuard", { kind: kinds.guard, secrets: [] }],
  ["trieve:index:RosterSweep", { kind: kinds.sweep, secrets: [] }],
]);

/** The mark of a key's resource, which ends its name at the server. */
export function tagOf(urn: string): string {
  return createHash("sha256").update(urn).digest("hex").slice(0, 8);
}
