import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { parseInvitations, parseMembers } from "../../provider/trieve/model";
import { readSettings, settings } from "./target";

const root = resolve(__dirname, "..", "..", "..");
const adminKey = "another-admin-key";

/** The simulator as a program of its own, told by what it prints. */
class Program {
  private constructor(
    readonly process: ChildProcess,
    readonly url: string,
    readonly organizationId: string,
    readonly key: string,
  ) {}

  static async start(): Promise<Program> {
    const main = join(root, "dist", "simulator", "main.js");
    const args = [main, "--port", "0", "--admin-key", adminKey];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const words: string[] = [];
    for await (const line of createInterface(child.stdout)) {
      words.push(line.trim().split(/\s+/).at(-1) ?? "");
      if (words.length === 3) {
        break;
      }
    }
    const [url = "", organizationId = "", key = ""] = words;
    return new Program(child, url, organizationId, key);
  }

  async get(path: string): Promise<unknown> {
    const headers = { Authorization: this.key, "TR-Organization": this.organizationId };
    const response = await fetch(`${this.url}${path}`, { headers });
    return response.json();
  }

  /** Who is in the organization that was there before, and who is invited to it. */
  async people(): Promise<unknown> {
    const id = this.organizationId;
    return {
      members: parseMembers(await this.get(`/api/organization/users/${id}`), id),
      invitations: parseInvitations(await this.get(`/api/invitations/${id}`), id),
    };
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null) {
      const exit = once(this.process, "exit");
      this.process.kill();
      await exit;
    }
  }
}

interface Run {
  passed: number;
  failed: number;
  skipped: number;
  output: string;
}

/** The suite as its README says how to run it. */
function runSuite(env: Record<string, string>, ...args: string[]): Promise<Run> {
  const mocha = join(root, "node_modules", "mocha", "bin", "mocha.js");
  const files = join("dist", "tests", "conformance", "**", "*.test.js");
  const options = { cwd: root, env: { ...process.env, ...env }, maxBuffer: 16 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [mocha, "--no-color", files, ...args],
      options,
      (_error, stdout, stderr) => {
        const count = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? 0);
        resolve({
          passed: count(/^(\d+) passed, /m),
          failed: count(/^\d+ passed, (\d+) failed$/m),
          skipped: count(/^ *(\d+) pending$/m),
          output: `${stdout}${stderr}`,
        });
      },
    );
  });
}

// A run on another server is not to start servers of its own.
if (settings === undefined) {
  describe("conformance suite", () => {
    describe("on the simulator as a program of its own", function () {
      this.timeout(120_000);
      let program: Program;
      let env: Record<string, string>;

      before(async () => {
        program = await Program.start();
        const script = join(root, "tests", "conformance", "simulator-hook.mjs");
        const hook = `'${process.execPath}' '${script}'`;
        env = {
          TRIEVE_API_URL: `${program.url}/`,
          TRIEVE_ADMIN_KEY: adminKey,
          TRIEVE_ACCEPT_COMMAND: `${hook} accept`,
          TRIEVE_MAILS_COMMAND: `${hook} mails`,
        };
      });

      after(() => program.stop());

      it("passes, and leaves alone what is not its own", async () => {
        const before = await program.people();
        const { passed, failed, skipped, output } = await runSuite(env);
        expect(failed, output).to.equal(0);
        expect(passed, output).to.be.above(70);
        expect(skipped, output).to.equal(0);
        expect(output).to.include(`conformance of ${program.url}: `);
        expect(await program.people()).to.deep.equal(before);
        const state = (await program.get("/simulator/state")) as Record<string, unknown>;
        expect(state).to.include({ hung: false, inFlight: 0 });
        expect(state.highestInFlight).to.be.at.most(4);
      });

      it("can be repeated on the same server, without a hook for mails", async () => {
        const again = { ...env, TRIEVE_MAILS_COMMAND: "" };
        const { passed, failed, skipped, output } = await runSuite(again, "--grep", "invitations");
        expect(failed, output).to.equal(0);
        expect(passed, output).to.be.above(20);
        expect(skipped, "what the mail says").to.equal(1);
      });

      it("skips what an identity provider that knows no capitals cannot show", async () => {
        const lower = '"$1" "$(printf %s "$2" | tr A-Z a-z)" "$3" "$4"';
        const hook = `lower() { ${env.TRIEVE_ACCEPT_COMMAND} ${lower}; }; lower`;
        const { failed, skipped, output } = await runSuite(
          { ...env, TRIEVE_ACCEPT_COMMAND: hook },
          "--grep",
          "capitals|another spelling",
        );
        expect(failed, output).to.equal(0);
        expect(skipped, output).to.equal(4);
      });

      it("fails if nobody is let in", async () => {
        const { failed, output } = await runSuite(
          { ...env, TRIEVE_ACCEPT_COMMAND: "false" },
          "--grep",
          "makes a member",
        );
        expect(failed, output).to.equal(1);
        expect(output).to.include("The provider relies on it: what was invited");
      });

      it("fails if the hook is broken, even where a refusal is expected", async () => {
        const { failed, output } = await runSuite(
          { ...env, TRIEVE_ACCEPT_COMMAND: "/nowhere/to/be/found" },
          "--grep",
          "not accepted by somebody else",
        );
        expect(failed, output).to.equal(1);
        expect(output).to.include("exit code 127, expected 0 or 1");
      });

      it("fails on a server that behaves otherwise", async () => {
        await fetch(`${program.url}/simulator/fault`, {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ route: "deleteInvitation", effect: { status: 404 }, times: 0 }),
        });
        const { failed, output } = await runSuite(env, "--grep", "deleting an invitation");
        expect(failed, output).to.equal(4);
      });
    });

    describe("settings", () => {
      const complete = {
        TRIEVE_API_URL: "https://trieve.example/",
        TRIEVE_ADMIN_KEY: "admin",
        TRIEVE_ACCEPT_COMMAND: "accept",
      };

      it("name a server", () => {
        expect(readSettings(complete)).to.deep.equal({
          url: "https://trieve.example",
          adminKey: "admin",
          acceptCommand: "accept",
        });
        expect(readSettings({ ...complete, TRIEVE_MAILS_COMMAND: "mails" })).to.include({
          mailsCommand: "mails",
        });
      });

      it("of the provider alone do not", () => {
        const { TRIEVE_API_URL } = complete;
        expect(readSettings({ TRIEVE_API_URL, TRIEVE_API_KEY: "key" })).to.equal(undefined);
        expect(readSettings({})).to.equal(undefined);
      });

      for (const missing of Object.keys(complete)) {
        it(`are complete, or an error: ${missing}`, () => {
          const { TRIEVE_API_URL } = complete;
          const part =
            missing === "TRIEVE_API_URL"
              ? { ...complete, [missing]: undefined }
              : { TRIEVE_API_URL, TRIEVE_MAILS_COMMAND: "mails", [missing]: "" };
          expect(() => readSettings(part)).to.throw("all three");
        });
      }

      it("have a base URL without /api", () => {
        for (const url of ["https://trieve.example/api", "https://trieve.example/api/", "trieve"]) {
          expect(() => readSettings({ ...complete, TRIEVE_API_URL: url })).to.throw(url);
        }
      });
    });
  });
}
