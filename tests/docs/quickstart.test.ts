import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { type Simulator, startSimulator } from "../../simulator";
import { hermeticEnvironment } from "../e2e/cli";
import { pack } from "../e2e/package";
import { type Block, commandsOf, fencedBlocks } from "./blocks";

const root = resolve(__dirname, "..", "..", "..");
const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  devDependencies: Record<string, string>;
};

const blocks = fencedBlocks(readFileSync(join(root, "README.md"), "utf8"));
const blocksOf = (section: string) => blocks.filter((block) => block.section === section);

/** What somebody does, as one script: a block that begins with the name of a file is that file. */
function script(shown: readonly Block[]): string {
  return shown
    .map(({ text }) => {
      const [, file] = /^(?:\/\/|#) ([\w.]+\.\w+)\n/.exec(text) ?? [];
      return file === undefined ? text : `cat > ${file} <<'EOF'\n${text}EOF\n`;
    })
    .join("\n");
}

/** By language: what it shows from the empty folder on. */
const quickstarts: Readonly<Record<string, readonly Block[]>> = {
  YAML: blocksOf("Quickstart"),
  TypeScript: blocksOf("Quickstart").flatMap((block) =>
    block.language === "yaml" ? blocksOf("The same in TypeScript") : block,
  ),
};

for (const [language, shown] of Object.entries(quickstarts))
  describe(`README.md, the quickstart in ${language}`, function () {
    this.timeout(600_000);
    let folder: string;
    let simulator: Simulator;

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), "quickstart-"));
      simulator = await startSimulator({ adminKey: "admin" });
    });
    after(async () => {
      await simulator.close();
      rmSync(folder, { recursive: true, force: true });
    });

    it("takes less than ten commands to the first invitation", () => {
      const commands = shown.filter((block) => block.language === "sh").flatMap(commandsOf);
      expect(commands.findIndex(({ text }) => text === "pulumi up")).to.be.within(1, 8);
    });

    it("leads from an empty folder to the first member", async () => {
      const accept = `curl --fail --silent --show-error ${simulator.url}/simulator/accept \\
      --json '{"email": "ada@example.com", "link": "'"$(pulumi stack output inviteUrl --show-secrets)"'"}'\n`;
      const commands = script(shown)
        .replaceAll("http://localhost:8090", simulator.url)
        .replace(
          "npm install pulumi-trieve @pulumi/pulumi",
          `npm install ${pack(folder).file} @pulumi/pulumi@${devDependencies["@pulumi/pulumi"]}`,
        )
        .replace("pulumi up --refresh", `${accept}$&`);
      const { PULUMI_BACKEND_URL: _, ...env } = hermeticEnvironment(folder);
      const running = promisify(execFile)(
        "bash",
        ["--norc", "-eE", "-o", "pipefail", "-c", commands],
        {
          cwd: folder,
          env: {
            ...env,
            HOME: folder,
            PULUMI_SKIP_CONFIRMATIONS: "true",
            npm_config_cache: process.env.npm_config_cache ?? join(process.env.HOME ?? "", ".npm"),
            npm_config_prefer_offline: "true",
          },
        },
      );
      running.child.stdin?.end("admin\n");
      const { stdout } = await running.catch(
        ({ stdout, stderr }: { stdout: string; stderr: string }) => {
          throw new Error(`${stderr}\n${stdout}`);
        },
      );
      const last = stdout.trim().split("\n");
      expect(last.at(-1)).to.equal("member");
      expect(simulator.mails.map(({ to }) => to)).to.deep.equal(["ada@example.com"]);
    });
  });
