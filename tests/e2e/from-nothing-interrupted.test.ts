import { expect } from "chai";
import type { Effect, RequestRecord } from "../../simulator";
import { adminKey, Nothing, untouched } from "./from-nothing";
import { atNight, some } from "./world";

describe("an `up` from nothing that is killed", function () {
  this.timeout(300_000);
  const points = [
    { event: "response", route: "createOrganization", time: 1 },
    { event: "request", route: "createKey", time: 1 },
    { event: "response", route: "invite", time: 3 },
    { event: "request", route: "createOrganization", time: 1 },
    { event: "response", route: "createKey", time: 1 },
    { event: "request", route: "invite", time: 1 },
  ] as const;
  for (const { event, route, time } of some(1, points))
    it(`at the ${event} of ${route} number ${time}: the next makes one of each, and one mail a person`, async () => {
      const world = await Nothing.create();
      try {
        const running = world.project.start("up", "--yes", "--skip-preview");
        let times = 0;
        world.simulator.on(event, (request: RequestRecord) => {
          if (request.route === route && ++times === time) running.kill("SIGKILL");
        });
        expect((await running.result).code).to.equal(null);
        await world.project.recover();
        await world.succeed("up");
        world.expectEnvironment();
        expect((await world.succeed("up", "--refresh")).changes).to.include(untouched);
      } finally {
        await world.end();
      }
    });

  atNight(
    "while a key is replaced, and again: one key is left in the end, and it works",
    async () => {
      const world = await Nothing.create();
      try {
        await world.succeed("up");
        await world.declare({ rotateTrigger: "1" });
        for (let i = 0; i < 2; i++) {
          const running = world.project.start("up", "--yes", "--skip-preview");
          const kill = ({ route }: RequestRecord) => {
            if (route === "createKey") running.kill("SIGKILL");
          };
          world.simulator.on("request", kill);
          expect((await running.result).code).to.equal(null);
          world.simulator.off("request", kill);
          await world.project.recover();
        }
        await world.succeed("up");
        world.expectEnvironment();
        const [key] = world.simulator.keys(world.organizationId);
        expect((await world.project.outputs()).apiKey).to.equal(key?.text);
        await world.succeed("refresh");
      } finally {
        await world.end();
      }
    },
  );
});

describe("an `up` from nothing that goes unanswered", function () {
  this.timeout(300_000);
  const effects: Record<string, Effect> = {
    "the connection breaks after it": { reset: "after" },
    "the connection breaks before it": { reset: "before" },
    "the answer is cut short": { truncate: true },
    "the server has no time": { status: 408, headers: { connection: "close" } },
  };
  let world: Nothing;
  beforeEach(async () => {
    world = await Nothing.create();
  });
  afterEach(() => world.end());

  for (const [what, effect] of some(1, Object.entries(effects)))
    it(`at each POST, as ${what}: makes one of each all the same`, async () => {
      for (const route of ["createOrganization", "createKey", "invite"])
        world.simulator.fault({ route, effect });
      await world.succeed("up");
      world.expectEnvironment();
    });

  atNight(
    "at every POST of a key: fails, leaves none behind, and is mended by the next",
    async () => {
      const fault = world.simulator.fault({
        route: "createKey",
        times: Number.POSITIVE_INFINITY,
        effect: { reset: "after" },
      });
      const { failed } = await world.fail("up");
      expect(failed).to.include("key");
      fault.remove();
      await world.succeed("up");
      world.expectEnvironment();
    },
  );

  it("is refused to the key of an organization, before any write", async () => {
    const { apiKey, id } = world.simulator.createOrganization("acme");
    await world.project.run("config", "set", "--secret", "adminKey", apiKey);
    const { output } = await world.fail("up");
    expect(output).to.include('Refused to create organization "dev" at');
    expect(world.routes()).to.deep.equal(["me"]);
    expect(world.organizations()).to.deep.equal([{ id, name: "acme" }]);
  });

  it("is refused where two resources make the same one", async () => {
    await world.project.write(`
      const trieve = require("pulumi-trieve");
      const server = new trieve.Provider("server", { apiKey: "${adminKey}", apiUrl: "${world.simulator.url}", redirectUri: "http://localhost:5173/" });
      new trieve.TrieveOrganization("a", { name: "dev" }, { provider: server });
      new trieve.TrieveOrganization("b", { name: "dev" }, { provider: server });`);
    const { output } = await world.fail("preview");
    expect(output).to.include(
      `Two resources create organization "dev" at ${world.simulator.url}: "a" and "b". Rename one of them.`,
    );
  });

  const wrong: Record<string, [source: string, problems: string[]]> = {
    "an organization": [
      `TrieveOrganization("it", { name: "R&D", forceDestroy: "yes" }`,
      ['name "R&D" contains <, >, &', 'forceDestroy must be true or false, not "yes"'],
    ],
    "a key": [
      `TrieveApiKey("it", { organizationId: "acme", name: "", role: "root", expiresAt: "soon" }`,
      [
        'organizationId "acme" is not a UUID',
        "name is empty",
        'role must be "user", "admin" or "owner", not "root"',
        'expiresAt "soon" is not a time',
      ],
    ],
  };
  for (const [what, [source, problems]] of Object.entries(wrong))
    it(`says what is wrong with ${what}, all at once, without a request`, async () => {
      await world.project.write(`
        const trieve = require("pulumi-trieve");
        const server = new trieve.Provider("server", { apiKey: "${adminKey}", apiUrl: "${world.simulator.url}", redirectUri: "http://localhost:5173/" });
        new trieve.${source}, { provider: server });`);
      const { output } = await world.fail("preview");
      for (const problem of problems) expect(output).to.include(problem);
      expect(world.routes()).to.deep.equal([]);
    });

  it("looks up an organization that is there", async () => {
    const { id } = world.simulator.createOrganization("acme");
    await world.project.write(`
      const pulumi = require("@pulumi/pulumi");
      const trieve = require("pulumi-trieve");
      const apiKey = new pulumi.Config().requireSecret("adminKey");
      const server = new trieve.Provider("server", { apiKey, apiUrl: "${world.simulator.url}", redirectUri: "http://localhost:5173/" });
      exports.called = trieve.TrieveOrganization.get("acme", "${id}", { provider: server }).name;`);
    await world.succeed("up");
    expect((await world.project.outputs()).called).to.equal("acme");
    expect(world.routes()).to.deep.equal(["getOrganization"]);
  });
});
