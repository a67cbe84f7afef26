import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { type Block, fencedBlocks } from "../docs/blocks";
import type { World } from "./world";

const root = resolve(__dirname, "..", "..", "..");

/** What the sections of a document show in fenced blocks, by heading (`## …`). */
export function readSections(document: string): ReadonlyMap<string, readonly Block[]> {
  const sections = new Map<string, Block[]>();
  for (const block of fencedBlocks(readFileSync(join(root, document), "utf8")))
    sections.set(block.section, [...(sections.get(block.section) ?? []), block]);
  return sections;
}

/** Does in a test what a section shows, block by block. */
export class Walkthrough {
  readonly #left: Block[];

  /** @param real what stands in the place of the document's examples: names, addresses */
  constructor(
    private readonly world: World,
    blocks: readonly Block[],
    private readonly real: Readonly<Record<string, string>>,
  ) {
    this.#left = [...blocks];
    // What `npx` and `plugins` find where the package is installed.
    const bin = join(world.project.folder, "node_modules", ".bin");
    mkdirSync(bin, { recursive: true });
    for (const [name, part] of [
      ["pulumi-trieve", "cli"],
      ["pulumi-resource-trieve", "plugin"],
    ] as const) {
      const command = join(root, "dist", "provider", part, "main.js");
      writeFileSync(join(bin, name), `#!/bin/sh\nexec "${process.execPath}" "${command}" "$@"\n`);
      chmodSync(join(bin, name), 0o755);
    }
  }

  /** Makes the next block the program. */
  async program(): Promise<void> {
    await this.world.project.write(
      [
        `const pulumi = require("@pulumi/pulumi");`,
        `const trieve = require("pulumi-trieve");`,
        this.#next("ts"),
      ].join("\n"),
    );
  }

  /** Makes the next block the program, and the project one in YAML. */
  async yaml(): Promise<void> {
    await this.world.project.write(this.#next("yaml"), "Pulumi.yaml");
  }

  /**
   * Runs the commands of the next block in a shell, and expects each line of the block of output that follows, if one
   * does.
   *
   * @param input what the person types
   */
  async commands(input = ""): Promise<void> {
    const { folder, env } = this.world.project;
    const running = promisify(execFile)("sh", ["-e", "-c", this.#next("sh")], {
      cwd: folder,
      env: { ...env, PULUMI_SKIP_CONFIRMATIONS: "true" },
    });
    running.child.stdin?.end(input);
    const { stdout, stderr } = await running;
    if (this.#left[0]?.language !== "text") return;
    for (const line of this.#next("text").trim().split("\n"))
      expect(stdout + stderr).to.include(line.trim());
  }

  /** Expects that nothing was left out. */
  end(): void {
    expect(this.#left).to.deep.equal([]);
  }

  #next(language: string): string {
    const block = this.#left.shift();
    expect(block?.language, block?.text).to.equal(language);
    return Object.entries(this.real).reduce(
      (text, [example, real]) => text.replaceAll(example, real),
      block?.text ?? "",
    );
  }
}
