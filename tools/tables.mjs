// The tables of documents that say what programs give and get: made from the docstrings, between
// `<!-- TrieveInvitationArgs -->` and `<!-- / -->`, where a prefix of the names may follow the first. With `--check` only looks whether they are up to date.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { declarationOf, isDocumented, meaningOf, membersOf, tag } from "./docstrings.mjs";
import { root } from "./paths.mjs";

/** By name: where it is declared, and what its rows are called. Members of a union of types are looked for as well. */
const sources = {
  TrieveInvitationArgs: { file: "provider/program/invitation.ts", rows: "argument" },
  TrieveInvitation: { file: "provider/program/invitation.ts", rows: "output" },
  ProviderArgs: { file: "provider/program/provider.ts", rows: "setting" },
  TrieveRosterArgs: { file: "provider/program/roster.ts", rows: "argument" },
  RosterMember: { file: "provider/program/roster.ts", rows: "key" },
  TrieveRoster: { file: "provider/program/roster.ts", rows: "output" },
  Limits: { file: "provider/roster/rails.ts", rows: "limit" },
  TrieveOrganizationArgs: { file: "provider/program/organization.ts", rows: "argument" },
  TrieveApiKeyArgs: { file: "provider/program/apiKey.ts", rows: "argument" },
  TrieveApiKey: { file: "provider/program/apiKey.ts", rows: "output" },
};

/** @param prefix before the names of the rows */
function tableOf(name, prefix = "") {
  const { file, rows } = sources[name];
  const properties = membersOf(declarationOf(name, file)).filter(isDocumented);
  const isGiven = rows !== "output";
  return lines([rows, "meaning", ...(isGiven ? ["default"] : [])], properties, (property) => [
    `\`${prefix}${property.name.text}\``,
    meaningOf(property).replace(/\.$/, ""),
    ...(isGiven ? [defaultOf(property)] : []),
  ]);
}

function lines(head, properties, cellsOf) {
  const row = (cells) => `| ${cells.join(" | ")} |`;
  return [
    row(head),
    `|${head.map(() => "---|").join("")}`,
    ...properties.map((property) =>
      row(cellsOf(property).map((cell) => cell.replace(/\|/g, "\\|"))),
    ),
  ].join("\n");
}

function defaultOf(property) {
  if (!property.questionToken) return "required";
  const value = tag(property, "default");
  return value?.replace(/^("[^"]*"|\d+$)/, "`$1`") ?? "–";
}

for (const document of ["reference.md", "installation-configuration.md"]) {
  const file = join(root, "docs", document);
  const old = readFileSync(file, "utf8");
  const fresh = old.replace(
    /(<!-- (\w+)(?: (\S+))? -->\n)[\s\S]*?(<!-- \/ -->)/g,
    (_, begin, name, prefix, end) => `${begin}\n${tableOf(name, prefix)}\n\n${end}`,
  );
  if (!process.argv.includes("--check")) writeFileSync(file, fresh);
  else if (fresh !== old) {
    console.error(
      `docs/${document} does not say what the docstrings say: run \`npm run docs:tables\`.`,
    );
    process.exitCode = 1;
  }
}
