import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { firstTen } from "../../provider/roster/words";
import type { RequestRecord } from "../../simulator";
import type { Running } from "./cli";
import { rowsOf, some, toldIn, World } from "./world";

const four = [..."abcd"].map((name) => `${name}@example.com`);
const fourteen = [..."efghijklmnopqr"].map((name) => `${name}@example.com`);
const today = () => new Date().toISOString().slice(0, 10);

const roster = `
  const trieve = require("pulumi-trieve");
  new trieve.TrieveRoster("team", { file: "members.yaml", breakGlass: ["owner@acme.example"],
    limits: { maxRemovals: "90%" } });`;

function declare({ project }: World, members: readonly string[], role = "user"): void {
  const lines = members.map((email) => `  - ${email}\n`).join("");
  const file = `defaults: { role: ${role} }\nmembers:\n${lines}`;
  writeFileSync(join(project.folder, "members.yaml"), file);
}

/** A world with a roster of these people, all of them invited. */
async function begin(members: readonly string[], role?: string): Promise<World> {
  // As slow as a real one, so that requests are in flight when something ends.
  const world = await World.create({}, { simulator: { mailDelayMs: 50 } });
  await world.project.write(roster);
  declare(world, members, role);
  await world.succeed("up");
  return world;
}

/** Runs `up` and ends it when so many invitations were answered. */
async function interrupt(
  world: World,
  answers: number,
  death: (running: Running) => void,
): Promise<void> {
  const running = world.project.start("up", "--yes", "--skip-preview");
  let invited = 0;
  const listener = ({ route }: RequestRecord) => {
    if (route === "invite" && ++invited === answers) death(running);
  };
  world.simulator.on("response", listener);
  const { code, output } = await running.result;
  world.simulator.off("response", listener);
  expect(invited, output).to.be.at.least(answers);
  expect(code, output).not.to.equal(0);
  await world.project.recover();
}

const emailsIn = (world: World) => rowsOf(world).map((row) => row.split(" ")[0] ?? "");

describe("a change that is interrupted and taken back", function () {
  this.timeout(300_000);
  let world: World;
  afterEach(() => world.end());

  const deaths: Record<string, (running: Running) => void> = {
    "the CLI is killed": (running) => running.kill("SIGKILL"),
    "Ctrl-C is pressed twice": (running) => {
      running.kill("SIGINT");
      setTimeout(() => running.kill("SIGINT"), 100);
    },
    "the provider is killed": (running) => running.killProviders(),
  };
  for (const [what, death] of some(1, Object.entries(deaths)))
    it(`${what}: the preview promises nothing, and names those whom no resource holds when all is done`, async () => {
      world = await begin(four);
      declare(world, [...four, ...fourteen]);
      await interrupt(world, 6, death);
      declare(world, four);

      const invited = emailsIn(world).filter((email) => fourteen.includes(email));
      expect(invited).not.to.deep.equal([]);
      const preview = await world.succeed("preview");
      expect(toldIn(preview.output)).to.deep.equal(
        fourteen.map((email) =>
          invited.includes(email)
            ? `${email} line deleted; pending since ${today()} as user`
            : `${email} line deleted; not in the organization`,
        ),
      );

      const { changes } = await world.succeed("up", "--refresh");
      const deleted = fourteen.filter((email) => changes[`team/${email}`] === "delete");
      const left = invited.filter((email) => !deleted.includes(email));
      expect(emailsIn(world)).to.deep.equal([...four, ...left]);

      const next = await world.succeed("preview");
      const people = left.length === 1 ? "person" : "people";
      expect(toldIn(next.output)).to.deep.equal(
        left.length === 0
          ? []
          : [
              `warning: Organization ${world.organization.id} has ${left.length} ${people} whom this program does not declare: ${firstTen(left)}. Add them to the roster, or set \`unmanaged\` to "remove" or "ignore".`,
            ],
      );
    });

  it("a default role becomes owner and admin again: no rail is in the way, and all are in", async () => {
    const ten = fourteen.slice(0, 10);
    world = await begin(ten, "admin");
    declare(world, ten, "owner");
    await interrupt(world, 3, (running) => running.kill("SIGKILL"));
    declare(world, ten, "admin");
    await world.succeed("up");
    expect(emailsIn(world)).to.deep.equal(ten);
    await world.succeed("up", "--refresh");
    expect(rowsOf(world)).to.deep.equal(ten.map((email) => `${email} admin pending`));
  });
});

describe("a line that is deleted", function () {
  this.timeout(300_000);
  let world: World;
  before(async () => {
    world = await begin(four);
  });
  after(() => world.end());
  const [ada = "", bob = "", ...others] = four;

  it("of somebody who was removed and added again in the dashboard: they are out", async () => {
    const { simulator, organization } = world;
    simulator.deleteInvitations(organization.id, ada);
    await world.succeed("refresh");
    simulator.addMember(organization.id, ada, "admin");
    declare(world, [bob, ...others]);
    const { output, changes } = await world.succeed("preview");
    expect(toldIn(output)).to.deep.equal([`${ada} line deleted; member since ${today()} as admin`]);
    expect(changes).to.include({ [`team/${ada}`]: "delete" });
    await world.succeed("up");
    expect(emailsIn(world)).to.deep.equal([bob, ...others]);
  });

  it("of somebody whom the state has lost: the preview says what is, and they stay", async () => {
    const urn = `urn:pulumi:test::e2e::trieve:index:Roster$pulumi-nodejs:dynamic/trieve:Invitation::team/${bob}`;
    const { code } = await world.project.run("state", "delete", "--yes", urn);
    expect(code).to.equal(0);
    declare(world, others);
    const { output, changes } = await world.succeed("preview");
    expect(toldIn(output)).to.deep.equal([`${bob} line deleted; pending since ${today()} as user`]);
    expect(changes).not.to.have.property(`team/${bob}`);
    await world.succeed("up");
    expect(emailsIn(world)).to.deep.equal([bob, ...others]);
    const next = await world.succeed("preview");
    expect(toldIn(next.output)).to.deep.equal([
      `warning: Organization ${world.organization.id} has 1 person whom this program does not declare: ${bob}. Add them to the roster, or set \`unmanaged\` to "remove" or "ignore".`,
    ]);
  });
});
