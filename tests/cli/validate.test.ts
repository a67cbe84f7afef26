import { expect } from "chai";
import { run, World } from "./run";

const good = `
defaults: { role: user }
members:
  - ada@example.com
  - { email: Grace@example.com, role: owner }
  - { email: bob@example.com, role: admin }
  - { email: temp@example.com, until: 2020-01-31 }
`;
const bad = `members:
  - email: ada@example.com
    roles: admin
  - ADA@example.com
  - email: bob@example.com
    role: "own\\u001b[31mer"
`;
const problems = [
  'members.yaml:3:5: unknown key "roles": write role',
  "members.yaml:4:5: ada@example.com is already listed at members.yaml:2:12: delete one of them",
  'members.yaml:6:11: "own\\u001b[31mer" is not a valid role: write "user", "admin" or "owner"',
];

describe("pulumi-trieve validate", () => {
  let world: World;
  before(async () => {
    world = await World.start();
  });
  after(() => world.close());

  /** Without key and network. */
  const validate = async (...args: string[]) => {
    const result = await run(["validate", ...args]);
    return { ...result, stdout: world.plain(result.stdout) };
  };

  it("counts the people of a good file", async () => {
    expect(await validate(world.file(good))).to.deep.equal({
      code: 0,
      stdout: "members.yaml: 3 people (1 owner, 1 admin, 1 user), and 1 whose last day is over\n",
      stderr: "",
    });
  });

  it("counts a file without people", async () => {
    const { code, stdout } = await validate(world.file("members: []"));
    expect(code).to.equal(0);
    expect(stdout).to.equal("members.yaml: 0 people (0 owners, 0 admins, 0 users)\n");
  });

  it("prints all problems of a bad one, each on its line", async () => {
    expect(await validate(world.file(bad))).to.deep.equal({
      code: 1,
      stdout: `${problems.join("\n")}\n`,
      stderr: "",
    });
  });

  it("reads stdin", async () => {
    expect(await run(["validate", "-"], { input: "members: [x]" })).to.deep.equal({
      code: 1,
      stdout: '<stdin>:1:11: "x" has no @; write an address such as ada@example.com\n',
      stderr: "",
    });
  });

  it("prints nothing that a terminal obeys, whatever the file and its name", async () => {
    const name = "evil\u001b[31m\u202e.yaml";
    const text = "members:\n  - a@\u009b31mx\n  - {\u202ekey: 1}\n  - *\u001b\n? \u001b[2J\n: 1\n";
    for (const options of [[], ["--json"]]) {
      const { code, stdout } = await validate(world.file(text, name), ...options);
      expect(code).to.equal(1);
      expect(stdout).not.to.match(/(?!\n)[\p{Cc}\p{Cf}]/u);
    }
  });

  it("says the same as JSON", async () => {
    const fine = await validate(world.file(good), "--json");
    expect({ ...fine, stdout: JSON.parse(fine.stdout) }).to.deep.equal({
      code: 0,
      stdout: {
        file: "members.yaml",
        valid: true,
        problems: [],
        counts: { people: 3, owners: 1, admins: 1, users: 1, ended: 1 },
      },
      stderr: "",
    });
    const wrong = await validate(world.file(bad), "--json");
    expect(wrong.code).to.equal(1);
    const result = JSON.parse(wrong.stdout);
    expect(result).to.deep.include({ file: "members.yaml", valid: false, counts: null });
    expect(result.problems.map((problem: { message: string }) => problem.message)).to.deep.equal(
      problems,
    );
    expect(result.problems[0]).to.deep.equal({
      line: 3,
      column: 5,
      path: "members[0].roles",
      text: 'unknown key "roles": write role',
      message: problems[0],
    });
  });
});
