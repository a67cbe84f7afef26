import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

/** What Pulumi's secrets provider is given: any key of the one engine will do. */
export const secretsProvider = "hashivault://tests";

const mark = "vault:v1:";
let server: Promise<Server> | undefined;

/**
 * The environment of a CLI whose stack has {@link secretsProvider}: with a passphrase it spends a third of each run on
 * making a key of it. The transit engine of HashiCorp's Vault, of which Pulumi asks two things.
 */
export async function vaultEnvironment(): Promise<Record<string, string>> {
  server ??= start();
  const { port } = (await server).address() as AddressInfo;
  return { VAULT_SERVER_URL: `http://127.0.0.1:${port}`, VAULT_SERVER_TOKEN: "tests" };
}

/** The data key of a stack, from `encryptedkey` of its settings. */
export function dataKey(encrypted: string): Buffer {
  return Buffer.from(decrypt(Buffer.from(encrypted, "base64").toString()), "base64");
}

async function start(): Promise<Server> {
  const started = createServer(async (request, response) => {
    const { plaintext, ciphertext } = (await json(request)) as Record<string, string>;
    const data =
      plaintext === undefined
        ? { plaintext: decrypt(ciphertext ?? "") }
        : { ciphertext: `${mark}${plaintext}` };
    response.setHeader("Connection", "close").end(JSON.stringify({ data }));
  });
  started.listen(0, "127.0.0.1").unref();
  await once(started, "listening");
  return started;
}

function decrypt(ciphertext: string): string {
  return ciphertext.slice(mark.length);
}
