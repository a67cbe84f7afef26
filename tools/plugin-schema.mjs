// Writes provider/plugin/schema.json, by which Pulumi knows the plugin's resources: made from the types of Node.js
// programs and their docstrings. With `--check` only looks whether it is up to date. Needs the built package.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { declarationOf, isDocumented, meaningOf, membersOf, tag, ts } from "./docstrings.mjs";
import { root } from "./paths.mjs";

const require = createRequire(import.meta.url);
const { roles } = require("../dist/provider/trieve/model.js");
const { license, homepage, repository } = require("../package.json");

const program = (name) => `provider/program/${name}.ts`;
const state = "provider/lifecycle/state.ts";

/** Types that others are made of, by name: where they are declared. */
const named = {
  Role: { values: roles, description: "Role in an organization." },
  DeletionPolicy: { file: state },
  Status: { file: state },
  MailPolicy: { file: "provider/settings.ts" },
  Limits: { file: "provider/roster/rails.ts" },
  RosterMember: { file: program("roster") },
  Member: { file: "provider/resources/members.ts" },
};
/** Types without a name of their own, by the property that has them. */
const unnamed = {
  "TrieveRosterArgs.defaults": "RosterDefaults",
  "TrieveRosterArgs.unmanaged": "Unmanaged",
  "TrieveRoster.counts": "RosterCounts",
};
const secrets = ["ProviderArgs.apiKey", "TrieveInvitation.inviteUrl", "TrieveApiKey.apiKey"];
const integers = ["ProviderArgs.maxConcurrency", "Limits.maxRemovals", "Limits.minOwners"];

const types = {};

/** Names of classes as this package exports them are those of its Node.js programs. */
function words(text) {
  return text
    .replace(/\ba `?Trieve(Invitation|Organization|ApiKey)\b/g, (found) =>
      found.replace(/^a /, "an "),
    )
    .replace(/\bTrieve(Invitation|Roster|Organization|ApiKey)\b/g, "$1");
}

function referTo(name, make) {
  const token = `trieve:index:${name}`;
  types[token] ??= make();
  return { $ref: `#/types/${token}` };
}

/** @param owner of the property, for types that have no name. @param plain values, no outputs */
function typeOf(node, owner, plain) {
  const inner = (one) => typeOf(one, owner, plain);
  if (ts.isParenthesizedTypeNode(node)) return inner(node.type);
  if (ts.isTypeOperatorNode(node)) return inner(node.type);
  if (ts.isArrayTypeNode(node))
    return { type: "array", items: itemOf(inner(node.elementType), plain) };
  if (ts.isTemplateLiteralTypeNode(node)) return { type: "string" };
  if (ts.isTypeLiteralNode(node))
    return referTo(unnamed[owner], () => objectOf(unnamed[owner], node.members, plain));
  if (ts.isUnionTypeNode(node)) return unionOf(node, owner, plain);
  if (ts.isTypeReferenceNode(node)) return referenceOf(node, owner, plain);
  switch (node.kind) {
    case ts.SyntaxKind.StringKeyword:
      return { type: "string" };
    case ts.SyntaxKind.BooleanKeyword:
      return { type: "boolean" };
    case ts.SyntaxKind.NumberKeyword:
      return {
        type: integers.includes(owner) || owner.startsWith("RosterCounts") ? "integer" : "number",
      };
  }
  throw new Error(`${owner}: ${node.getText()} is not known here.`);
}

function itemOf(type, plain) {
  return plain && type.$ref ? { ...type, plain } : type;
}

function unionOf(node, owner, plain) {
  const parts = node.types.filter((one) => one.getText() !== "null");
  if (parts.length === 1) return typeOf(parts[0], owner, plain);
  if (parts.every((one) => ts.isLiteralTypeNode(one)))
    return referTo(unnamed[owner], () => enumOf(parts.map((one) => one.literal.text)));
  return { oneOf: parts.map((one) => typeOf(one, owner, plain)) };
}

function enumOf(values, description) {
  return {
    type: "string",
    ...(description ? { description } : {}),
    enum: values.map((value) => ({ value })),
  };
}

function referenceOf(node, owner, plain) {
  const name = node.typeName.getText().replace("pulumi.", "");
  const [first, second] = node.typeArguments ?? [];
  if (name === "Input" || name === "Output") return typeOf(first, owner, plain);
  if (name === "Exclude") return typeOf(first, owner, plain);
  if (name === "Record")
    return { type: "object", additionalProperties: typeOf(second, owner, plain) };
  const { file, values, description } = named[name] ?? {};
  if (values) return referTo(name, () => enumOf(values, description));
  const declaration = declarationOf(name, file);
  const type = declaration.type;
  if (type && ts.isUnionTypeNode(type) && type.types.every((one) => ts.isLiteralTypeNode(one)))
    return referTo(name, () =>
      enumOf(
        type.types.map((one) => one.literal.text),
        docOf(declaration),
      ),
    );
  const object = referTo(name, () => ({
    ...objectOf(name, membersOf(declaration), plain),
    description: docOf(declaration),
  }));
  // A list may hold the short form, which is a text.
  return type && ts.isUnionTypeNode(type) ? { oneOf: [{ type: "string" }, object] } : object;
}

function docOf(declaration) {
  return words(meaningOf(declaration));
}

function objectOf(name, members, plain) {
  const { properties, required } = propertiesOf(name, members, plain);
  return { type: "object", properties, required };
}

/** @param plain names of those that take no outputs; true: all */
function propertiesOf(owner, members, plain) {
  const documented = [...members].filter(isDocumented);
  const entries = documented.map((member) => {
    const name = member.name.text;
    const path = `${owner}.${name}`;
    const isPlain = plain === true || (Array.isArray(plain) && plain.includes(name));
    const type = typeOf(member.type, path, isPlain);
    const byDefault = tag(member, "default");
    const description = docOf(member) + (byDefault ? ` Default: ${words(byDefault)}.` : "");
    return [
      name,
      {
        ...type,
        ...(isPlain && Array.isArray(plain) ? { plain: true } : {}),
        description,
        ...(secrets.includes(path) ? { secret: true } : {}),
      },
    ];
  });
  const isRequired = (member) =>
    !member.questionToken &&
    !(ts.isUnionTypeNode(unwrapped(member.type)) && /\bnull\b/.test(member.type.getText()));
  return {
    properties: Object.fromEntries(entries),
    required: documented.filter(isRequired).map((member) => member.name.text),
  };
}

/** Without `pulumi.Output<…>`. */
function unwrapped(type) {
  return ts.isTypeReferenceNode(type) && /Output$/.test(type.typeName.getText())
    ? type.typeArguments[0]
    : type;
}

/** @param file of its class. @param plain arguments that take no outputs */
function resourceOf(name, file, plain) {
  const declaration = declarationOf(`Trieve${name}`, file);
  const args = declarationOf(`Trieve${name}Args`, file);
  const inputs = propertiesOf(`Trieve${name}Args`, membersOf(args), plain);
  const outputs = propertiesOf(
    `Trieve${name}`,
    declaration.members.filter((m) => !isStatic(m)),
  );
  return {
    description: docOf(declaration),
    inputProperties: inputs.properties,
    requiredInputs: inputs.required,
    properties: outputs.properties,
    required: outputs.required,
    // What a Node.js program has declared as a dynamic resource stays who it is.
    ...(plain
      ? { isComponent: true }
      : { aliases: [{ type: `pulumi-nodejs:dynamic/trieve:${name}` }] }),
  };
}

function isStatic(member) {
  return member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword) ?? false;
}

const settings = propertiesOf(
  "ProviderArgs",
  membersOf(declarationOf("ProviderArgs", program("provider"))),
);
const getMembers = program("members");
const result = "provider/resources/members.ts";
const args = propertiesOf("GetMembersArgs", membersOf(declarationOf("GetMembersArgs", getMembers)));

const schema = {
  name: "trieve",
  displayName: "Trieve",
  description: "Manage the members of a Trieve organization.",
  keywords: ["pulumi", "trieve", "kind/native", "category/identity"],
  homepage,
  license,
  repository: repository?.url ?? repository,
  config: { variables: settings.properties },
  provider: {
    description: docOf(declarationOf("Provider", program("provider"))).replace(
      / Pass it to Trieve resources only,.*$/,
      "",
    ),
    inputProperties: settings.properties,
    requiredInputs: [],
    properties: settings.properties,
  },
  resources: {
    "trieve:index:Invitation": resourceOf("Invitation", program("invitation")),
    "trieve:index:Roster": resourceOf("Roster", program("roster"), [
      ...["file", "members", "defaults", "deletionPolicy", "limits", "breakGlass", "unmanaged"],
    ]),
    "trieve:index:Organization": resourceOf("Organization", program("organization")),
    "trieve:index:ApiKey": resourceOf("ApiKey", program("apiKey")),
  },
  functions: {
    "trieve:index:getMembers": {
      description: docOf(declarationOf("getMembers", getMembers)),
      inputs: { type: "object", ...args },
      outputs: objectOf("GetMembersResult", membersOf(declarationOf("GetMembersResult", result))),
    },
  },
  types,
  language: {
    nodejs: { packageName: "pulumi-trieve-native", respectSchemaVersion: true },
    python: {
      packageName: "pulumi_trieve",
      respectSchemaVersion: true,
      pyproject: { enabled: true },
    },
    go: { respectSchemaVersion: true, generateResourceContainerTypes: true },
    csharp: { respectSchemaVersion: true },
    java: { buildFiles: "gradle" },
  },
};

const file = join(root, "provider", "plugin", "schema.json");
const text = `${JSON.stringify(schema, undefined, 2)}\n`;
if (!process.argv.includes("--check")) writeFileSync(file, text);
else if (JSON.stringify(JSON.parse(readFileSync(file, "utf8"))) !== JSON.stringify(schema)) {
  console.error(
    "provider/plugin/schema.json does not say what the types say: run `node tools/plugin-schema.mjs && npm run format`.",
  );
  process.exitCode = 1;
}
