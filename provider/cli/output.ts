import { styleText } from "node:util";
import { escapeOf, printable, printableLines } from "../printable";

/** What of a stream is needed to print to it. */
export interface Stream {
  readonly isTTY?: boolean;
  hasColors?(): boolean;
  write(text: string): unknown;
}

type Style = "green" | "yellow" | "red" | "dim" | "bold";

/** A text and how it looks on a terminal with colours. */
export interface Cell {
  readonly text: string;
  readonly style?: Style;
}

/** How a command ends. */
export const exitCode = { fine: 0, problems: 1, usage: 2, notAsked: 3 } as const;
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** The command was given something that it cannot work with; nothing was done. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The longest address that Trieve invites. One endless cell must not widen thousands of rows. */
const maxWidth = 100;

/** Where a command prints: results to stdout, everything about them to stderr. */
export class Output {
  constructor(
    private readonly stdout: Stream,
    private readonly stderr: Stream,
  ) {}

  /** A part of the result, which ends with a line break. The caller has made foreign text printable. */
  result(text: string) {
    this.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
  }

  json(value: unknown) {
    // Escapes mean the same in JSON, in which these characters can only be part of a string.
    this.result(printableLines(JSON.stringify(value, null, 2)));
  }

  /** One line, whatever is in it. */
  message(text: string) {
    this.stderr.write(`${printable(text)}\n`);
  }

  warn(text: string) {
    this.message(`warning: ${text}`);
  }

  /** Columns as wide as what is in them, within reason. Foreign text is made printable. */
  table(rows: readonly (readonly Cell[])[]) {
    const texts = rows.map((row) => row.map(({ text }) => printable(text)));
    const widths: number[] = [];
    for (const row of texts)
      row.forEach((text, i) => {
        widths[i] = Math.max(widths[i] ?? 0, Math.min(text.length, maxWidth));
      });
    rows.forEach((row, r) => {
      const last = row.length - 1;
      const cells = row.map(({ style }, i) => {
        const text = texts[r]?.[i] ?? "";
        const pad = i === last ? "" : " ".repeat(Math.max(0, (widths[i] ?? 0) - text.length));
        return this.paint(text, style) + pad;
      });
      this.result(cells.join("  ").trimEnd());
    });
  }

  paint(text: string, style: Style | undefined): string {
    // A terminal's `hasColors` knows NO_COLOR and TERM=dumb.
    const coloured = this.stdout.isTTY === true && this.stdout.hasColors?.() === true;
    return style && text && coloured ? styleText(style, text, { validateStream: false }) : text;
  }

  /** Says what is being waited for, after two seconds and then every ten. */
  async during<T>(what: string, work: () => Promise<T>): Promise<T> {
    const began = Date.now();
    let timer: NodeJS.Timeout;
    const tell = () => {
      this.message(`${what} (${Math.round((Date.now() - began) / 1000)} s)…`);
      timer = setTimeout(tell, 10_000);
    };
    timer = setTimeout(tell, 2_000);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * Foreign text in a cell of a Markdown table: as code it is no link, no HTML and mentions nobody. A bar would end the
 * cell, whatever is before it.
 */
export function markdownCode(text: string): string {
  const line = printable(text).replaceAll("|", escapeOf);
  if (line.trim() === "") return "";
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  const pad = /^[` ]|[` ]$/.test(line) ? " " : "";
  return `${fence}${pad}${line}${pad}${fence}`;
}
