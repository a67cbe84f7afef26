import { expect } from "chai";
import type { RequestRecord } from "../../simulator";
import { type Declared, some, World } from "./world";

const people = Array.from({ length: 20 }, (_, i) => `person${i}@example.com`);

describe("the CLI is killed during an `up` of 20 people", function () {
  this.timeout(180_000);

  for (const post of some(1, [10, 1])) {
    it(`when the server has received POST number ${post}: 20 people, one mail each, all out in the end`, async () => {
      const declared = people.map((email): [string, Declared] => [
        email,
        { email, deletionPolicy: "remove" },
      ]);
      const world = await World.create(Object.fromEntries(declared), {
        // As slow as a real one, so that requests are in flight when the CLI dies.
        simulator: { mailDelayMs: 100 },
      });
      try {
        for (const email of people.slice(0, 10)) world.simulator.createAccount(email);
        const running = world.project.start("up", "--yes", "--skip-preview");
        let posts = 0;
        world.simulator.on("request", ({ route }: RequestRecord) => {
          if (route === "invite" && ++posts === post) running.kill("SIGKILL");
        });
        expect((await running.result).code).to.equal(null);

        await world.project.recover();
        const invited = people.slice(10).find((email) => world.mailsTo(email) > 0);
        if (invited) world.accept(invited);
        await world.succeed("up", "--refresh");
        expect(Object.keys(world.people()).sort()).to.deep.equal([...people].sort());
        expect(
          world.simulator.members(world.organization.id),
          "nobody twice, and the owner",
        ).to.have.lengthOf(people.slice(0, 10).length + (invited ? 1 : 0) + 1);
        for (const email of people) expect(world.mailsTo(email), email).to.equal(1);
        expect((await world.succeed("up")).output).to.include("21 unchanged");

        await world.succeed("destroy");
        expect(world.people()).to.deep.equal({});
      } finally {
        await world.end();
      }
    });
  }
});
