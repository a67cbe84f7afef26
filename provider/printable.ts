// Control characters (colours, cursor), format characters (right-to-left, invisible), halves of pairs, private use, line
// separators, and all others that show as nothing.
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]+/gu;

/** Text from a server or a file, so that it can do nothing to a terminal and hide nothing from a reader: one line. */
export function printable(text: string): string {
  return text.replace(unprintable, escapeOf);
}

/** The same, over several lines. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

/** Such text as words of a sentence: blanks in place of what cannot be printed. */
export function oneLine(text: string): string {
  return text.replace(unprintable, " ").trim();
}

/** `\u001b` */
export function escapeOf(characters: string): string {
  return [...Array(characters.length).keys()]
    .map((i) => `\\u${characters.charCodeAt(i).toString(16).padStart(4, "0")}`)
    .join("");
}

/** The first so many characters, and a mark if that is not all. A pair that makes one character is not cut in two. */
export function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length).replace(/[\uD800-\uDBFF]$/, "")}…` : text;
}

/** A value in a message: short, quoted, one line, and never what is inside of it, which may be endless. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "a map";
  if (typeof value !== "string") return typeof value === "function" ? "a function" : String(value);
  return printable(JSON.stringify(cut(value, 80)));
}
