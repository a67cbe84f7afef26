import type { AsyncLocalStorage } from "node:async_hooks";
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import {
  beginMeeting,
  Declaration,
  isDeclared,
  Meeting,
  readKnown,
} from "../../provider/deployment/meeting";
import { meetingFolder } from "../../provider/folder";
import type { Approval } from "../../provider/roster/approval";
import { ownMeetingFolder } from "../lifecycle/world";

const organization = "6c8f3c1e-58f6-4c8e-9f2b-0f6c6a3f5d11";
const ada = `${organization}/ada@example.com`;
const bob = `${organization}/bob@example.com`;

const approval: Approval = {
  roster: "urn:pulumi:test::e2e::trieve:index:Roster::team",
  organizationId: organization,
  people: ["ada@example.com"],
  breakGlass: ["root@example.com"],
};

/** As the Automation API keeps apart the inline programs of one process. Not in the SDK's types. */
const { LocalStore } = require("@pulumi/pulumi/runtime/state") as {
  LocalStore: new () => { readonly settings: { readonly options: object } };
};
const { asyncLocalStorage: programs } = globalThis as unknown as {
  asyncLocalStorage: AsyncLocalStorage<unknown>;
};

let deployments = 0;

/** A deployment's program: what runs in it finds this engine. */
function deployment({ dryRun = false, address = "" } = {}) {
  deployments += 1;
  const engineAddress = address || `127.0.0.1:${deployments}`;
  const store = new LocalStore();
  Object.assign(store.settings.options, { engineAddr: engineAddress, dryRun });
  return {
    engineAddress,
    file: () => join(meetingFolder(), `deployment-${engineAddress.replace(":", "-")}.jsonl`),
    run: <T>(work: () => T): T => programs.run(store, work),
  };
}

const json = (line: object) => `${JSON.stringify(line)}\n`;

/** The id of a process that is no more. */
function deadProcess(): number {
  return spawnSync(process.execPath, ["--eval", ""]).pid;
}

describe("which the processes of a deployment share", () => {
  ownMeetingFolder();

  describe("whom the program declares", () => {
    it("is known to its providers, by arguments and then as the engine has it", () => {
      const program = deployment();
      const early = new Meeting(program.engineAddress);
      expect(early.isDeclaredElsewhere(ada, "one"), "before the program has begun").to.equal(false);
      const declaration = program.run(() => {
        const first = new Declaration("ada");
        expect(first.byArguments(ada)).to.equal(undefined);
        return first;
      });
      for (const provider of [early, new Meeting(program.engineAddress)]) {
        expect(provider.isDeclaredElsewhere(ada, "one")).to.equal(true);
        expect(provider.isDeclaredElsewhere(bob, "one")).to.equal(false);
      }
      program.run(() => declaration.asRegistered(ada, "one"));
      expect(early.isDeclaredElsewhere(ada, "one"), "by this very resource").to.equal(false);
      expect(early.isDeclaredElsewhere(ada, "two")).to.equal(true);
    });

    it("is somebody else where a transform says so", () => {
      const program = deployment();
      program.run(() => {
        const declaration = new Declaration("ada");
        declaration.byArguments(ada);
        declaration.asRegistered(bob, "one");
      });
      const provider = new Meeting(program.engineAddress);
      expect(provider.isDeclaredElsewhere(ada, "two")).to.equal(false);
      expect(provider.isDeclaredElsewhere(bob, "two")).to.equal(true);
    });

    it("is one resource's alone: a second is told of the first, in its deployment only", () => {
      const [one, other] = [deployment(), deployment()];
      one.run(() => new Declaration("ada").byArguments(ada));
      expect(one.run(() => new Declaration("again").byArguments(ada))).to.equal(
        `Two resources declare ada@example.com in organization ${organization}: "ada" and "again". Keep one of them.`,
      );
      expect(other.run(() => isDeclared(ada))).to.equal(false);
      expect(other.run(() => new Declaration("ada").byArguments(ada))).to.equal(undefined);
    });

    it("is declared twice by a dynamic resource and one of the plugin, whichever is checked first", () => {
      const urn = "urn:pulumi:dev::acme::trieve:index:Invitation::ada";
      for (const dryRun of [true, false]) {
        const [one, other] = [deployment({ dryRun }), deployment({ dryRun })];
        for (const program of [one, other])
          program.run(() => new Declaration("ada").byArguments(ada));
        const first = new Meeting(one.engineAddress);
        expect(first.declareUnnamed(ada)).to.equal(undefined);
        // The engine checks a replacement again.
        expect(first.declareUnnamed(ada)).to.equal(undefined);
        expect(first.declaredTwice(ada)).to.equal(undefined);
        const told = (names: string) =>
          `Two resources declare ada@example.com in organization ${organization}: ${names}. Keep one of them.`;
        const later = new Meeting(one.engineAddress);
        expect(later.declare(urn, ada)).to.equal(told('"a TrieveInvitation" and "ada"'));
        expect(first.declaredTwice(ada)).to.equal('"a TrieveInvitation" and "ada"');
        expect(first.declaredTwice(bob)).to.equal(undefined);
        expect(new Meeting(other.engineAddress).declare(urn, ada)).to.equal(undefined);
        expect(new Meeting(other.engineAddress).declareUnnamed(ada)).to.equal(
          told('"ada" and "a TrieveInvitation"'),
        );
      }
    });

    it("is written down by an update alone: a preview removes nobody", () => {
      const program = deployment({ dryRun: true });
      program.run(() => {
        beginMeeting();
        new Declaration("ada").byArguments(ada);
        expect(isDeclared(ada)).to.equal(true);
      });
      expect(new Meeting(program.engineAddress).isDeclaredElsewhere(ada, "one")).to.equal(false);
    });
  });

  describe("what a guard approves", () => {
    it("is known to all providers of the deployment, and to those of no other", () => {
      const [one, other] = [deployment(), deployment()];
      for (const program of [one, other]) program.run(beginMeeting);
      const early = new Meeting(one.engineAddress);
      expect(early.approvalOf(approval.roster)).to.equal(undefined);
      new Meeting(one.engineAddress).approve(approval);
      for (const provider of [early, new Meeting(one.engineAddress)]) {
        expect(provider.approvalOf(approval.roster)).to.deep.equal(approval);
        expect(provider.approvalOf("urn:of-another")).to.equal(undefined);
      }
      expect(new Meeting(other.engineAddress).approvalOf(approval.roster)).to.equal(undefined);
    });

    it("is what it approved last", () => {
      const program = deployment();
      program.run(beginMeeting);
      const provider = new Meeting(program.engineAddress);
      provider.approve(approval);
      provider.approve({ ...approval, people: [] });
      expect(provider.approvalOf(approval.roster)?.people).to.deep.equal([]);
    });

    it("is nothing where no program runs, as in `pulumi destroy`", () => {
      const { engineAddress, file } = deployment();
      const provider = new Meeting(engineAddress);
      provider.approve(approval);
      expect(provider.approvalOf(approval.roster)).to.equal(undefined);
      expect(existsSync(file())).to.equal(false);
    });
  });

  describe("what a provider tells of the state", () => {
    const person = {
      id: ada,
      person: {
        managed: ["role"],
        resendTrigger: null,
        mailFailed: false,
        role: "admin",
        scopes: null,
        status: "absent",
      },
    } as const;
    const guard = {
      id: "roster/1",
      roster: {
        organizationId: organization,
        people: [{ email: "ada@example.com", role: "admin" }],
      },
    } as const;

    it("is known to the program of a preview", () => {
      const program = deployment({ dryRun: true });
      program.run(beginMeeting);
      const provider = new Meeting(program.engineAddress);
      provider.tell(person);
      new Meeting(program.engineAddress).tell(guard);
      expect(program.run(readKnown)).to.deep.equal(
        new Map<string, object>([
          [person.id, person],
          [guard.id, guard],
        ]),
      );
    });

    it("is not told in an update, nor where no program runs", () => {
      const program = deployment();
      program.run(beginMeeting);
      new Meeting(program.engineAddress).tell(person);
      expect(program.run(readKnown)).to.deep.equal(new Map());
      const alone = deployment();
      new Meeting(alone.engineAddress).tell(person);
      expect(existsSync(alone.file())).to.equal(false);
    });
  });

  describe("the file", () => {
    it("is begun once by a program, for this user alone, and names a process that lasts", () => {
      const program = deployment();
      program.run(beginMeeting);
      program.run(() => new Declaration("ada").byArguments(ada));
      program.run(beginMeeting);
      const lines = readFileSync(program.file(), "utf8").trim().split("\n");
      expect(lines.map((line) => JSON.parse(line))).to.deep.equal([
        { until: process.pid, preview: false },
        { resource: 1, declares: ada },
      ]);
      expect(statSync(program.file()).mode & 0o777).to.equal(0o600);
    });

    it("of a deployment whose process has ended counts for nothing, and is added to by nobody", () => {
      const { engineAddress, file } = deployment();
      const left =
        json({ until: deadProcess(), preview: true }) +
        json({ resource: 1, declares: ada }) +
        json({ approved: approval });
      writeFileSync(file(), left);
      const provider = new Meeting(engineAddress);
      expect(provider.isDeclaredElsewhere(ada, "one")).to.equal(false);
      expect(provider.approvalOf(approval.roster)).to.equal(undefined);
      provider.approve(approval);
      provider.tell({ id: ada });
      expect(provider.approvalOf(approval.roster)).to.equal(undefined);
      expect(readFileSync(file(), "utf8")).to.equal(left);
    });

    it("of such a deployment is begun anew by the program of the next on the same port", () => {
      const { engineAddress, file, run } = deployment();
      const stale = json({ until: deadProcess(), preview: false });
      writeFileSync(
        file(),
        stale + json({ approved: approval }) + json({ resource: 1, declares: bob }),
      );
      const early = new Meeting(engineAddress);
      expect(early.approvalOf(approval.roster)).to.equal(undefined);
      run(() => new Declaration("ada").byArguments(ada));
      for (const provider of [early, new Meeting(engineAddress)]) {
        expect(provider.approvalOf(approval.roster)).to.equal(undefined);
        expect(provider.isDeclaredElsewhere(bob, "one")).to.equal(false);
        expect(provider.isDeclaredElsewhere(ada, "one")).to.equal(true);
      }
    });

    it("may end in a line that is half written, which waits for its other half", () => {
      const { engineAddress, file, run } = deployment();
      run(beginMeeting);
      const provider = new Meeting(engineAddress);
      // Cut within a character of two bytes.
      const bytes = Buffer.from(json({ approved: { ...approval, people: ["zoë@example.com"] } }));
      const cut = bytes.indexOf("ë") + 1;
      appendFileSync(file(), json({ resource: 1, declares: ada }));
      appendFileSync(file(), bytes.subarray(0, cut));
      expect(provider.isDeclaredElsewhere(ada, "one")).to.equal(true);
      expect(provider.approvalOf(approval.roster)).to.equal(undefined);
      appendFileSync(file(), bytes.subarray(cut));
      expect(provider.approvalOf(approval.roster)?.people).to.deep.equal(["zoë@example.com"]);
    });

    it("may have a first line that is half written", () => {
      const { engineAddress, file } = deployment();
      const first = json({ until: process.pid, preview: false });
      writeFileSync(file(), first.slice(0, 9));
      const provider = new Meeting(engineAddress);
      expect(provider.isDeclaredElsewhere(ada, "one")).to.equal(false);
      appendFileSync(file(), first.slice(9) + json({ resource: 1, declares: ada }));
      expect(provider.isDeclaredElsewhere(ada, "one")).to.equal(true);
    });

    it("is removed by a later deployment when it is older than a week", () => {
      const [old, recent] = [deployment(), deployment()];
      for (const { run } of [old, recent]) run(beginMeeting);
      const then = (days: number) => new Date(Date.now() - days * 24 * 3600 * 1000);
      utimesSync(old.file(), then(8), then(8));
      utimesSync(recent.file(), then(6), then(6));
      deployment().run(beginMeeting);
      expect([existsSync(old.file()), existsSync(recent.file())]).to.deep.equal([false, true]);
    });
  });
});
