import MarkdownIt from "markdown-it";

/** A fenced block of code. */
export interface Block {
  /** Of its first line of code, from 1 on. */
  readonly line: number;
  /** Lower case; empty if the fence names none. */
  readonly language: string;
  readonly text: string;
}

const markdown = new MarkdownIt();

export function fencedBlocks(text: string): Block[] {
  return markdown
    .parse(text, {})
    .filter(({ type }) => type === "fence")
    .map(({ map, info, content }) => ({
      line: (map?.[0] ?? 0) + 2,
      language: info.trim().split(/\s/)[0]?.toLowerCase() ?? "",
      text: content,
    }));
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
