import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import ts from "typescript";
import { firstCells } from "./blocks";

const root = resolve(__dirname, "..", "..", "..");
const document = "docs/troubleshooting.md";

/** A text in the sources, with `…` for what is filled in. */
interface Template {
  readonly place: string;
  readonly text: string;
  /** Whether it is, or is a part of, what somebody is told when something fails. */
  readonly isError: boolean;
}

function templatesOf(file: string): Template[] {
  const path = join(root, "provider", file);
  const source = ts.createSourceFile(
    file,
    readFileSync(path, "utf8"),
    ts.ScriptTarget.Latest,
    true,
  );
  const templates: Template[] = [];
  const visit = (node: ts.Node) => {
    const text = textOf(node);
    if (text !== undefined) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      templates.push({
        place: `provider/${file}:${line + 1}`,
        text,
        // All of that file is about failures: its last sentences say what to do.
        isError: file === join("trieve", "errors.ts") ? text.endsWith(".") : isToldOnFailure(node),
      });
    }
    node.forEachChild(visit);
  };
  visit(source);
  return templates;
}

function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return [node.head.text, ...node.templateSpans.map(({ literal }) => `…${literal.text}`)].join("");
}

function isToldOnFailure(node: ts.Node): boolean {
  for (let at = node.parent; at !== undefined; at = at.parent) {
    if (ts.isNewExpression(at) && /(Error|Refused)$/.test(at.expression.getText())) return true;
    if (ts.isCallExpression(at) && at.expression.getText() === "problems.push") return true;
    if (ts.isFunctionLike(at) || ts.isClassLike(at)) return false;
  }
  return false;
}

/** Whether there is enough of a text to be recognized by. */
function says(text: string): boolean {
  return text.split(/\s+/).filter((word) => /\w{2}/.test(word)).length >= 5;
}

describe(document, () => {
  const cells = firstCells(readFileSync(join(root, document), "utf8"));
  const quotes = cells.filter(({ section }) => section !== "From Pulumi itself");
  const templates = readdirSync(join(root, "provider"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap(templatesOf);

  it("quotes messages as the sources have them", () => {
    const strange = quotes
      .filter(({ code }) => !templates.some(({ text }) => text.includes(code)))
      .map(({ code }) => code);
    expect(strange).to.deep.equal([]);
    expect(quotes).to.have.lengthOf.at.least(50);
  });

  it("has every error of the sources", () => {
    const missing = templates
      .filter(({ isError, text }) => isError && says(text))
      .filter(({ text }) => !quotes.some(({ code }) => text.includes(code)))
      .map(({ place, text }) => `${place}: ${text}`);
    expect(missing).to.deep.equal([]);
  });
});
