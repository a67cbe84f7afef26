import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import ts from "typescript";
import { firstCells } from "./blocks";

const root = resolve(__dirname, "..", "..", "..");
const document = "docs/troubleshooting.md";

/** All texts in the sources, with `…` for what is filled in. */
function textsOf(file: string): string[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(root, "provider", file), "utf8"),
    ts.ScriptTarget.Latest,
    true,
  );
  const texts: string[] = [];
  const visit = (node: ts.Node) => {
    const text = textOf(node);
    if (text !== undefined) texts.push(text);
    node.forEachChild(visit);
  };
  visit(source);
  return texts;
}

function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return [node.head.text, ...node.templateSpans.map(({ literal }) => `…${literal.text}`)].join("");
}

describe(document, () => {
  const quotes = firstCells(readFileSync(join(root, document), "utf8")).filter(
    ({ section }) => section !== "From Pulumi itself",
  );
  const texts = readdirSync(join(root, "provider"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap(textsOf);

  // Messages explain themselves; a row is for one that cannot.
  it("quotes in each row a message as the sources have it", () => {
    expect(quotes).not.to.deep.equal([]);
    const strange = quotes
      .filter(({ code }) => !texts.some((text) => text.includes(code)))
      .map(({ code }) => code);
    expect(strange).to.deep.equal([]);
  });
});
