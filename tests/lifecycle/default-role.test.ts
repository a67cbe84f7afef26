import { expect } from "chai";
import { ensure } from "../../provider/lifecycle/act";
import { declared, inWorld, put, recorded } from "./world";

const email = "ada@x.example";
const byDefault = { role: "user", roleIsDefault: true } as const;

describe("a role that is a roster's default", () => {
  it("lowers nobody who is found with a higher one: refused, with the way on, before any write", () =>
    inWorld({}, async (world) => {
      put(world, [`member admin ${email}`]);
      const { organization } = world;
      const error = await ensure(organization, declared(world, byDefault), undefined).then(
        () => undefined,
        (reason: Error) => reason,
      );
      expect(error?.name).to.equal("Refused");
      expect(error?.message).to.equal(
        `Refused to make ${email} user in organization ${world.organizationId} at ${world.simulator.url}: they are admin there, and a default role never lowers anyone. To lower them, write \`role: user\` on their own line. To keep their role, write \`role: admin\`.`,
      );
      expect(world.simulator.requests.filter(({ method }) => method !== "GET")).to.deep.equal([]);
    }));

  it("takes no invitation as admin back either", () =>
    inWorld({}, async (world) => {
      put(world, [`invited admin ${email}`]);
      const error = await ensure(world.organization, declared(world, byDefault), undefined).then(
        () => undefined,
        (reason: Error) => reason,
      );
      expect(error?.message).to.include(
        "they are admin there, and a default role never lowers anyone",
      );
      expect(world.simulator.requests.filter(({ method }) => method !== "GET")).to.deep.equal([]);
    }));

  it("raises, and manages those whom the roster has brought in or adopted", () =>
    inWorld({}, async (world) => {
      put(world, [`member user ${email}`]);
      const raised = { ...byDefault, role: "admin" } as const;
      expect(await ensure(world.organization, declared(world, raised), undefined)).to.include({
        role: "admin",
        adopted: true,
      });
      const known = recorded(world, { status: "member", role: "admin", managed: ["role"] });
      expect(await ensure(world.organization, declared(world, byDefault), known)).to.include({
        role: "user",
      });
    }));
});
