import { expect } from "chai";
import { commandsOf, fencedBlocks, firstCells } from "./blocks";
import { typeErrors } from "./typescript";

describe("what the tests find in a document", () => {
  it("is every fenced block, with its line and language, also within lists", () => {
    const text =
      "# Title\n\n```ts\nlet a;\n```\n\n- item\n\n  ~~~Sh title\n  ls\n  ~~~\n\n```\nplain\n```\n";
    expect(fencedBlocks(text)).to.deep.equal([
      { line: 4, language: "ts", text: "let a;\n", section: "" },
      { line: 10, language: "sh", text: "ls\n", section: "" },
      { line: 14, language: "", text: "plain\n", section: "" },
    ]);
  });

  it("knows its section", () => {
    const text = "## One\n\n### Deeper\n\n```sh\nls\n```\n\n## Two\n\n```sh\nls\n```\n";
    expect(fencedBlocks(text).map(({ section }) => section)).to.deep.equal(["One", "Two"]);
  });

  it("is the code in the first cell of each row", () => {
    const text = "## One\n\n| a | b |\n|---|---|\n| `x`, ``y `z` `` | `w` |\n| v | |\n";
    expect(firstCells(text)).to.deep.equal([
      { section: "One", code: "x" },
      { section: "One", code: "y `z`" },
    ]);
  });

  it("is every command of a shell block, without comments", () => {
    const text = [
      "# first",
      "pulumi up --yes   # then",
      "",
      "curl http://x/#a \\",
      "  --fail",
      "cat > a.yaml <<'EOF'",
      "# stays",
      "EOF",
      "{ date",
      "  ls",
      "} > c",
      "ls",
    ].join("\n");
    expect(commandsOf({ line: 10, text })).to.deep.equal([
      { line: 11, text: "pulumi up --yes" },
      { line: 13, text: "curl http://x/#a \\\n  --fail" },
      { line: 15, text: "cat > a.yaml <<'EOF'\n# stays\nEOF" },
      { line: 18, text: "{ date\n  ls\n} > c" },
      { line: 21, text: "ls" },
    ]);
  });

  it("is every mistake of a program, by its line", function () {
    this.timeout(60_000);
    const program = `import * as trieve from "pulumi-trieve";\nnew trieve.TrieveInvitation("a", {});`;
    const { wrong, right } = typeErrors({ wrong: program, right: "export const a = 1;" });
    expect(wrong).to.have.lengthOf(1);
    expect(wrong?.[0]).to.match(/^2: .*'email' is missing/);
    expect(right).to.deep.equal([]);
  });
});
