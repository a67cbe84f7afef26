import MarkdownIt from "markdown-it";

/** A fenced block of code. */
export interface Block {
  /** Of its first line of code, from 1 on. */
  readonly line: number;
  /** Lower case; empty if the fence names none. */
  readonly language: string;
  readonly text: string;
  /** The heading of second level above it; empty if there is none. */
  readonly section: string;
}

const markdown = new MarkdownIt();

export function fencedBlocks(text: string): Block[] {
  return withSections(text)
    .filter(({ token: { type } }) => type === "fence")
    .map(({ token: { map, info, content }, section }) => ({
      line: (map?.[0] ?? 0) + 2,
      language: info.trim().split(/\s/)[0]?.toLowerCase() ?? "",
      text: content,
      section,
    }));
}

/** The code in the first cells of all rows of tables. */
export function firstCells(text: string): { readonly section: string; readonly code: string }[] {
  const tokens = withSections(text);
  return tokens.flatMap(({ token, section }, i) => {
    const isFirst =
      tokens[i - 1]?.token.type === "td_open" && tokens[i - 2]?.token.type === "tr_open";
    const codes = isFirst
      ? (token.children ?? []).filter(({ type }) => type === "code_inline")
      : [];
    return codes.map(({ content }) => ({ section, code: content.trim() }));
  });
}

function withSections(text: string) {
  const tokens = markdown.parse(text, {});
  let section = "";
  return tokens.map((token, i) => {
    if (token.type === "heading_open" && token.tag === "h2") section = tokens[i + 1]?.content ?? "";
    return { token, section };
  });
}

/** A command of a shell block. */
export interface Command {
  readonly line: number;
  /** As it is written, without comments. */
  readonly text: string;
}

/** One per line; one that ends with a backslash, opens a here-document or begins with a brace goes on in the next. */
export function commandsOf({ line, text }: Pick<Block, "line" | "text">): Command[] {
  const lines = text.split("\n");
  const commands: Command[] = [];
  for (let i = 0; i < lines.length; i++) {
    const start = i;
    let command = (lines[i] ?? "").replace(/(^|\s)#.*/, "");
    while (command.endsWith("\\") && i + 1 < lines.length) command += `\n${lines[++i]}`;
    const [, end] = /<<-?\s*['"]?(\w+)/.exec(command) ?? [];
    if (end !== undefined)
      while (i + 1 < lines.length && lines[i]?.trim() !== end) command += `\n${lines[++i]}`;
    if (command.startsWith("{"))
      while (i + 1 < lines.length && !lines[i]?.startsWith("}")) command += `\n${lines[++i]}`;
    if (command.trim() !== "") commands.push({ line: line + start, text: command.trim() });
  }
  return commands;
}
