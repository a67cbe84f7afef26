import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect } from "chai";
import MarkdownIt from "markdown-it";

const root = resolve(__dirname, "..", "..", "..");
const documents = globSync(["*.md", "docs/*.md", "examples/*/README.md"], { cwd: root });
const markdown = new MarkdownIt({ html: true });

function inlineOf(text: string) {
  return markdown.parse(text, {}).flatMap(({ children }) => children ?? []);
}

/** Links and pictures that lead to a place in the repository. */
function linksOf(text: string): string[] {
  const targets = inlineOf(text).flatMap((token) => [
    token.attrGet("href") ?? token.attrGet("src") ?? "",
    ...[...token.content.matchAll(/ src="([^"]*)"/g)].map(([, src = ""]) => src),
  ]);
  return targets.filter((target) => target !== "" && !/^[a-z]+:/.test(target));
}

/** As GitHub makes them. */
function anchorsOf(text: string): string[] {
  const tokens = markdown.parse(text, {});
  return tokens
    .filter((_, i) => tokens[i - 1]?.type === "heading_open")
    .map(({ content }) =>
      content
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    );
}

describe("the links in the documents", () => {
  it("lead to files and headings that there are", () => {
    const dead = documents.flatMap((file) =>
      linksOf(readFileSync(join(root, file), "utf8"))
        .filter((link) => {
          const [path = "", anchor] = decodeURI(link).split("#");
          const target = path === "" ? join(root, file) : resolve(root, dirname(file), path);
          if (relative(root, target).startsWith("..") || !existsSync(target)) return true;
          return anchor !== undefined && !anchorsOf(readFileSync(target, "utf8")).includes(anchor);
        })
        .map((link) => `${file}: ${link}`),
    );
    expect(dead).to.deep.equal([]);
  });
});
