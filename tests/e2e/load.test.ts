import { expect } from "chai";
import { Project } from "./cli";
import { atNight, dashboard, World } from "./world";

/** What everybody writes first: POST on create, no list, no limit. */
const plainProvider = (server: string, key: string, organization: string, n: number) => `
  const pulumi = require("@pulumi/pulumi");
  const headers = { Authorization: "${key}", "TR-Organization": "${organization}", "Content-Type": "application/json" };
  const provider = {
    async create({ email }) {
      const response = await fetch("${server}/api/invitation", { method: "POST", headers, signal: AbortSignal.timeout(5000),
        body: JSON.stringify({ email, user_role: 0, app_url: "${server}/api", redirect_uri: "${dashboard}" }) });
      if (!response.ok) throw new Error(String(response.status));
      return { id: email, outs: { email } };
    },
  };
  class Plain extends pulumi.dynamic.Resource {
    constructor(name, args) { super(provider, name, args, {}, "test", "Plain"); }
  }
  for (let i = 0; i < ${n}; i++) new Plain("p" + i, { email: "p" + i + "@example.com" });`;

describe("many people at once", function () {
  this.timeout(300_000);
  // A mail server that takes its time: creates pile up as they do in production.
  const simulator = { mailDelayMs: 400 };

  it("60 with --parallel 64: the server lives, with 4 requests in flight at most, and all are in", async () => {
    const people = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [`p${i}`, { email: `p${i}@example.com` }]),
    );
    const world = await World.create(people, { simulator });
    try {
      await world.succeed("up", "--parallel", "64");
      expect(world.simulator.hung).to.equal(false);
      expect(world.simulator.highestInFlight).to.be.within(1, 4);
      expect(Object.keys(world.people())).to.have.lengthOf(60);
    } finally {
      await world.end();
    }
  });

  it("30 on each of three providers of one server: the same, over three processes", async () => {
    const world = await World.create({}, { simulator });
    try {
      const organizations = ["one", "two", "three"].map((name) => ({
        ...world.simulator.createOrganization(name),
        name,
      }));
      const providers = organizations.map(
        ({ id, name, apiKey }) => `
        const ${name} = new trieve.Provider("${name}", { apiKey: "${apiKey}", organizationId: "${id}",
          apiUrl: "${world.simulator.url}", redirectUri: "${dashboard}" });
        for (let i = 0; i < 30; i++)
          new trieve.TrieveInvitation("${name}" + i, { email: "p" + i + "@example.com" }, { provider: ${name} });`,
      );
      await world.declare({}, providers.join("\n"));
      await world.succeed("up", "--parallel", "64");
      expect(world.simulator.hung).to.equal(false);
      expect(world.simulator.highestInFlight).to.be.within(1, 4);
      for (const { id } of organizations)
        expect(Object.keys(world.people(id))).to.have.lengthOf(30);
    } finally {
      await world.end();
    }
  });

  atNight("a plain provider, run the same way, hangs the server for good", async () => {
    const world = await World.create({}, { simulator });
    const { url } = world.simulator;
    const { apiKey, id } = world.organization;
    const plain = await Project.create({
      program: plainProvider(url, apiKey, id, 60),
      name: "plain",
    });
    try {
      const result = await plain.up("--skip-preview", "--parallel", "64");
      expect(result.code).not.to.equal(0);
      expect(world.simulator.hung).to.equal(true);
    } finally {
      await plain.remove();
      await world.end();
    }
  });
});
