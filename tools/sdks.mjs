import { mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { step } from "./console.mjs";
import { go } from "./go.mjs";
import { root } from "./paths.mjs";
import { capture } from "./process.mjs";

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const schema = join(root, "provider", "plugin", "schema.json");
const sdks = join(root, "dist", "sdks");

/** Writes the SDKs of other languages from the schema: dist/sdks/python, and dist/sdks/go with a go.mod. */
export async function generateSdks() {
  mkdirSync(sdks, { recursive: true });
  await generate("python", "Python");
  await generate("go", "Go");
}

async function generate(language, name) {
  const folder = join(sdks, language);
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  const options = { module: "tools/gensdk", purpose: "Generating the SDKs" };
  await step(`SDK for ${name}`, () => go("run", [".", schema, version, language, fresh], options));
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
}

/** What tests/sdks runs: dist/sdks/venv with the Python SDK, and the Go program dist/sdks/life. */
export async function preparePrograms(env) {
  const advice = "The Python tests need Python 3.10 or later with venv on PATH, and a way to PyPI.";
  const folder = join(sdks, "venv");
  const requirements = ["-r", join(root, "tests", "sdks", "python", "requirements.txt")];
  const install = ["-m", "pip", "install", ...requirements, join(sdks, "python")];
  await step("Python packages", async () => {
    await capture("python3", ["-m", "venv", folder], { env, advice });
    await capture(join(folder, "bin", "python"), install, { env, advice });
  });
  const options = { module: "tests/sdks/go", purpose: "Building the Go program" };
  await step("Go program", () => go("build", ["-o", join(sdks, "life"), "."], options));
}
