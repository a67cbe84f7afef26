import { createHash } from "node:crypto";
import { type Kind, kinds } from "../resources/kinds";
import { unknownKey } from "../roster/words";

/** A type of resource, and what only this adapter does for it. */
export interface ResourceType {
  readonly kind: Kind;
  /** Names of arguments that programs may give; undefined: only this package makes such resources. */
  readonly args?: readonly string[];
  /** Outputs that are secret whatever the program says. */
  readonly secrets: readonly string[];
}

const person: ResourceType = {
  kind: kinds.person,
  args: ["email", "role", "scopes", "organizationId", "deletionPolicy", "resendTrigger"],
  secrets: ["inviteUrl"],
};

const organization: ResourceType = {
  kind: kinds.organization,
  args: ["name", "forceDestroy"],
  secrets: [],
};

const apiKey: ResourceType = {
  kind: kinds.apiKey,
  args: [
    ...["organizationId", "name", "role", "scopes", "datasetIds", "expiresAt", "rotateTrigger"],
  ],
  secrets: ["apiKey"],
};

/** By the token that stands in programs and in state. */
export const types: ReadonlyMap<string, ResourceType> = new Map([
  ["trieve:index:Invitation", person],
  ["trieve:index:Organization", organization],
  ["trieve:index:ApiKey", apiKey],
  ["trieve:index:RosterGuard", { kind: kinds.guard, secrets: [] }],
  ["trieve:index:RosterSweep", { kind: kinds.sweep, secrets: [] }],
]);

/** What a roster says of its people, and no program. */
const ofRosters = ["roster", "roleIsDefault"];

/** A schema stops a misspelt name in some languages; in others nothing else does. */
export function unknownArguments({ args }: ResourceType, given: object): string[] {
  if (args === undefined) return [];
  return Object.keys(given)
    .filter((key) => !args.includes(key) && !ofRosters.includes(key))
    .map((key) => unknownKey(key, args));
}

/** The mark of a key's resource, which ends its name at the server. */
export function tagOf(urn: string): string {
  return createHash("sha256").update(urn).digest("hex").slice(0, 8);
}
