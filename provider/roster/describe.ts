import type { Forecast } from "../lifecycle/forecast";
import type { Standing } from "../lifecycle/observe";
import { sameScopes } from "../lifecycle/state";
import { count } from "./words";

/** What becomes of a person, in a few words: `invite as user`, `role admin → user`, `refused: …`. */
export function describe(forecast: Forecast): string {
  const { change, status, from, to, since, refusal } = forecast;
  const day = since?.slice(0, 10);
  switch (change) {
    case "refused":
      return `refused: ${refusal?.reason}`;
    case "remove":
      return `remove ${status === "pending" ? "the invitation" : from?.role}`;
    case "update":
      return differences(from, to);
    case "reinvite":
      return `invite again${changed(from, to, ": ")} (pending since ${day})`;
    case "invite":
      return `invite as ${asWhat(to)}`;
    case "pending":
    case "unmanaged":
      return standing(forecast);
    case "unchanged":
      return `unchanged: ${asWhat(from)}`;
    case "ended":
      return "out already";
  }
}

/** What a person is now: `member since 2026-01-31 as admin`. */
export function standing({ status, from, since }: Forecast): string {
  return status === "absent"
    ? "not in the organization"
    : `${status} since ${since?.slice(0, 10)} as ${asWhat(from)}`;
}

/** `admin with 2 scopes` */
function asWhat(standing: Standing | null): string {
  if (!standing?.scopes) return `${standing?.role}`;
  const { length } = standing.scopes;
  return `${standing.role}${length === 0 ? ", who may use no route" : ` with ${count(length, "scope", "scopes")}`}`;
}

function differences(from: Standing | null, to: Standing | null): string {
  // Else rows of one person that differ among themselves.
  return changed(from, to) || `make all their memberships ${asWhat(to)}`;
}

function changed(from: Standing | null, to: Standing | null, before = ""): string {
  const parts = [
    ...(from?.role === to?.role ? [] : [`role ${from?.role} → ${to?.role}`]),
    ...(sameScopes(from?.scopes ?? null, to?.scopes ?? null)
      ? []
      : [`scopes ${scopeCount(from)} → ${scopeCount(to)}`]),
  ];
  return parts.length === 0 ? "" : `${before}${parts.join(", ")}`;
}

function scopeCount(standing: Standing | null): string {
  return standing?.scopes ? `${standing.scopes.length}` : "unrestricted";
}
