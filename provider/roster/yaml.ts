import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  type Pair,
  Parser,
  parseDocument,
  type Scalar,
  visit,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import { show } from "../printable";
import { formatPlace, type Path, type Place, type RosterProblem } from "./problems";

/** Plain values and where each of them comes from. */
export interface Source {
  /** Undefined where there are problems. */
  readonly value: unknown;
  /** What is wrong with the text as such. */
  readonly problems: readonly RosterProblem[];
  /** Where a value or the key before it stands, or else what is nearest around it; undefined without a file. */
  place(path: Path, of?: "value" | "key"): Place | undefined;
}

/**
 * Reads YAML 1.2. Never throws.
 *
 * Maps become objects with own properties only, whatever the keys. Aliases are followed within bounds; tags and merge
 * keys are problems.
 *
 * @param file its name, for places
 */
export function readYaml(text: string, file: string): Source {
  return new Reader(text.replace(/^\uFEFF/, ""), file);
}

/**
 * What the parser may be inside of at once. It follows nesting by recursion, and V8 ends the whole process when a regular
 * expression meets a stack that is nearly full: 3 kB of `[` did so.
 */
const maxStack = 100;
/** What aliases may come to, written out. Enough for 1,000 people with the same 90 scopes. */
const maxCopies = 100_000;
const tooDeep = "is nested too deeply: write addresses or maps right below members";

/** Where the parser's words are about the parser. */
const plainer: { readonly [code in YAMLError["code"]]?: string } = {
  MULTIPLE_DOCS: "A second document begins here",
  NON_STRING_KEY: "This key is not text",
};

const advice: { readonly [code in YAMLError["code"]]?: string } = {
  BAD_DQ_ESCAPE: "write \\\\ for a backslash",
  BAD_INDENT: "align it with its neighbors, start list entries with -, and close every [ and {",
  BAD_SCALAR_START: "put the value in quotes",
  BLOCK_AS_IMPLICIT_KEY:
    "write one `key: value` in a line, put values with a colon in quotes, and align all list entries",
  BLOCK_IN_FLOW: "write commas between the values, and close every [ and {",
  MISSING_CHAR: "write what is missing",
  MULTILINE_IMPLICIT_KEY: "write `key: value`",
  MULTIPLE_DOCS: "write one list, without --- in between",
  NON_STRING_KEY: "write a word",
  TAB_AS_INDENT: "write spaces",
  UNEXPECTED_TOKEN: "delete it, or put the value in quotes",
};

type Pairs = Map<string | number, Pair<Scalar<string>>>;

class Reader implements Source {
  readonly value: unknown;
  readonly problems: RosterProblem[] = [];

  private readonly lines = new LineCounter();
  private readonly spoiltLines = new Set<number>();
  private readonly root: Node | null = null;
  private readonly pairs = new Map<YAMLMap, Pairs>();
  /** What each name repeats, and how many values that is; undefined within it. */
  private readonly anchors = new Map<string, { value: unknown; size: number } | undefined>();
  private size = 0;
  private copies = 0;

  constructor(
    text: string,
    private readonly file: string,
  ) {
    // The parser would lose lines after a mistake.
    this.lines.addNewLine(0);
    for (const { index } of text.matchAll(/\n/g)) this.lines.addNewLine(index + 1);
    const abyss = findAbyss(text);
    if (abyss !== undefined) {
      this.report(abyss, tooDeep);
      return;
    }
    const document = parseDocument(text, {
      prettyErrors: false,
      schema: "core",
      resolveKnownTags: false,
      stringKeys: true,
      uniqueKeys: false,
    });
    this.root = document.contents;
    const errors = [...document.errors, ...document.warnings];
    if (errors.length > 0) this.reportSyntax(errors);
    else this.value = this.read(this.root);
  }

  /** What an alias repeats stands where the alias does. An empty value is nowhere to be seen: its key is. */
  place(path: Path, of?: "value" | "key"): Place {
    let node: unknown = this.root;
    let key: Node | undefined;
    for (const step of path) {
      const pair = isMap(node) ? this.pairs.get(node)?.get(step) : undefined;
      key = pair?.key;
      if (pair) node = pair.value;
      else if (isSeq(node)) node = node.items[Number(step)];
      else break;
    }
    const visible = isNode(node) && node.range && node.range[1] > node.range[0];
    return this.placeAt(startOf(key && (of === "key" || !visible) ? key : node));
  }

  private placeAt(offset: number): Place {
    const { line, col } = this.lines.linePos(offset);
    return { file: this.file, line, column: col };
  }

  /** The first problem of a line says it all. */
  private report(offset: number, text: string) {
    const place = this.placeAt(offset);
    if (!this.spoiltLines.has(place.line)) this.problems.push({ place, path: "", text });
    this.spoiltLines.add(place.line);
  }

  private reportSyntax(errors: readonly YAMLError[]) {
    const quotes = new Map<number, number>();
    visit(this.root, {
      Scalar: (_, { type, range }) => {
        if (type?.startsWith("QUOTE") && range) quotes.set(range[1], range[0]);
      },
    });
    const end = this.root?.range?.[2] ?? 0;
    errors.forEach(({ code, message, pos: [at] }, i) => {
      // A quote that never ends is noticed at its end.
      const start = (/^Missing closing/.test(message) ? quotes.get(at) : at) ?? at;
      // What comes after the end of the roster is reported token by token: the first says it all.
      if (i === 0 || start < end)
        this.report(start, `${plainer[code] ?? message}: ${advice[code] ?? "delete it"}`);
    });
  }

  private read(node: unknown): unknown {
    if (!isNode(node)) return null;
    if (isAlias(node)) return this.repeat(node.source, startOf(node));
    const before = this.size++;
    if (node.anchor) this.anchors.set(node.anchor, undefined);
    let value: unknown;
    if (isScalar(node)) value = node.value;
    else if (isMap(node)) value = this.readMap(node as YAMLMap<Scalar<string>>);
    else value = node.items.map((item) => this.read(item));
    if (node.anchor) this.anchors.set(node.anchor, { value, size: this.size - before });
    return value;
  }

  private repeat(name: string, start: number): unknown {
    const target = this.anchors.get(name);
    if (target === undefined) {
      const missing = `*${name} has no anchor: write the value, or put &${name} before the value that it repeats`;
      this.report(start, this.anchors.has(name) ? tooDeep : missing);
      return undefined;
    }
    const before = this.copies;
    this.copies += target.size;
    this.size += target.size;
    if (before <= maxCopies && this.copies > maxCopies)
      this.report(start, "is repeated too often: write the values without aliases");
    return target.value;
  }

  private readMap(map: YAMLMap<Scalar<string>>): object {
    const pairs: Pairs = new Map();
    this.pairs.set(map, pairs);
    const entries = map.items.map((pair) => {
      const name = pair.key.value;
      const start = startOf(pair.key);
      const first = pairs.get(name);
      if (first) {
        const other = formatPlace(this.placeAt(startOf(first.key)));
        this.report(start, `${show(name)} is already listed at ${other}: delete one of them`);
      } else if (name === "<<")
        this.report(start, "merge keys are not supported: write the keys themselves");
      else pairs.set(name, pair);
      return [name, this.read(pair.value)];
    });
    // Unlike an assignment, this makes `__proto__` a property as any other.
    return Object.fromEntries(entries);
  }
}

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

function startOf(node: unknown): number {
  return (isNode(node) && node.range?.[0]) || 0;
}
