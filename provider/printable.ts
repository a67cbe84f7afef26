// Control and format characters (colours, cursor, right-to-left, invisible), halves of pairs, line separators.
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;
const unprintableButBreaks = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

/** Text from a server or a file, so that it can do nothing to a terminal and hide nothing from a reader: one line. */
export function printable(text: string): string {
  return text.replace(unprintable, escapeOf);
}

/** The same, over several lines. */
export function printableLines(text: string): string {
  return text.replace(unprintableButBreaks, escapeOf);
}

/** `\u001b` */
export function escapeOf(character: string): string {
  return [...Array(character.length).keys()]
    .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`)
    .join("");
}
