/** Rust's regular expressions know neither look-around nor back references; a pattern with one is invalid there. */
const notInRust = /\(\?<?[=!]|\\[1-9]/;

function finds(pattern: string, route: string): boolean {
  if (notInRust.test(pattern)) {
    return false;
  }
  try {
    return new RegExp(pattern, "u").test(route);
  } catch {
    return false;
  }
}

/**
 * Whether any scope allows a route such as `GET /api/invitations/…`.
 * Patterns are not anchored: `GET /api` allows every GET, `""` allows everything.
 */
export function scopesAllow(scopes: readonly string[], route: string): boolean {
  return scopes.some(
    (scope) =>
      scope === route || finds(scope.replace(/\{[a-zA-Z0-9_-]+\}/g, "[a-zA-Z0-9_-]+"), route),
  );
}
