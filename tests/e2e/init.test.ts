import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { type Simulator, startSimulator } from "../../simulator";
import { bin } from "../cli/run";
import { Project } from "./cli";

const run = promisify(execFile);

describe("`pulumi-trieve init | sh`, with the real CLI", function () {
  this.timeout(60_000);
  let simulator: Simulator;
  let project: Project;
  const file = (name: string) => join(project.folder, name);

  beforeEach(async () => {
    simulator = await startSimulator({ adminKey: "the-admin-key" });
    project = await Project.create({ program: "" });
    writeFileSync(file("admin-key"), "the-admin-key\n");
  });
  afterEach(async () => {
    await project.remove();
    await simulator.close();
  });

  // It printed `pulumi config set --secret trieve:apiKey tr-…`: whoever was on the machine could read the key.
  it("leaves the key to the stack as a secret, and shows it in no list of processes", async () => {
    let running = true;
    const command = '"$0" "$1" init --url "$2" --admin-key-stdin < admin-key | tee printed | sh';
    const ended = run("sh", ["-c", command, process.execPath, bin, simulator.url], {
      cwd: project.folder,
      env: project.env,
    }).finally(() => {
      running = false;
    });
    const seen = new Set<string>();
    while (running) {
      for (const line of await commandLines()) seen.add(line);
    }
    await ended;

    const [, key = ""] =
      /^printf %s (tr-\w+) \| /m.exec(readFileSync(file("printed"), "utf8")) ?? [];
    expect(key).not.to.equal("");
    expect([...seen].filter((line) => line.includes(key))).to.deep.equal([]);
    expect(seen).to.include("pulumi config set --secret trieve:apiKey");

    expect((await project.run("config", "get", "trieve:apiKey")).stdout).to.equal(`${key}\n`);
    expect(readFileSync(file("Pulumi.test.yaml"), "utf8"))
      .to.match(/^ {2}trieve:apiKey:\n {4}secure: /m)
      .and.not.to.include(key);
  });
});

/** Of every process on this machine, as any user can read them. */
async function commandLines(): Promise<string[]> {
  const { stdout } = await run("ps", ["-A", "-ww", "-o", "args="]);
  return stdout.split("\n").map((line) => line.trim());
}
