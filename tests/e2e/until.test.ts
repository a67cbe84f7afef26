import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { utcDay } from "../../provider/roster/people";
import { passDay, World } from "./world";

/** Days as in a roster, of one moment. */
interface Days {
  readonly yesterday: string;
  readonly today: string;
  readonly tomorrow: string;
}

function daysAround(today: string): Days {
  const shifted = (days: number) => utcDay(new Date(Date.parse(today) + days * 24 * 3_600_000));
  return { yesterday: shifted(-1), today, tomorrow: shifted(1) };
}

describe("the last day of people, with the real CLI", function () {
  this.timeout(600_000);
  let world: World;
  const write = (people: readonly string[]) =>
    writeFileSync(
      join(world.project.folder, "members.yaml"),
      ["members:", ...people.map((line) => `  - ${line}`)].join("\n"),
    );
  const line = (email: string, until: string) => `{ email: ${email}, until: ${until} }`;

  /** The clock is the real one: a test during which midnight passes (UTC) is done once more. */
  const onOneDay = (title: string, test: (days: Days) => Promise<void>) =>
    it(title, async () => {
      for (;;) {
        const today = utcDay(new Date());
        world = await World.create({});
        await world.project.write(
          `const trieve = require("pulumi-trieve"); new trieve.TrieveRoster("team", { file: "members.yaml" });`,
        );
        try {
          return await test(daysAround(today));
        } catch (error) {
          if (utcDay(new Date()) === today) throw error;
        } finally {
          await world.end();
        }
      }
    });

  onOneDay("is one on which they are still in", async ({ yesterday, today, tomorrow }) => {
    write([
      line("ada@example.com", yesterday),
      line("bob@example.com", today),
      line("eve@example.com", tomorrow),
    ]);
    await world.succeed("up");
    expect(Object.keys(world.people())).to.have.members(["bob@example.com", "eve@example.com"]);
    expect(world.mailsTo("ada@example.com")).to.equal(0);
  });

  onOneDay(
    "may come to a file later, or earlier than it said",
    async ({ yesterday, today, tomorrow }) => {
      write([line("ada@example.com", tomorrow), "bob@example.com"]);
      await world.succeed("up");
      world.accept("ada@example.com");
      world.requests();

      write([line("ada@example.com", yesterday), line("bob@example.com", today)]);
      const first = await world.succeed("up");
      expect(first.changes).to.deep.include({
        "team/ada@example.com": "delete",
        "team/bob@example.com": "same",
      });
      expect(world.people()).to.deep.equal({ "bob@example.com": "user, pending" });
      expect(world.writes()).to.deep.equal(["removeMember"]);

      write([line("ada@example.com", yesterday), line("bob@example.com", yesterday)]);
      await world.succeed("up");
      expect(world.people()).to.deep.equal({});

      // Somebody whose time is over comes back by their line alone.
      write([line("ada@example.com", tomorrow), line("bob@example.com", yesterday)]);
      await world.succeed("up");
      expect(world.people()).to.deep.equal({ "ada@example.com": "user, member" });
    },
  );

  onOneDay(
    "that forty have in common removes them all, and no rail stops it",
    async ({ yesterday, tomorrow }) => {
      const emails = Array.from({ length: 40 }, (_, i) => `p${i}@example.com`);
      const file = (until: string) =>
        write(["olga@example.com", ...emails.map((email) => line(email, until))]);
      file(tomorrow);
      await world.succeed("up");
      expect(Object.keys(world.people())).to.have.lengthOf(41);
      world.requests();

      // A change of the file is no passing of time.
      file(yesterday);
      const { output } = await world.fail("up");
      expect(output).to.include("This would remove 40 of 41 people");
      expect(world.writes()).to.deep.equal([]);

      // What the last run leaves when their day then passes: state and file name the same day, which is over.
      expect(await passDay(world, tomorrow, yesterday)).to.equal(40);
      const preview = await world.succeed("preview");
      expect(
        Object.values(preview.changes).filter((change) => change === "delete"),
      ).to.have.lengthOf(40);
      await world.succeed("up");
      expect(world.people()).to.deep.equal({ "olga@example.com": "user, pending" });
      expect(world.writes()).to.deep.equal(Array(40).fill("deleteInvitation"));
    },
  );
});
