import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { step } from "./console.mjs";
import { go } from "./go.mjs";
import { root } from "./paths.mjs";

const schema = join(root, "provider", "plugin", "schema.json");
const sdks = join(root, "dist", "sdks");

/** Writes the SDKs of other languages from the schema: dist/sdks/python, and dist/sdks/go with a go.mod. */
export async function generateSdks() {
  mkdirSync(sdks, { recursive: true });
  for (const language of ["python", "go"]) await generate(language);
}

async function generate(language) {
  const folder = join(sdks, language);
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  const options = { module: "gensdk", purpose: "Generating the SDKs" };
  await step(`SDK for ${language === "go" ? "Go" : "Python"}`, () =>
    go("run", [".", schema, language, fresh], options),
  );
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
}
