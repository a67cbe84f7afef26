import { createHash } from "node:crypto";
import { html, raw } from "hono/html";

/** HTML in which everything foreign is escaped already. */
export type Html = ReturnType<typeof html>;

/** What a page consists of. */
interface Page {
  readonly title: string;
  /** Rules beside those of every page. */
  readonly style?: string;
  readonly body: Html;
  /** Where its forms may lead, as the content security policy says it. @default "'none'" */
  readonly formAction?: string;
}

const commonStyle = `
:root {
  color-scheme: light dark;
  --back: light-dark(#ffffff, #15181d);
  --soft: light-dark(#f5f6f8, #1e2229);
  --line: light-dark(#dcdfe4, #363c46);
  --text: light-dark(#1d2129, #e4e7eb);
  --muted: light-dark(#59626f, #a2abb8);
  --blue: light-dark(#0b57c4, #8db8ff);
  --green: light-dark(#14692f, #7ccf95);
  --amber: light-dark(#7a4d00, #e3b45c);
  --red: light-dark(#b3261e, #ff9a91);
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: none; text-size-adjust: none; }
body {
  margin: 0;
  background: var(--back);
  color: var(--text);
  font: 1rem/1.5 -apple-system, BlinkMacSystemFont, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif;
  overflow-wrap: anywhere;
}
main { margin: 0 auto; padding: clamp(1.25rem, 4vw, 3rem) clamp(1rem, 4vw, 3rem); }
h1, h2, h3 { margin: 0; line-height: 1.25; text-wrap: balance; }
h1 { font-size: 1.75rem; letter-spacing: -0.015em; }
h2 { margin: 2.5rem 0 0.75rem; font-size: 1.1875rem; }
p, dl, dd, ol, ul { margin: 0; }
ol, ul { padding: 0; list-style: none; }
a { color: var(--blue); text-underline-offset: 0.15em; }
:focus-visible { outline: 3px solid var(--blue); outline-offset: 2px; border-radius: 4px; }
code { font: 0.875em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
table { width: 100%; border-collapse: collapse; }
caption { padding-bottom: 0.75rem; text-align: start; }
th, td { padding: 0.625rem 1rem 0.625rem 0; border-bottom: 1px solid var(--line); text-align: start; vertical-align: top; }
th { font-weight: 600; }
thead th { color: var(--muted); font-size: 0.8125rem; }
.lead { margin-top: 0.5rem; max-width: 44rem; color: var(--muted); }
.muted { color: var(--muted); }
.small { font-size: 0.875rem; }
`;

/** A page complete in itself: it runs no script and loads nothing, and the browser keeps it to that. */
export function page({ title, style = "", body, formAction = "'none'" }: Page): Html {
  const css = commonStyle + style;
  const hash = createHash("sha256").update(css).digest("base64");
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action ${formAction}`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${raw(css)}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}
