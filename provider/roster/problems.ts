import { cut, printable } from "../printable";

/** Where something stands in a file; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong with a roster, and what to write instead. */
export interface RosterProblem {
  /** Undefined for people given in the program. */
  readonly place: Place | undefined;
  /** `members[3].role`; empty for the roster as a whole. */
  readonly path: string;
  readonly text: string;
}

/** Keys and positions on the way from the roster to a value. */
export type Path = readonly (string | number)[];

/** `members.yaml:7:5: …` of a file, `members[3].role: …` of the program: one line, whatever is in the file. */
export function formatProblem({ place, path, text }: RosterProblem): string {
  const where = place ? formatPlace(place) : path;
  // Keys, anchors and what the parser quotes are as long as the file makes them.
  return cut(printable(where === "" ? text : `${where}: ${text}`), 500);
}

/** `members.yaml:7:5` */
export function formatPlace({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`;
}

/** `members[3].role`; different for different paths, whatever the keys. */
export function formatPath(path: Path): string {
  return path
    .map((step) => {
      if (typeof step === "number") return `[${step}]`;
      return /^[a-z]\w*$/i.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
    })
    .join("")
    .replace(/^\./, "");
}
