import { expect } from "chai";
import { messageOf } from "./http";
import { eachTest, outcome } from "./world";

const unknown = "11111111-1111-4111-8111-111111111111";

interface SlimUser {
  id: string;
  email: string;
  user_orgs: { organization_id: string; user_id: string; role: number }[];
  orgs: { id: string; partner_configuration: Record<string, string> }[];
}

describe("simulator: the list of members", () => {
  const world = eachTest();

  it("shows each with this organization alone", async () => {
    const { simulator, organization } = world;
    const other = simulator.createOrganization("other");
    const { userId } = simulator.addMember(organization.id, "ada@x.example", "admin");
    simulator.addMember(other.id, "ada@x.example", "owner");
    const reply = await world.ask("GET", `/api/organization/users/${organization.id}`);
    const ada = (JSON.parse(reply.body) as SlimUser[]).find(({ id }) => id === userId);
    expect(
      ada?.user_orgs.map(({ organization_id, role }) => [organization_id, role]),
    ).to.deep.equal([[organization.id, 1]]);
    expect(ada?.orgs.map(({ id }) => id)).to.deep.equal([organization.id]);
    expect(ada?.orgs[0]?.partner_configuration.COMPANY_NAME).to.equal("Trieve");
  });

  it("has one entry a row", async () => {
    world.simulator.addMember(world.organization.id, "ada@x.example");
    world.simulator.addMember(world.organization.id, "ada@x.example");
    const reply = await world.ask("GET", `/api/organization/users/${world.organization.id}`);
    const emails = (JSON.parse(reply.body) as SlimUser[]).map(({ email }) => email);
    expect(emails.filter((email) => email === "ada@x.example")).to.have.length(2);
  });

  it("is open to admins of any organization, and empty for none", async () => {
    const other = world.simulator.createOrganization("other");
    const reply = await world.ask("GET", `/api/organization/users/${other.id}`);
    expect((JSON.parse(reply.body) as SlimUser[]).map(({ email }) => email)).to.deep.equal([
      "owner@other.example",
    ]);
    expect((await world.ask("GET", `/api/organization/users/${unknown}`)).body).to.equal("[]");
  });

  it("checks the path before the caller", async () => {
    const reply = await world.ask("GET", "/api/organization/users/zzz", { key: null });
    expect(messageOf(reply)).to.match(/^Path deserialize error/);
  });
});

describe("simulator: PUT /api/user", () => {
  const world = eachTest();
  let ada: string;
  beforeEach(() => {
    ada = world.simulator.addMember(world.organization.id, "ada@x.example", "owner").userId;
  });
  const put = (body: unknown, role: "user" | "admin" | "owner" = "owner") => {
    const key = world.simulator.createKey(world.organization.id, role);
    return world.ask("PUT", "/api/user", { body, key });
  };
  const member = () =>
    world.simulator.members(world.organization.id).find(({ email }) => email === "ada@x.example");

  const table: [
    title: string,
    body: () => unknown,
    role: "user" | "admin" | "owner",
    result: string,
  ][] = [
    [
      "a user updates nobody",
      () => ({ user_id: unknown, role: 9 }),
      "user",
      "400 You must have an admin or owner role to update other users",
    ],
    [
      "unknown account",
      () => ({ user_id: unknown, role: 2 }),
      "admin",
      "400 Error loading user by itself for get_user_by_id_query",
    ],
    [
      "outsider",
      () => ({ user_id: world.simulator.createAccount("out@x.example").id, role: 2 }),
      "admin",
      "400 The user who you would like to update the role of must be added to the specified org first before their role can be updated",
    ],
    [
      "role above the caller's",
      () => ({ user_id: ada, role: 2 }),
      "admin",
      "400 Can not grant a user a higher role than that of the requesting user's",
    ],
    [
      "role above the caller's, for the caller",
      () => ({ role: 1 }),
      "user",
      "400 Can not grant a user a higher role than that of the requesting user's",
    ],
    ["a key without user_id updates nobody", () => ({ role: 0 }), "user", "204"],
    ["nothing to do", () => ({ user_id: ada }), "admin", "204"],
    ["malformed user_id", () => ({ user_id: "zzz" }), "owner", "400 Json Deserialization Error"],
  ];
  for (const [title, body, role, result] of table) {
    it(`${title}: ${result}`, async () => {
      expect(outcome(await put(body(), role)).startsWith(result)).to.equal(true);
      expect(member()).to.include({ role: "owner", scopes: null });
    });
  }

  it("needs the organization header", async () => {
    const reply = await world.ask("PUT", "/api/user", {
      organization: null,
      body: { user_id: ada },
    });
    expect(outcome(reply)).to.equal("500 Could not get dataset from request");
    const anonymous = await world.ask("PUT", "/api/user", {
      organization: null,
      key: null,
      body: {},
    });
    expect(outcome(anonymous)).to.equal("401 Unauthorized");
  });

  it("lets an admin demote an owner", async () => {
    expect(outcome(await put({ user_id: ada, role: 0 }, "admin"))).to.equal("204");
    expect(member()?.role).to.equal("user");
  });

  for (const role of [3, -1, 77]) {
    it(`reads role ${role} as user`, async () => {
      expect(outcome(await put({ user_id: ada, role }, "admin"))).to.equal("204");
      expect(member()?.role).to.equal("user");
    });
  }

  it("sets scopes, and never clears them", async () => {
    await put({ user_id: ada, scopes: ["GET /api"] });
    expect(member()?.scopes).to.deep.equal(["GET /api"]);
    await put({ user_id: ada, scopes: null, role: 1 });
    expect(member()).to.deep.include({ role: "admin", scopes: ["GET /api"] });
    await put({ user_id: ada, scopes: [] });
    expect(member()?.scopes).to.deep.equal([]);
  });

  it("changes every row of one person", async () => {
    world.simulator.addMember(world.organization.id, "ada@x.example", "user");
    await put({ user_id: ada, role: 1 });
    const rows = world.simulator
      .members(world.organization.id)
      .filter(({ userId }) => userId === ada);
    expect(rows.map(({ role }) => role)).to.deep.equal(["admin", "admin"]);
  });

  it("updates the caller without user_id, who needs no role for it", async () => {
    const { simulator, organization } = world;
    simulator.setMember(organization.id, "owner@acme.example", { role: "admin" });
    simulator.setMember(organization.id, "ada@x.example", { scopes: ["PUT /api/user"] });
    const reply = await world.ask("PUT", "/api/user", { key: "admin", body: { scopes: [".*"] } });
    expect(outcome(reply)).to.equal("204");
    expect(member()?.scopes).to.deep.equal([".*"]);
  });
});

describe("simulator: DELETE /api/organization/…/user/…", () => {
  const world = eachTest();
  const remove = (
    userId: string,
    role: "user" | "admin" | "owner" = "owner",
    organization = "x",
  ) => {
    const key = world.simulator.createKey(world.organization.id, role);
    return world.ask("DELETE", `/api/organization/${organization}/user/${userId}`, { key });
  };

  it("checks the path, then the header, then the caller", async () => {
    const path = "/api/organization/x/user";
    const nobody = { key: null, organization: null };
    expect(outcome(await world.ask("DELETE", `${path}/zzz`, nobody))).to.match(/^400 Path/);
    expect(outcome(await world.ask("DELETE", `${path}/${unknown}`, nobody))).to.equal(
      "500 Could not get dataset from request",
    );
    expect(outcome(await world.ask("DELETE", `${path}/${unknown}`, { key: null }))).to.equal(
      "401 Unauthorized",
    );
    expect(outcome(await remove(unknown, "user"))).to.equal("403 Forbidden");
    expect(outcome(await remove(unknown))).to.equal("400 Error loading user role");
  });

  it("spares those above the caller", async () => {
    const { userId } = world.simulator.addMember(world.organization.id, "ada@x.example", "owner");
    expect(outcome(await remove(userId, "admin"))).to.equal("403 Forbidden");
    expect(outcome(await remove(userId, "owner"))).to.equal("204");
    expect(outcome(await remove(userId, "owner"))).to.equal("400 Error loading user role");
  });

  it("removes every row of the person from the header's organization alone", async () => {
    const { simulator, organization } = world;
    const other = simulator.createOrganization("other");
    const { userId } = simulator.addMember(organization.id, "ada@x.example");
    simulator.addMember(organization.id, "ada@x.example");
    simulator.addMember(other.id, "ada@x.example");
    expect(outcome(await remove(userId, "admin", other.id))).to.equal("204");
    expect(simulator.members(organization.id).map(({ email }) => email)).to.deep.equal([
      "owner@acme.example",
    ]);
    expect(simulator.members(other.id).map(({ email }) => email)).to.include("ada@x.example");
  });

  it("removes the last owner, and leaves invitations", async () => {
    const { simulator, organization } = world;
    simulator.addInvitation(organization.id, "owner@acme.example");
    const owner = simulator.members(organization.id)[0]?.userId ?? "";
    expect(outcome(await remove(owner))).to.equal("204");
    expect(simulator.members(organization.id)).to.deep.equal([]);
    expect(simulator.invitations(organization.id)).to.have.length(1);
  });
});
