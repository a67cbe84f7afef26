import { expect } from "chai";
import { namesLeft } from "../../provider/deployment/named";
import { wantedOf } from "../../provider/lifecycle/decide";
import { listEverybody } from "../../provider/lifecycle/everybody";
import {
  bearsMark,
  countsOf,
  guardedPeople,
  memberInputs,
  readRoster,
  rosterRules,
} from "../../provider/resources/roster";
import { type PreviewedRoster, Rosters } from "../../provider/resources/rosterPreview";
import { inWorld, ownMeetingFolder, put, type World } from "../lifecycle/world";

type Args = Parameters<typeof rosterRules>[0];

const people = (...emails: string[]) =>
  emails.map((email) => ({ email, role: "user" as const, roleIsDefault: true }));

/** A roster with these people on its list, whose guard has recorded those before. */
function rosterOf(
  world: World,
  { now, before, ...args }: Args & { now: string[]; before?: string[] },
): PreviewedRoster {
  const { organizationId } = world;
  const { client } = world.organization.directory;
  const declared = new Set(now.map((email) => `${organizationId}/${email}`));
  return {
    ...{ key: "team", apiUrl: world.simulator.url, organizationId, isToldByEach: false },
    everybody: () => listEverybody(client, organizationId),
    account: () => client.account(),
    isDeclared: (person) => declared.has(person),
    rules: rosterRules(args),
    before: before && { organizationId, people: people(...before) },
    after: people(...now),
    wanted: people(...now).map((entry) => wantedOf(memberInputs(entry), undefined)),
  };
}

describe("the preview of a roster", () => {
  ownMeetingFolder();
  const left = ({ simulator, organizationId }: World) =>
    namesLeft({ key: "team", server: simulator.url, organizationId });

  const told = async (world: World, roster: PreviewedRoster, rosters = new Rosters()) => {
    rosters.expect(world.organizationId, roster.rules.unmanaged, []);
    const { notes, ...rest } = await rosters.preview(roster);
    return { lines: notes.map(({ level, text }) => `${level}: ${text}`), ...rest };
  };

  it("tells of each on the list, of those whose line is gone, and of those whom nothing declares", () =>
    inWorld({}, async (world) => {
      put(world, ["member user ada@x.example", "invited user bob@x.example"]);
      put(world, ["member user eve@x.example"]);
      const roster = rosterOf(world, { now: ["ada@x.example", "cy@x.example"], before: [] });
      const before = { organizationId: world.organizationId, people: people("bob@x.example") };
      const { lines, remove, refusal } = await told(world, { ...roster, before });
      expect(lines.map((line) => line.replace(/ since \S+/, ""))).to.deep.equal([
        "info: unchanged: user",
        "info: invite as user",
        "info: bob@x.example line deleted; pending as user",
        `warn: Organization ${world.organizationId} has 1 person whom this program does not declare: eve@x.example. Add them to the roster, or set \`unmanaged\` to "remove" or "ignore".`,
      ]);
      expect({ remove, refusal }).to.deep.equal({ remove: [], refusal: undefined });
      const each = await told(world, { ...roster, isToldByEach: true });
      expect(each.lines, "where each tells of themselves").to.have.length(1);
    }));

  it("names strangers once, by the last roster of the organization, and not where one removes or ignores them", () =>
    inWorld({}, async (world) => {
      put(world, ["member user eve@x.example"]);
      const strangers = async (...unmanaged: NonNullable<Args["unmanaged"]>[]) => {
        const rosters = new Rosters();
        for (const one of unmanaged) rosters.expect(world.organizationId, one, []);
        const notes = [];
        for (const one of unmanaged)
          notes.push(
            ...(await rosters.preview(rosterOf(world, { now: [], unmanaged: one }))).notes,
          );
        return notes.filter(({ text }) => text.includes("does not declare")).length;
      };
      expect(await strangers("warn", "warn")).to.equal(1);
      expect(await strangers("warn", "ignore")).to.equal(0);
      expect(await strangers("remove", "warn")).to.equal(0);
    }));

  it("leaves the names of those whom it removes for the run that follows, which removes nobody else", () =>
    inWorld({}, async (world) => {
      put(world, ["member user eve@x.example", "member user root@x.example"]);
      put(world, ["member owner olga@x.example"]);
      const rosters = new Rosters();
      rosters.protect(["ROOT@x.example"]);
      const roster = rosterOf(world, { now: [], unmanaged: "remove", limits: { maxRemovals: 1 } });
      expect((await rosters.namedBefore(roster)).notes[0]?.text).to.contain("no preview of this");
      const { lines, remove } = await told(world, roster, rosters);
      expect(remove).to.deep.equal(["eve@x.example"]);
      expect(lines.join("\n"))
        .to.match(/eve@x.example is not declared; member .*; will be removed/)
        .and.match(/olga@x.example is not declared; .* stays: no other owner would be left/)
        .and.not.contain("root@x.example");
      put(world, ["member user mallory@x.example"]);
      expect(await rosters.namedBefore(roster)).to.deep.equal({ notes: [], remove });
      const declares = { ...roster, isDeclared: () => true };
      expect((await rosters.namedBefore(declares)).remove, "declared since").to.deep.equal([]);
    }));

  it("takes nobody for a stranger whom another roster is about to declare", () =>
    inWorld({}, async (world) => {
      put(world, ["member user eve@x.example"]);
      const rosters = new Rosters();
      rosters.expect(world.organizationId, "warn", [{ email: "eve@x.example" }]);
      const roster = rosterOf(world, { now: [], unmanaged: "remove" });
      expect((await told(world, roster, rosters)).remove).to.deep.equal([]);
    }));

  it("that is refused leaves no names: for a default role, and for too many strangers", () =>
    inWorld({}, async (world) => {
      put(world, ["member admin ada@x.example", "member user eve@x.example"]);
      const removing = { unmanaged: "remove", limits: { maxRemovals: 1 } } as const;
      await told(world, rosterOf(world, { ...removing, now: [], limits: { maxRemovals: 2 } }));
      expect(left(world)).to.have.length(2);
      const lowered = await told(world, rosterOf(world, { ...removing, now: ["ada@x.example"] }));
      expect(lowered.refusal).to.equal(
        "1 person on the roster would be refused: ada@x.example. Nothing was written.",
      );
      expect(left(world)).to.equal(undefined);
      await told(world, rosterOf(world, { ...removing, now: [], limits: { maxRemovals: 2 } }));
      const many = await told(world, rosterOf(world, { ...removing, now: [] }));
      expect(many.refusal).to.match(/would remove 2 of 2 people/);
      expect(left(world)).to.equal(undefined);
      put(world, ["member owner default"]);
      const share = { unmanaged: "remove", limits: { maxRemovals: "50%" } } as const;
      const shared = await told(world, rosterOf(world, { ...share, now: [] }));
      expect(shared.refusal, "without the server's own account").to.match(/2 of 2 people/);
    }));

  it("goes on without a server, and then nobody is named, so that nobody is removed", () =>
    inWorld({}, async (world) => {
      const roster = rosterOf(world, { now: ["ada@x.example"], unmanaged: "remove" });
      await told(world, roster);
      const silent = { ...roster, everybody: () => Promise.reject(new Error("No answer.")) };
      const { lines, ...rest } = await told(world, silent);
      expect(lines).to.have.length(1);
      expect(lines[0]).to.match(/^warn: .*does not show per-person changes.* No answer\.$/);
      expect(rest).to.deep.equal({ remove: [] });
      expect(left(world)).to.equal(undefined);
    }));

  it("in an update, too: who cannot be looked at is not removed", () =>
    inWorld({}, async (world) => {
      put(world, ["member user eve@x.example"]);
      const roster = rosterOf(world, { now: [], unmanaged: "remove" });
      await told(world, roster);
      const silent = { ...roster, everybody: () => Promise.reject(new Error("No answer.")) };
      expect(await new Rosters().namedBefore(silent)).to.deep.equal({
        notes: [
          { level: "warn", text: 'unmanaged: "remove" removes nobody in this run. No answer.' },
        ],
        remove: [],
      });
    }));
});

describe("the people of a roster", () => {
  it("come from a file or a list, not from both, nor from neither", () => {
    const neither = ": set either `file` or `members`.";
    for (const args of [{}, { file: "members.yaml", members: [] }])
      expect(readRoster(args)).to.include({ people: undefined, summary: neither });
    const { summary } = readRoster({ file: "nowhere.yaml" }) as { summary?: string };
    expect(summary).to.match(/^: there is no file .*nowhere\.yaml$/);
    const folder = readRoster({ file: __dirname }) as { summary?: string };
    expect(folder.summary).to.match(/EISDIR/);
  });

  it("are those whose last day is not over", () => {
    const members = ["ada@x.example", { email: "bob@x.example", until: "2020-01-31" }];
    const read = readRoster({ members });
    expect(read.people?.map(({ email }) => email)).to.deep.equal(["ada@x.example"]);
  });

  const wrong: readonly (readonly [args: object, problem: string])[] = [
    [{ file: 5 }, "file: must be the path of a file"],
    [{ limits: [] }, "limits: must be a map"],
    [{ limits: 5 }, "limits: must be a map"],
    [{ limits: { allowedDomains: [5] } }, "limits.allowedDomains: must be a list of domains"],
    [{ breakGlass: "root@x.example" }, "breakGlass: must be a list of email addresses"],
    [{ breakGlass: [null] }, "breakGlass: must be a list of email addresses"],
    [{ unmanaged: "rmove" }, 'unmanaged: "rmove" must be "warn", "ignore" or "remove"'],
  ];
  for (const [args, problem] of wrong)
    it(`are not read where the arguments are wrong: ${JSON.stringify(args)}`, () => {
      expect(readRoster({ members: [], ...args })).to.deep.equal({
        ...{ people: undefined, summary: " has wrong arguments:", problems: [problem] },
      });
    });

  it("have all their problems told", () => {
    const one = readRoster({ members: ["ada"] });
    expect(one).to.include({ summary: " has a problem:" });
    const two = readRoster({ members: ["ada", "bob"] });
    expect(two).to.include({ summary: " has 2 problems:" });
  });

  it("bear its mark, until it is meant to end: then those on breakGlass alone", () => {
    const bears = (email: string, maxRemovals: "25%" | "100%" = "25%") =>
      bearsMark(email, rosterRules({ limits: { maxRemovals }, breakGlass: ["Root@x.example"] }));
    expect(bears("ada@x.example")).to.equal(true);
    expect(bears("ada@x.example", "100%")).to.equal(false);
    expect(bears("root@x.example", "100%")).to.equal(true);
  });

  it("are held by the guard in an order that is not the list's, and counted by what they are", () => {
    const { people = [] } = readRoster({ members: ["bob@x.example", "ada@x.example"] });
    const held = guardedPeople(people);
    expect(held.map(({ email }) => email)).to.deep.equal(["ada@x.example", "bob@x.example"]);
    const statuses = { a: "member", b: "pending", c: "absent", d: "member" } as const;
    expect(countsOf(statuses)).to.deep.equal({ member: 2, pending: 1 });
  });
});
