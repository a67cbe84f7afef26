import { distance } from "fastest-levenshtein";
import { show } from "../printable";

/** The one word that was probably meant, if any is close: at most two typos away, case aside. */
export function nearest<T extends string>(word: string, words: readonly T[]): T | undefined {
  const close = words
    .map((candidate) => ({
      candidate,
      typos: distance(word.toLowerCase(), candidate.toLowerCase()),
    }))
    .filter(({ typos }) => typos <= 2)
    .sort((a, b) => a.typos - b.typos);
  return close[0]?.candidate;
}

/** `a, b or c` */
export function oneOf(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** The first ten names, and how many more there are. */
export function firstTen(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(", ");
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}

/** `1 person`, `2 people` */
export function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** What to do about a key that is not among the known ones. */
export function unknownKey(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  return meant
    ? `unknown key ${show(key)}: write ${meant}`
    : `unknown key ${show(key)}: delete it, or write ${oneOf(known)}`;
}

/**
 * What to do about each key that is not among the known ones.
 *
 * @param silent keys that are taken as well, and that nobody is advised to write
 */
export function unknownKeys(
  given: object,
  known: readonly string[],
  silent: readonly string[] = [],
): string[] {
  return Object.keys(given)
    .filter((key) => !known.includes(key) && !silent.includes(key))
    .map((key) => unknownKey(key, known));
}
