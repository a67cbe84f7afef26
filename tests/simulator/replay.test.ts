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
  request?: { method: string; path: string; headers: Record<string, string>; body: string | null };
  response?: { status: number; headers: Record<string, string>; body: string };
  mails?: Mail[];
  accept?: { email: string; name: string; subject: string; query: string };
  result?: { status: number; location: string | null; body: string };
  mail?: { works: boolean };
}

// Compiled tests run from dist/; the recording stays where it is.
function recording(name: string): string {
  return readFileSync(join(process.cwd(), "tests", "simulator", name), "utf8");
}

function exchanges(text: string): Exchange[] {
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Exchange);
}

interface KeyPage {
  api_keys: { id: string }[];
  cursor: string | null;
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
  const things =
    "k-owner k-admin k-user k-esc k2 second dev dev-renamed orphan pulumi reader scoped old later seven ds child raised docs";
  for (const name of things.split(" ")) {
    result = result.replaceAll(`\\"${name}\\"`, `\\"${letters()}\\"`);
  }
  const [before, after, scripted] = [letters(), letters(), letters()];
  result = result
    .replace(/\bQ(&(?:amp;)?)A\b/g, `${before}$1${after}`)
    .replaceAll("<script>x", `<script>${scripted}`)
    .replaceAll("  wide  ", `  ${letters()}  `)
    .replaceAll("n".repeat(300), letters().repeat(34));
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
  /** Where pages of keys end. */
  readonly #cursors = new Map<string, string>();

  /** `keys`: all that a page may show. */
  constructor(readonly keys: readonly unknown[]) {}

  fill(text: string): string {
    return text.replace(/\{\{(id\d+|key\d+)\}\}/g, (whole, name: string) => {
      return this.#known.get(name) ?? whole;
    });
  }

  /** A cursor is where the page before really ended, and a time any that is past. */
  fillRequest(text: string): string {
    const asked = text.replaceAll("{{time}}", "2020-01-01T00:00:00");
    return this.fill(
      asked.replace(
        /(?<=cursor=)\{\{(\w+)\}\}/g,
        (whole, id: string) => this.#cursors.get(id) ?? whole,
      ),
    );
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
    return (
      expected.length === actual.length &&
      this.#leastToLearnFirst(expected).every((item) => {
        const index = left.findIndex((candidate) => this.match(item, candidate));
        return index >= 0 && left.splice(index, 1).length === 1;
      })
    );
  }

  /** Keys are sorted by their random ids, so a page that does not show them all may show any of them. */
  matchPage(path: string, expected: KeyPage, actual: KeyPage): boolean {
    const query = new URLSearchParams(path.split("?")[1]);
    const after = query.get("cursor") ?? "";
    const keys = expected.api_keys;
    const ids = actual.api_keys.map(({ id }) => id);
    this.#cursors.set(expected.cursor?.slice(2, -2) ?? "", actual.cursor ?? "");
    return (
      keys.length === ids.length &&
      (after === "" && keys.length < Number(query.get("limit") ?? 10)
        ? this.matchUnordered(keys, actual.api_keys)
        : actual.api_keys.every((key) =>
            this.#leastToLearnFirst(this.keys).some((one) => this.match(one, key)),
          )) &&
      [after, ...ids].join() === [after, ...new Set(ids)].sort().join() &&
      actual.cursor === (ids.at(-1) ?? null)
    );
  }

  #leastToLearnFirst(items: readonly unknown[]): unknown[] {
    const unknown = (item: unknown) =>
      (this.fill(JSON.stringify(item)).match(/\{\{(id|key)/g) ?? []).length;
    return [...items].sort((a, b) => unknown(a) - unknown(b));
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
  readonly #placeholders: Placeholders;

  constructor(
    readonly simulator: Simulator,
    recorded: Exchange[],
  ) {
    const bodies = recorded.map(({ response }) => parsedBody(response?.body ?? ""));
    this.#placeholders = new Placeholders(
      bodies.filter(isKeyPage).flatMap((page) => page.api_keys),
    );
  }

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

  async #request({ request, response, mails = [] }: Exchange): Promise<void> {
    const sent = this.simulator.mails.length;
    const fill = (text = "") => this.#placeholders.fillRequest(text);
    const headers = Object.fromEntries(
      Object.entries(request?.headers ?? {}).map(([name, value]) => [name, fill(value)]),
    );
    const path = fill(request?.path);
    const body = fill(request?.body ?? "") || undefined;
    const reply = await send(this.simulator.url, request?.method ?? "", path, { headers, body });
    expect(reply.status).to.equal(response?.status);
    for (const name of ["content-type", "allow", "location"]) {
      expect(reply.headers[name], name).to.equal(response?.headers[name]);
    }
    const expected = parsedBody(response?.body ?? "");
    const actual = parsedBody(reply.body);
    expect(this.#bodiesAgree(path, expected, actual), show(expected, actual)).to.equal(true);
    const newMails = this.simulator.mails.slice(sent).map(({ to, subject, links }) => ({
      to: asRecorded(to),
      subject,
      links,
    }));
    expect(this.#placeholders.match(mails, newMails), show(mails, newMails)).to.equal(true);
  }

  #bodiesAgree(path: string, expected: unknown, actual: unknown): boolean {
    if (isKeyPage(expected)) {
      return isKeyPage(actual) && this.#placeholders.matchPage(path, expected, actual);
    }
    // Lists have an order that nobody may rely on, so neither does this.
    return Array.isArray(expected) && Array.isArray(actual)
      ? this.#placeholders.matchUnordered(expected, actual)
      : this.#placeholders.match(expected, actual);
  }
}

function isKeyPage(body: unknown): body is KeyPage {
  return Array.isArray(Object(body).api_keys);
}

function show(expected: unknown, actual: unknown): string {
  return `expected ${JSON.stringify(expected)}\nactual   ${JSON.stringify(actual)}\n`;
}

function replays(title: string, text: string, count: number): void {
  describe(`recorded exchanges, ${title}`, () => {
    const recorded = exchanges(text);
    let replay: Replay;

    before(async () => {
      replay = new Replay(await startSimulator(), recorded);
    });

    after(() => replay.simulator.close());

    for (const exchange of recorded) {
      it(`${exchange.n}: ${exchange.title}`, () => replay.check(exchange));
    }

    it("are all there", () => {
      expect(recorded).to.have.length(count);
    });
  });
}

for (const [file, count] of [
  ["transcripts.jsonl", 172],
  ["organizations.jsonl", 74],
] as const) {
  const text = recording(file);
  replays(`${file} as recorded`, text, count);
  replays(`${file} with everybody and everything renamed`, disguised(text), count);
}
