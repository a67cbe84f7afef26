/**
 * The UUID in a text, lower case with hyphens, if it is one. Upper case, no hyphens, `{…}` and `urn:uuid:…` are
 * understood too.
 */
export function parseUuid(text: string): string | undefined {
  const inner = text.startsWith("urn:uuid:") ? text.slice(9) : text.replace(/^\{(.*)\}$/, "$1");
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(inner)) {
    return inner.toLowerCase();
  }
  return /^[0-9a-f]{32}$/i.test(text)
    ? text.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
    : undefined;
}
