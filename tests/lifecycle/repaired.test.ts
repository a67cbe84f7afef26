import { expect } from "chai";
import { ensure, type HalfDone, remove } from "../../provider/lifecycle/act";
import { declared, inWorld, outcomeOf, put, recorded, rowsOf, type World } from "./world";

const email = "ada@x.example";

const cleared = (world: World) =>
  ensure(
    world.organization,
    declared(world),
    recorded(world, { status: "member", managed: ["scopes"] }),
  );

describe("bugs that were there once", () => {
  it("somebody else restricted a person again and again while their scopes were lifted: six mails, now one", () =>
    inWorld({}, async (world) => {
      put(world, [`member user ${email} [GET /api/chunk]`]);
      world.simulator.on("response", ({ route }) => {
        if (route === "invite")
          world.simulator.setMember(world.organizationId, email, { scopes: ["GET /api/x"] });
      });
      expect(await outcomeOf(cleared(world))).not.to.equal("nothing");
      expect(world.simulator.mails).to.have.length(1);
    }));

  it("scopes that could not be lifted stayed: once it had failed, nothing said any more that they were to go", () =>
    inWorld({ limits: { retryForMs: 0 } }, async (world) => {
      put(world, [`member user ${email} [GET /api/chunk]`]);
      let isDown = false;
      world.simulator.on("response", ({ route }) => {
        isDown ||= route === "removeMember";
      });
      world.simulator.fault({ route: "removeMember", effect: { status: 503 } });
      const down = { route: "listMembers", times: 9, when: () => isDown } as const;
      const outage = world.simulator.fault({ ...down, effect: { status: 503 } });
      const half = await cleared(world).catch((error: HalfDone) => error);
      outage.remove();
      await ensure(world.organization, declared(world), (half as HalfDone).outputs);
      expect(rowsOf(world)).to.deep.equal([`member user ${email}`]);
    }));

  it("an owner whose removal the server refused was not counted as an owner any more", () =>
    inWorld({}, async (world) => {
      put(world, [`member owner ${email}`, "member owner bob@x.example"]);
      world.simulator.fault({ route: "removeMember", effect: { status: 403 } });
      const out = (person: string) =>
        outcomeOf(
          remove(
            world.organization,
            recorded(world, { email: person, status: "member", deletionPolicy: "remove" }),
          ),
        );
      expect(await out(email)).to.equal("NotAllowed");
      expect(await out("bob@x.example")).to.equal("nothing");
    }));

  it("nobody said that lifting scopes sends a mail", () =>
    inWorld({}, async (world) => {
      put(world, [`member user ${email} [GET /api/chunk]`]);
      await cleared(world);
      expect(world.warnings).to.deep.equal([
        `${email} was removed and added again, which is the only way to clear scopes. Trieve sent them an email.`,
      ]);
    }));

  it("a member whom somebody had invited as owner was left with that when lifting their scopes failed half-way", () =>
    inWorld({}, async (world) => {
      put(world, [`member user ${email} [GET /api/chunk]`, `invited owner ${email}`]);
      world.simulator.fault({ route: "invite", effect: { status: 403 } });
      const half = await cleared(world).catch((error: HalfDone) => error);
      expect(rowsOf(world)).to.deep.equal([]);
      const { outputs } = half as HalfDone;
      await ensure(world.organization, declared(world), outputs);
      expect(rowsOf(world)).to.deep.equal([`member user ${email}`]);
    }));
});
