import { createCipheriv, createHash, pbkdf2, randomBytes } from "node:crypto";
import { realpathSync } from "node:fs";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { parse, stringify } from "yaml";

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
  passphrase: string,
): Promise<void> {
  const backend = join(".pulumi", "backend");
  await cp(join(original.folder, backend), join(folder, backend), { recursive: true });

  const settings = `Pulumi.${original.stack}.yaml`;
  const { encryptionsalt } = parse(await readFile(join(original.folder, settings), "utf8"));
  const key = await keyOf(passphrase, encryptionsalt);
  const encrypted = Object.entries(secrets).map(([name, value]) => [
    name,
    { secure: encrypt(value, key) },
  ]);
  const all = { ...config, ...Object.fromEntries(encrypted) };
  await writeFile(join(folder, settings), stringify({ encryptionsalt, config: all }));

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

/** By salt. Pulumi takes a million rounds. */
const keys = new Map<string, Promise<Buffer>>();

function keyOf(passphrase: string, encryptionsalt: string): Promise<Buffer> {
  // v1:<salt>:<a word, encrypted, by which Pulumi knows a wrong passphrase>
  const [, salt = ""] = encryptionsalt.split(":");
  const known = keys.get(salt);
  if (known) return known;
  const key = promisify(pbkdf2)(passphrase, Buffer.from(salt, "base64"), 1_000_000, 32, "sha256");
  keys.set(salt, key);
  return key;
}

function encrypt(value: string, key: Buffer): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const parts = [cipher.update(value, "utf8"), cipher.final(), cipher.getAuthTag()];
  return ["v1", nonce.toString("base64"), Buffer.concat(parts).toString("base64")].join(":");
}
