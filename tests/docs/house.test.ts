import { globSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { parseDocument } from "yaml";

const root = resolve(__dirname, "..", "..", "..");
const read = (...path: string[]) => readFileSync(join(root, ...path), "utf8");
const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };

describe("CONTRIBUTING.md", () => {
  const text = read("CONTRIBUTING.md");

  it("names every npm script, and none that there is not", () => {
    const named = [...text.matchAll(/`npm (?:run ([\w:]+)|(test))`/g)].map(([, a, b]) => a ?? b);
    expect([...new Set(named)].sort()).to.deep.equal(Object.keys(scripts).sort());
  });

  it("names every folder of sources", () => {
    const named = [...text.matchAll(/^\| `([\w/]+)` \|/gm)].map(([, folder]) => folder);
    const parts = readdirSync(join(root, "provider"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `provider/${name}`);
    expect(named).to.have.members(["provider", ...parts, "simulator", "tests", "tools"]);
  });
});

describe("CHANGELOG.md", () => {
  it("has only sections of Keep a Changelog, the newest first", () => {
    const sections = [...read("CHANGELOG.md").matchAll(/^## (.*)$/gm)].map(([, title]) => title);
    expect(sections[0]).to.equal("[Unreleased]");
    const others = sections.slice(1);
    for (const title of others) expect(title).to.match(/^\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d$/);
    const kinds = [...read("CHANGELOG.md").matchAll(/^### (.*)$/gm)].map(([, title]) => title);
    expect(["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]).to.include.members(
      kinds,
    );
  });
});

describe("the documents that name a file of a release", () => {
  it("name that of this version", () => {
    const { version } = JSON.parse(read("package.json")) as { version: string };
    const documents = globSync(["README.md", "docs/*.md", "examples/*/README.md"], { cwd: root });
    const named = documents.flatMap((file) =>
      [...read(file).matchAll(/pulumi-(?:resource-)?trieve-v?(\d+\.\d+\.\d+)/g)].map(
        ([, found]) => ({ file, found }),
      ),
    );
    expect(named).not.to.deep.equal([]);
    expect(named.filter(({ found }) => found !== version)).to.deep.equal([]);
  });
});

describe("the forms for issues", () => {
  const folder = join(".github", "ISSUE_TEMPLATE");

  for (const name of readdirSync(join(root, folder)))
    it(`${name} has what GitHub wants: a name, a description, fields with an id and a label`, () => {
      const document = parseDocument(read(folder, name));
      expect(document.errors).to.deep.equal([]);
      const form = document.toJS() as {
        name: string;
        description: string;
        body: { type: string; id?: string; attributes: { label?: string } }[];
      };
      expect(form.name).to.be.a("string");
      expect(form.description).to.be.a("string");
      const fields = form.body.filter(({ type }) => type !== "markdown");
      for (const { type, id, attributes } of fields) {
        expect(["input", "textarea", "dropdown", "checkboxes"]).to.include(type);
        expect(id).to.match(/^[\w-]+$/);
        expect(attributes.label).to.be.a("string");
      }
      expect(new Set(fields.map(({ id }) => id)).size).to.equal(fields.length);
    });

  it("ask of a bug all versions, and what `doctor` says", () => {
    const form = read(folder, "bug.yml");
    for (const asked of ["pulumi version", "pulumi-trieve --version", "pulumi-trieve doctor"])
      expect(form).to.include(asked);
  });
});
