import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { expect } from "chai";
import { checkSync } from "recheck";
import ts from "typescript";
import { scopeProblem } from "../../provider/lifecycle/check";

const root = resolve(__dirname, "..", "..", "..");

/** A place in the source, such as `provider/settings.ts`, and what stands there. */
interface Found {
  readonly file: string;
  readonly node: ts.Node;
  readonly text: string;
}

function findAll(folder: string, wanted: (node: ts.Node) => boolean): Found[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => {
      const path = join(root, folder, name);
      const source = ts.createSourceFile(
        path,
        readFileSync(path, "utf8"),
        ts.ScriptTarget.ES2022,
        true,
      );
      const found: Found[] = [];
      const visit = (node: ts.Node) => {
        if (wanted(node))
          found.push({
            file: relative(root, path).replaceAll(sep, "/"),
            node,
            text: node.getText(),
          });
        ts.forEachChild(node, visit);
      };
      visit(source);
      return found;
    });
}

const folders = ["provider", "simulator"];

describe("regular expressions", function () {
  this.timeout(120_000);
  const literals = folders.flatMap((folder) => findAll(folder, ts.isRegularExpressionLiteral));

  it("are found, or the rest would prove nothing", () => {
    expect(literals.length).to.be.above(30);
    expect(checkSync("^\\s*[^@\\s]+@[^@\\s]+\\.[^@\\s]+\\s*$", "").status).to.equal("vulnerable");
  });

  for (const pattern of new Set(literals.map(({ text }) => text)))
    it(`${pattern} takes linear time`, () => {
      const end = pattern.lastIndexOf("/");
      const result = checkSync(pattern.slice(1, end), pattern.slice(end + 1), { timeout: 60_000 });
      expect(result.status, JSON.stringify("attack" in result ? result.attack : result)).to.equal(
        "safe",
      );
    });
});

describe("patterns that users write", () => {
  const made = (folder: string) =>
    findAll(
      folder,
      (node) =>
        ((ts.isNewExpression(node) || ts.isCallExpression(node)) &&
          node.expression.getText() === "RegExp") ||
        // These make a pattern of any string.
        (ts.isCallExpression(node) &&
          /\.(match|matchAll|search)$/.test(node.expression.getText()) &&
          node.arguments.some((argument) => !ts.isRegularExpressionLiteral(argument))),
    );

  it("are made into regular expressions in one place of the provider, to see whether that can be done", () => {
    const places = made("provider");
    expect(places.map(({ file, text }) => `${file}: ${text}`)).to.deep.equal([
      "provider/lifecycle/check.ts: new RegExp(text)",
    ]);
    // Nobody has the result, so nothing is matched with it.
    expect(places.every(({ node }) => ts.isExpressionStatement(node.parent))).to.equal(true);
  });

  it("are run by the simulated server alone, as by the real one", () => {
    expect(made("simulator").map(({ file }) => file)).to.deep.equal(["simulator/scopes.ts"]);
  });

  it("that would take for ever are checked at once", () => {
    const scope = `GET /api/${"(a+)+".repeat(2_000)}$`;
    expect(scopeProblem(scope)).to.equal(undefined);
    expect(scopeProblem(`GET /api/${"(".repeat(50_000)}`)).to.be.a("string");
    expect(scopeProblem(`GET /api/${"{".repeat(50_000)}`)).to.be.a("string");
    expect(scopeProblem(`GET /api/${"a{1".repeat(50_000)}`)).to.be.a("string");
  });
});
