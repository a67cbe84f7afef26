import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Ajv, type AnySchema } from "ajv";
import { expect } from "chai";
import { bareEnvironment, type RunOptions, run, World } from "../cli/run";
import { type Installed, installPackage } from "./package";

const adminKey = "ad91lkjad190l";
const commands = ["export", "validate", "report", "doctor", "init", "simulate"];
const asking = ["export", "report members.yaml", "doctor", "init"];

describe("the command line of the package, as npm installs it outside of the repository", function () {
  this.timeout(120_000);
  let installed: Installed;
  let program: string;
  let world: World;

  before(async () => {
    installed = installPackage();
    program = join(installed.folder, "node_modules", ".bin", "pulumi-trieve");
    world = await World.start({ adminKey });
    const { simulator, id } = world;
    simulator.addMember(id, "bob@x.example", "admin");
    simulator.addInvitation(id, "pia@x.example");
    const members = ["{ email: bob@x.example, role: admin }", "pia@x.example", "new@x.example"];
    file("members.yaml", `members: [${members.join(", ")}]\n`);
    file("wrong.yaml", "members: [{ email: ada@x.example, roles: admin }]\n");
  });
  after(async () => {
    await world?.close();
    if (installed) rmSync(installed.folder, { recursive: true, force: true });
  });

  const file = (name: string, text: string) => writeFileSync(join(installed.folder, name), text);

  /** Runs it in the project that has it, with the settings of the simulator's organization. */
  const trieve = (commandLine: string, options: RunOptions = {}) =>
    world.run(commandLine.split(" "), { command: [program], cwd: installed.folder, ...options });

  it("runs by `npx pulumi-trieve`, as the documentation has it, and tells the version of the package", async () => {
    const manifest = join(installed.folder, "node_modules", "pulumi-trieve", "package.json");
    const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
    const { code, stdout } = await trieve("--version", {
      command: ["npx", "--no", "--", "pulumi-trieve"],
    });
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: `${version}\n` });
  });

  it("has help for all and for each command", async () => {
    const { code, stdout } = await trieve("--help");
    expect(code).to.equal(0);
    for (const name of commands) {
      expect(stdout).to.match(new RegExp(`^ {2}${name} `, "m"));
      const help = await trieve(`${name} --help`);
      expect(help.code, help.stderr).to.equal(0);
      expect(help.stdout).to.match(new RegExp(`^Usage: pulumi-trieve ${name} `));
    }
  });

  it("exports an organization as a file that validates, and that would change nothing", async () => {
    const { code, stdout, stderr } = await trieve("export");
    expect(code, stderr).to.equal(0);
    expect(stdout).to.include("  - email: bob@x.example\n    role: admin\n");
    expect(stderr).to.include("3 people, 0 left out");
    expect((await trieve("validate -", { input: stdout })).code).to.equal(0);
    const report = await trieve("report - --expect-no-changes", { input: stdout });
    expect(report.code, report.stdout).to.equal(0);
  });

  it("validates a good file, a bad one, and what comes on stdin", async () => {
    expect(await trieve("validate members.yaml")).to.deep.equal({
      code: 0,
      stdout: "members.yaml: 3 people (0 owners, 1 admin, 2 users)\n",
      stderr: "",
    });
    expect(await trieve("validate wrong.yaml")).to.deep.equal({
      code: 1,
      stdout: 'wrong.yaml:1:35: unknown key "roles": write role\n',
      stderr: "",
    });
    expect(await trieve("validate -", { input: "members: [x]" })).to.deep.equal({
      code: 1,
      stdout: '<stdin>:1:11: "x" has no @; write an address such as ada@example.com\n',
      stderr: "",
    });
  });

  it("reports what would happen: as text, as Markdown, as JSON, and as an exit code", async () => {
    const text = await trieve("report members.yaml");
    expect(text.code, text.stderr).to.equal(0);
    expect(text.stdout).to.include("members.yaml against organization <org> at <url>\n");
    expect(text.stdout).to.match(/^\+ +new@x\.example +invite as user$/m);

    const markdown = await trieve("report members.yaml --markdown");
    expect(markdown.code).to.equal(0);
    expect(markdown.stdout).to.include("| ✉️ | `new@x.example` | invite as user |  |\n");

    const json = await trieve("report members.yaml --json");
    expect(json.code).to.equal(0);
    expect(JSON.parse(json.stdout)).to.deep.include({ organizationId: "<org>", changes: 1 });

    expect((await trieve("report members.yaml --expect-no-changes")).code).to.equal(1);
    expect((await trieve("report wrong.yaml")).code).to.equal(1);
  });

  it("finds everything in order with `doctor`, and says what is not", async () => {
    const { code, stdout } = await trieve("doctor");
    expect(code, stdout).to.equal(0);
    expect(stdout).to.include('✓ organization  "acme"\n');
    const wrong = await trieve("doctor", { env: { TRIEVE_API_KEY: "tr-wrong" } });
    expect(wrong.code).to.equal(1);
    expect(wrong.stdout).to.match(/^✗ key /m);
  });

  it("makes a key with `init`, which works", async () => {
    const { code, stdout, stderr } = await trieve("init --json --admin-key-stdin", {
      input: adminKey,
    });
    expect(code, stderr).to.equal(0);
    const { apiKey, organizationId } = JSON.parse(stdout) as Record<string, string>;
    const env = { TRIEVE_API_KEY: apiKey, TRIEVE_ORGANIZATION_ID: organizationId };
    expect((await trieve("doctor", { env })).code).to.equal(0);
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`simulates a server, until ${signal}`, async () => {
      const child = spawn(program, ["simulate", "--port", "0"], {
        cwd: installed.folder,
        env: bareEnvironment,
      });
      try {
        const [printed] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
        const [, url, id, key] =
          /^Trieve simulator at (\S+)\norganization (\S+)\nkey +(\S+)\nadmin key .+\ninbox +\S+\n$/.exec(
            printed,
          ) ?? [];
        const { code, stdout } = await run(["export"], {
          command: [program],
          env: { TRIEVE_API_KEY: key, TRIEVE_ORGANIZATION_ID: id, TRIEVE_API_URL: url },
        });
        expect(code, stdout).to.equal(0);
        expect(stdout).to.include("email: owner@demo.example");
        child.kill(signal);
        expect(await once(child, "close")).to.deep.equal([0, null]);
      } finally {
        child.kill("SIGKILL");
      }
    });
  }

  for (const wrong of ["exprt", "export --colour", "validate", "validate nowhere.yaml"]) {
    it(`ends with 2 for the wrong use \`${wrong}\``, async () => {
      const { code, stdout, stderr } = await trieve(wrong);
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: "" });
      expect(stderr).not.to.equal("");
    });
  }

  for (const commandLine of asking) {
    it(`ends with 3 when there is no server for \`${commandLine}\``, async () => {
      const env = { TRIEVE_API_URL: "http://127.0.0.1:1", TRIEVE_ADMIN_KEY: adminKey };
      const { code, stdout, stderr } = await trieve(`${commandLine} --retry-for 0`, { env });
      expect(code).to.equal(3);
      expect(stdout + stderr).to.include("ECONNREFUSED");
    });
  }

  it("has the schema of rosters under a name of the package, for editors and other tools", () => {
    const require = createRequire(join(installed.folder, "index.js"));
    const schema = require("pulumi-trieve/members.schema.json") as AnySchema;
    const fits = new Ajv({ validateFormats: false }).compile(schema);
    expect(fits({ members: ["ada@x.example"] })).to.equal(true);
    expect(fits({ members: [{ email: "ada@x.example", roles: "admin" }] })).to.equal(false);
  });

  it("holds every file that its manifest names", () => {
    const manifest = join(installed.folder, "node_modules", "pulumi-trieve", "package.json");
    const { main, types, bin, exports } = JSON.parse(readFileSync(manifest, "utf8"));
    const entries: unknown[] = Object.values({ ...bin, ...exports });
    const named = [
      main,
      types,
      ...entries.flatMap((entry) =>
        typeof entry === "string" ? entry : Object.values(entry as object),
      ),
    ];
    expect(installed.tarball.files).to.include.members(
      named.map((path) => path.replace(/^\.\//, "")),
    );
  });
});
