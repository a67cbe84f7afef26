import { expect } from "chai";
import { memberLink } from "../../simulator/mail";
import { messageOf } from "./http";
import { eachTest, outcome } from "./world";

interface Row {
  id: string;
  email: string;
  role: number;
  scopes: string[] | null;
  used: boolean;
}

describe("simulator: POST /api/invitation", () => {
  const world = eachTest();
  const rows = () => world.simulator.invitations(world.organization.id);
  const members = () => world.simulator.members(world.organization.id);

  describe("checks, each one with everything after it wrong too", () => {
    beforeEach(() => {
      const { simulator, organization } = world;
      simulator.addMember(organization.id, "member@x.example");
      simulator.addInvitation(organization.id, "member@x.example");
      simulator.addInvitation(organization.id, "invited@x.example");
    });

    it("1: the address", async () => {
      expect(outcome(await world.invite("owner", { user_role: 9 }, { key: "admin" }))).to.equal(
        "400 Invalid email",
      );
    });

    it("2: oneself", async () => {
      const reply = await world.invite("owner@acme.example", { user_role: 9 }, { key: "admin" });
      expect(outcome(reply)).to.equal("400 Can not invite yourself");
    });

    it("3: the role", async () => {
      expect(outcome(await world.invite("member@x.example", { user_role: 3 }))).to.equal(
        "400 Can not invite user with higher role than yours",
      );
    });

    it("4: members", async () => {
      expect(outcome(await world.invite("member@x.example"))).to.equal(
        "400 User with email member@x.example is already in the organization",
      );
    });

    it("5: accounts are added, whatever invitations there are", async () => {
      world.simulator.createAccount("invited@x.example");
      expect(outcome(await world.invite("invited@x.example", { user_role: 1 }))).to.equal("204");
      expect(members().at(-1)).to.include({ email: "invited@x.example", role: "admin" });
      expect(rows().filter(({ email }) => email === "invited@x.example")).to.have.length(1);
    });

    it("6: invitations", async () => {
      expect(outcome(await world.invite("invited@x.example"))).to.equal(
        "400 User with email invited@x.example has already been invited",
      );
    });

    it("7: the width of the column", async () => {
      const longest = `${"a".repeat(40)}@${"b".repeat(51)}.example`;
      expect(longest).to.have.length(100);
      expect(outcome(await world.invite(longest))).to.equal("204");
      expect(outcome(await world.invite(`${longest}x`))).to.equal(
        "400 Error inserting invitation.",
      );
    });
  });

  const addresses: [email: string, result: string][] = [
    ["", "400 Invalid email"],
    ["plain", "400 Invalid email"],
    ["@x.example", "400 Invalid email"],
    ["a b@x.example", "400 Invalid email"],
    ["o'brien@x.example", "400 Invalid email"],
    ["é@x.example", "400 Invalid email"],
    ['"q"@x.example', "400 Invalid email"],
    ["a@@x.example", "400 Invalid email"],
    ["a@[127.0.0.1]", "400 Invalid email"],
    ["a@b", "204"],
    ["a@x_y.example", "204"],
    ["a@127.0.0.1", "204"],
    ["o’brien@x.example", "204"],
    ["a@exämple.com", "204"],
    ["plus+tag@x.example", "204"],
    [" \t a@x.example\u2003\n", "204"],
  ];
  for (const [email, result] of addresses) {
    it(`${JSON.stringify(email)}: ${result}`, async () => {
      expect(outcome(await world.invite(email))).to.equal(result);
      expect(rows().map((row) => row.email)).to.deep.equal(result === "204" ? [email.trim()] : []);
    });
  }

  it("compares addresses exactly", async () => {
    expect(outcome(await world.invite("ada@x.example"))).to.equal("204");
    expect(outcome(await world.invite("Ada@X.example"))).to.equal("204");
    world.simulator.addMember(world.organization.id, "bob@x.example");
    expect(outcome(await world.invite("Bob@x.example"))).to.equal("204");
    expect(rows().map((row) => row.email)).to.deep.equal([
      "ada@x.example",
      "Ada@X.example",
      "Bob@x.example",
    ]);
  });

  it("is blocked by a used row once the account is spelled otherwise", async () => {
    const { simulator, organization } = world;
    await world.invite("Bob@x.example");
    const link = simulator.mails[0]?.links[0] ?? "";
    expect(simulator.accept(link, { email: "bob@x.example" }).status).to.equal(303);
    simulator.removeMember(organization.id, "bob@x.example");
    expect(rows()).to.deep.include({ ...rows()[0], used: true });
    expect(outcome(await world.invite("Bob@x.example"))).to.equal(
      "400 User with email Bob@x.example has already been invited",
    );
    expect(outcome(await world.invite("bob@x.example"))).to.equal("204");
    expect(members().map(({ email }) => email)).to.include("bob@x.example");
  });

  it("keeps any role number in the row, and reads it as user, admin or owner for a membership", async () => {
    await world.invite("low@x.example", { user_role: -7 });
    expect(rows()[0]?.role).to.equal(-7);
    world.simulator.createAccount("there@x.example");
    await world.invite("there@x.example", { user_role: -7 });
    expect(members().at(-1)).to.include({ email: "there@x.example", role: "user" });
  });

  it("hands scopes on to the row or the membership", async () => {
    const scopes = ["GET /api/chunk/{chunk_id}"];
    world.simulator.createAccount("there@x.example");
    await world.invite("new@x.example", { scopes });
    await world.invite("there@x.example", { scopes });
    expect(rows()[0]?.scopes).to.deep.equal(scopes);
    expect(members().at(-1)?.scopes).to.deep.equal(scopes);
  });
});

describe("simulator: mails", () => {
  const world = eachTest();

  it("to new people carry the link, with nothing encoded", async () => {
    const redirect_uri = "http://d.example/?a=1&b=2#c+d";
    await world.invite("ada@x.example", { app_url: "http://t.example/api/", redirect_uri });
    const row = world.simulator.invitations(world.organization.id)[0];
    expect(world.simulator.mails).to.have.length(1);
    expect(world.simulator.mails[0]).to.deep.include({
      to: "ada@x.example",
      subject: "You have been invited to join a Trieve organization!",
      kind: "invitation",
      organizationId: world.organization.id,
      links: [
        `http://t.example/api//auth?inv_code=${row?.id}&organization_id=${world.organization.id}&redirect_uri=${redirect_uri}`,
      ],
    });
  });

  const links: [redirect: string, link: string][] = [
    ["https://d/?org=1", "https://d/org?org=1"],
    ["https://d", "https://dorg?"],
    ["https://d/", "https://d/org?"],
    ["https://d/?a?b", "https://d/org?a"],
    ["", "org?"],
  ];
  for (const [redirect, link] of links) {
    it(`to members lead from ${JSON.stringify(redirect)} to ${link}`, async () => {
      expect(memberLink(redirect)).to.equal(link);
      world.simulator.createAccount("there@x.example");
      await world.invite("there@x.example", { redirect_uri: redirect });
      expect(world.simulator.mails.map(({ kind, links }) => [kind, links])).to.deep.equal([
        ["added", [link]],
      ]);
    });
  }

  it("that fail leave what was written", async () => {
    const { simulator, organization } = world;
    simulator.mailWorks = false;
    simulator.createAccount("there@x.example");
    expect(outcome(await world.invite("new@x.example"))).to.equal("400 Error sending email.");
    expect(outcome(await world.invite("there@x.example"))).to.equal("400 Error sending email.");
    expect(simulator.mails).to.deep.equal([]);
    expect(simulator.invitations(organization.id).map(({ email }) => email)).to.deep.equal([
      "new@x.example",
    ]);
    expect(outcome(await world.invite("new@x.example"))).to.match(/has already been invited$/);
    expect(outcome(await world.invite("there@x.example"))).to.match(
      /is already in the organization$/,
    );
  });

  it("take their time, while the row is there already", async () => {
    world.simulator.mailDelayMs = 10_000;
    const arrived = new Promise((resolve) => world.simulator.once("request", resolve));
    let answered = false;
    void world.invite("ada@x.example").then(() => {
      answered = true;
    });
    await arrived;
    for (let turns = 0; turns < 100; turns += 1) {
      const list = await world.ask("GET", `/api/invitations/${world.organization.id}`);
      if ((JSON.parse(list.body) as Row[]).length === 1) {
        expect(answered).to.equal(false);
        expect(world.simulator.mails).to.deep.equal([]);
        return;
      }
    }
    expect.fail("the row never came");
  });

  const deadly = [
    "a..b@x.example",
    ".a@x.example",
    "a.@x.example",
    "a@x.example.",
    "a@x..example",
    "a@-x.example",
    "a@x.example junk",
    "a@x.example, b@y.example",
    "a@x.example\nBcc: z@y.example",
    `${"a".repeat(65)}@x.example`,
  ];
  for (const email of deadly) {
    it(`to ${JSON.stringify(email)} kill the server, after the row is written`, async () => {
      expect((await world.invite(email)).status).to.equal(0);
      expect(world.simulator.invitations(world.organization.id)[0]?.email).to.equal(email);
      expect(outcome(await world.invite("next@x.example"))).to.equal("204");
    });
  }
});

describe("simulator: the list of invitations", () => {
  const world = eachTest();

  it("has every row, also used ones, those moved to the end", async () => {
    const { simulator, organization } = world;
    for (const name of ["a", "b", "c"]) {
      await world.invite(`${name}@x.example`);
    }
    simulator.accept(simulator.mails[0]?.links[0] ?? "", { email: "a@x.example" });
    for (const path of ["invitations", "invitation"]) {
      const reply = await world.ask("GET", `/api/${path}/${organization.id}`);
      const rows = JSON.parse(reply.body) as Row[];
      expect(rows.map(({ email, used }) => [email, used])).to.deep.equal([
        ["b@x.example", false],
        ["c@x.example", false],
        ["a@x.example", true],
      ]);
      expect(Object.keys(rows[0] ?? {})).to.have.members(
        "id email organization_id used created_at updated_at role scopes".split(" "),
      );
    }
  });

  it("is open to admins of any organization", async () => {
    const other = world.simulator.createOrganization("other");
    world.simulator.addInvitation(other.id, "theirs@x.example");
    const reply = await world.ask("GET", `/api/invitations/${other.id}`);
    expect((JSON.parse(reply.body) as Row[]).map(({ email }) => email)).to.deep.equal([
      "theirs@x.example",
    ]);
  });
});

describe("simulator: DELETE /api/invitation", () => {
  const world = eachTest();
  const unknown = "11111111-1111-4111-8111-111111111111";
  const remove = (id: string, key?: string | null) =>
    world.ask("DELETE", `/api/invitation/${id}`, key === undefined ? {} : { key });

  it("checks the caller before the id", async () => {
    expect(outcome(await remove("zzz", null))).to.equal("401 Unauthorized");
    const user = world.simulator.createKey(world.organization.id, "user");
    expect(outcome(await remove("zzz", user))).to.equal("403 Forbidden");
    expect(messageOf(await remove("zzz"))).to.match(
      /^Path deserialize error: UUID parsing failed: /,
    );
  });

  it("does not know what is not there", async () => {
    expect(outcome(await remove(unknown))).to.equal("400 Error getting invitation.");
    const { id } = world.simulator.addInvitation(world.organization.id, "a@x.example");
    expect(outcome(await remove(id))).to.equal("204");
    expect(outcome(await remove(id))).to.equal("400 Error getting invitation.");
    expect(outcome(await world.invite("a@x.example")), "free again").to.equal("204");
  });

  it("deletes other organizations' and used ones, and leaves members", async () => {
    const other = world.simulator.createOrganization("other");
    const { id } = world.simulator.addInvitation(other.id, "a@x.example");
    const link = `http://t.example/api/auth?inv_code=${id}&organization_id=${other.id}&redirect_uri=/`;
    world.simulator.accept(link, { email: "a@x.example" });
    expect(outcome(await remove(id))).to.equal("204");
    expect(world.simulator.invitations(other.id)).to.deep.equal([]);
    expect(world.simulator.members(other.id).map(({ email }) => email)).to.include("a@x.example");
  });
});
