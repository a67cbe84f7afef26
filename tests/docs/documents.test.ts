import { execFile } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { parseAllDocuments, parseDocument } from "yaml";
import { formatProblem, parseRoster } from "../../provider/roster/file";
import { startSimulator } from "../../simulator";
import { Project } from "../e2e/cli";
import { dashboard, program } from "../e2e/world";
import { type Block, commandsOf, fencedBlocks } from "./blocks";
import { fillIn, followedElsewhere, notRun, prelude, runElsewhere, runHere } from "./registry";
import { typeErrors } from "./typescript";

const root = resolve(__dirname, "..", "..", "..");

const documents = globSync(["README.md", "docs/**/*.md", "examples/*/README.md"], {
  cwd: root,
  exclude: ["docs/api/**"],
})
  .map((file) => ({ file, blocks: fencedBlocks(readFileSync(join(root, file), "utf8")) }))
  .sort((a, b) => (a.file < b.file ? -1 : 1));

const shells = ["sh", "bash"];
const checked = ["ts", "yaml", "json", ...shells];
/** By tests/sdks, where there is an SDK for them. */
const checkedElsewhere = ["python", "go"];
/** Output, trees of files and the like; and languages for which nothing is installed here. */
const unchecked = ["text", "csharp", "java"];

function isShell({ language }: Block): boolean {
  return shells.includes(language);
}

/** A command without the variables that are set for it alone. */
function isRunHere(command: string): boolean {
  if (command in runElsewhere || command in notRun) return false;
  const bare = command.replace(/^(\w+=(\$\([^)]*\)|"[^"]*"|\S*)\s+)*/, "");
  return runHere.some((program) => bare === program || bare.startsWith(`${program} `));
}

/** Without the documents and sections that have a test of their own. */
const followedHere = documents
  .filter(({ file }) => !(file in followedElsewhere))
  .map(({ file, blocks }) => ({
    file,
    blocks: blocks.filter(({ section }) => !(`${file}#${section}` in followedElsewhere)),
  }));

const commands = followedHere.flatMap(({ file, blocks }) =>
  blocks
    .filter(isShell)
    .flatMap(commandsOf)
    .map(({ line, text }) => ({ place: `${file}:${line}`, text })),
);

describe("the code in the documents", function () {
  this.timeout(60_000);

  it("is found", () => {
    expect(documents.map(({ file }) => file)).to.include("README.md");
  });

  it("names its language", () => {
    const known = [...checked, ...checkedElsewhere, ...unchecked];
    const strange = documents.flatMap(({ file, blocks }) =>
      blocks
        .filter(({ language }) => !known.includes(language))
        .map(({ line, language }) => `${file}:${line}: "${language}" is none of ${known}`),
    );
    expect(strange).to.deep.equal([]);
  });

  it("compiles, where it is TypeScript", () => {
    const problems = documents.flatMap(({ file, blocks }) => {
      const programs = blocks.filter(({ language }) => language === "ts");
      const errors = typeErrors(
        Object.fromEntries(programs.map(({ line, text }) => [line, complete(text)])),
      );
      return programs.flatMap(({ line }) =>
        (errors[line] ?? []).map((error) => {
          const [, at = "1", message] = /^(\d+): (.*)$/s.exec(error) ?? [];
          return `${file}:${line + Number(at) - 1}: ${message}`;
        }),
      );
    });
    expect(problems).to.deep.equal([]);
  });

  it("has no mistakes, where it is YAML or JSON", () => {
    const problems = documents.flatMap(({ file, blocks }) =>
      blocks
        .filter(({ language }) => language === "yaml" || language === "json")
        .flatMap(({ line, language, text }) =>
          dataProblems(text, language).map(
            (problem) => `${file}, block of line ${line}: ${problem}`,
          ),
        ),
    );
    expect(problems).to.deep.equal([]);
  });
});

/** On one line, so that the lines of the block keep their numbers. */
function complete(text: string): string {
  return /^import /m.test(text) ? text : `${prelude} ${text}`;
}

function dataProblems(text: string, language: string): string[] {
  if (language === "json") {
    try {
      JSON.parse(text);
      return [];
    } catch (error) {
      return [(error as Error).message];
    }
  }
  const errors = parseAllDocuments(text).flatMap((document) => document.errors);
  if (errors.length > 0) return errors.map(({ message }) => message);
  const isRoster = parseDocument(text).has("members");
  return isRoster ? parseRoster(text, "members.yaml").problems.map(formatProblem) : [];
}

describe("the commands in the documents", function () {
  this.timeout(600_000);

  it("are run by a test, each of them", () => {
    const unknown = commands
      .filter(({ text }) => !isRunHere(text) && !(text in runElsewhere) && !(text in notRun))
      .map(({ place, text }) => `${place}: this command is not run by any test: ${text}`);
    expect(unknown).to.deep.equal([]);
  });

  it("that run elsewhere do so", () => {
    const wrong = Object.entries({ ...runElsewhere, ...followedElsewhere })
      .filter(([, { file, title }]) => {
        const path = join(root, file);
        return !existsSync(path) || !readFileSync(path, "utf8").includes(title);
      })
      .map(([what, { file, title }]) => `${what}: no "${title}" in ${file}`);
    expect(wrong).to.deep.equal([]);
  });

  it("that nothing runs are at most five", () => {
    expect(Object.keys(notRun)).to.have.lengthOf.at.most(5);
  });

  it("are all those that the registry names", () => {
    const written = commands.map(({ text }) => text);
    const gone = Object.keys({ ...runElsewhere, ...notRun }).filter(
      (command) => !written.includes(command),
    );
    expect(gone).to.deep.equal([]);
  });

  for (const { file, blocks } of followedHere)
    if (
      blocks
        .filter(isShell)
        .flatMap(commandsOf)
        .some(({ text }) => isRunHere(text))
    )
      it(`of ${file} work, one after the other`, () => follow(file, blocks));
});

/** Does what a document says, in a project with a stack that has the settings of a simulator. */
async function follow(file: string, blocks: readonly Block[]): Promise<void> {
  const simulator = await startSimulator();
  const { id, apiKey } = simulator.createOrganization("acme");
  const settings = { apiUrl: simulator.url, organizationId: id, apiKey };
  const project = await Project.create({
    program: program({ ada: { email: "ada@example.com" } }),
    config: {
      "trieve:organizationId": id,
      "trieve:apiUrl": simulator.url,
      "trieve:redirectUri": dashboard,
    },
    secrets: { "trieve:apiKey": apiKey },
  });
  try {
    const bin = await linkPackage(project.folder);
    const roster = blocks.find(({ text }) => text.startsWith("# members.yaml"));
    const members = roster?.text ?? "members: [ada@example.com]\n";
    await writeFile(join(project.folder, "members.yaml"), members);
    await writeFile(join(project.folder, "admin-key"), "admin");
    // For curl an answer of 403 is as good as any other.
    await writeFile(join(project.folder, ".curlrc"), "fail\n");
    const script = [
      `trap 'echo "$place did not work" >&2' ERR`,
      ...blocks
        .filter(isShell)
        .flatMap(commandsOf)
        .filter(({ text }) => isRunHere(text))
        .flatMap(({ line, text }) => [`place=${file}:${line}`, fillIn(text, settings)]),
    ].join("\n");
    const running = promisify(execFile)("bash", ["--norc", "-eE", "-o", "pipefail", "-c", script], {
      cwd: project.folder,
      env: {
        ...project.env,
        PATH: [project.env.PATH, bin].join(delimiter),
        CURL_HOME: project.folder,
        PULUMI_SKIP_CONFIRMATIONS: "true",
        TRIEVE_API_URL: simulator.url,
        TRIEVE_ORGANIZATION_ID: id,
        TRIEVE_API_KEY: apiKey,
        TRIEVE_ADMIN_KEY: "admin",
      },
    });
    // For a command that asks: the key is all that any asks for.
    running.child.stdin?.end(`${apiKey}\n`);
    await running.catch(({ stdout, stderr }: { stdout: string; stderr: string }) => {
      throw new Error(`${stderr}\n${stdout}`);
    });
  } finally {
    await project.remove();
    await simulator.close();
  }
}

/**
 * What `npm install` leaves in a project: the package, the SDK and the command, here of the checkout.
 *
 * @returns the folder of the command
 */
async function linkPackage(folder: string): Promise<string> {
  const packages = join(folder, "node_modules");
  const bin = join(packages, ".bin");
  const main = join(root, "dist", "provider", "cli", "main.js");
  await mkdir(bin, { recursive: true });
  await symlink(root, join(packages, "pulumi-trieve"));
  await symlink(join(root, "node_modules", "@pulumi"), join(packages, "@pulumi"));
  await chmod(main, 0o755);
  await symlink(main, join(bin, "pulumi-trieve"));
  return bin;
}
