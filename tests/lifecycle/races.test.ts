import { expect } from "chai";
import { ensure, HalfDone, remove } from "../../provider/lifecycle/act";
import type { Inputs, Outputs } from "../../provider/lifecycle/state";
import type { RequestRecord } from "../../simulator";
import {
  accept,
  briefly,
  declared,
  inWorld,
  isWrite,
  outcomeOf,
  put,
  type Row,
  recorded,
  rowsOf,
  says,
  type World,
  type WorldOptions,
} from "./world";

const look = ["invitations", "members"];
/** Lists are told apart by the millisecond. */
const pause = () => new Promise((resolve) => setTimeout(resolve, 5));
const email = "ada@x.example";

const create = (world: World, more: Partial<Inputs> = {}) =>
  ensure(world.organization, declared(world, more), undefined);
const update = (world: World, records: Partial<Outputs>, more: Partial<Inputs> = {}) =>
  ensure(world.organization, declared(world, more), recorded(world, records));

/** Opens the newest link. */
function acceptNewest({ simulator, organizationId }: World): void {
  const { id } = simulator.invitations(organizationId).at(-1) ?? { id: "" };
  accept(simulator, organizationId, id, email);
}

/** The state that a failed operation leaves to record. */
async function halfDone(operation: Promise<unknown>): Promise<HalfDone> {
  const error = await operation.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof HalfDone)) throw new Error(`not half done: ${error}`);
  return error;
}

describe("races: somebody else acts between two requests", () => {
  const rows: readonly {
    it: string;
    given: readonly Row[];
    run: (world: World) => Promise<unknown>;
    /** The first of these requests finds that `meanwhile` has happened just before. */
    before: (request: RequestRecord, earlier: readonly string[]) => boolean;
    meanwhile: (world: World) => void;
    calls: readonly string[];
    outcome: string;
    leaves: readonly Row[];
    mails?: number;
  }[] = [
    {
      it: "accepted while being deleted: the membership goes as well",
      given: ["invited user ada@x.example"],
      run: (world) => remove(world.organization, recorded(world, {})),
      before: ({ route }) => route === "deleteInvitation",
      meanwhile: acceptNewest,
      calls: [...look, "DELETE invitation", ...look, "me", "DELETE member", ...look],
      outcome: "nothing",
      leaves: [],
    },
    // A long `up` lists invitations after each write, and members seldom.
    {
      it: "accepted after the members were listed and before the invitations were: the membership goes",
      given: ["invited user ada@x.example"],
      run: async (world) => {
        const { directory } = world.organization;
        await directory.look("somebody.else@x.example", 60_000);
        await pause();
        await directory.invitationsAfresh("somebody.else@x.example");
        await remove(world.organization, recorded(world, {}));
      },
      before: (_, earlier) => earlier.length === 2,
      meanwhile: acceptNewest,
      // Lists in a row are sorted.
      calls: ["invitations", "invitations", "members", "members", "me", "DELETE member", ...look],
      outcome: "nothing",
      leaves: ["used user ada@x.example"],
    },
    {
      it: "accepted while the role changes: the member gets it, no mail",
      given: ["invited user ada@x.example"],
      run: (world) => update(world, { managed: ["role"] }, { role: "admin" }),
      before: ({ route }) => route === "deleteInvitation",
      meanwhile: acceptNewest,
      calls: [...look, "DELETE invitation", "POST invitation", ...look, "PUT user", ...look],
      outcome: "member admin",
      leaves: ["member admin ada@x.example"],
    },
    {
      it: "accepted right after the invitation: a member, not adopted",
      given: [],
      run: (world) => create(world),
      before: ({ route }, earlier) =>
        route === "listInvitations" && earlier.includes("POST invitation"),
      meanwhile: acceptNewest,
      calls: [...look, "POST invitation", "invitations", ...look],
      outcome: "member user",
      leaves: ["member user ada@x.example", "used user ada@x.example"],
      mails: 1,
    },
    {
      it: "invited by somebody else at the same time: taken over, no second mail",
      given: [],
      run: (world) => create(world),
      before: ({ route }) => route === "invite",
      meanwhile: (world) => put(world, ["invited user ada@x.example"]),
      calls: [...look, "POST invitation", ...look],
      outcome: "pending user",
      leaves: ["invited user ada@x.example"],
    },
    {
      it: "added by somebody else at the same time: adopted",
      given: [],
      run: (world) => create(world, { role: "admin" }),
      before: ({ route }) => route === "invite",
      meanwhile: (world) => put(world, ["member user ada@x.example"]),
      calls: [...look, "POST invitation", ...look, "PUT user", ...look],
      outcome: "member admin adopted from user",
      leaves: ["member admin ada@x.example"],
    },
    {
      // A request that was given up may still be carried out, after the lists that were to show it.
      it: "the first POST lands late, just before the second: not adopted",
      given: ["account user ada@x.example"],
      run: (world) => {
        world.simulator.fault({ route: "invite", effect: says(500, "late") });
        return create(world);
      },
      before: ({ route }, earlier) => route === "invite" && earlier.includes("POST invitation"),
      meanwhile: (world) => put(world, ["member user ada@x.example"]),
      calls: [...look, "POST invitation", ...look, "POST invitation", ...look],
      outcome: "member user",
      leaves: ["member user ada@x.example"],
    },
    {
      it: "invitation deleted by somebody else while being deleted: success",
      given: ["invited user ada@x.example"],
      run: (world) => remove(world.organization, recorded(world, {})),
      before: ({ route }) => route === "deleteInvitation",
      meanwhile: ({ simulator, organizationId }) =>
        simulator.deleteInvitations(organizationId, email),
      calls: [...look, "DELETE invitation", ...look],
      outcome: "nothing",
      leaves: [],
    },
    {
      it: "member removed by somebody else while being deleted: success",
      given: ["member user ada@x.example"],
      run: (world) => remove(world.organization, recorded(world, { status: "member" })),
      before: ({ route }) => route === "removeMember",
      meanwhile: ({ simulator, organizationId }) => simulator.removeMember(organizationId, email),
      calls: [...look, "me", "DELETE member", ...look],
      outcome: "nothing",
      leaves: [],
    },
    {
      it: "member removed by somebody else while their role changes: added again, not adopted",
      given: ["member user ada@x.example"],
      run: (world) => create(world, { role: "admin" }),
      before: ({ route }) => route === "updateMember",
      meanwhile: ({ simulator, organizationId }) => simulator.removeMember(organizationId, email),
      calls: [...look, "PUT user", ...look, "POST invitation", "invitations", ...look],
      outcome: "member admin",
      leaves: ["member admin ada@x.example"],
      mails: 1,
    },
    {
      it: "invited again by somebody else while being deleted: that one goes too",
      given: ["invited user ada@x.example"],
      run: (world) => remove(world.organization, recorded(world, {})),
      before: ({ route }, earlier) =>
        route === "listInvitations" && earlier.includes("DELETE invitation"),
      meanwhile: (world) => put(world, ["invited user Ada@x.example"]),
      calls: [...look, "DELETE invitation", ...look, "DELETE invitation", ...look],
      outcome: "nothing",
      leaves: [],
    },
    {
      it: "invitation deleted by somebody else right after the POST: said, and no second mail",
      given: [],
      run: (world) => create(world),
      before: ({ route }, earlier) =>
        route === "listInvitations" && earlier.includes("POST invitation"),
      meanwhile: ({ simulator, organizationId }) =>
        simulator.deleteInvitations(organizationId, email),
      calls: [...look, "POST invitation", "invitations", ...look],
      outcome: "HalfDone(Error): absent",
      leaves: [],
      mails: 1,
    },
  ];
  for (const row of rows)
    it(row.it, () =>
      inWorld({}, async (world) => {
        put(world, row.given);
        const earlier: string[] = [];
        let happened = false;
        world.simulator.on("request", (request) => {
          if (!happened && row.before(request, earlier)) {
            happened = true;
            row.meanwhile(world);
          }
          earlier.push(
            request.route === "invite"
              ? "POST invitation"
              : request.method === "DELETE"
                ? "DELETE invitation"
                : request.route,
          );
        });
        const outcome = await outcomeOf(row.run(world));
        expect({
          calls: await world.calls(),
          outcome,
          leaves: rowsOf(world),
          mails: world.simulator.mails.length,
        }).to.deep.equal({
          calls: row.calls,
          outcome: row.outcome,
          leaves: row.leaves,
          mails: row.mails ?? 0,
        });
      }),
    );

  it("says what became of an invitation that vanished", () =>
    inWorld({}, async (world) => {
      const { simulator, organizationId } = world;
      simulator.on("response", ({ route }) => {
        if (route === "invite") simulator.deleteInvitations(organizationId, email);
      });
      expect((await halfDone(create(world))).message).to.equal(
        `Invited ada@x.example to organization ${organizationId} at ${simulator.url}, but the server lists them neither as invited nor as a member. Somebody else may have removed them. Run \`pulumi up --refresh\`.`,
      );
    }));

  it("gives up on somebody whom others never stop changing", () =>
    inWorld({}, async (world) => {
      const { simulator, organizationId } = world;
      put(world, ["member user ada@x.example"]);
      simulator.on("response", ({ route }) => {
        if (route === "updateMember") simulator.setMember(organizationId, email, { role: "user" });
      });
      const error = await halfDone(create(world, { role: "admin" }));
      expect(error.message).to.equal(
        `Gave up on ada@x.example in organization ${organizationId} at ${simulator.url}: somebody else is changing the same person. Run \`pulumi up --refresh\` when they are done.`,
      );
      expect(briefly(error.outputs)).to.equal("member user adopted from user");
    }));
});

describe("recovery: what failed half-way, and the next up", () => {
  const rows: readonly {
    it: string;
    given?: readonly Row[];
    world?: WorldOptions;
    first: (world: World) => Promise<Outputs>;
    fails: (world: World) => void;
    half: string;
    /** By the state of the first. */
    second: Partial<Inputs>;
    calls: readonly string[];
    outcome: string;
    leaves: readonly Row[];
    /** Over both. */
    mails: number;
  }[] = [
    {
      it: "invited, but the list that confirms it failed: no second mail",
      first: (world) => create(world),
      fails: ({ simulator }) =>
        simulator.once("response", () =>
          simulator.on("response", ({ route }) => {
            if (route === "invite")
              simulator.fault({ route: "listInvitations", effect: { status: 403 } });
          }),
        ),
      half: "absent",
      second: {},
      calls: look,
      outcome: "pending user",
      leaves: ["invited user ada@x.example"],
      mails: 1,
    },
    {
      it: "invitation deleted for another role, and the POST failed: invited, also if the program changed back",
      given: ["invited user ada@x.example"],
      first: (world) => update(world, { managed: ["role"] }, { role: "admin" }),
      fails: ({ simulator }) => simulator.fault({ route: "invite", effect: { status: 403 } }),
      half: "absent user",
      second: { role: "user" },
      calls: [...look, "POST invitation", "invitations"],
      outcome: "pending user",
      leaves: ["invited user ada@x.example"],
      mails: 1,
    },
    {
      it: "scopes cleared, and the POST that adds again failed: added again, still adopted",
      given: ["member admin ada@x.example [GET /api/chunk]"],
      first: (world) =>
        update(world, {
          status: "member",
          managed: ["scopes"],
          adopted: true,
          originalRole: "admin",
        }),
      fails: ({ simulator }) => simulator.fault({ route: "invite", effect: { status: 403 } }),
      half: "absent admin adopted from admin",
      second: { role: "admin" },
      calls: [...look, "POST invitation", "invitations", ...look],
      outcome: "member admin adopted from admin",
      leaves: ["member admin ada@x.example"],
      mails: 1,
    },
    {
      it: "the mail failed: one goes out once the mail server works",
      first: (world) => create(world),
      fails: ({ simulator }) => simulator.fault({ route: "invite", effect: { mailFails: true } }),
      half: "pending user, mail owed",
      second: {},
      calls: [...look, "DELETE invitation", "POST invitation", "invitations"],
      outcome: "pending user",
      leaves: ["invited user ada@x.example"],
      mails: 1,
    },
    {
      it: "the mail failed and fails again: still owed",
      first: (world) => create(world),
      fails: ({ simulator }) =>
        simulator.fault({ route: "invite", times: 2, effect: { mailFails: true } }),
      half: "pending user, mail owed",
      second: {},
      calls: [...look, "DELETE invitation", "POST invitation", "invitations"],
      outcome: "HalfDone(Error): pending user, mail owed",
      leaves: ["invited user ada@x.example"],
      mails: 0,
    },
    {
      it: "the mail owed, but the DELETE before it was refused: still owed",
      first: (world) => create(world),
      fails: ({ simulator }) => {
        simulator.fault({ route: "invite", effect: { mailFails: true } });
        simulator.fault({ route: "deleteInvitation", effect: { status: 403 } });
      },
      half: "pending user, mail owed",
      second: {},
      calls: [...look, "DELETE invitation"],
      outcome: "NotAllowed",
      leaves: ["invited user ada@x.example"],
      mails: 0,
    },
    {
      it: "a member's role changed, and the list that confirms it failed: the outcome is there",
      given: ["member user ada@x.example"],
      first: (world) => create(world, { role: "admin" }),
      fails: ({ simulator }) =>
        simulator.on("response", ({ route }) => {
          if (route === "updateMember")
            simulator.fault({ route: "listMembers", effect: { status: 403 } });
        }),
      half: "member user adopted from user",
      second: { role: "admin" },
      calls: look,
      outcome: "member admin adopted from user",
      leaves: ["member admin ada@x.example"],
      mails: 0,
    },
  ];
  for (const row of rows)
    it(row.it, () =>
      inWorld(row.world ?? {}, async (world) => {
        put(world, row.given ?? []);
        row.fails(world);
        const { outputs } = await halfDone(row.first(world));
        expect(briefly(outputs), "what the first leaves to record").to.equal(row.half);
        await world.calls();
        const requests = world.simulator.requests.length;
        // Another process: nothing is remembered but the state.
        const { Directory } = await import("../../provider/trieve/directory.js");
        const { client } = world.organization.directory;
        const organization = {
          ...world.organization,
          directory: new Directory(client, world.organizationId),
        };
        const outcome = await outcomeOf(ensure(organization, declared(world, row.second), outputs));
        expect({
          calls: await world.calls(requests),
          outcome,
          leaves: rowsOf(world),
          mails: world.simulator.mails.length,
        }).to.deep.equal({
          calls: row.calls,
          outcome: row.outcome,
          leaves: row.leaves,
          mails: row.mails,
        });
      }),
    );

  it("killed between the POST and the state: the next create takes it over, no second mail", () =>
    inWorld({}, async (world) => {
      await create(world);
      expect(briefly(await create(world))).to.equal("pending user");
      expect(world.simulator.mails).to.have.length(1);
    }));

  it("says how a mail that failed is sent once more", () =>
    inWorld({}, async (world) => {
      world.simulator.mailWorks = false;
      expect((await halfDone(create(world))).message).to.equal(
        `Invited ada@x.example to organization ${world.organizationId} at ${world.simulator.url}, but Trieve could not send the email (400 Error sending email.). Fix the server's mail settings (SMTP_*) and run \`pulumi up\` again, which sends the email again. Or set trieve:mail to optional and hand over the output inviteUrl.`,
      );
    }));

  it("warns of a mail that failed to somebody who is in", () =>
    inWorld({}, async (world) => {
      put(world, ["account user ada@x.example"]);
      world.simulator.mailWorks = false;
      await create(world);
      expect(world.warnings).to.deep.equal([
        "ada@x.example was added, but Trieve could not send the email that tells them.",
      ]);
    }));
});

describe("many at once", () => {
  const people = Array.from({ length: 12 }, (_, i) => `person-${i}@x.example`);

  it("creates share the list before, and lists after", () =>
    inWorld({}, async (world) => {
      await Promise.all(people.map((person) => create(world, { email: person })));
      const calls = await world.calls();
      const count = (name: string) => calls.filter((call) => call === name).length;
      expect([count("members"), count("POST invitation")]).to.deep.equal([1, 12]);
      // Half of those who are under way wait for each list that confirms: six of twelve, three of six, …
      expect(count("invitations")).to.be.within(2, 5);
      expect(world.simulator.mails.map(({ to }) => to).sort()).to.deep.equal([...people].sort());
    }));

  it("reads share two lists", () =>
    inWorld({}, async (world) => {
      const { read } = await import("../../provider/lifecycle/act.js");
      const { organization, organizationId } = world;
      put(
        world,
        people.map((person) => `invited user ${person}`),
      );
      const found = await Promise.all(
        people.map((person) => read(organization, { email: person, organizationId }, undefined)),
      );
      expect(found.map((outputs) => outputs?.email)).to.deep.equal(people);
      expect(await world.calls()).to.deep.equal(look);
    }));

  it("one that is refused does not disturb the others", () =>
    inWorld({}, async (world) => {
      world.simulator.fault({
        route: "invite",
        when: (request) => request.email === people[3],
        effect: says(400, "Invalid email"),
      });
      const outcomes = await Promise.all(
        people.map((person) => outcomeOf(create(world, { email: person }))),
      );
      expect(outcomes.map((outcome, i) => [i, outcome])).to.deep.equal(
        people.map((_, i) => [i, i === 3 ? "Declined" : "pending user"]),
      );
      expect((await world.calls()).filter(isWrite)).to.have.length(12);
    }));
});

describe("outputs", () => {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
  const keysOfOutputs = Object.keys(recorded({ organizationId: "" }, {})).sort();

  it("pending: all keys, times with a zone, a link that works", () =>
    inWorld({}, async (world) => {
      const outputs = await create(world, { resendTrigger: "1", role: "user" });
      const [row] = world.simulator.invitations(world.organizationId);
      const { instance, invitedAt, ...rest } = outputs;
      expect(instance).to.match(/^[\w-]{8}$/);
      expect(invitedAt).to.match(time);
      expect(rest).to.deep.equal({
        email,
        organizationId: world.organizationId,
        role: "user",
        scopes: null,
        status: "pending",
        userId: null,
        joinedAt: null,
        adopted: false,
        originalRole: null,
        inviteUrl: `http://trieve.example/api/auth?inv_code=${row?.id}&organization_id=${world.organizationId}&redirect_uri=http%3A%2F%2Fdashboard.example%2F`,
        mailFailed: false,
        deletionPolicy: "revert",
        resendTrigger: "1",
        roster: null,
        managed: ["role"],
      });
      expect(world.simulator.accept(rest.inviteUrl ?? "", { email }).status).to.equal(303);
    }));

  it("member after an invitation: when they were invited is still known", () =>
    inWorld({}, async (world) => {
      const before = await create(world);
      acceptNewest(world);
      const after = await ensure(
        { ...world.organization, directory: await freshDirectory(world) },
        declared(world),
        before,
      );
      const [member] = world.simulator.members(world.organizationId);
      expect(after.joinedAt).to.match(time);
      expect(after).to.deep.equal({
        ...before,
        status: "member",
        userId: member?.userId,
        joinedAt: after.joinedAt,
        inviteUrl: null,
      });
    }));

  it("member whose used invitation is gone: the recorded time stays", () =>
    inWorld({}, async (world) => {
      put(world, ["member user ada@x.example"]);
      const after = await update(world, { invitedAt: "2026-01-01T00:00:00Z" });
      expect(after.invitedAt).to.equal("2026-01-01T00:00:00Z");
    }));

  it("absent: all keys, role and scopes as last seen", () =>
    inWorld({}, async (world) => {
      put(world, ["invited user ada@x.example"]);
      world.simulator.fault({ route: "invite", effect: { status: 403 } });
      const { outputs } = await halfDone(update(world, {}, { role: "admin" }));
      expect(outputs).to.deep.equal(
        recorded(world, { status: "absent", invitedAt: null, managed: ["role"] }),
      );
    }));

  it("always the same keys", () =>
    inWorld({}, async (world) => {
      put(world, ["member user bob@x.example"]);
      const pending = await create(world);
      const member = await create(world, { email: "bob@x.example" });
      for (const outputs of [pending, member])
        expect(Object.keys(outputs).sort()).to.deep.equal(keysOfOutputs);
    }));

  it("keep what made the resource over every update, and take over what the program says", () =>
    inWorld({}, async (world) => {
      put(world, ["member user ada@x.example"]);
      const before = await create(world);
      const after = await ensure(
        world.organization,
        declared(world, { deletionPolicy: "remove", resendTrigger: "2" }),
        before,
      );
      expect(after).to.deep.equal({ ...before, deletionPolicy: "remove", resendTrigger: "2" });
    }));
});

async function freshDirectory({ organization, organizationId }: World) {
  const { Directory } = await import("../../provider/trieve/directory.js");
  return new Directory(organization.directory.client, organizationId);
}
