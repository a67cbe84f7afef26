import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { RequestRecord } from "../../simulator";
import { Forwarder } from "./forwarder";
import { atNight, World } from "./world";

const ada = { email: "ada@example.com" };
const olga = { email: "olga@example.com" };
const carol = { email: "carol@example.com" };

describe("where providers of this kind fail people, with the real CLI", function () {
  this.timeout(300_000);
  let world: World;
  const start = async (...args: Parameters<typeof World.create>) => {
    world = await World.create(...args);
    return world.simulator;
  };
  afterEach(() => world.end());

  describe("who was there before", () => {
    it("is raised to admin, and put back by `revert`", async () => {
      const simulator = await start({ ada: { ...ada, role: "admin" } });
      simulator.addMember(world.organization.id, ada.email, "user");
      await world.succeed("up");
      expect(world.people()).to.deep.equal({ "ada@example.com": "admin, member" });
      const { output } = await world.succeed("destroy");
      expect(world.people()).to.deep.equal({ "ada@example.com": "user, member" });
      expect(output).to.include(
        "ada@example.com was a member before this resource was created, and stays a member with role user.",
      );
    });

    it("and was demoted from owner stays demoted: nobody gets a high role back by a deletion", async () => {
      const simulator = await start({ olga: { ...olga, role: "user" } });
      simulator.addMember(world.organization.id, olga.email, "owner");
      await world.succeed("up");
      expect(world.people()).to.deep.equal({ "olga@example.com": "user, member" });
      await world.succeed("destroy");
      expect(world.people()).to.deep.equal({ "olga@example.com": "user, member" });
    });
  });

  describe("owners", () => {
    /** Takes the first owner away, so that those of the test are all there are. */
    const onlyOwners = (...emails: string[]) => {
      for (const email of emails) world.simulator.addMember(world.organization.id, email, "owner");
      world.simulator.removeMember(world.organization.id, "owner@acme.example");
    };

    it("cannot all be removed at once: one is refused, and stays", async () => {
      const policy = { role: "owner", deletionPolicy: "remove" };
      await start({ olga: { ...olga, ...policy }, carol: { ...carol, ...policy } });
      onlyOwners(olga.email, carol.email);
      await world.succeed("up");
      await world.declare({});
      const { output } = await world.fail("up");
      expect(Object.values(world.people())).to.deep.equal(["owner, member"]);
      const [left] = Object.keys(world.people());
      expect(output).to.include(
        `Refused to remove ${left} from organization ${world.organization.id} at ${world.simulator.url}: nobody else there is an owner, and only an owner can appoint another. Let another owner accept first, then run \`pulumi up\` again.`,
      );
      expect(world.writes()).to.deep.equal(["removeMember"]);
    });

    it("can be swapped for a member in one `up`, in either order", async () => {
      const simulator = await start({
        olga: { ...olga, role: "user" },
        carol: { ...carol, role: "owner" },
      });
      onlyOwners(olga.email);
      simulator.addMember(world.organization.id, carol.email, "user");
      await world.succeed("up");
      expect(world.people()).to.deep.equal({
        "olga@example.com": "user, member",
        "carol@example.com": "owner, member",
      });
      await world.declare({ carol: { ...carol, role: "user" }, olga: { ...olga, role: "owner" } });
      await world.succeed("up");
      expect(world.people()).to.deep.equal({
        "olga@example.com": "owner, member",
        "carol@example.com": "user, member",
      });
    });

    it("cannot be swapped for somebody who has not accepted yet", async () => {
      await start({ olga: { ...olga, role: "user" }, carol: { ...carol, role: "owner" } });
      onlyOwners(olga.email);
      const { output } = await world.fail("up");
      expect(output).to.include(
        `Refused to make olga@example.com user in organization ${world.organization.id} at ${world.simulator.url}: nobody else there is an owner`,
      );
      expect(output).to.include("Let another owner accept first, then run `pulumi up` again.");
      world.accept(carol.email);
      await world.succeed("up");
      expect(world.people()).to.deep.equal({
        "olga@example.com": "user, member",
        "carol@example.com": "owner, member",
      });
    });
  });

  describe("an update that dies between DELETE and POST", () => {
    const raised = { ada: { ...ada, role: "admin" } };

    it("is repaired by the next `up`, also when the program is changed back", async () => {
      const simulator = await start({ ada });
      await world.succeed("up");
      simulator.fault({
        route: "invite",
        effect: { status: 403, body: '{"message":"Forbidden"}' },
      });
      await world.declare(raised);
      await world.fail("up");
      expect(world.people()).to.deep.equal({});
      await world.declare({ ada });
      const { changes } = await world.succeed("up");
      expect(changes).to.deep.equal({ ada: "update" });
      expect(world.people()).to.deep.equal({ "ada@example.com": "user, pending" });
      expect(world.mailsTo(ada.email)).to.equal(2);
    });

    it("with the whole CLI, is brought to its end by the provider, and taken back by `up --refresh`", async () => {
      const before = { ada: { ...ada, role: "user" } };
      const simulator = await start(before);
      await world.succeed("up");
      await world.declare(raised);
      // Long enough for the CLI to be gone when the answer comes.
      simulator.fault({ route: "deleteInvitation", effect: { delayMs: 2_000 } });
      const running = world.project.start("up", "--yes", "--skip-preview");
      simulator.on("request", ({ route }: RequestRecord) => {
        if (route === "deleteInvitation") running.kill("SIGKILL");
      });
      expect((await running.result).code).to.equal(null);
      // The provider process lives on. It begins nothing more, but leaves nobody half-way.
      while (world.people()[ada.email] !== "admin, pending") await sleep(100);
      await world.project.recover();
      await world.declare(before);
      await world.succeed("up", "--refresh");
      expect(world.people()).to.deep.equal({ "ada@example.com": "user, pending" });
      expect(world.mailsTo(ada.email)).to.equal(3);
    });
  });

  describe("the mail server", () => {
    it("fails; a refresh later it works, and the mail goes out once", async () => {
      const simulator = await start({ ada });
      simulator.mailWorks = false;
      const { output } = await world.fail("up");
      expect(output).to.include(
        `Invited ada@example.com to organization ${world.organization.id} at ${simulator.url}, but Trieve could not send the email (400 Error sending email.).`,
      );
      expect(world.people()).to.deep.equal({ "ada@example.com": "user, pending" });
      await world.succeed("refresh");
      simulator.mailWorks = true;
      const { changes } = await world.succeed("up");
      expect(changes).to.deep.equal({ ada: "update" });
      expect(world.mailsTo(ada.email)).to.equal(1);
      expect((await world.succeed("up")).changes).to.deep.equal({ ada: "same" });
    });

    it("is not needed with `mail: optional`: the link is handed over some other way", async () => {
      const simulator = await start({ ada }, { config: { "trieve:mail": "optional" } });
      simulator.mailWorks = false;
      await world.project.write(`
        const trieve = require("pulumi-trieve");
        exports.link = new trieve.TrieveInvitation("ada", { email: "ada@example.com" }).inviteUrl;`);
      await world.succeed("up");
      const { link } = await world.project.outputs();
      expect(simulator.accept(String(link), { email: ada.email }).status).to.equal(303);
      expect((await world.succeed("up", "--refresh")).changes.ada).to.be.oneOf(["same", "refresh"]);
      expect(world.people()).to.deep.equal({ "ada@example.com": "user, member" });
    });

    atNight("takes 4 s a mail: 8 people are all in, with one mail each", async () => {
      const emails = Array.from({ length: 8 }, (_, i) => `p${i}@example.com`);
      const simulator = await start(Object.fromEntries(emails.map((email) => [email, { email }])), {
        simulator: { mailDelayMs: 4_000 },
      });
      // Meanwhile a real server sends those away whom it keeps waiting, without having done anything.
      const empty = { status: 408, headers: { connection: "close" } };
      simulator.fault({ route: "invite", effect: empty });
      await world.succeed("up");
      expect(Object.keys(world.people()).sort()).to.deep.equal(emails);
      for (const email of emails) expect(world.mailsTo(email), email).to.equal(1);
    });
  });

  it("the server goes away during an `up`, and comes back: all are in, with one mail each", async () => {
    const emails = Array.from({ length: 10 }, (_, i) => `p${i}@example.com`);
    const simulator = await start({}, { simulator: { mailDelayMs: 200 } });
    const forwarder = new Forwarder(simulator.port);
    await forwarder.up();
    try {
      await world.project.run("config", "set", "trieve:apiUrl", forwarder.url);
      await world.declare(Object.fromEntries(emails.map((email) => [email, { email }])));
      let posts = 0;
      simulator.on("request", ({ route }: RequestRecord) => {
        if (route === "invite" && ++posts === 4) forwarder.down();
      });
      const up = world.project.up("--skip-preview");
      while (posts < 4) await sleep(50);
      await sleep(3_000);
      await forwarder.up();
      const result = await up;
      expect(result.code, result.output).to.equal(0);
      expect(Object.keys(world.people()).sort()).to.deep.equal(emails);
      for (const email of emails) expect(world.mailsTo(email), email).to.equal(1);
    } finally {
      forwarder.down();
    }
  });

  it("`resendTrigger` sends a pending invitation once more, and a member nothing", async () => {
    await start({ ada: { ...ada, resendTrigger: "1" } });
    await world.succeed("up");
    await world.declare({ ada: { ...ada, resendTrigger: "2" } });
    await world.succeed("up");
    await world.succeed("up", "--refresh");
    expect(world.mailsTo(ada.email)).to.equal(2);
    world.accept(ada.email);
    await world.declare({ ada: { ...ada, resendTrigger: "3" } });
    await world.succeed("up");
    expect(world.mailsTo(ada.email)).to.equal(2);
    expect(world.people()).to.deep.equal({ "ada@example.com": "user, member" });
  });
});
