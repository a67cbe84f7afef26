// What the types of programs say of themselves: their properties, and the docstrings of these.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "./paths.mjs";

export const ts = createRequire(import.meta.url)("typescript");

/** A type, interface or class of this name in a file. */
export function declarationOf(name, file) {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(root, file), "utf8"),
    ts.ScriptTarget.ESNext,
    true,
  );
  return source.statements.find((statement) => statement.name?.text === name);
}

/** Of a union of types those of the one that has any. */
export function membersOf(declaration) {
  if (!ts.isTypeAliasDeclaration(declaration)) return declaration.members;
  return declaration.type.types.find(ts.isTypeLiteralNode).members;
}

/** Inputs and outputs; what is `@internal` is of no use to programs. */
export function isDocumented(member) {
  const isProperty = ts.isPropertySignature(member) || ts.isPropertyDeclaration(member);
  return isProperty && ts.isIdentifier(member.name) && tag(member, "internal") === undefined;
}

export function meaningOf(property) {
  const text = property.jsDoc?.map(({ comment }) => plain(comment)).join(" ");
  if (!text) throw new Error(`${property.name?.text} has no docstring.`);
  return text;
}

export function tag(property, name) {
  const found = ts.getJSDocTags(property).find(({ tagName }) => tagName.text === name);
  return found && plain(found.comment);
}

/** On one line, with links as the names that they lead to. */
function plain(comment) {
  const text = typeof comment === "string" ? comment : (ts.getTextOfJSDocComment(comment) ?? "");
  return text
    .replace(/\{@link ([^}]+)\}/g, "`$1`")
    .replace(/\s+/g, " ")
    .trim();
}
