import { expect } from "chai";
import { listEverybody, ownersOf, presentOf } from "../../provider/lifecycle/everybody";
import { inWorld, put } from "./world";

describe("everybody in an organization", () => {
  it("are those of both lists, by address in lower case", () =>
    inWorld({}, async (world) => {
      put(world, [
        "member owner Bob@x.example",
        "invited user bob@x.example",
        "invited user cy@x.example",
        "used user ada@x.example",
      ]);
      const { client } = world.organization.directory;
      const everybody = await listEverybody(client, world.organizationId);
      const phases = [...everybody].map(([email, { phase }]) => `${email} ${phase}`).sort();
      expect(phases).to.deep.equal([
        "ada@x.example absent",
        "bob@x.example member",
        "cy@x.example pending",
      ]);
      const present = presentOf(everybody).map(([email]) => email);
      expect(present).to.deep.equal(["bob@x.example", "cy@x.example"]);
      const [bob] = world.simulator.members(world.organizationId);
      expect([...ownersOf(everybody)]).to.deep.equal([bob?.userId]);
    }));
});
