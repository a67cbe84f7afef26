import { parseUuid, UuidError } from "./uuid";

/** The types that a field of a request body may have. */
interface Kinds {
  string: string;
  i32: number;
  uuid: string;
  strings: string[];
  uuids: string[];
  any: unknown;
}
type Kind = keyof Kinds;
type Fields = Readonly<Record<string, Kind | `${Kind}?`>>;

/** A request body: its Rust name, which errors mention, and its fields in their order. `?`: may be null or missing. */
export interface Struct<F extends Fields = Fields> {
  readonly name: string;
  readonly fields: F;
}

/** What reading a struct gives. */
export type Read<S extends Struct> = {
  [K in keyof S["fields"]]: S["fields"][K] extends `${infer T extends Kind}?`
    ? Kinds[T] | null
    : S["fields"][K] extends Kind
      ? Kinds[S["fields"][K]]
      : never;
};

/** How serde_json sorts its errors. */
export type Category = "syntax" | "data" | "eof";

/** Why a text is not the wanted struct, in serde_json's words. */
export class JsonError extends Error {
  override name = "JsonError" as const;
  constructor(
    readonly category: Category,
    message: string,
  ) {
    super(message);
  }
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

const expectations: Readonly<Record<Kind, string>> = {
  string: "a string",
  i32: "i32",
  uuid: "a UUID string",
  strings: "a sequence",
  uuids: "a sequence",
  any: "any value",
};

/**
 * Reads JSON as serde_json does: front to back, checking types on the way, so that the first thing wrong is what the
 * error names. `JSON.parse` would report broken syntax at the end where the server reports a wrong type before it.
 */
class Reader {
  #at = 0;
  constructor(readonly text: string) {}

  document<S extends Struct>(struct: S): Read<S> {
    const value = this.#struct(struct);
    this.#blanks();
    if (this.#at < this.text.length) {
      throw this.#syntax("trailing characters");
    }
    return value as Read<S>;
  }

  /** Lines count from 1, columns are bytes read so far on the line. */
  #error(category: Category, message: string, end = this.#at): JsonError {
    const before = this.text.slice(0, end);
    const lineStart = before.lastIndexOf("\n") + 1;
    const line = before.split("\n").length;
    const column = Buffer.byteLength(before.slice(lineStart));
    return new JsonError(category, `${message} at line ${line} column ${column}`);
  }

  /** Names the character that is next, so its position includes it. */
  #syntax(message: string): JsonError {
    return this.#error("syntax", message, this.#at + 1);
  }

  #data(message: string): JsonError {
    return this.#error("data", message);
  }

  #eof(what: "a value" | "a string" | "a list" | "an object"): JsonError {
    return this.#error("eof", `EOF while parsing ${what}`, this.text.length);
  }

  #blanks(): void {
    while (/[ \n\t\r]/.test(this.#next() ?? "")) {
      this.#at += 1;
    }
  }

  #next(): string | undefined {
    return this.text[this.#at];
  }

  /** The first character of a value. */
  #start(): string {
    this.#blanks();
    const next = this.#next();
    if (next === undefined) {
      throw this.#eof("a value");
    }
    return next;
  }

  #struct({ name, fields }: Struct): Record<string, unknown> {
    const next = this.#start();
    const names = Object.keys(fields);
    const values: Record<string, unknown> = {};
    if (next === "[") {
      let index = 0;
      this.#list(() => {
        const field = names[index];
        if (field === undefined) {
          throw this.#syntax("trailing characters");
        }
        values[field] = this.#field(fields[field] ?? "any");
        index += 1;
      });
      if (index < names.length) {
        throw this.#data(
          `invalid length ${index}, expected struct ${name} with ${names.length} elements`,
        );
      }
      return values;
    }
    if (next !== "{") {
      throw this.#wrongType(`struct ${name}`);
    }
    this.#object((key) => {
      const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
      if (Object.hasOwn(values, key)) {
        throw this.#data(`duplicate field \`${key}\``);
      }
      this.#colon();
      if (field === undefined) {
        this.#any();
      } else {
        values[key] = this.#field(field);
      }
    });
    for (const [key, field] of Object.entries(fields)) {
      if (!(key in values)) {
        if (!field.endsWith("?")) {
          throw this.#data(`missing field \`${key}\``);
        }
        values[key] = null;
      }
    }
    return values;
  }

  #field(field: Kind | `${Kind}?`): unknown {
    if (field.endsWith("?") && this.#start() === "n") {
      return this.#word("null", null);
    }
    return this.#kind(field.replace("?", "") as Kind);
  }

  #kind(kind: Kind): unknown {
    const next = this.#start();
    switch (kind) {
      case "string":
        return next === '"' ? this.#string() : this.#fail(kind);
      case "i32":
        return /[-0-9]/.test(next) ? this.#i32() : this.#fail(kind);
      case "uuid":
        return next === '"' ? this.#uuid() : this.#fail(kind);
      case "strings":
        return next === "[" ? this.#sequence("string") : this.#fail(kind);
      case "uuids":
        return next === "[" ? this.#sequence("uuid") : this.#fail(kind);
      case "any":
        return this.#plain();
    }
  }

  #fail(kind: Kind): never {
    throw this.#wrongType(expectations[kind]);
  }

  #wrongType(expected: string): JsonError {
    const next = this.#start();
    if (next === "[" || next === "{") {
      const found = next === "[" ? "sequence" : "map";
      return this.#data(`invalid type: ${found}, expected ${expected}`);
    }
    const value = this.#any();
    const found =
      value === null
        ? "null"
        : typeof value === "string"
          ? `string ${JSON.stringify(value)}`
          : typeof value === "boolean"
            ? `boolean \`${value}\``
            : describeNumber(value as JsonNumber);
    return this.#data(`invalid type: ${found}, expected ${expected}`);
  }

  #sequence(kind: "string" | "uuid"): unknown[] {
    const items: unknown[] = [];
    this.#list(() => items.push(this.#kind(kind)));
    return items;
  }

  #uuid(): string {
    const text = this.#string();
    try {
      return parseUuid(text);
    } catch (error) {
      if (error instanceof UuidError) {
        throw this.#data(`UUID parsing failed: ${error.message}`);
      }
      throw error;
    }
  }

  #i32(): number {
    const number = this.#number();
    if (!number.integer) {
      throw this.#data(`invalid type: ${describeNumber(number)}, expected i32`);
    }
    if (number.value !== (number.value | 0)) {
      throw this.#data(`invalid value: ${describeNumber(number)}, expected i32`);
    }
    return number.value;
  }

  #any(): unknown {
    const next = this.#start();
    switch (next) {
      case "{": {
        const entries: [string, unknown][] = [];
        this.#object((key) => {
          this.#colon();
          entries.push([key, this.#plain()]);
        });
        return Object.fromEntries(entries);
      }
      case "[": {
        const items: unknown[] = [];
        this.#list(() => items.push(this.#plain()));
        return items;
      }
      case '"':
        return this.#string();
      case "n":
        return this.#word("null", null);
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      default:
        if (/[-0-9]/.test(next)) {
          return this.#number();
        }
        throw this.#syntax("expected value");
    }
  }

  #plain(): unknown {
    const value = this.#any();
    return value instanceof JsonNumber ? value.value : value;
  }

  #list(item: () => void): void {
    this.#members("]", "a list", item);
  }

  #object(entry: (key: string) => void): void {
    this.#members("}", "an object", () => {
      if (this.#next() !== '"') {
        throw this.#syntax("key must be a string");
      }
      entry(this.#string());
    });
  }

  #colon(): void {
    this.#blanks();
    if (this.#next() !== ":") {
      throw this.#next() === undefined ? this.#eof("an object") : this.#syntax("expected `:`");
    }
    this.#at += 1;
  }

  /** What stands between brackets, separated by commas. */
  #members(close: "]" | "}", what: "a list" | "an object", member: () => void): void {
    this.#at += 1;
    this.#blanks();
    if (this.#next() === close) {
      this.#at += 1;
      return;
    }
    for (;;) {
      if (this.#next() === undefined) {
        throw this.#eof(what);
      }
      member();
      this.#blanks();
      const next = this.#next();
      if (next === undefined) {
        throw this.#eof(what);
      }
      if (next !== "," && next !== close) {
        throw this.#syntax(`expected \`,\` or \`${close}\``);
      }
      this.#at += 1;
      if (next === close) {
        return;
      }
      this.#blanks();
      if (this.#next() === close) {
        throw this.#syntax("trailing comma");
      }
    }
  }

  #word<T>(word: string, value: T): T {
    for (const letter of word) {
      const next = this.#next();
      if (next === undefined) {
        throw this.#eof("a value");
      }
      this.#at += 1;
      if (next !== letter) {
        throw this.#error("syntax", "expected ident");
      }
    }
    return value;
  }

  #number(): JsonNumber {
    const match = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/.exec(this.text.slice(this.#at));
    if (match === null || /^[\d.eE]/.test(this.text.slice(this.#at + match[0].length))) {
      this.#at += match?.[0].length ?? 1;
      throw this.#next() === undefined ? this.#eof("a value") : this.#syntax("invalid number");
    }
    this.#at += match[0].length;
    const value = Number(match[0]);
    if (!Number.isFinite(value)) {
      throw this.#error("syntax", "number out of range");
    }
    return new JsonNumber(value, match[2] === undefined && match[3] === undefined);
  }

  #string(): string {
    this.#at += 1;
    let value = "";
    for (;;) {
      const next = this.#next();
      if (next === undefined) {
        throw this.#eof("a string");
      }
      this.#at += 1;
      if (next === '"') {
        return value;
      }
      if (next < " ") {
        throw this.#error(
          "syntax",
          "control character (\\u0000-\\u001F) found while parsing a string",
        );
      }
      value += next === "\\" ? this.#escape() : next;
    }
  }

  #escape(): string {
    const next = this.#next();
    if (next === undefined) {
      throw this.#eof("a string");
    }
    this.#at += 1;
    if (next !== "u") {
      const plain = escapes[next];
      if (plain === undefined) {
        throw this.#error("syntax", "invalid escape");
      }
      return plain;
    }
    const unit = this.#hex();
    const surrogate = /[\uD800-\uDFFF]/.test(unit);
    if (!surrogate) {
      return unit;
    }
    if (this.text.startsWith("\\u", this.#at)) {
      this.#at += 2;
      const pair = unit + this.#hex();
      if (/^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(pair)) {
        return pair;
      }
    }
    throw this.#error("syntax", "lone leading surrogate in hex escape");
  }

  #hex(): string {
    const digits = this.text.slice(this.#at, this.#at + 4);
    if (digits.length < 4) {
      throw this.#eof("a string");
    }
    this.#at += 4;
    if (!/^[0-9a-f]{4}$/i.test(digits)) {
      throw this.#error("syntax", "invalid escape");
    }
    return String.fromCharCode(Number.parseInt(digits, 16));
  }
}

/** Rust tells 1 from 1.0. */
class JsonNumber {
  constructor(
    readonly value: number,
    readonly integer: boolean,
  ) {}
}

function describeNumber({ value, integer }: JsonNumber): string {
  return integer
    ? `integer \`${value}\``
    : `floating point \`${Number.isInteger(value) ? `${value}.0` : value}\``;
}

/**
 * Reads a request body.
 *
 * @throws {JsonError} with serde_json's message.
 */
export function readJson<S extends Struct>(text: string, struct: S): Read<S> {
  return new Reader(text).document(struct);
}
