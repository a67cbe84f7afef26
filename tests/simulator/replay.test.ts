import { randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { type Simulator, startSimulator } from "../../simulator";
import { send } from "./http";

interface Mail {
  to: string;
  subject: string;
  links: string[];
}

interface Exchange {
  n: number;
  title: string;
  unordered?: boolean;
  request?: { method: string; path: string; headers: Record<string, string>; body: string | null };
  response?: { status: number; headers: Record<string, string>; body: string };
  mails?: Mail[];
  accept?: { email: string; name: string; subject: string; query: string };
  result?: { status: number; location: string | null; body: string };
  mail?: { works: boolean };
}

// Compiled tests run from dist/; the recording stays where it is.
const recording = readFileSync(
  join(process.cwd(), "tests", "simulator", "transcripts.jsonl"),
  "utf8",
);

function exchanges(text: string): Exchange[] {
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Exchange);
}

/** A pattern for exactly this text. */
function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

function letters(): string {
  return `x${randomBytes(4).toString("hex")}`;
}

/**
 * The recording with other addresses, names and ids, the same ones wherever they recur, so that no answer can be known
 * beforehand. Lengths of addresses matter in one exchange, so that one keeps its length.
 */
function disguised(text: string): string {
  const words =
    "ada bob carol dave eve gate mallory nomail pend role1 role2 role3 above equal extra noct plus empty s0 s1 s2 s3 m x";
  let result = text;
  for (const word of words.split(" ")) {
    const other = letters();
    const capital = `X${other.slice(1)}`;
    // As the local part of an address, in either case.
    result = result
      .replace(new RegExp(`\\b${word}(?=[@+])`, "g"), other)
      .replace(new RegExp(`\\b${word[0]?.toUpperCase()}${word.slice(1)}(?=@)`, "g"), capital);
  }
  for (const name of ["Ada", "Bob", "Carol", "Dave", "Eve", "Mallory", "No Mail", "Pend"]) {
    result = result.replaceAll(`"name": "${name}"`, `"name": "${letters()}"`);
  }
  for (const name of ["k-owner", "k-admin", "k-user", "k-esc", "k2", "second"]) {
    result = result.replaceAll(`\\"${name}\\"`, `\\"${letters()}\\"`);
  }
  const names = new Map<string, string>();
  const accounts = exchanges(result).flatMap(({ accept }) => (accept ? [accept] : []));
  for (const { email, name } of accounts) {
    names.set(email, name);
  }
  // Recorded lists name people too: there a name is found by the address behind it.
  result = result.replace(
    /\\"name\\":\\"[^"\\]+\\",\\"email\\":\\"([^"\\]+)\\"/g,
    (whole, email: string) =>
      names.has(email) ? `\\"name\\":\\"${names.get(email)}\\",\\"email\\":\\"${email}\\"` : whole,
  );
  return result
    .replaceAll(/sub-[a-z]+/g, (subject) => `${subject}-${names.size}`)
    .replaceAll("11111111-1111-4111-8111-111111111111", randomUUID())
    .replaceAll("@example.com", `@${letters()}.example`)
    .replaceAll("@Example.com", "@EXAMPLE.test");
}

/** Placeholders and what they stand for, learned as the exchanges go by. */
class Placeholders {
  readonly #known = new Map<string, string>();

  fill(text: string): string {
    return text.replace(/\{\{(id\d+|key\d+)\}\}/g, (whole, name: string) => {
      return this.#known.get(name) ?? whole;
    });
  }

  /** Throws nothing, learns only if all of it fits. */
  match(expected: unknown, actual: unknown): boolean {
    const learned = new Map<string, string>();
    if (!this.#fits(expected, actual, learned)) {
      return false;
    }
    for (const [name, value] of learned) {
      this.#known.set(name, value);
    }
    return true;
  }

  #fits(expected: unknown, actual: unknown, learned: Map<string, string>): boolean {
    if (typeof expected === "string") {
      return typeof actual === "string" && this.#textFits(expected, actual, learned);
    }
    if (typeof expected !== "object" || expected === null) {
      return expected === actual;
    }
    if (typeof actual !== "object" || actual === null) {
      return false;
    }
    const keys = Object.keys(expected).sort();
    return (
      Array.isArray(expected) === Array.isArray(actual) &&
      keys.join() === Object.keys(actual).sort().join() &&
      keys.every((key) =>
        this.#fits(
          expected[key as keyof typeof expected],
          actual[key as keyof typeof actual],
          learned,
        ),
      )
    );
  }

  #textFits(expected: string, actual: string, learned: Map<string, string>): boolean {
    const names: string[] = [];
    const pattern = expected
      .split(/(\{\{\w+\}\})/)
      .map((part) => {
        const name = /^\{\{(\w+)\}\}$/.exec(part)?.[1];
        if (name === undefined) {
          return literally(part);
        }
        if (name === "time") {
          return "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{3,9})?";
        }
        const known = this.#known.get(name) ?? learned.get(name);
        if (known !== undefined) {
          return literally(known);
        }
        names.push(name);
        return name.startsWith("id")
          ? "([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
          : "(tr-\\w{32})";
      })
      .join("");
    const found = new RegExp(`^${pattern}$`, "s").exec(actual);
    names.forEach((name, index) => {
      learned.set(name, found?.[index + 1] ?? "");
    });
    return found !== null;
  }

  /** Every item has its own counterpart; those with less to learn first. */
  matchUnordered(expected: unknown[], actual: unknown[]): boolean {
    const left = [...actual];
    const unknown = (item: unknown) =>
      (this.fill(JSON.stringify(item)).match(/\{\{(id|key)/g) ?? []).length;
    const order = [...expected].sort((a, b) => unknown(a) - unknown(b));
    return (
      expected.length === actual.length &&
      order.every((item) => {
        const index = left.findIndex((candidate) => this.match(item, candidate));
        return index >= 0 && left.splice(index, 1).length === 1;
      })
    );
  }
}

/** What parsers say need not be the same: of a body the type of the error counts, of a UUID that it is none. */
function withoutParserTalk(message: string): string {
  return message
    .replace(/(Json deserialize error: ).*( \| )/, "$1$2")
    .replace(/(UUID parsing failed: ).*/, "$1");
}

function parsedBody(body: string): unknown {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && "message" in value
      ? { ...value, message: withoutParserTalk(String(value.message)) }
      : value;
  } catch {
    return body;
  }
}

/** The mail server of the recording counted bytes where addresses were not ASCII. */
function asRecorded(address: string): string {
  return [...Buffer.from(address)]
    .map((byte) => (byte < 128 ? String.fromCharCode(byte) : "\ufffd"))
    .join("");
}

class Replay {
  readonly #placeholders = new Placeholders();
  constructor(readonly simulator: Simulator) {}

  async check(exchange: Exchange): Promise<void> {
    if (exchange.mail !== undefined) {
      this.simulator.mailWorks = exchange.mail.works;
      expect(this.simulator.mailWorks).to.equal(exchange.mail.works);
    } else if (exchange.accept !== undefined) {
      await this.#acceptance(exchange);
    } else {
      await this.#request(exchange);
    }
  }

  async #acceptance({ accept, result }: Exchange): Promise<void> {
    const link = this.#placeholders.fill(`/api/auth?${accept?.query}`);
    const started = await send(this.simulator.url, "GET", link);
    expect(started.status, "the link leads to the sign-in").to.equal(303);
    const landing = this.simulator.accept(link, accept ?? { email: "" });
    const expected = { ...result, body: parsedBody(result?.body ?? "") };
    const actual = { ...landing, body: parsedBody(landing.body) };
    expect(this.#placeholders.match(expected, actual), show(expected, actual)).to.equal(true);
  }

  async #request({ request, response, mails = [], unordered }: Exchange): Promise<void> {
    const sent = this.simulator.mails.length;
    const headers = Object.fromEntries(
      Object.entries(request?.headers ?? {}).map(([name, value]) => [
        name,
        this.#placeholders.fill(value),
      ]),
    );
    const reply = await send(
      this.simulator.url,
      request?.method ?? "",
      this.#placeholders.fill(request?.path ?? ""),
      { headers, body: this.#placeholders.fill(request?.body ?? "") || undefined },
    );
    expect(reply.status).to.equal(response?.status);
    for (const name of ["content-type", "allow", "location"]) {
      expect(reply.headers[name], name).to.equal(response?.headers[name]);
    }
    const expected = parsedBody(response?.body ?? "");
    const actual = parsedBody(reply.body);
    expect(
      this.#bodiesAgree(expected, actual, unordered === true),
      show(expected, actual),
    ).to.equal(true);
    const newMails = this.simulator.mails.slice(sent).map(({ to, subject, links }) => ({
      to: asRecorded(to),
      subject,
      links,
    }));
    expect(this.#placeholders.match(mails, newMails), show(mails, newMails)).to.equal(true);
  }

  #bodiesAgree(expected: unknown, actual: unknown, unordered: boolean): boolean {
    if (unordered && Array.isArray(expected) && Array.isArray(actual)) {
      return this.#placeholders.matchUnordered(expected, actual);
    }
    const [keys, actualKeys] = [keysIn(expected), keysIn(actual)];
    if (unordered && keys !== undefined && actualKeys !== undefined) {
      // Keys are sorted by their random ids, so a page may hold any of them, and the cursor is the last one's.
      const cursors = [expected, actual].map((page) => Object(page).cursor);
      const complete = keys.length > 1;
      return (
        keys.length === actualKeys.length &&
        (!complete || this.#placeholders.matchUnordered(keys, actualKeys)) &&
        cursors[1] === Object(actualKeys.at(-1)).id
      );
    }
    // A list that was recorded without the mark had this order; nobody may rely on it, so neither does this.
    return Array.isArray(expected) && Array.isArray(actual)
      ? this.#placeholders.matchUnordered(expected, actual)
      : this.#placeholders.match(expected, actual);
  }
}

function keysIn(page: unknown): unknown[] | undefined {
  const keys: unknown = Object(page).api_keys;
  return Array.isArray(keys) ? keys : undefined;
}

function show(expected: unknown, actual: unknown): string {
  return `expected ${JSON.stringify(expected)}\nactual   ${JSON.stringify(actual)}\n`;
}

function replays(title: string, text: string): void {
  describe(`recorded exchanges, ${title}`, () => {
    let replay: Replay;

    before(async () => {
      replay = new Replay(await startSimulator());
    });

    after(() => replay.simulator.close());

    for (const exchange of exchanges(text)) {
      it(`${exchange.n}: ${exchange.title}`, () => replay.check(exchange));
    }

    it("are all there", () => {
      expect(exchanges(text)).to.have.length(172);
    });
  });
}

replays("as recorded", recording);
replays("with everybody and everything renamed", disguised(recording));
