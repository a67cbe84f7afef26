// What a program prints on a terminal, as the terminal shows it in the end, and as a picture.

import { createRequire } from "node:module";

const { Terminal } = createRequire(import.meta.url)("@xterm/headless");

/** The lines on the screen, each of pieces that look alike: `{ text, colour?, bold? }`. */
export async function screen(output, { columns, rows }) {
  const terminal = new Terminal({ cols: columns, rows, scrollback: 1_000, allowProposedApi: true });
  await new Promise((resolve) => terminal.write(output, resolve));
  const { active } = terminal.buffer;
  const lines = Array.from({ length: active.length }, (_, y) =>
    piecesOf(active.getLine(y), columns),
  );
  while (lines.at(-1)?.length === 0) lines.pop();
  return lines;
}

function piecesOf(line, columns) {
  const pieces = [];
  const end = line.translateToString(true).length;
  for (let x = 0; x < Math.min(end, columns); x++) {
    const cell = line.getCell(x);
    const colour = cell.isFgPalette() ? cell.getFgColor() : undefined;
    const bold = cell.isBold() !== 0;
    const last = pieces.at(-1);
    const text = cell.getChars() || " ";
    if (last && last.colour === colour && last.bold === bold) last.text += text;
    else pieces.push({ text, colour, bold });
  }
  return pieces;
}

/** The sixteen colours of terminals, in GitHub's dark theme. */
const palette = [
  ...["#484f58", "#ff7b72", "#3fb950", "#d29922", "#58a6ff", "#bc8cff", "#39c5cf", "#b1bac4"],
  ...["#6e7681", "#ffa198", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#ffffff"],
];

const font = `font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace"`;
const cell = { width: 7.8, height: 18, font: 13 };
const margin = 16;

/** SVG of such lines. */
export function picture(title, lines) {
  const columns = Math.max(...lines.map((line) => line.map(({ text }) => text).join("").length));
  const width = Math.ceil(columns * cell.width + 2 * margin);
  const height = lines.length * cell.height + 2 * margin;
  const rows = lines.flatMap((line, row) => {
    let column = 0;
    return line.map(({ text, colour, bold }) => {
      const x = margin + column * cell.width;
      const y = margin + (row + 1) * cell.height - 5;
      column += text.length;
      const look = `${palette[colour] ? ` fill="${palette[colour]}"` : ""}${bold ? ` font-weight="bold"` : ""}`;
      // Fonts differ in width: each piece is made to fill its cells.
      const length = (text.length * cell.width).toFixed(1);
      return `<text x="${x.toFixed(1)}" y="${y}" textLength="${length}"${look}>${xml(text)}</text>`;
    });
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<title>${xml(title)}</title>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
<g ${font} font-size="${cell.font}" fill="#e6edf3">
${rows.join("\n")}
</g>
</svg>
`;
}

/** Renderers of SVG run spaces together, whatever `xml:space` says. */
function xml(text) {
  const names = { "&": "&amp;", "<": "&lt;", ">": "&gt;", " ": "\u00a0" };
  return text.replace(/[&<> ]/g, (char) => names[char]);
}
