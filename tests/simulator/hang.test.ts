import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { expect } from "chai";
import { type Simulator, startSimulator } from "../../simulator";
import { send } from "./http";
import { eachTest, outcome } from "./world";

/** `count` requests with an organization key, all at once; resolves when all have arrived. */
async function burst(simulator: Simulator, count: number): Promise<{ answers: Promise<number>[] }> {
  const { id, apiKey } = simulator.createOrganization("burst");
  const before = simulator.requests.length;
  const headers = { Authorization: apiKey, "TR-Organization": id };
  const answers = Array.from({ length: count }, async () => {
    return (await send(simulator.url, "GET", `/api/invitations/${id}`, { headers })).status;
  });
  while (simulator.requests.length < before + count) {
    await once(simulator, "request");
  }
  return { answers };
}

describe("simulator: the hang", () => {
  const world = eachTest();
  const list = (key?: string) =>
    world.ask("GET", `/api/invitations/${world.organization.id}`, key === undefined ? {} : { key });

  it("never comes with nine at once, however often", async () => {
    for (let round = 0; round < 20; round += 1) {
      const { answers } = await burst(world.simulator, 9);
      expect(new Set(await Promise.all(answers))).to.deep.equal(new Set([200]));
    }
    expect(world.simulator.hung).to.equal(false);
    expect(world.simulator.highestInFlight).to.equal(9);
  });

  it("comes with ten, for good and for everybody but health", async () => {
    await burst(world.simulator, 10);
    expect(world.simulator.hung).to.equal(true);
    expect(
      outcome(await world.ask("GET", "/api/health", { key: null, organization: null })),
    ).to.equal("200");
    let answered = 0;
    const late = [
      () => list(),
      () => list("admin"),
      () => list("tr-nothing"),
      () => world.ask("GET", "/api/health"),
    ];
    for (const request of late) {
      void request().then(({ status }) => {
        answered += status === 0 ? 0 : 1;
      });
    }
    while (world.simulator.requests.length < 15) {
      await once(world.simulator, "request");
    }
    // Health goes all the way again, so the others have had their chance.
    await world.ask("GET", "/api/health", { key: null, organization: null });
    expect(answered).to.equal(0);
    expect(world.simulator.inFlight).to.equal(14);
  });

  it("comes with ten from another process, every time", async () => {
    for (let round = 0; round < 5; round += 1) {
      const simulator = await startSimulator();
      const { id, apiKey } = simulator.createOrganization("far");
      const script = `
        const headers = { authorization: ${JSON.stringify(apiKey)}, "tr-organization": "${id}" };
        for (let n = 0; n < 10; n += 1) fetch("${simulator.url}/api/invitations/${id}", { headers }).catch(() => {});
      `;
      const child: ChildProcess = spawn(process.execPath, ["-e", script], { stdio: "ignore" });
      while (simulator.requests.length < 10) {
        await once(simulator, "request");
      }
      const { hung } = simulator;
      child.kill();
      await simulator.close();
      expect(hung, `round ${round}`).to.equal(true);
    }
  });

  it("does not come from the admin key", async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, () => list("admin")));
    expect(new Set(replies.map(({ status }) => status))).to.deep.equal(new Set([200]));
    expect(world.simulator.hung).to.equal(false);
  });

  it("counts requests that wait for their mail", async () => {
    world.simulator.mailDelayMs = 60_000;
    for (let n = 0; n < 9; n += 1) {
      const arrived = once(world.simulator, "request");
      void world.invite(`p${n}@x.example`);
      await arrived;
    }
    while (world.simulator.invitations(world.organization.id).length < 9) {
      await turn();
    }
    expect(world.simulator.hung).to.equal(false);
    void list();
    await once(world.simulator, "request");
    expect(world.simulator.hung).to.equal(true);
  });

  it("lets the simulator be closed", async () => {
    const { answers } = await burst(world.simulator, 12);
    await world.simulator.close();
    expect(new Set(await Promise.all(answers)), "connections end").to.deep.equal(new Set([0]));
  });

  describe("turned off", () => {
    const calm = eachTest({ hangs: false });
    it("does not come at all", async () => {
      const { answers } = await burst(calm.simulator, 50);
      expect(new Set(await Promise.all(answers))).to.deep.equal(new Set([200]));
      expect(calm.simulator.hung).to.equal(false);
    });
  });
});
