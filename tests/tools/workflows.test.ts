import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { Workflow } from "../examples/workflow";

const root = resolve(__dirname, "..", "..", "..");
const workflows = join(root, ".github", "workflows");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
};

describe("the workflows", function () {
  this.timeout(60_000);

  for (const name of readdirSync(workflows)) {
    const text = readFileSync(join(workflows, name), "utf8");

    describe(name, () => {
      it("has nothing that GitHub's own checker minds", async () => {
        expect(await new Workflow(join(workflows, name)).problems()).to.deep.equal([]);
      });

      it("runs only actions that are pinned by their commit", () => {
        const loose = [...text.matchAll(/uses: .*/g)]
          .map(([line]) => line)
          .filter((line) => !/^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line));
        expect(loose).to.deep.equal([]);
      });

      it("may read the repository, and jobs say what else they may", () => {
        expect(parse(text).permissions).to.deep.equal({ contents: "read" });
      });

      it("runs npm scripts that there are", () => {
        const scripts = [...text.matchAll(/npm run (\S+)/g)].map(([, script]) => script);
        expect(Object.keys(manifest.scripts)).to.include.members(scripts);
      });
    });
  }
});

describe("the list of what a release brings along", function () {
  this.timeout(120_000);

  it("names the dependencies of package.json, and what those need", () => {
    const output = execFileSync("node", ["tools/sbom.mjs"], { cwd: root, encoding: "utf8" });
    const { bomFormat, metadata, components } = JSON.parse(output) as {
      bomFormat: string;
      metadata: { component: { name: string } };
      components: { name: string }[];
    };
    expect(bomFormat).to.equal("CycloneDX");
    expect(metadata.component.name).to.equal("pulumi-trieve");
    const names = components.map(({ name }) => name);
    expect(names).to.include.members(Object.keys(manifest.dependencies));
    expect(names).to.include("fetch-blob"); // of node-fetch
    expect(names).not.to.include("typescript");
  });
});
