/**
 * How the commands of the documents are tested. One that begins with a program of `runHere` needs no entry: it is run,
 * with what stands before it in the same document, as somebody would run it who has a stack and the settings of a
 * server. Any other, and one for which that does not do, stands in one of the two tables below, as it is written in the
 * document but without its comment.
 */

export const runHere = ["pulumi", "pulumi-trieve", "npx pulumi-trieve", "curl", "export"];

/** A test that runs it. */
export interface Elsewhere {
  readonly file: string;
  /** A part of its title. */
  readonly title: string;
}

export const runElsewhere: Readonly<Record<string, Elsewhere>> = {
  "npm run demo": {
    file: "tests/tools/demo.test.ts",
    title: "takes two people from the preview to the end",
  },
  "npm install pulumi-trieve@latest": {
    file: "tests/e2e/package.test.ts",
    title: "runs when",
  },
  "read -rs TRIEVE_API_KEY && export TRIEVE_API_KEY": {
    file: "tests/examples/gitops.test.ts",
    title: "is filled, as README.md says, with the people who are there",
  },
  [`{ head -n 2 members.yaml
  npx pulumi-trieve export --url "$(pulumi config get trieve:apiUrl)" --organization "$(pulumi config get trieve:organizationId)"
} > exported.yaml && mv exported.yaml members.yaml`]: {
    file: "tests/examples/gitops.test.ts",
    title: "is filled, as README.md says, with the people who are there",
  },
};

/** Documents, or sections of them (`README.md#Title`), of which a test of their own does all that they show. */
export const followedElsewhere: Readonly<Record<string, Elsewhere>> = {
  "examples/bootstrap/README.md": {
    file: "tests/examples/bootstrap.test.ts",
    title: "as its README says",
  },
  "examples/yaml/README.md": {
    file: "tests/examples/yaml.test.ts",
    title: "as its README says",
  },
  "examples/python/README.md": {
    file: "tests/sdks/example.test.ts",
    title: "as its README says",
  },
  "docs/installation-configuration.md": {
    file: "tests/sdks/docs.test.ts",
    title: "does what docs/installation-configuration.md says",
  },
  "docs/recipes.md": { file: "tests/e2e/recipes.test.ts", title: "has a test for each recipe" },
  "README.md#Quickstart": {
    file: "tests/docs/quickstart.test.ts",
    title: "leads from an empty folder to the first member",
  },
  "README.md#The same in TypeScript": {
    file: "tests/docs/quickstart.test.ts",
    title: "leads from an empty folder to the first member",
  },
};

/** With the reason. At most five. */
export const notRun: Readonly<Record<string, string>> = {
  "npm test": "runs this test, and would for ever",
  "export PULUMI_BACKEND_URL='s3://acme-pulumi?region=eu-central-1' PULUMI_CONFIG_PASSPHRASE=…":
    "a bucket that is not there",
};

/** What stands in documents for what is different for everybody. */
export interface Settings {
  readonly apiUrl: string;
  readonly organizationId: string;
  readonly apiKey: string;
}

export function fillIn(text: string, { apiUrl, organizationId, apiKey }: Settings): string {
  return text
    .replaceAll(/https:\/\/trieve(\.dev)?\.example\.com/g, apiUrl)
    .replaceAll("http://localhost:8090", apiUrl)
    .replaceAll("6c8f3c1e-58f6-4c8e-9f2b-0f6c6a3f5d11", organizationId)
    .replaceAll("tr-…", apiKey);
}

/** What a block of TypeScript without imports leaves out: the imports, and settings under their usual names. */
export const prelude = [
  `import * as pulumi from "@pulumi/pulumi";`,
  `import * as trieve from "pulumi-trieve";`,
  `declare const apiKey: pulumi.Output<string>;`,
  `declare const organizationId: string, apiUrl: string, redirectUri: string;`,
].join(" ");
