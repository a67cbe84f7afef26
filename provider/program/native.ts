import type { Meeting } from "../deployment/meeting";
import { dynamicType, storedProvider } from "../dynamic/stored";
import type { Previews } from "../resources/preview";
import type { SettingsResult } from "../settings";

/** What a component in the plugin's process has at hand, where a program of ours asks the engine or the SDK. */
export interface Native {
  readonly meeting: Meeting;
  readonly previews: Previews;
  /** Of the provider instance, which is that of all children as well. */
  readonly settings: SettingsResult;
}

let native: Native | undefined;

/** From here on resources of this process are those of the plugin, and all of one deployment. */
export function runNatively(process: Native): void {
  native = process;
}

/** Undefined in a program. */
export function nativeProcess(): Native | undefined {
  return native;
}

const stored = {
  Invitation: storedProvider.person,
  RosterGuard: storedProvider.guard,
  RosterSweep: storedProvider.sweep,
};

/** What a resource that rosters are made of is registered as. */
export function registrationOf(name: keyof typeof stored): {
  readonly type: string;
  /** What the engine stores with it. */
  readonly props: { readonly __provider?: string };
  /** As a roster of a Node.js program has registered it before. */
  readonly aliases: { type: string }[];
} {
  return native === undefined
    ? { type: dynamicType(name), props: { __provider: stored[name] }, aliases: [] }
    : { type: `trieve:index:${name}`, props: {}, aliases: [{ type: dynamicType(name) }] };
}
