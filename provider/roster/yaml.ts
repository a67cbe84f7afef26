import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  Lexer,
  type Node,
  Parser,
  parseDocument,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import { formatPath, formatPlace, type Path, type Place, type RosterProblem } from "./problems";
import { show } from "./words";

/** Plain values and where each of them comes from. */
export interface Source {
  readonly value: unknown;
  /** What is wrong with the text as such. */
  readonly problems: readonly RosterProblem[];
  /** Where a value or the key before it stands, or else what is nearest around it; undefined without a file. */
  spot(path: Path, of?: "value" | "key"): Spot | undefined;
}

/** A place, and whether what stands there can be taken at its word. */
interface Spot {
  readonly place: Place;
  /** False where a mistake in the YAML leaves open what was meant: what follows from it is no news. */
  readonly sound: boolean;
}

/**
 * Reads YAML 1.2, as much of it as can be read. Never throws.
 *
 * Maps become objects with own properties only, whatever the keys. Aliases are followed within bounds; tags and merge
 * keys are problems.
 *
 * @param file its name, for places
 */
export function readYaml(text: string, file: string): Source {
  return new Reader(text, file);
}

/** A roster needs 4: the file, its members, one of them, their scopes. */
const maxDepth = 10;
/**
 * What the parser may be inside of at once. It follows nesting by recursion, and V8 ends the whole process when a regular
 * expression meets a stack that is nearly full: 3 kB of `[` did so.
 */
const maxStack = 100;
/** What aliases may come to, written out. Enough for 1,000 people with the same 90 scopes. */
const maxCopies = 100_000;

/** Mistakes within one value, after which the rest still means what it says. */
const contained: ReadonlySet<YAMLError["code"]> = new Set([
  "ALIAS_PROPS",
  "BAD_ALIAS",
  "BAD_DQ_ESCAPE",
  "BAD_SCALAR_START",
  "MULTIPLE_ANCHORS",
  "MULTIPLE_TAGS",
  "NON_STRING_KEY",
  "TAG_RESOLVE_FAILED",
]);

/** Where the parser's words are about the parser. */
const plainer: { readonly [code in YAMLError["code"]]?: string } = {
  MULTIPLE_DOCS: "A second document begins here",
  NON_STRING_KEY: "This key is no text",
};

const advice: { readonly [code in YAMLError["code"]]?: string } = {
  BAD_DQ_ESCAPE: "write \\\\ for a backslash",
  BAD_INDENT:
    "line it up with its neighbours, begin entries of a list with -, and close every [ and {",
  BAD_SCALAR_START: "put the value in quotes",
  BLOCK_AS_IMPLICIT_KEY: "write one `key: value` in a line, and values with a colon in quotes",
  BLOCK_IN_FLOW: "write commas between the values, and close every [ and {",
  MISSING_CHAR: "write what is missing",
  MULTILINE_IMPLICIT_KEY: "write `key: value`",
  MULTIPLE_DOCS: "write one list, without --- in between",
  NON_STRING_KEY: "write a word",
  TAB_AS_INDENT: "write spaces",
  UNEXPECTED_TOKEN: "delete it, or put the value in quotes",
};

type Span = readonly [start: number, end: number];

class Reader implements Source {
  readonly value: unknown;
  readonly problems: RosterProblem[] = [];

  private readonly lineStarts: readonly number[];
  private readonly anchors = new Map<string, Node>();
  private readonly values = new Map<string, Span>();
  private readonly keys = new Map<string, Span>();
  private readonly quoted: Span[] = [];
  private copies = 0;
  private readonly spoiltLines = new Set<number>();
  /** Up to here the text means what it says. */
  private soundUntil = Number.POSITIVE_INFINITY;

  constructor(
    text: string,
    private readonly file: string,
  ) {
    const content = text.replace(/^\uFEFF/, "");
    // The parser's own counter loses lines after a mistake.
    this.lineStarts = [0, ...Array.from(content.matchAll(/\n/g), ({ index }) => index + 1)];
    const abyss = findAbyss(content);
    if (abyss !== undefined) {
      this.spoil(abyss, [], tooDeep);
      this.soundUntil = 0;
      return;
    }
    const document = parseDocument(content, {
      prettyErrors: false,
      schema: "core",
      resolveKnownTags: false,
      stringKeys: true,
      uniqueKeys: false,
    });
    this.value = this.read(document.contents, []);
    const endOfRoot = document.contents?.range?.[2] ?? 0;
    // What comes after the end of the roster is reported token by token: the first says it all.
    for (const error of [...document.errors, ...document.warnings])
      if (error.pos[0] < endOfRoot || this.soundUntil >= endOfRoot) this.reportSyntax(error);
  }

  spot(path: Path, of: "value" | "key" = "value"): Spot {
    const known = of === "key" ? this.keys.get(formatPath(path)) : this.around(path);
    const [start, end] = known ?? [0, Number.POSITIVE_INFINITY];
    const place = this.place(start);
    return { place, sound: end <= this.soundUntil && !this.spoiltLines.has(place.line) };
  }

  private around(path: Path): Span | undefined {
    return (
      this.values.get(formatPath(path)) ??
      (path.length === 0 ? undefined : this.around(path.slice(0, -1)))
    );
  }

  private place(offset: number): Place {
    // By halves: a search from the end made files of many lines take minutes.
    let line = 0;
    for (let end = this.lineStarts.length; end - line > 1; ) {
      const middle = (line + end) >> 1;
      if ((this.lineStarts[middle] ?? 0) <= offset) line = middle;
      else end = middle;
    }
    return { file: this.file, line: line + 1, column: offset - (this.lineStarts[line] ?? 0) + 1 };
  }

  private report(offset: number, path: Path, text: string) {
    this.problems.push({ place: this.place(offset), path: formatPath(path), text });
  }

  /** Reports what leaves nothing else to be said about its line. */
  private spoil(offset: number, path: Path, text: string) {
    const { line } = this.place(offset);
    if (!this.spoiltLines.has(line)) this.report(offset, path, text);
    this.spoiltLines.add(line);
  }

  private reportSyntax({ code, message, pos: [offset] }: YAMLError) {
    // A quote that never ends is noticed at the end of the file.
    const opening = /^Missing closing/.test(message)
      ? this.quoted.find(([start, end]) => start < offset && offset <= end)
      : undefined;
    const start = opening?.[0] ?? offset;
    this.spoil(start, [], `${plainer[code] ?? message}: ${advice[code] ?? "delete it"}`);
    if (!contained.has(code)) this.soundUntil = Math.min(this.soundUntil, start);
  }

  /** @param alias what stands in the file where this is repeated */
  private read(node: unknown, path: Path, depth = 0, alias?: Span): unknown {
    if (!isNode(node)) return null;
    const [start, end] = alias ?? spanOf(node);
    if (isAlias(node)) {
      const { source: name } = node;
      const target = this.anchors.get(name);
      if (target) return this.read(target, path, depth + 1, [start, end]);
      const instead = `write the value, or &${name} before the one that it repeats`;
      this.spoil(start, path, `*${name} repeats nothing: ${instead}`);
      return undefined;
    }
    if (depth > maxDepth) {
      this.spoil(start, path, tooDeep);
      return undefined;
    }
    if (alias && ++this.copies > maxCopies) {
      if (this.copies === maxCopies + 1)
        this.spoil(start, path, "is repeated too often: write less, without aliases");
      return undefined;
    }
    if (node.anchor && !alias) this.anchors.set(node.anchor, node);
    // An empty value is nowhere to be seen: its key is.
    if (end > start || !this.values.has(formatPath(path)))
      // Something missing from the roster may be in what could not be read, wherever that is.
      this.values.set(formatPath(path), [
        start,
        path.length === 0 ? Number.POSITIVE_INFINITY : end,
      ]);
    if (isScalar(node)) {
      if (node.type?.startsWith("QUOTE")) this.quoted.push([start, end]);
      return node.value;
    }
    if (isMap(node)) return this.readMap(node, path, depth, alias);
    return node.items.map((item, i) => this.read(item, [...path, i], depth + 1, alias));
  }

  private readMap(map: YAMLMap, path: Path, depth: number, alias?: Span): object {
    const entries = new Map<string, unknown>();
    for (const { key, value } of map.items) {
      // The parser has reported all others.
      if (!isScalar(key) || typeof key.value !== "string") continue;
      const name = key.value;
      const keyPath = [...path, name];
      const [start, end] = alias ?? spanOf(key);
      const first = entries.has(name) ? this.keys.get(formatPath(keyPath)) : undefined;
      if (first) {
        const other = formatPlace(this.place(first[0]));
        this.report(
          start,
          keyPath,
          `${show(name)} is here already, at ${other}: delete one of them`,
        );
        continue;
      }
      if (name === "<<") {
        this.report(start, keyPath, "merge keys are not taken: write the keys themselves");
        continue;
      }
      this.keys.set(formatPath(keyPath), [start, end]);
      this.values.set(formatPath(keyPath), [start, end]);
      entries.set(name, this.read(value, keyPath, depth + 1, alias));
    }
    // Unlike an assignment, this makes `__proto__` a property as any other.
    return Object.fromEntries(entries);
  }
}

const tooDeep = "is nested too deeply: write addresses or maps right below members";

/** Where a text is nested deeper than the parser is to follow, found without following. */
function findAbyss(text: string): number | undefined {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    // One step at a time; what it yields is of no use here.
    for (const _token of parser.next(lexeme));
    if (parser.stack.length > maxStack) return parser.offset;
  }
  return undefined;
}

function spanOf({ range }: Node): Span {
  return range ? [range[0], range[1]] : [0, 0];
}
