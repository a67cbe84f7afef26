import { expect } from "chai";
import fc from "fast-check";
import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import { markdownCode } from "../../provider/cli/output";
import { printable } from "../../provider/printable";
import { parseRoster } from "../../provider/roster/file";
import { World } from "../cli/run";
import { nasty, nastyWords } from "../fuzz/fuzz";
import { ownMeetingFolder } from "../lifecycle/world";

/** What a terminal acts on, or a reader does not see. */
const unprintable = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** Markdown as GitHub shows it, raw HTML included. */
function html(markdown: string): string {
  return micromark(markdown, {
    allowDangerousHtml: true,
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
  });
}

/** Nothing but what the report is made of; foreign text in code alone. */
function expectInert(markdown: string): void {
  expect(markdown).not.to.match(unprintable);
  // What the harness writes in place of dates.
  const outside = html(markdown.replaceAll("<day>", "2026-01-31")).replace(
    /<code>[^<]*<\/code>/g,
    "",
  );
  const elements = new Set(
    [...outside.matchAll(/<\/?([a-z0-9]+)[^>]*>/gi)].map(([, name]) => name),
  );
  expect([...elements]).to.satisfy((names: string[]) =>
    names.every((name) =>
      [
        "h3",
        "p",
        "strong",
        "ul",
        "li",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "details",
        "summary",
      ].includes(name),
    ),
  );
  expect(outside).not.to.match(/evil|octocat|https?:|@|onerror|<!--/);
}

describe("text of a file or a server, in what is printed", function () {
  this.timeout(120_000);
  ownMeetingFolder();
  let world: World;
  before(async () => {
    world = await World.start();
    // The server takes any account that its identity provider vouches for.
    for (const [i, word] of nastyWords.entries()) {
      // Only what JSON can carry comes from a server.
      if (word !== "\ud800") world.simulator.addMember(world.id, `${word}${i}@x.example`);
    }
  });
  after(() => world.close());

  /** Right, but for whom it is about; notes may hold anything. */
  const roster = JSON.stringify({
    members: nastyWords.map((word, i) => ({
      email: `p${i}@x.example`,
      note: `${word} note ${word}`,
    })),
  });
  const wrong = [
    roster.replaceAll('"email"', '"e\\u001b[31mmail"'),
    JSON.stringify({ members: nastyWords }),
    JSON.stringify({ members: nastyWords.map((word) => ({ email: "a@x.example", [word]: word })) }),
    JSON.stringify({ [nastyWords.join("")]: 1, members: [{ role: nastyWords.join("") }] }),
    "members:\n  - *a\u202eb\u009b31m\n  - !\u202eevil x\n  - |\u009b\u2028@octocat\n",
    `members: "${"<img src=x>".repeat(30)}"\n`,
  ];

  for (const args of [
    ["export"],
    ["export", "--json"],
    ["report", "FILE"],
    ["report", "FILE", "--json"],
    ["report", "FILE", "--markdown"],
    ["report", "FILE", "--html"],
    ["validate", "FILE"],
  ])
    it(`${args.join(" ")}: nothing plays with a terminal or hides`, async () => {
      const file = world.file(roster);
      const { code, stdout, stderr } = await world.run(
        args.map((arg) => (arg === "FILE" ? file : arg)),
      );
      expect(code, stderr).to.equal(0);
      expect(stdout).not.to.match(unprintable);
      expect(stderr).not.to.match(unprintable);
      if (args.includes("--markdown")) expectInert(stdout);
      if (args[0] === "export") expect(parseRoster(stdout, "exported").problems).to.deep.equal([]);
    });

  for (const [i, content] of wrong.entries())
    for (const args of [["validate"], ["report", "--markdown"], ["report"]])
      it(`${args.join(" ")}: of wrong file ${i + 1}, one line for each problem`, async () => {
        const { problems } = parseRoster(content, "m");
        const { code, stdout } = await world.run([...args, world.file(content)]);
        expect([code, problems.length > 0]).to.deep.equal([1, true]);
        expect(stdout).not.to.match(unprintable);
        const listed = stdout.split("\n").filter((line) => /^(- `+ ?)?members\.yaml:/.test(line));
        expect(listed).to.have.length(problems.length);
        if (args.includes("--markdown")) expectInert(stdout);
      });

  it("doctor and the errors of all commands", async () => {
    const name = nastyWords.filter((word) => word !== "\ud800").join("");
    const account = { id: world.id, email: name, user_orgs: [], orgs: [] };
    const answers: readonly [args: string[], status: number, body: unknown][] = [
      [["export"], 400, { message: name }],
      [["export"], 200, [{ id: name, email: name }]],
      [["report", world.file(roster)], 404, { message: name }],
      [["doctor"], 403, { message: name }],
      [["doctor"], 200, { organization: { name }, ...account }],
      [["doctor", "--json"], 200, name],
    ];
    for (const [args, status, body] of answers) {
      const effect = { status, body: JSON.stringify(body) };
      const fault = world.simulator.fault({ route: "any", times: 100, effect });
      const { code, stdout, stderr } = await world.run([...args, "--retry-for", "0"]);
      fault.remove();
      expect(code).to.be.oneOf([1, 3]);
      expect(stdout + stderr).not.to.match(unprintable);
    }
  });

  it("an endless address does not widen the lines of all others", async () => {
    const other = world.simulator.createOrganization("wide");
    world.simulator.addMember(other.id, `${"x".repeat(50_000)}@x.example`);
    for (let i = 0; i < 50; i++) world.simulator.addMember(other.id, `p${i}@x.example`);
    const { stdout } = await world.run(["report", world.file("members: []")], {
      env: { TRIEVE_API_KEY: other.apiKey, TRIEVE_ORGANIZATION_ID: other.id },
    });
    expect(stdout.length).to.be.below(70_000);
  });

  it("in Markdown any text is one piece of code: in a list, in a table, side by side", () => {
    fc.assert(
      fc.property(nasty, nasty, (a, b) => {
        const [first, second] = [markdownCode(a), markdownCode(b)];
        expectInert(`- ${first}\n`);
        const table = html(`| a | b |\n|---|---|\n| ${first} | ${second} |\n`);
        expectInert(`| a | b |\n|---|---|\n| ${first} | ${second} |\n`);
        const shown = [...table.matchAll(/<td>(?:<code>([^<]*)<\/code>)?<\/td>/g)];
        expect(shown).to.have.length(2);
        const text = (shown[0]?.[1] ?? "")
          .replaceAll("&lt;", "<")
          .replaceAll("&gt;", ">")
          .replaceAll("&quot;", '"')
          .replaceAll("&amp;", "&");
        expect(text.trim()).to.equal(printable(a).replaceAll("|", "\\u007c").trim());
      }),
      { numRuns: 200 },
    );
  });
});
