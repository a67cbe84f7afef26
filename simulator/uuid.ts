const prefix = "urn:uuid:";

/** Why a text is no UUID, in the words of Rust's uuid crate, which Trieve passes on. */
export class UuidError extends Error {
  override name = "UuidError" as const;
}

function explain(text: string): string {
  const braced = text.startsWith("{") && text.endsWith("}");
  const urn = text.startsWith(prefix);
  const inner = braced ? text.slice(1, -1) : urn ? text.slice(prefix.length) : text;
  const offset = braced ? 1 : urn ? prefix.length : 0;
  const wrong = inner.search(/[^0-9a-f-]/iu);
  if (wrong >= 0) {
    const found = String.fromCodePoint(inner.codePointAt(wrong) ?? 0);
    return `invalid character: expected an optional prefix of \`urn:uuid:\` followed by [0-9a-fA-F-], found \`${found}\` at ${wrong + offset + 1}`;
  }
  const groups = inner.split("-");
  if (groups.length === 1 && offset === 0) {
    return `invalid length: expected length 32 for simple format, found ${text.length}`;
  }
  if (groups.length !== 5) {
    return `invalid group count: expected 5, found ${groups.length}`;
  }
  const lengths = [8, 4, 4, 4, 12];
  const group = groups.findIndex((part, index) => part.length !== lengths[index]);
  return `invalid group length in group ${group}: expected ${lengths[group]}, found ${groups[group]?.length}`;
}

/**
 * The UUID in a text, lower case with hyphens. Upper case, no hyphens, `{…}` and `urn:uuid:…` are understood too.
 *
 * @throws {UuidError} with the reason.
 */
export function parseUuid(text: string): string {
  const hyphenated = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
  const inner = text.startsWith(prefix)
    ? text.slice(prefix.length)
    : text.replace(/^\{(.*)\}$/, "$1");
  if (hyphenated.test(inner)) {
    return inner.toLowerCase();
  }
  if (/^[0-9a-f]{32}$/i.test(text)) {
    return text.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }
  throw new UuidError(explain(text));
}
