import { expect } from "chai";
import { ensure, remove } from "../../provider/lifecycle/act";
import type { Outputs } from "../../provider/lifecycle/state";
import { parseRoster } from "../../provider/roster/file";
import { organizationOf, twoLists, World } from "./run";

const roster = `
defaults: { role: user }
members:
  - email: bob@x.example
  - email: carol@x.example
    role: admin
    note: contractor, ticket OPS-12
  - new@x.example
  - email: pia@x.example
    role: user
  - email: paul@x.example
  - email: owner@x.example
    role: owner
  - email: dana@x.example
    scopes: ["POST /api/chunk/search"]
  - email: erin@x.example
  - email: temp@x.example
    until: 2020-01-31
  - email: gone@x.example
    until: 2020-01-31
  - email: late@x.example
    until: 2020-01-31
`;

describe("pulumi-trieve report", () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start();
  });
  afterEach(() => world.close());

  const populate = () => {
    const { simulator, id } = world;
    simulator.addMember(id, "Bob@X.example", "admin");
    simulator.addMember(id, "carol@x.example");
    simulator.addInvitation(id, "pia@x.example", "admin");
    simulator.addInvitation(id, "Paul@x.example");
    simulator.addMember(id, "dana@x.example");
    simulator.addMember(id, "erin@x.example", "user", ["GET /api/chunk"]);
    simulator.addMember(id, "temp@x.example");
    simulator.addInvitation(id, "late@x.example");
    simulator.addMember(id, "stranger@x.example", "owner");
    simulator.addInvitation(id, "x\u001b[31m|`@team`|<img>", "user", []);
  };

  it("says person by person what `up --refresh` would do", async () => {
    populate();
    expect(await world.run(["report", world.file(roster)])).to.deep.equal({
      code: 1,
      stdout: `members.yaml against organization <org> at <url>

!   bob@x.example              refused: is admin, and a default role never lowers anyone; write the role on their own line
-   late@x.example             remove the invitation: 2020-01-31 was their last day
-   temp@x.example             remove user: 2020-01-31 was their last day
~   carol@x.example            role user → admin                                                                            contractor, ticket OPS-12
~   dana@x.example             scopes unrestricted → 1
+-  pia@x.example              invite again: role admin → user (pending since <day>)
+   new@x.example              invite as user
    paul@x.example             pending since <day> as user
    erin@x.example             unchanged: user with 1 scope, not in the file
    owner@x.example            unchanged: owner
    gone@x.example             out already: 2020-01-31 was their last day
?   stranger@x.example         not in the file: member since <day> as owner
?   x\\u001b[31m|\`@team\`|<img>  not in the file: pending since <day> as user, who may use no route

1 refused, 2 to remove, 2 to change, 1 to invite again, 1 to invite, 1 pending, 2 unchanged, 1 ended, 2 not in the file.
\`up\` removes people who are not in the file, or whose last day is over, only if its last run declared them.
`,
      stderr: "",
    });
    // Somebody would be removed: whose key is it?
    expect(world.requests()).to.deep.equal([...twoLists, "GET /api/auth/me"]);
  });

  it("makes a comment for a pull request in which nobody is mentioned, linked or drawn", async () => {
    populate();
    const text = roster.replace("contractor, ticket OPS-12", '"<b>`@team`</b> | #1\\n\\e[31m"');
    expect(await world.run(["report", world.file(text), "--markdown"])).to.deep.equal({
      code: 1,
      stdout: `### Trieve members: \`members.yaml\`

**1 refused, 2 to remove, 2 to change, 1 to invite again, 1 to invite, 1 pending, 2 unchanged, 1 ended, 2 not in the file** · organization \`<org>\` at \`<url>\`

| | person | what happens | note |
|---|---|---|---|
| ❌ | \`bob@x.example\` | refused: is admin, and a default role never lowers anyone; write the role on their own line |  |
| ➖ | \`late@x.example\` | remove the invitation: 2020-01-31 was their last day |  |
| ➖ | \`temp@x.example\` | remove user: 2020-01-31 was their last day |  |
| ✏️ | \`carol@x.example\` | role user → admin | \`\`<b>\`@team\`</b> \\u007c #1\\u000a\\u001b[31m\`\` |
| ✏️ | \`dana@x.example\` | scopes unrestricted → 1 |  |
| ✉️ | \`pia@x.example\` | invite again: role admin → user (pending since <day>) |  |
| ✉️ | \`new@x.example\` | invite as user |  |
| ❔ | \`stranger@x.example\` | not in the file: member since <day> as owner |  |
| ❔ | \`\`x\\u001b[31m\\u007c\`@team\`\\u007c<img>\`\` | not in the file: pending since <day> as user, who may use no route |  |

<details><summary>4 people without a change</summary>

| | person | what happens | note |
|---|---|---|---|
|  | \`paul@x.example\` | pending since <day> as user |  |
|  | \`erin@x.example\` | unchanged: user with 1 scope, not in the file |  |
|  | \`owner@x.example\` | unchanged: owner |  |
|  | \`gone@x.example\` | out already: 2020-01-31 was their last day |  |

</details>

\`up\` removes people who are not in the file, or whose last day is over, only if its last run declared them.
`,
      stderr: "",
    });
  });

  it("says the same as JSON", async () => {
    populate();
    const { code, stdout } = await world.run(["report", world.file(roster), "--json"]);
    expect(code).to.equal(1);
    expect(stdout).not.to.include("\u001b");
    const { people, ...rest } = JSON.parse(stdout);
    expect(rest).to.deep.equal({
      file: "members.yaml",
      valid: true,
      organizationId: "<org>",
      apiUrl: "<url>",
      changes: 7,
      summary: {
        refused: 1,
        remove: 2,
        update: 2,
        reinvite: 1,
        invite: 1,
        pending: 1,
        unchanged: 2,
        ended: 1,
        unmanaged: 2,
      },
    });
    expect(people).to.have.lengthOf(13);
    const { since, ...carol } = people[3];
    expect(since).to.match(/^<day>T.*Z$/);
    expect(carol).to.deep.equal({
      email: "carol@x.example",
      change: "update",
      status: "member",
      from: { role: "user", scopes: null },
      to: { role: "admin", scopes: null },
      reason: null,
      until: null,
      note: "contractor, ticket OPS-12",
    });
    expect(people[6]).to.deep.equal({
      email: "new@x.example",
      change: "invite",
      status: "absent",
      from: null,
      to: { role: "user", scopes: null },
      since: null,
      reason: null,
      until: null,
      note: null,
    });
  });

  it("ends with 0 where nothing is refused, with two lists and nothing else", async () => {
    const file = world.file("members: [{ email: owner@x.example, role: owner }, new@x.example]");
    const { code, stdout } = await world.run(["report", file]);
    expect(code).to.equal(0);
    expect(stdout).to.match(/\n\n1 to invite, 1 unchanged\.\n$/);
    expect(world.requests()).to.deep.equal(twoLists);
    expect((await world.run(["report", file, "--expect-no-changes"])).code).to.equal(1);
  });

  it("expects no changes where there are none, strangers or not", async () => {
    world.simulator.addMember(world.id, "stranger@x.example");
    const file = world.file("members: [{ email: owner@x.example, role: owner }]");
    expect((await world.run(["report", file, "--expect-no-changes"])).code).to.equal(0);
  });

  it("foresees that the last owner stays", async () => {
    world.simulator.addMember(world.id, "second@x.example", "owner");
    const file = world.file(
      "members: [{ email: owner@x.example, role: user }, { email: second@x.example, role: admin }]",
    );
    const { code, stdout } = await world.run(["report", file]);
    expect(code).to.equal(1);
    expect(stdout).to.include(
      "!  second@x.example  refused: no other owner would be left\n~  owner@x.example   role owner → user\n",
    );
  });

  it("foresees that owners swap", async () => {
    world.simulator.addMember(world.id, "second@x.example", "user");
    const file = world.file(
      "members: [{ email: owner@x.example, role: user }, { email: second@x.example, role: owner }]",
    );
    expect((await world.run(["report", file])).code).to.equal(0);
  });

  it("foresees exactly what the rules then do", async () => {
    populate();
    const file = world.file(roster);
    const { stdout } = await world.run(["report", file, "--json"]);
    const foreseen = JSON.parse(stdout).people as { email: string; change: string }[];
    const { members = [] } = parseRoster(roster, file);
    const organization = organizationOf(world);
    world.requests();
    for (const { email, role, scopes, until } of members) {
      const inputs = { email, organizationId: world.id, role, deletionPolicy: "remove" } as const;
      const change = foreseen.find((person) => person.email === email)?.change;
      // The component refuses before anything runs.
      if (change === "refused") continue;
      if (until) {
        const past = { ...inputs, adopted: false, originalRole: null };
        await remove(organization, past as unknown as Outputs);
      } else await ensure(organization, scopes ? { ...inputs, scopes } : inputs, undefined);
      const writes = world.requests().map((line) => line.split(" ")[0]);
      const methods = [...new Set(writes.filter((method) => method !== "GET"))].sort();
      const expected: Record<string, string[]> = {
        remove: ["DELETE"],
        update: ["PUT"],
        reinvite: ["DELETE", "POST"],
        invite: ["POST"],
      };
      expect(methods, email).to.deep.equal(expected[change ?? ""] ?? []);
    }
  });

  it("prints the problems of a file, and asks nobody", async () => {
    const file = world.file("members: [a, { email: b@x.example, role: king }]");
    const first = '"a" has no @; write an address such as ada@example.com';
    const second = '"king" is not a valid role: write "user", "admin" or "owner"';
    expect(await world.run(["report", file])).to.deep.equal({
      code: 1,
      stdout: `members.yaml:1:11: ${first}\nmembers.yaml:1:42: ${second}\n`,
      stderr: "",
    });
    const { stdout } = await world.run(["report", file, "--markdown"]);
    expect(stdout).to.equal(
      `### Trieve members: \`members.yaml\`

2 problems in the file:

- \`members.yaml:1:11: ${first}\`
- \`members.yaml:1:42: ${second}\`
`,
    );
    const json = await world.run(["report", file, "--json"]);
    expect(json.code).to.equal(1);
    expect(JSON.parse(json.stdout)).to.deep.include({ file: "members.yaml", valid: false });
    expect(world.requests()).to.deep.equal([]);
  });

  it("says of a roster that removes whom nothing declares whom it would remove, in every format", async () => {
    world.simulator.addMember(world.id, "eve@x.example", "admin");
    const file = world.file("members: []");
    const run = (...args: string[]) =>
      world.run(["report", file, "--unmanaged", "remove", ...args]);
    const footnote =
      "`up` removes people who are not in the file once a preview has named them, unless something else in the program declares them or `breakGlass` protects them.";
    const { code, stdout } = await run();
    expect(code).to.equal(0);
    expect(stdout).to.include("-  eve@x.example    not in the file: remove admin");
    expect(stdout).to.include(
      "?  owner@x.example  not in the file: member since <day> as owner; stays: no other owner would be left",
    );
    expect(stdout).to.include(footnote);
    expect((await run("--markdown")).stdout).to.include(
      "| ➖ | `eve@x.example` | not in the file: remove admin |",
    );
    const { changes, people } = JSON.parse((await run("--json")).stdout);
    expect([changes, people[0].email, people[0].change]).to.deep.equal([
      1,
      "eve@x.example",
      "remove",
    ]);
    expect((await run("--html")).stdout).to.include("not in the file: remove admin");
    expect((await run("--expect-no-changes")).code).to.equal(1);
    expect((await world.run(["report", file, "--unmanaged", "ignore"])).code).to.equal(2);
    world.simulator.removeMember(world.id, "eve@x.example");
  });

  it("reads stdin", async () => {
    const { code, stdout } = await world.run(["report", "-"], { input: "members: []" });
    expect(code).to.equal(0);
    expect(stdout).to.equal(`<stdin> against organization <org> at <url>

?  owner@x.example  not in the file: member since <day> as owner

1 not in the file.
\`up\` removes people who are not in the file, or whose last day is over, only if its last run declared them.
`);
  });

  it("says so if there is nobody", async () => {
    world.simulator.removeMember(world.id, "owner@x.example");
    const { stdout } = await world.run(["report", world.file("members: []")]);
    expect(stdout).to.equal(`members.yaml against organization <org> at <url>

Nobody in the file or in the organization.
`);
  });

  it("keeps a comment within what a pull request takes, and says what it leaves out", async () => {
    for (let n = 0; n < 1500; n++)
      world.simulator.addMember(world.id, `${"x".repeat(50)}${n}@x.example`);
    const people = Array.from(
      { length: 1500 },
      (_, n) => `  - { email: ${"y".repeat(50)}${n}@x.example, note: "${"é".repeat(200)}" }`,
    );
    const file = world.file(`members:\n${people.join("\n")}\n`);
    const { code, stdout } = await world.run(["report", file, "--markdown"]);
    expect(code).to.equal(0);
    expect(stdout.length).to.be.lessThan(65_536);
    expect(stdout).to.match(/\| \| … \| and \d+ more \| \|/);
    expect(stdout).to.include("**1500 to invite, 1501 not in the file**");
  });
});
