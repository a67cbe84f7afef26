import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { ensure } from "../../provider/lifecycle/act";
import { parseRoster, type RosterEntry } from "../../provider/roster/file";
import { organizationOf, twoLists, World } from "./run";

const search = ["POST /api/chunk/search"];

describe("pulumi-trieve export", () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start();
  });
  afterEach(() => world.close());

  const exported = async (...args: string[]): Promise<readonly RosterEntry[]> => {
    const { code, stdout } = await world.run(["export", ...args]);
    expect(code).to.equal(0);
    const { members, problems } = parseRoster(stdout, "members.yaml");
    expect(problems).to.deep.equal([]);
    return members ?? [];
  };

  it("writes everybody, members and pending, with their roles, by address", async () => {
    const { simulator, id } = world;
    simulator.addMember(id, "Bob@X.example", "admin");
    simulator.addMember(id, "carol@x.example", "user", search);
    simulator.addInvitation(id, "Pia@x.example", "owner", search);
    simulator.addInvitation(id, "pia@x.example", "admin");
    simulator.addMember(id, "gone@x.example");
    simulator.removeMember(id, "gone@x.example");
    expect(await world.run(["export"])).to.deep.equal({
      code: 0,
      stdout: `# Everybody in organization <org> at <url>.

members:
  - email: bob@x.example
    role: admin
  - email: carol@x.example
    role: user
    scopes:
      - POST /api/chunk/search
  - email: owner@x.example
    role: owner
  - email: pia@x.example
    role: admin
`,
      stderr: "4 people, 0 left out; 1 pending.\n",
    });
    expect(world.requests()).to.deep.equal(twoLists);
  });

  it("writes a file for `pulumi import`", async () => {
    world.simulator.addMember(world.id, "Bob@X.example", "admin");
    const { code, stdout } = await world.run(["export", "--pulumi-import"]);
    expect(code).to.equal(0);
    const type = "trieve:index:Invitation";
    expect(JSON.parse(stdout)).to.deep.equal({
      resources: ["bob@x.example", "owner@x.example"].map((email) => ({
        ...{ type, name: email, id: `<org>/${email}` },
      })),
    });
    expect((await world.run(["export", "--pulumi-import", "--json"])).code).to.equal(2);
  });

  it("leaves out whom the file cannot name, and says why", async () => {
    const { simulator, id } = world;
    simulator.addMember(id, "default", "owner");
    simulator.addMember(id, "locked@x.example", "user", []);
    simulator.addMember(id, "odd@x.example", "user", ["GET /api/\u202e"]);
    simulator.addMember(id, "star@x.example", "user", ["*"]);
    simulator.addMember(id, "twin@x.example", "user");
    simulator.addMember(id, "twin@x.example", "admin");
    simulator.addInvitation(id, "x\n  - email: evil@x.example\u001b[2J\u2028", "owner");
    const twin =
      "has several memberships with different roles or scopes; choose one and write the line";
    const star = '"*" must be a method and a route, such as "POST /api/chunk/search"';
    const evil = '"x\\n  - email: evil@x.example\\u001b[2J\\u2028"';
    const localPart =
      "may contain only letters, digits, !#$%&*+/=?^_`{|}~- and single dots before the @";
    const leftOut = [
      '"default": has no @',
      '"locked@x.example": has an empty list of scopes, which the file cannot express',
      '"odd@x.example": a scope contains invisible characters',
      `"star@x.example": ${star}`,
      `"twin@x.example": ${twin}`,
      `${evil}: ${localPart}`,
    ];
    expect(await world.run(["export"])).to.deep.equal({
      code: 0,
      stdout: `# Everybody in organization <org> at <url>.
${leftOut.map((line) => `# Left out: ${line}\n`).join("")}
members:
  - email: owner@x.example
    role: owner
`,
      stderr: `${leftOut.map((line) => `warning: skipped ${line}\n`).join("")}1 person, 6 left out; 1 pending.\n`,
    });
  });

  it("writes a roster of nobody", async () => {
    world.simulator.removeMember(world.id, "owner@x.example");
    expect(await exported()).to.deep.equal([]);
  });

  it("writes JSON, which is a roster as well", async () => {
    world.simulator.addMember(world.id, "carol@x.example", "user", search);
    const { stdout } = await world.run(["export", "--json"]);
    expect(JSON.parse(stdout)).to.deep.equal({
      members: [
        { email: "carol@x.example", role: "user", scopes: search },
        { email: "owner@x.example", role: "owner" },
      ],
    });
    expect((await exported("--json")).map(({ email }) => email)).to.deep.equal([
      "carol@x.example",
      "owner@x.example",
    ]);
  });

  it("writes a file, and overwrites none unless told", async () => {
    const file = join(world.folder, "out.yaml");
    expect(await world.run(["export", "--output", file])).to.deep.equal({
      code: 0,
      stdout: "",
      stderr: "1 person in out.yaml, 0 left out; 0 pending.\n",
    });
    const text = readFileSync(file, "utf8");
    expect(parseRoster(text, file).problems).to.deep.equal([]);

    world.simulator.addMember(world.id, "new@x.example");
    const again = await world.run(["export", "-o", file]);
    expect(again).to.deep.include({
      code: 2,
      stderr: "pulumi-trieve: out.yaml already exists; add --force to overwrite it\n",
    });
    expect(readFileSync(file, "utf8")).to.equal(text);
    expect((await world.run(["export", "-o", file, "--force"])).code).to.equal(0);
    expect(readFileSync(file, "utf8")).to.include("new@x.example");

    const nowhere = join(world.folder, "no", "folder");
    expect((await world.run(["export", "-o", nowhere])).code).to.equal(2);
    expect(existsSync(nowhere)).to.equal(false);
  });

  it("writes nothing where a list fails", async () => {
    const file = join(world.folder, "out.yaml");
    world.simulator.fault({ route: "listMembers", effect: { truncate: true } });
    const { code } = await world.run(["export", "-o", file, "--retry-for", "0"]);
    expect(code).to.equal(3);
    expect(existsSync(file)).to.equal(false);
  });

  it("loses nobody who accepts between the two lists", async () => {
    const { simulator, id } = world;
    simulator.addInvitation(id, "pia@x.example", "admin");
    simulator.on("response", ({ route }) => {
      if (route !== "listInvitations") return;
      simulator.deleteInvitations(id, "pia@x.example");
      simulator.addMember(id, "pia@x.example", "admin");
    });
    expect((await exported()).map(({ email }) => email)).to.include("pia@x.example");
  });

  it("describes everybody so that the first run changes nothing", async function () {
    this.timeout(60_000);
    const { simulator, id } = world;
    let n = 0;
    const roles = ["user", "admin", "owner"] as const;
    const allScopes = [null, search, ["GET /api/chunk", ...search], []];
    for (const role of roles)
      for (const scopes of allScopes)
        for (const role2 of [undefined, ...roles])
          for (const kind of ["member", "invited", "both", "two accounts"] as const) {
            const email = `Person${n++}@x.example`;
            if (kind === "member" || kind === "both") simulator.addMember(id, email, role, scopes);
            if (kind === "invited" || kind === "both")
              simulator.addInvitation(id, email, role2 ?? role, scopes);
            if (kind === "two accounts") simulator.addMember(id, email, role, scopes);
            if (role2 === undefined) continue;
            if (kind === "two accounts")
              simulator.addMember(id, email.toLowerCase(), role2, scopes);
            else if (kind === "invited") simulator.addInvitation(id, email.toLowerCase(), role);
            else simulator.addMember(id, email, role2, scopes);
          }
    const members = await exported();
    expect(members.length).to.be.greaterThan(n / 3);

    const organization = organizationOf(world);
    world.requests();
    for (const { email, role, scopes, roleIsDefault } of members) {
      expect(roleIsDefault).to.equal(false);
      const inputs = { email, organizationId: id, role, deletionPolicy: "remove" } as const;
      await ensure(organization, scopes ? { ...inputs, scopes } : inputs, undefined);
    }
    expect(world.requests().sort()).to.deep.equal([...twoLists].sort());
  });
});
