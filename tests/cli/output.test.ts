import { expect } from "chai";
import { markdownCode, Output } from "../../provider/cli/output";
import { printable } from "../../provider/printable";

function terminal(colours: boolean) {
  const stream = {
    text: "",
    isTTY: true,
    hasColors: () => colours,
    write(text: string) {
      stream.text += text;
    },
  };
  return stream;
}

const rows = [
  [{ text: "~", style: "yellow" }, { text: "ada@x.example" }, { text: "role" }],
  [{ text: "" }, { text: "b@x.example" }, { text: "" }],
] as const;

describe("output", () => {
  it("colours a terminal that can show colours, and nothing else", () => {
    const shown = [terminal(true), terminal(false), { ...terminal(true), isTTY: false }].map(
      (stream) => {
        let text = "";
        const copy = {
          ...stream,
          write: (part: string) => {
            text += part;
          },
        };
        new Output(copy, terminal(false)).table(rows);
        return text;
      },
    );
    const plain = "~  ada@x.example  role\n   b@x.example\n";
    expect(shown).to.deep.equal([plain.replace("~", "\u001b[33m~\u001b[39m"), plain, plain]);
  });

  it("makes everything printable that could play with a terminal or hide", () => {
    expect(printable("a\u001b[31m\u0007\r\n\u009b\u202e\u200b\u2028\ufeff\ud800é→")).to.equal(
      "a\\u001b[31m\\u0007\\u000d\\u000a\\u009b\\u202e\\u200b\\u2028\\ufeff\\ud800é→",
    );
    expect(printable("\u{e0041}")).to.equal("\\udb40\\udc41");
  });

  it("keeps messages on one line", () => {
    const stderr = terminal(true);
    new Output(terminal(true), stderr).warn("a\nb");
    expect(stderr.text).to.equal("warning: a\\u000ab\n");
  });

  it("escapes JSON so that it means the same", () => {
    const stdout = terminal(true);
    const value = { text: "\u009b\u202e\u{e0041}\n\u001b\u007f" };
    new Output(stdout, terminal(true)).json(value);
    expect(stdout.text).not.to.match(/(?!\n)[\p{Cc}\p{Cf}]/u);
    expect(JSON.parse(stdout.text)).to.deep.equal(value);
  });

  it("makes Markdown code of any text", () => {
    const cases: Record<string, string> = {
      "": "",
      "   ": "",
      "a@b": "`a@b`",
      "a`b": "``a`b``",
      "`a``": "``` `a`` ```",
      "a|b\\|": "`a\\u007cb\\\\u007c`",
      "a\n\n# b": "`a\\u000a\\u000a# b`",
      " a": "`  a `",
    };
    for (const [text, code] of Object.entries(cases)) expect(markdownCode(text)).to.equal(code);
  });
});
