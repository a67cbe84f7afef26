import { expect } from "chai";
import { listMembers } from "../../provider/resources/members";
import { resolveSettings } from "../../provider/settings";
import { inWorld, put, type World } from "../lifecycle/world";

/** Settings of a stack; names without `trieve:`. */
const configured = (config: Readonly<Record<string, string>>) =>
  resolveSettings((key) => config[key.replace(/^trieve:/, "")], {});
const settingsOf = ({ simulator, organizationId }: World, apiKey: string) =>
  configured({
    ...{ apiKey, organizationId, apiUrl: simulator.url },
    redirectUri: "http://localhost:5173/",
  });
const problemOf = (result: Promise<unknown>) =>
  result.then(
    () => "none",
    ({ message }: Error) => message,
  );

describe("everybody in an organization", () => {
  it("is listed with their highest role and their newest invitation", () =>
    inWorld({}, async (world) => {
      const { simulator, organizationId } = world;
      put(world, [
        "used user ada@x.example",
        "member user ada@x.example",
        "invited admin Bob@x.example",
      ]);
      const apiKey = simulator.createKey(organizationId, "owner");
      const { members } = await listMembers(settingsOf(world, apiKey), undefined);
      const [ada, bob] = members;
      expect(members).to.have.lengthOf(2);
      expect(ada).to.include({ email: "ada@x.example", role: "user", status: "member" });
      expect(ada?.userId).to.be.a("string");
      expect(ada?.joinedAt).to.be.a("string");
      expect(ada?.invitedAt).to.be.a("string");
      expect(bob).to.include({ email: "bob@x.example", role: "admin", status: "pending" });
      expect(bob).to.include({ userId: null, joinedAt: null });
    }));

  it("is that of the organization that is named, in any case", () =>
    inWorld({}, async (world) => {
      const { simulator } = world;
      const other = simulator.createOrganization("other");
      const named = ` ${other.id.toUpperCase()} `;
      const found = await listMembers(settingsOf(world, other.apiKey), named);
      expect(found.organizationId).to.equal(other.id);
      expect(found.members.map(({ role, invitedAt }) => ({ role, invitedAt }))).to.deep.equal([
        { role: "owner", invitedAt: null },
      ]);
    }));

  it("is told with what was asked where the server refuses", () =>
    inWorld({}, async (world) => {
      const { organizationId } = world;
      expect(await problemOf(listMembers(settingsOf(world, "wrong"), undefined))).to.match(
        new RegExp(`^getMembers: Could not list the invitations in organization ${organizationId}`),
      );
    }));

  const wrong: [
    it: string,
    config: Record<string, string>,
    named: string | undefined,
    says: string,
  ][] = [
    [
      "without an organization",
      { apiKey: "tr-key" },
      undefined,
      "organizationId is missing: set it in getMembers, the provider or the stack",
    ],
    [
      "with one that is none",
      { apiKey: "tr-key" },
      "acme",
      'organizationId "acme" is not a UUID: copy it from the dashboard',
    ],
    [
      "with one that is wrong in the settings",
      { apiKey: "tr-key", organizationId: "acme" },
      undefined,
      'organizationId "acme" is not a UUID',
    ],
    ["without a key", {}, "6c8f3c1e-58f6-4c8e-9f2b-0f6c6a3f5d11", "apiKey is missing"],
  ];
  for (const [title, config, named, says] of wrong)
    it(`is not asked for ${title}`, async () => {
      const problem = await problemOf(listMembers(configured(config), named));
      expect(problem).to.include(says);
      expect(problem).to.match(/^getMembers: /);
    });
});
