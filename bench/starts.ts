/** How long things take until they begin: what everybody waits for at each command. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { CheckRequest, ConfigureRequest } from "@pulumi/pulumi/proto/provider_pb";
import type { Sandbox } from "./cycle";

/** Milliseconds by name; of each pair the first is what the second is compared with. */
export interface Start {
  readonly what: string;
  readonly bare: () => Promise<number>;
  readonly ours: () => Promise<number>;
}

export function starts(sandbox: Sandbox): readonly Start[] {
  const cli = join(sandbox.folder, "node_modules/pulumi-trieve/dist/provider/cli/main.js");
  return [
    {
      what: "provider process, until it has checked its first resource",
      bare: () => firstAnswer(sandbox, `({ check: async (olds, news) => ({ inputs: news }) })`),
      ours: () => firstAnswer(sandbox, `require("pulumi-trieve/host")`),
    },
    {
      what: "program that declares one resource, without an engine",
      bare: () => program(sandbox, plainResource),
      ours: () => program(sandbox, ourResource),
    },
    {
      what: "`pulumi-trieve --help`, beside Node alone",
      bare: () => node(sandbox, "-e", "0"),
      ours: () => node(sandbox, cli, "--help"),
    },
  ];
}

async function timed(work: () => unknown): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function node({ folder }: Sandbox, ...args: string[]): Promise<number> {
  return timed(() => execFileSync("node", args, { cwd: folder, stdio: "ignore" }));
}

/** The SDK's own copies: a client accepts no credentials and no messages of another. */
const sdk = createRequire(require.resolve("@pulumi/pulumi"));

/** @param provider JavaScript expression, as the engine would send it */
function firstAnswer({ folder }: Sandbox, provider: string): Promise<number> {
  const host = join(folder, "node_modules/@pulumi/pulumi/cmd/dynamic-provider");
  const { credentials } = sdk("@grpc/grpc-js");
  const { Struct } = sdk("google-protobuf/google/protobuf/struct_pb.js");
  const request = new CheckRequest();
  request.setUrn("urn:pulumi:test::bench::pulumi-nodejs:dynamic:Resource::a");
  const news = { __provider: `exports.handler = () => ${provider};`, email: "ada@example.com" };
  request.setOlds(Struct.fromJavaScript({}));
  request.setNews(Struct.fromJavaScript(news));
  const settings = new ConfigureRequest();
  settings.setArgs(Struct.fromJavaScript({}));
  return timed(async () => {
    const process = spawn("node", [host, "127.0.0.1:1"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [port] = await once(createInterface({ input: process.stdout }), "line");
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
    await new Promise<void>((resolve, reject) => {
      client.configure(settings, (error) => error && reject(error));
      client.check(request, (error) => (error ? reject(error) : resolve()));
    });
    client.close();
    process.kill();
  });
}

const plainResource = `
  const provider = require("pulumi-floor");
  new (class extends pulumi.dynamic.Resource {
    constructor() { super(provider, "ada", { email: "ada@example.com" }, {}, "bench", "Floor"); }
  })();`;

const ourResource = `
  const trieve = require("pulumi-trieve");
  new trieve.TrieveInvitation("ada", { email: "ada@example.com" });`;

function program({ folder }: Sandbox, source: string): Promise<number> {
  const file = join(folder, "program.js");
  const mocks = `{ newResource: (args) => ({ id: "id", state: args.inputs }), call: () => ({}) }`;
  writeFileSync(
    file,
    `const pulumi = require("@pulumi/pulumi"); pulumi.runtime.setMocks(${mocks}); ${source}`,
  );
  return timed(() => execFileSync("node", [file], { cwd: folder, stdio: "ignore" }));
}
