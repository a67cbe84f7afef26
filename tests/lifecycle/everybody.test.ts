import { expect } from "chai";
import { listEverybody, ownersOf, presentOf } from "../../provider/lifecycle/everybody";
import { inWorld, put } from "./world";

describe("everybody in an organization", () => {
  it("are those of both lists, by address in lower case", () =>
    inWorld({}, async (world) => {
      put(world, [
        "invited user cy@x.example",
        "member owner Bob@x.example",
        "invited user bob@x.example",
        "member admin dan@x.example",
        "used user ada@x.example",
      ]);
      const { client } = world.organization.directory;
      const everybody = await listEverybody(client, world.organizationId);
      const phases = [...everybody].map(([email, { phase }]) => `${email} ${phase}`).sort();
      expect(phases).to.deep.equal([
        "ada@x.example absent",
        "bob@x.example member",
        "cy@x.example pending",
        "dan@x.example member",
      ]);
      expect(everybody.get("dan@x.example")).to.have.deep.property("unused", []);
      const present = presentOf(everybody).map(([email]) => email);
      expect(present).to.deep.equal(["bob@x.example", "cy@x.example", "dan@x.example"]);
      const members = world.simulator.members(world.organizationId);
      const bob = members.find(({ email }) => email === "Bob@x.example");
      expect([...ownersOf(everybody)]).to.deep.equal([bob?.userId]);
    }));
});
