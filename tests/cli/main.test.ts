import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect } from "chai";
import { bareEnvironment, bin, run, World } from "./run";

const commands = ["export", "validate", "report", "doctor", "init", "simulate"];

describe("the command line", () => {
  let world: World;
  before(async () => {
    world = await World.start();
  });
  after(() => world.close());

  it("tells its version", async () => {
    const manifest = resolve(__dirname, "..", "..", "..", "package.json");
    const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
    expect(await run(["--version"])).to.deep.equal({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it("names all commands, settings and exit codes in its help", async () => {
    const { code, stdout, stderr } = await run(["--help"]);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    for (const name of commands) expect(stdout).to.match(new RegExp(`^ {2}${name} `, "m"));
    for (const text of [
      "TRIEVE_API_KEY",
      "TRIEVE_ORGANIZATION_ID",
      "TRIEVE_API_URL",
      "Exit codes:",
    ])
      expect(stdout).to.include(text);
  });

  for (const name of commands) {
    it(`shows an example of ${name}`, async () => {
      const { code, stdout, stderr } = await run([name, "--help"]);
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
      expect(stdout).to.match(new RegExp(`^Usage: pulumi-trieve ${name} `));
      expect(stdout).to.match(new RegExp(`\\n\\nExample:\\n {2}.*pulumi-trieve ${name}`));
    });
  }

  const wrongUse: Record<string, { args: string[]; env?: Record<string, string>; says: RegExp }> = {
    nothing: { args: [], says: /^Usage: pulumi-trieve/ },
    "an unknown command": {
      args: ["exprt"],
      says: /unknown command 'exprt'\n\(Did you mean export\?/,
    },
    "an unknown option": { args: ["export", "--colour"], says: /unknown option '--colour'/ },
    "a key on the command line": { args: ["export", "--key=tr-1"], says: /unknown option/ },
    "a missing file name": { args: ["validate"], says: /missing required argument 'file'/ },
    "a file too many": { args: ["validate", "a", "b"], says: /too many arguments/ },
    "a file that is not there": {
      args: ["validate", "nowhere.yaml"],
      says: /^pulumi-trieve: there is no file nowhere.yaml\n$/,
    },
    "a folder": { args: ["validate", "."], says: /^pulumi-trieve: cannot read \.: .*\n$/ },
    "two formats at once": {
      args: ["report", "a", "--json", "--markdown"],
      says: /cannot be used with/,
    },
    "a page and something else": {
      args: ["report", "a", "--json", "--html"],
      says: /cannot be used with/,
    },
    "an unknown option of the simulator": {
      args: ["simulate", "--prot", "1"],
      says: /Unknown option '--prot'/,
    },
    "no settings": {
      args: ["export"],
      env: { TRIEVE_API_KEY: "", TRIEVE_ORGANIZATION_ID: "" },
      says: /^pulumi-trieve: TRIEVE_API_KEY is not set: .*; no organization: add --organization <id> or set TRIEVE_ORGANIZATION_ID\n$/,
    },
    "a wrong organization id": {
      args: ["export", "--organization", "acme"],
      says: /^pulumi-trieve: organizationId "acme" is not a UUID: .*\n$/,
    },
    "a wrong URL": {
      args: ["report", "x", "--url", "ftp://x"],
      says: /^pulumi-trieve: apiUrl "ftp:\/\/x" is not an http/,
    },
    "a wrong time": {
      args: ["export", "--retry-for", "soon"],
      says: /^pulumi-trieve: --retry-for "soon" is not/,
    },
    "init without a server": {
      args: ["init"],
      env: { TRIEVE_API_URL: "" },
      says: /^pulumi-trieve: no server: add --url/,
    },
    "init without a key": {
      args: ["init"],
      says: /^pulumi-trieve: no admin key: set TRIEVE_ADMIN_KEY/,
    },
    "init with nothing on stdin": {
      args: ["init", "--admin-key-stdin"],
      says: /^pulumi-trieve: stdin is empty/,
    },
  };
  for (const [what, { args, env, says }] of Object.entries(wrongUse)) {
    it(`ends with 2 and asks nobody when given ${what}`, async () => {
      const { code, stdout, stderr } = await world.run(args, env ? { env } : {});
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: "" });
      expect(stderr).to.match(says);
      expect(world.requests()).to.deep.equal([]);
    });
  }

  const failures: Record<string, { env: Record<string, string>; says: string }> = {
    "a wrong key": {
      env: { TRIEVE_API_KEY: "tr-0123456789abcdefghijklmnopqrstuv" },
      says: "Could not list the invitations in organization <org> at <url>: the server answered 401 (Unauthorized). The API key is wrong, expired or revoked. Set TRIEVE_API_KEY to a valid key; `pulumi config get trieve:apiKey` prints the key of a stack.",
    },
    "an organization that is not there": {
      env: { TRIEVE_ORGANIZATION_ID: "01234567-89ab-cdef-0123-456789abcdef" },
      says: "Could not list the invitations in organization 01234567-89ab-cdef-0123-456789abcdef at <url>: the server answered 404 (Not Found: Organization not found). The organization was deleted, or its id belongs to another server. Check the organization id and the server's URL.",
    },
    "a server that is down": {
      env: { TRIEVE_API_URL: "http://127.0.0.1:1" },
      says: "Could not list the invitations in organization <org> at http://127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1. Check that the server is running and that the URL is correct.",
    },
  };
  for (const [what, { env, says }] of Object.entries(failures)) {
    for (const command of ["export", "report"]) {
      it(`${command} ends with 3 and one line for ${what}`, async () => {
        const file = command === "report" ? [world.file("members: []")] : [];
        const result = await world.run([command, ...file, "--retry-for", "0"], { env });
        expect(result).to.deep.equal({ code: 3, stdout: "", stderr: `pulumi-trieve: ${says}\n` });
      });
    }
  }

  it("ends with 3 for a key of another organization", async () => {
    const { apiKey } = world.simulator.createOrganization("other");
    const { code, stderr } = await world.run(["export"], { env: { TRIEVE_API_KEY: apiKey } });
    expect(code).to.equal(3);
    expect(stderr).to.match(/^pulumi-trieve: .*403 \(Forbidden\).*\n$/);
  });

  it("takes options before the environment", async () => {
    const env = { TRIEVE_ORGANIZATION_ID: "x", TRIEVE_API_URL: "http://127.0.0.1:1" };
    const args = [
      "export",
      "--url",
      `${world.simulator.url}/`,
      "--organization",
      world.id.toUpperCase(),
    ];
    expect((await world.run(args, { env })).code).to.equal(0);
  });

  it("asks again for as long as it is told", async () => {
    const args = ["export", "--retry-for", "0"];
    world.simulator.fault({ route: "listInvitations", effect: { status: 503 } });
    expect((await world.run(args)).code).to.equal(3);
    world.simulator.fault({ route: "listInvitations", effect: { status: 503 } });
    expect((await world.run(["export"])).code).to.equal(0);
  });

  it("never prints a key that a server sends back", async () => {
    const { createServer } = await import("node:http");
    const server = createServer((request, response) => {
      response.writeHead(400);
      response.end(JSON.stringify({ message: `bad ${request.headers.authorization}\u001b[31m` }));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    try {
      for (const command of ["export", "doctor"]) {
        const env = { TRIEVE_API_URL: `http://127.0.0.1:${port}` };
        const { code, stdout, stderr } = await world.run([command], { env });
        expect(code).to.equal(3);
        expect(stdout + stderr).to.include("400 (bad ");
        expect(stdout + stderr).not.to.include(world.key);
        expect(stdout + stderr).not.to.include("\u001b");
      }
    } finally {
      server.close();
    }
  });

  it("says what it waits for after two seconds", async function () {
    this.timeout(10_000);
    world.simulator.fault({ route: "listInvitations", effect: { delayMs: 2_500 } });
    const { code, stderr } = await world.run(["export"]);
    expect(code).to.equal(0);
    expect(stderr).to.match(/^Reading the lists of organization <org> \(2 s\)…\n/);
  });

  it("ends well when nobody reads on", async () => {
    const child = spawn(process.execPath, [bin, "export"], {
      env: { ...bareEnvironment, ...world.env },
    });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    const [code] = await once(child, "close");
    expect(code).to.equal(0);
    expect(stderr).not.to.match(/EPIPE|Error/);
  });

  it("loads no Pulumi SDK, whatever the command, and nothing but commander for its help", async () => {
    const listed = world.file(
      `process.on("exit", () => {
        const names = Object.keys(require.cache).map((path) => path.replaceAll("\\\\", "/"));
        const of = names.flatMap((path) => /.*node_modules\\/((?:@[^/]+\\/)?[^/]+)\\//.exec(path)?.[1] ?? []);
        require("node:fs").writeSync(2, "loaded " + [...new Set(of)].sort().join(" ") + "\\n");
      });`,
      "list.cjs",
    );
    const env = { NODE_OPTIONS: `--require=${listed}`, TRIEVE_ADMIN_KEY: "admin" };
    const file = world.file("members: []");
    const runs = [
      ["export"],
      ["validate", file],
      ["report", file],
      ["doctor"],
      ["init", "--organization", world.id],
    ];
    for (const args of runs) {
      const { stderr } = await world.run(args, { env });
      expect(stderr).to.match(/^loaded .*commander /m);
      expect(stderr).not.to.match(/^loaded .*(pulumi|grpc)/m);
    }
    expect((await world.run(["--help"], { env })).stderr).to.equal("loaded commander\n");
  });
});

describe("pulumi-trieve simulate", () => {
  it("serves until it is interrupted", async () => {
    const child = spawn(
      process.execPath,
      [bin, "simulate", "--port", "0", "--admin-key", "secret"],
      {
        env: bareEnvironment,
      },
    );
    const [first] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
    const [, url = "", id = "", key = "", inbox = ""] =
      /^Trieve simulator at (\S+)\norganization (\S+)\nkey {10}(\S+)\nadmin key {4}secret \(organization "default"\)\ninbox {8}(\S+)\n$/.exec(
        first,
      ) ?? [];
    const env = { TRIEVE_API_KEY: key, TRIEVE_ORGANIZATION_ID: id, TRIEVE_API_URL: url };
    const { code, stdout } = await run(["export"], { env });
    expect(code).to.equal(0);
    expect(stdout).to.include("email: owner@demo.example");
    expect(await (await fetch(inbox)).text()).to.include("owner@demo.example");
    child.kill("SIGTERM");
    expect(await once(child, "close")).to.deep.equal([0, null]);
  });
});
