/** Bars in groups, as SVG text. Too little for a library: those that draw without a browser are megabytes. */
export interface Chart {
  readonly title: string;
  readonly groups: readonly {
    readonly label: string;
    readonly bars: readonly { readonly label: string; readonly value: number }[];
  }[];
}

const width = 860;
const left = 330;
const right = 60;
const barHeight = 14;
const colours = ["#9aa5b1", "#d98c5f", "#2f6fde", "#3aa76d", "#b08bd0"];

/** One below the other, each with a scale of its own. */
export function barChart(charts: readonly Chart[]): string {
  const lines: string[] = [];
  let y = 0;
  // The same contender has the same colour everywhere.
  const labels = [
    ...new Set(
      charts.flatMap(({ groups }) => groups.flatMap(({ bars }) => bars.map(({ label }) => label))),
    ),
  ];
  for (const { title, groups } of charts) {
    y += 30;
    lines.push(text(10, y, title, 'font-weight="bold"'));
    const values = groups.flatMap(({ bars }) => bars.map(({ value }) => value));
    const scale = (width - left - right) / Math.max(...values);
    for (const { label, bars } of groups) {
      y += 10;
      lines.push(text(10, y + 12, label));
      for (const bar of bars) {
        const colour = colours[labels.indexOf(bar.label) % colours.length];
        const length = (bar.value * scale).toFixed(1);
        lines.push(
          text(left - 6, y + 11, bar.label.replace(/ \(.*/, ""), 'text-anchor="end"'),
          `<rect x="${left}" y="${y}" width="${length}" height="${barHeight - 2}" fill="${colour}"/>`,
          text(left + Number(length) + 5, y + 11, bar.value.toFixed(bar.value < 10 ? 1 : 0)),
        );
        y += barHeight;
      }
    }
  }
  const height = y + 20;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    "<title>Wall time of each verb, by contender</title>",
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...lines,
    "</svg>\n",
  ].join("\n");
}

function text(x: number, y: number, content: string, more = ""): string {
  const escaped = content.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  return `<text x="${x}" y="${y}" ${more}>${escaped}</text>`;
}
