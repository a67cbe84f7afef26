import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { bin } from "../cli/run";
import { some, World } from "./world";

const team = (args = "{ file: 'members.yaml' }", opts = "{}") => `
  const trieve = require("pulumi-trieve");
  const team = new trieve.TrieveRoster("team", ${args}, ${opts});
  exports.counts = team.counts; exports.people = team.people;`;

const lines = (emails: readonly string[]) =>
  `members:\n${emails.map((email) => `  - ${email}\n`).join("")}`;

/** How many people a large roster has. `npm run test:long` takes a thousand. */
const many = Number(process.env.ROSTER_PEOPLE ?? 100);

describe("a roster, with the real CLI", function () {
  this.timeout(900_000);
  let world: World;
  const write = (text: string) => writeFileSync(join(world.project.folder, "members.yaml"), text);
  const start = async (text: string, program = team()) => {
    // Twice the state for each of many people would be the time of this test.
    world = await World.create({}, { env: { PULUMI_SKIP_CHECKPOINTS: "true" } });
    write(text);
    await world.project.write(program);
  };
  afterEach(() => world.end());

  it("is the truth about those whom it names: people, roles, scopes, and who is out", async () => {
    await start(`
defaults: { role: user }
members:
  - ada@example.com
  - { email: grace@example.com, role: owner }
  - { email: temp@example.com, scopes: ["POST /api/chunk/search"], until: 2999-01-31 }
  - { email: gone@example.com, until: 2020-01-31 }
`);
    world.simulator.addMember(world.organization.id, "grace@example.com", "admin");
    const first = await world.succeed("up");
    expect(first.changes).to.deep.equal({
      team: "create",
      "team/guard": "create",
      "team/ada@example.com": "create",
      "team/grace@example.com": "create",
      "team/temp@example.com": "create",
    });
    expect(world.people()).to.deep.equal({
      "ada@example.com": "user, pending",
      "grace@example.com": "owner, member",
      "temp@example.com": "user, pending",
    });
    expect(await world.project.outputs()).to.deep.include({
      counts: { member: 1, pending: 2 },
      people: {
        "ada@example.com": "pending",
        "grace@example.com": "member",
        "temp@example.com": "pending",
      },
    });
    // Out means out, also for who was a member before.
    write(lines(["ada@example.com", "temp@example.com"]));
    world.requests();
    await world.project.write(
      team(`{ file: "members.yaml", limits: { maxRemovals: 1, minOwners: 0 } }`),
    );
    const second = await world.succeed("up");
    expect(second.changes).to.deep.include({
      "team/grace@example.com": "delete",
      "team/guard": "update",
    });
    expect(world.people()["grace@example.com"]).to.equal(undefined);
  });

  it("refreshes without a difference, default roles included", async () => {
    await start("members: [ada@example.com, { email: bob@example.com, role: admin }]");
    await world.succeed("up");
    const { output } = await world.succeed("refresh");
    expect(output).not.to.include("[diff:");
  });

  it("of many: order is nothing, a line is a person, and a mistake is refused before any write", async () => {
    const emails = Array.from({ length: many }, (_, i) => `p${i}@example.com`);
    const owner = "  - { email: olga@example.com, role: owner }\n";
    await start(lines(emails) + owner);
    world.simulator.addMember(world.organization.id, "p7@example.com");
    world.simulator.addMember(world.organization.id, "olga@example.com", "owner");
    await world.succeed("up", "--parallel", "64");
    expect(Object.keys(world.people())).to.have.lengthOf(many + 1);
    expect(world.simulator.highestInFlight).to.be.within(1, 4);
    world.requests();

    write(`${lines([...emails].reverse())}${owner}`);
    const reordered = await world.succeed("preview");
    expect(new Set(Object.values(reordered.changes))).to.deep.equal(new Set(["same"]));

    const refused = async (text: string, ...reasons: string[]) => {
      write(text);
      const { output } = await world.fail("up");
      for (const reason of reasons) expect(output).to.include(reason);
      expect(world.writes()).to.deep.equal([]);
    };
    const third = Math.ceil(many / 3);
    await refused(lines(emails.slice(third)) + owner, `${third} of ${many + 1}`, "maxRemovals");
    await refused(lines(emails), "olga@example.com", "minOwners");

    write(lines(emails.filter((email) => email !== "p7@example.com")) + owner);
    const preview = await world.succeed("preview");
    const deleted = Object.entries(preview.changes).filter(([, change]) => change === "delete");
    expect(deleted).to.deep.equal([["team/p7@example.com", "delete"]]);
    await world.succeed("up");
    expect(world.people()["p7@example.com"]).to.equal(undefined);
    expect(world.writes()).to.deep.equal(["removeMember"]);
  });

  it("lowers who is found with a higher role by their own line only, never by a default", async () => {
    await start(lines(["ada@example.com"]));
    world.simulator.addMember(world.organization.id, "ada@example.com", "admin");
    const { output } = await world.fail("up");
    expect(output).to.include(
      `Refused to make ada@example.com user in organization ${world.organization.id} at ${world.simulator.url}: they are admin there, and a default role never lowers anyone. To lower them, write \`role: user\` on their own line. To keep their role, write \`role: admin\`.`,
    );
    expect(world.writes()).to.deep.equal([]);
    write("members: [{ email: ada@example.com, role: user }]");
    await world.succeed("up");
    expect(world.people()).to.deep.equal({ "ada@example.com": "user, member" });
  });

  it("refuses a domain that is not allowed, another organization, and its own end", async () => {
    const limits = `limits: { allowedDomains: ["example.com"] }`;
    await start(
      lines(["ada@example.com", "bob@example.com"]),
      team(`{ file: "members.yaml", ${limits} }`),
    );
    await world.succeed("up");
    world.requests();

    write(lines(["ada@example.com", "bob@example.com", "eve@exmaple.com"]));
    expect((await world.fail("up")).output).to.include("exmaple.com");
    write(lines(["ada@example.com", "bob@example.com"]));

    const other = world.simulator.createOrganization("other");
    await world.project.run("config", "set", "trieve:organizationId", other.id);
    expect((await world.fail("up")).output).to.include(other.id);
    await world.project.run("config", "set", "trieve:organizationId", world.organization.id);

    // It is the preview that is refused: who skips it is not stopped.
    for (const run of [() => world.project.destroy(), () => world.project.up()]) {
      const { code, output } = await run();
      expect(code).not.to.equal(0);
      expect(output).to.include("protect");
      await world.project.write("");
    }
    expect(world.writes()).to.deep.equal([]);
    expect(Object.keys(world.people())).to.have.lengthOf(2);
  });

  for (const size of some(1, [many, 1]))
    it(`exported from an organization of ${size} changes nothing there, at the first \`up\` and after`, async () => {
      await start("members: []");
      const { simulator, organization } = world;
      const roles = ["user", "admin", "owner"] as const;
      for (let i = 0; i < size; i++) {
        const role = roles[i % 3] ?? "user";
        const scopes = i % 5 < 2 ? ["POST /api/chunk/search"] : null;
        const email = `${i % 7 === 0 ? "P" : "p"}${i}@example.com`;
        if (i % 2 === 0) simulator.addMember(organization.id, email, role, scopes);
        else simulator.addInvitation(organization.id, email, role, scopes);
        // Invited twice, the second time as something else.
        if (i % 11 === 1) simulator.addInvitation(organization.id, email.toUpperCase(), "user");
      }
      const env = {
        ...process.env,
        TRIEVE_API_URL: simulator.url,
        TRIEVE_ORGANIZATION_ID: organization.id,
        TRIEVE_API_KEY: organization.apiKey,
      };
      const { stdout } = await promisify(execFile)(process.execPath, [bin, "export"], { env });
      write(stdout);
      const first = await world.succeed("up");
      // The roster, its guard, and the organization's first owner.
      expect(Object.keys(first.changes)).to.have.lengthOf(size + 3);
      expect(new Set(Object.values(first.changes))).to.deep.equal(new Set(["create"]));
      for (const extra of [[], ["--refresh"]]) {
        const { output } = await world.succeed("up", ...extra);
        expect(output).to.include(`Resources:\n    ${size + 4} unchanged\n`);
      }
      expect(world.writes()).to.deep.equal([]);
      expect(simulator.mails).to.deep.equal([]);
    });
});
