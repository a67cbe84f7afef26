import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { meetingFolder } from "../../provider/folder";
import { messages } from "../../provider/plugin/sdk";
import { types } from "../../provider/plugin/types";
import { type Simulator, startSimulator } from "../../simulator";
import { ownMeetingFolder } from "../lifecycle/world";
import { type Bag, Engine, type Failed, Plugin, secret, unknown, urnOf } from "./client";

const ada = urnOf("Invitation", "ada");
const email = "ada@example.com";

/** A plugin at work for one organization, as its process runs. */
class World {
  readonly plugins: Plugin[] = [];

  private constructor(
    readonly simulator: Simulator,
    readonly organization: { readonly id: string; readonly apiKey: string },
    readonly engine: Engine,
  ) {}

  static async open(): Promise<World> {
    const simulator = await startSimulator({ adminKey: "key-of-the-account-default" });
    return new World(simulator, simulator.createOrganization("acme"), await Engine.start());
  }

  get settings(): Bag {
    return {
      apiKey: secret(this.organization.apiKey),
      organizationId: this.organization.id,
      apiUrl: this.simulator.url,
      redirectUri: "http://localhost:5173/",
    };
  }

  /** A provider instance of the deployment. */
  async plugin(settings: Bag = this.settings, name = "default"): Promise<Plugin> {
    const plugin = await Plugin.start(this.engine);
    this.plugins.push(plugin);
    await plugin.configure(settings, name);
    return plugin;
  }

  id(address = email): string {
    return `${this.organization.id}/${address}`;
  }

  get writes(): string[] {
    return this.simulator.requests
      .filter(({ method }) => method !== "GET")
      .map(({ route }) => route);
  }

  async close(): Promise<void> {
    await Promise.all(this.plugins.map((plugin) => plugin.end()));
    this.engine.stop();
    await this.simulator.close();
  }
}

async function failed(call: Promise<unknown>): Promise<Failed> {
  try {
    await call;
  } catch (error) {
    return error as Failed;
  }
  throw new Error("It did not fail.");
}

describe("the plugin", function () {
  this.timeout(30_000);
  ownMeetingFolder();
  let world: World;
  let plugin: Plugin;
  beforeEach(async () => {
    world = await World.open();
    plugin = await world.plugin();
  });
  afterEach(() => world.close());

  const invite = async (args: Bag = { email }, urn = ada) => {
    const { inputs, reasons } = await plugin.check(urn, args);
    expect(reasons).to.deep.equal([]);
    return { inputs, ...(await plugin.create(urn, inputs)) };
  };

  describe("as a process", () => {
    it("ends at once when the engine tells it to", async () => {
      const ended = once(plugin.process, "exit");
      plugin.process.kill("SIGINT");
      expect(await ended).to.deep.equal([0, null]);
    });

    it("takes the engine's address after flags", async () => {
      const other = await Plugin.start(world.engine, {}, ["-v=9", "--tracing", "http://x"]);
      world.plugins.push(other);
      await other.configure(world.settings);
      await other.create(ada, (await other.check(ada, { email })).inputs, true);
      expect(world.engine.lines).to.deep.equal([`info ada: ${email}: invite as user`]);
    });

    it("ends when the engine is gone", async () => {
      const ended = once(plugin.process, "exit");
      world.engine.stop();
      await ended;
    });

    it("finishes a POST in flight when it is cancelled, and begins nothing more", async () => {
      const { inputs } = await plugin.check(ada, { email });
      const bob = urnOf("Invitation", "bob");
      const other = await plugin.check(bob, { email: "bob@example.com" });
      const sent = new Promise<void>((resolve) => {
        world.simulator.fault({
          route: "invite",
          times: 1,
          effect: { delayMs: 500 },
          when: () => {
            resolve();
            return true;
          },
        });
      });
      const created = plugin.create(ada, inputs);
      await sent;
      await plugin.cancel();
      expect((await failed(plugin.create(bob, other.inputs))).details).to.match(/cancelled/);
      expect((await created).outputs).to.include({ status: "pending" });
      expect(world.writes).to.deep.equal(["invite"]);
    });
  });

  describe("settings", () => {
    it("mark the key as secret", async () => {
      const { inputs, reasons } = await plugin.checkConfig({ ...world.settings, apiKey: "key" });
      expect(reasons).to.deep.equal([]);
      expect(inputs.apiKey).to.deep.equal(secret("key"));
    });

    it("of an explicit provider are complete, and nothing else", async () => {
      const { reasons } = await plugin.checkConfig({ maxConcurency: 4, version: "1.0.0" });
      expect(reasons).to.deep.equal([
        'unknown key "maxConcurency": write maxConcurrency',
        "apiKey is missing: set it on the trieve.Provider",
      ]);
    });

    it("may be numbers", async () => {
      expect((await plugin.checkConfig({ ...world.settings, maxConcurrency: 2 })).reasons).to.be
        .empty;
      expect(
        (await plugin.checkConfig({ ...world.settings, maxConcurrency: 9 })).reasons,
      ).to.have.length(1);
    });

    it("may have their enum in quotes, as the SDK of Java gives it", async () => {
      const given = { ...world.settings, mail: '"optional"' };
      const { inputs, reasons } = await plugin.checkConfig(given);
      expect(reasons).to.be.empty;
      expect(inputs.mail).to.equal("optional");
    });

    it("that change are told, and replace nothing", async () => {
      const changed = {
        ...world.settings,
        apiKey: "new",
        organizationId: unknown,
        version: "2.0.0",
      };
      expect(await plugin.diffConfig(world.settings, changed)).to.deep.equal({
        differs: ["apiKey", "organizationId"],
        replaces: [],
      });
      expect(await plugin.diffConfig(world.settings, world.settings)).to.deep.equal({
        differs: [],
        replaces: [],
      });
    });
  });

  describe("a person", () => {
    it("is invited, changed, seen and removed", async () => {
      const { id, outputs } = await invite({ email: "Ada@example.com", role: "user" });
      expect(id).to.equal(world.id());
      expect(outputs).to.include({ email, role: "user", status: "pending", adopted: false });
      const { inputs } = await plugin.check(ada, { email, role: "admin" });
      expect(await plugin.diff(ada, id, outputs, inputs)).to.deep.equal({ role: "update" });
      const changed = await plugin.update(ada, id, outputs, inputs);
      expect(changed).to.include({ role: "admin", status: "pending" });
      expect((await plugin.read(ada, id, changed)).outputs).to.deep.equal(changed);
      expect(await plugin.diff(ada, id, changed, inputs)).to.deep.equal({});
      // In the next deployment, whose program does not declare them.
      await plugin.end();
      plugin = await world.plugin();
      await plugin.delete(ada, id, changed);
      expect(world.simulator.invitations(world.organization.id)).to.deep.equal([]);
    });

    it("has a link that is secret whatever the program says", async () => {
      const { outputs } = await invite();
      expect(outputs.inviteUrl).to.have.property("value");
      const seen = await plugin.read(ada, world.id(), outputs);
      expect(seen.outputs.inviteUrl).to.deep.equal(outputs.inviteUrl);
    });

    it("keeps secret what the program gives as secret", async () => {
      const { inputs, outputs } = await invite({ email, resendTrigger: secret("hush") });
      expect([inputs.resendTrigger, outputs.resendTrigger]).to.deep.equal([
        secret("hush"),
        secret("hush"),
      ]);
      const { reasons } = await plugin.check(ada, { email, role: secret("hush-hush") });
      expect(reasons.join()).to.contain("[secret]").and.not.contain("hush");
    });

    it("tells what changes, property by property", async () => {
      const { id, outputs } = await invite({ email, role: "user", resendTrigger: "1" });
      const differences = async (args: Bag, ignore: string[] = []) =>
        plugin.diff(ada, id, outputs, (await plugin.check(ada, args)).inputs, ignore);
      const scopes = ["GET /api/chunk"];
      expect(await differences({ email, role: "admin", scopes })).to.deep.equal({
        role: "update",
        scopes: "add",
        resendTrigger: "delete",
      });
      expect(await differences({ email, resendTrigger: "1" })).to.deep.equal({ role: "delete" });
      expect(await differences({ email: "bob@example.com", role: "user" })).to.deep.equal({
        email: "update replace",
        resendTrigger: "delete",
      });
      expect(await differences({ email, role: "admin" }, ["role", "resendTrigger"])).to.deep.equal(
        {},
      );
    });

    it("with a mistake in its arguments is refused before any request", async () => {
      const { reasons } = await plugin.check(ada, { email: "ada", rol: "admin" });
      expect(reasons).to.deep.equal(['unknown key "rol": write role', 'email "ada" has no @']);
      expect(world.simulator.requests).to.be.empty;
    });

    it("whose mail fails is recorded all the same", async () => {
      world.simulator.fault({ route: "invite", times: 1, effect: { mailFails: true } });
      const { inputs } = await plugin.check(ada, { email });
      const { partial, details } = await failed(plugin.create(ada, inputs));
      expect(details).to.contain("Trieve could not send the email");
      expect(partial?.id).to.equal(world.id());
      expect(partial?.outputs).to.include({ status: "pending", mailFailed: true });
      expect(partial?.outputs.inviteUrl).to.have.property("value");
    });

    it("can be imported, and the next run has nothing to do", async () => {
      world.simulator.addMember(world.organization.id, email, "admin", ["GET /api/chunk"]);
      const { id, inputs, outputs } = await plugin.read(ada, world.id("Ada@example.com"));
      expect(id).to.equal(world.id());
      expect(inputs).to.deep.equal({
        email,
        organizationId: world.organization.id,
        deletionPolicy: "revert",
        role: "admin",
        scopes: ["GET /api/chunk"],
      });
      expect(outputs).to.include({ adopted: true, originalRole: "admin" });
      const { inputs: again } = await plugin.check(ada, inputs, inputs);
      expect(await plugin.diff(ada, id, outputs, again)).to.deep.equal({});
    });

    it("of a whole roster is none: it adopts people", async () => {
      const { details } = await failed(plugin.read(ada.replace("Invitation", "Roster"), "team"));
      expect(details).to.equal(
        "A roster cannot be imported. Declare it: it adopts the people on its list.",
      );
    });

    it("that nobody is cannot be imported", async () => {
      expect((await failed(plugin.read(ada, world.id()))).details).to.match(/neither a member/);
    });
  });

  describe("a preview", () => {
    const preview = async (args: Bag) =>
      plugin.create(ada, (await plugin.check(ada, args)).inputs, true);

    it("tells of somebody new, and writes nothing", async () => {
      const { id, outputs } = await preview({ email, role: "admin" });
      expect(id).to.equal(world.id());
      expect(outputs).to.include({ email, role: "admin", status: unknown, adopted: false });
      expect(world.engine.lines).to.deep.equal([`info ada: ${email}: invite as admin`]);
      expect(world.writes).to.be.empty;
    });

    it("tells of somebody who is adopted", async () => {
      world.simulator.addMember(world.organization.id, email, "user");
      const { outputs } = await preview({ email, role: "admin" });
      expect(outputs).to.include({ status: "member", role: "admin", originalRole: "user" });
      expect(outputs.adopted).to.equal(true);
      expect(world.engine.lines).to.deep.equal([`info ada: ${email}: adopted, role user → admin`]);
    });

    it("tells of a change", async () => {
      const { id, outputs } = await invite({ email, role: "user" });
      const { inputs } = await plugin.check(ada, { email, role: "admin" });
      const after = await plugin.update(ada, id, outputs, inputs, true);
      expect(after).to.include({ role: "admin", adopted: false, instance: outputs.instance });
      expect(world.engine.lines.at(-1)).to.match(
        /^info ada: ada@example.com: invite again: role user → admin/,
      );
    });

    it("looks once, however many people there are", async () => {
      const urns = Array.from({ length: 20 }, (_, i) => urnOf("Invitation", `p${i}`));
      await Promise.all(
        urns.map(async (urn, i) => {
          const { inputs } = await plugin.check(urn, { email: `p${i}@example.com` });
          return plugin.create(urn, inputs, true);
        }),
      );
      expect(world.simulator.requests.map(({ route }) => route).sort()).to.deep.equal([
        "listInvitations",
        "listMembers",
      ]);
    });

    it("goes on where an address is not known yet", async () => {
      const { id, outputs } = await preview({ email: unknown });
      expect(id).to.equal("");
      expect(outputs.status).to.equal(unknown);
      expect(world.simulator.requests).to.be.empty;
    });

    it("goes on without a server", async () => {
      plugin = await world.plugin({ ...world.settings, apiUrl: "http://127.0.0.1:9" }, "other");
      expect((await preview({ email })).outputs.status).to.equal(unknown);
      expect(world.engine.lines.join()).to.match(/Could not reach Trieve/);
    });
  });

  describe("a move", () => {
    it("within a provider removes nobody", async () => {
      const { id, outputs } = await invite();
      await plugin.end();
      plugin = await world.plugin();
      await plugin.check(urnOf("Invitation", "other"), { email });
      await plugin.delete(ada, id, outputs);
      expect(world.simulator.invitations(world.organization.id)).to.have.length(1);
      expect(world.engine.lines.at(-1)).to.match(/^warning ada: ada@example.com stays/);
    });

    it("to another provider removes nobody", async () => {
      const { id, outputs } = await invite();
      await plugin.end();
      const [one, two] = [await world.plugin(), await world.plugin(world.settings, "other")];
      await two.check(urnOf("Invitation", "other"), { email });
      await one.delete(ada, id, outputs);
      expect(world.simulator.invitations(world.organization.id)).to.have.length(1);
    });

    it("and a person is declared once, also across providers", async () => {
      await plugin.check(ada, { email });
      const two = await world.plugin(world.settings, "other");
      const { reasons } = await two.check(urnOf("Invitation", "other"), { email });
      expect(reasons).to.deep.equal([
        `Two resources declare ${email} in organization ${world.organization.id}: "ada" and "other". Keep one of them.`,
      ]);
      // The engine checks a replacement again.
      expect((await plugin.check(ada, { email: "new@example.com" })).reasons).to.deep.equal([]);
    });

    it("is not what an engine says that is no more", async () => {
      const { id, outputs } = await invite();
      await plugin.end();
      const file = `deployment-${world.engine.address.replace(":", "-")}.jsonl`;
      expect(readdirSync(meetingFolder())).not.to.include(file);
      const { pid } = plugin.process;
      const lines = [
        { until: pid, preview: false },
        { resource: ada, declares: world.id() },
      ];
      writeFileSync(
        join(meetingFolder(), file),
        lines.map((l) => `${JSON.stringify(l)}\n`).join(""),
      );
      plugin = await world.plugin();
      await plugin.check(urnOf("Invitation", "bob"), { email: "bob@example.com" });
      await plugin.delete(ada, id, outputs);
      expect(world.simulator.invitations(world.organization.id)).to.deep.equal([]);
      expect(readFileSync(join(meetingFolder(), file), "utf8")).to.contain("bob@example.com");
    });
  });

  describe("an organization and its key", () => {
    beforeEach(async () => {
      plugin = await world.plugin(
        { ...world.settings, apiKey: "key-of-the-account-default", organizationId: undefined },
        "server",
      );
    });

    it("are made, renamed and deleted", async () => {
      const dev = urnOf("Organization", "dev");
      const made = await plugin.create(dev, (await plugin.check(dev, { name: "dev" })).inputs);
      const key = urnOf("ApiKey", "people");
      const args = { organizationId: made.id, name: "pulumi", role: "owner" };
      const { inputs, reasons } = await plugin.check(key, args);
      expect(reasons).to.deep.equal([]);
      const { id, outputs } = await plugin.create(key, inputs);
      expect(outputs.apiKey).to.have.property("value");
      expect(await plugin.diff(key, id, outputs, inputs)).to.deep.equal({});
      const rotated = { ...args, rotateTrigger: "1" };
      const again = (await plugin.check(key, rotated, inputs)).inputs;
      expect(await plugin.diff(key, id, outputs, again)).to.deep.equal({
        rotateTrigger: "add replace",
      });
      await plugin.delete(key, id, outputs);
      const { inputs: named } = await plugin.check(dev, { name: "test" });
      expect(await plugin.diff(dev, made.id, made.outputs, named)).to.deep.equal({
        name: "update",
      });
      const renamed = await plugin.update(dev, made.id, made.outputs, named);
      expect(renamed).to.deep.equal({ name: "test", forceDestroy: false });
      expect((await plugin.read(dev, made.id)).inputs).to.deep.equal(renamed);
      await plugin.delete(dev, made.id, renamed);
      expect((await plugin.read(dev, made.id, renamed)).id).to.equal("");
    });

    it("have a key that no preview knows, and that no import finds", async () => {
      const key = urnOf("ApiKey", "people");
      const args = { organizationId: world.organization.id, name: "pulumi", role: "owner" };
      const { outputs } = await plugin.create(key, (await plugin.check(key, args)).inputs, true);
      expect(outputs.apiKey).to.deep.equal(secret(unknown));
      const id = "6c8f3c1e-58f6-4c8e-9f2b-0f6c6a3f5d11";
      expect((await failed(plugin.read(key, id))).details).to.match(/cannot be imported/);
    });
  });

  describe("its schema", () => {
    it("has the version of the package, and marks what is secret", async () => {
      const response = await plugin.call<{ getSchema(): string }>(
        "getSchema",
        new messages.GetSchemaRequest(),
      );
      const schema = JSON.parse(response.getSchema());
      expect(schema.version).to.equal(require("../../../package.json").version);
      expect(schema.config.variables.apiKey.secret).to.equal(true);
      expect(schema.resources["trieve:index:Invitation"].properties.inviteUrl.secret).to.equal(
        true,
      );
      expect(schema.resources["trieve:index:ApiKey"].properties.apiKey.secret).to.equal(true);
      for (const [token, { kind }] of types)
        if (kind.args !== undefined)
          expect(Object.keys(schema.resources[token].inputProperties)).to.have.members([
            ...kind.args,
          ]);
    });
  });

  describe("getMembers", () => {
    it("lists everybody", async () => {
      world.simulator.addInvitation(world.organization.id, email, "user", null);
      const { members } = await plugin.invoke("trieve:index:getMembers", {});
      expect((members as { email: string }[]).map((member) => member.email)).to.include(email);
    });

    it("refuses what it does not know", async () => {
      const { details } = await failed(plugin.invoke("trieve:index:getMembers", { org: "x" }));
      expect(details).to.match(/unknown key "org"/);
    });
  });
});
