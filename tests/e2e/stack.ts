import { createCipheriv, createHash, randomBytes } from "node:crypto";
import { realpathSync } from "node:fs";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parse, stringify } from "yaml";
import { dataKey } from "./vault";

/** The settings of a stack. */
export interface StackOptions {
  config?: Record<string, string>;
  secrets?: Record<string, string>;
}

/**
 * A stack that was made with the CLI, with nothing in it, for copies: making each with the CLI takes half a second, and
 * there are some two hundred.
 */
export interface Original {
  /** Of its project, with the backend and Pulumi's home in `.pulumi`. */
  readonly folder: string;
  readonly stack: string;
}

/** The copy is selected, as it is after `pulumi stack init`. */
export async function copyStack(
  original: Original,
  folder: string,
  { config = {}, secrets = {} }: StackOptions,
): Promise<void> {
  const backend = join(".pulumi", "backend");
  await cp(join(original.folder, backend), join(folder, backend), { recursive: true });

  const settings = `Pulumi.${original.stack}.yaml`;
  const made = parse(await readFile(join(original.folder, settings), "utf8"));
  const key = dataKey(made.encryptedkey);
  const encrypted = Object.entries(secrets).map(([name, value]) => [
    name,
    { secure: encrypt(value, key) },
  ]);
  const all = { ...config, ...Object.fromEntries(encrypted) };
  await writeFile(join(folder, settings), stringify({ ...made, config: all }));

  // What is selected stands in a file that is called after the project's path and, from some version on, names its backend.
  const workspaces = join(".pulumi", "home", "workspaces");
  const [selected = ""] = await readdir(join(original.folder, workspaces));
  await mkdir(join(folder, workspaces), { recursive: true });
  await writeFile(
    join(folder, workspaces, selected.replace(hashOf(original.folder), hashOf(folder))),
    (await readFile(join(original.folder, workspaces, selected), "utf8")).replaceAll(
      pathToFileURL(original.folder).href,
      pathToFileURL(folder).href,
    ),
  );
}

function hashOf(folder: string): string {
  return createHash("sha1")
    .update(join(realpathSync(folder), "Pulumi.yaml"))
    .digest("hex");
}

function encrypt(value: string, key: Buffer): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const parts = [cipher.update(value, "utf8"), cipher.final(), cipher.getAuthTag()];
  return ["v1", nonce.toString("base64"), Buffer.concat(parts).toString("base64")].join(":");
}
