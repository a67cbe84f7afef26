import { expect } from "chai";
import { messageOf, send } from "./http";
import { eachTest, outcome } from "./world";

const home = "http://d.example/";

describe("simulator: accepting an invitation", () => {
  const world = eachTest();
  const link = (query: Record<string, string>) =>
    `http://t.example/api/auth?${new URLSearchParams({ redirect_uri: home, ...query })}`;
  const invitationLink = async (email: string, more = {}) => {
    await world.invite(email, more);
    return world.simulator.mails.at(-1)?.links[0] ?? "";
  };
  const members = () =>
    world.simulator
      .members(world.organization.id)
      .map(({ email, role, scopes }) => ({ email, role, scopes }));
  const used = () => world.simulator.invitations(world.organization.id).map((row) => row.used);

  it("makes a new account a member with the invitation's role and scopes", async () => {
    const scopes = ["GET /api"];
    const mail = await invitationLink("ada@x.example", { user_role: 1, scopes });
    expect(world.simulator.accept(mail, { email: "ada@x.example" })).to.deep.equal({
      status: 303,
      location: home,
      body: "",
    });
    expect(members()).to.deep.include({ email: "ada@x.example", role: "admin", scopes });
    expect(used()).to.deep.equal([true]);
  });

  it("makes an existing account a member, without a limit", async () => {
    const mail = await invitationLink("ada@x.example");
    expect(world.simulator.accept(link({}), { email: "ada@x.example" }).location).to.equal(
      `${home}?new_user=true`,
    );
    expect(world.simulator.accept(mail, { email: "ada@x.example" }).location).to.equal(home);
    expect(members()).to.deep.include({ email: "ada@x.example", role: "user", scopes: null });
    expect(used()).to.deep.equal([true]);
  });

  it("leaves the invitation of somebody who is a member already", async () => {
    world.simulator.addMember(world.organization.id, "ada@x.example");
    const mail = await invitationLink("Ada@x.example");
    expect(world.simulator.accept(mail, { email: "ada@x.example" }).status).to.equal(303);
    expect(used()).to.deep.equal([false]);
    expect(members()).to.have.length(2);
  });

  it("pays no regard to case, and keeps the address of the identity provider", async () => {
    const mail = await invitationLink("carol@x.example");
    expect(world.simulator.accept(mail, { email: "Carol@X.example" }).status).to.equal(303);
    expect(members().map(({ email }) => email)).to.include("Carol@X.example");
    expect(outcome(await world.invite("carol@x.example"))).to.match(/already been invited$/);
    world.simulator.removeMember(world.organization.id, "carol@x.example");
    expect(outcome(await world.invite("carol@x.example"))).to.match(/already been invited$/);
    expect(outcome(await world.invite("Carol@X.example"))).to.equal("204");
    expect(members().map(({ email }) => email)).to.include("Carol@X.example");
  });

  describe("checks, in order", () => {
    const nowhere = "11111111-1111-4111-8111-111111111111";
    const check = (query: Record<string, string>, email = "ada@x.example") => {
      const { status, body } = world.simulator.accept(link(query), { email });
      return body === "" ? `${status}` : `${status} ${messageOf({ body })}`;
    };
    let code: string;
    beforeEach(() => {
      code = world.simulator.addInvitation(world.organization.id, "ada@x.example").id;
    });

    it("the organization", () => {
      expect(check({ inv_code: nowhere, organization_id: nowhere })).to.equal(
        "404 Not Found: Organization not found",
      );
    });

    it("the invitation", () => {
      expect(check({ inv_code: nowhere, organization_id: world.organization.id })).to.equal(
        "500 Could not find invitation for user",
      );
    });

    it("the address", () => {
      const other = world.simulator.createOrganization("other").id;
      expect(check({ inv_code: code, organization_id: other }, "eve@x.example")).to.equal(
        "400 Email does not match invitation",
      );
    });

    it("the invitation's organization", () => {
      const other = world.simulator.createOrganization("other").id;
      expect(check({ inv_code: code, organization_id: other })).to.equal(
        "400 Dataset ID does not match invitation",
      );
    });

    it("whether it is used", () => {
      expect(check({ inv_code: code, organization_id: world.organization.id })).to.equal("303");
      world.simulator.removeMember(world.organization.id, "ada@x.example");
      expect(check({ inv_code: code, organization_id: world.organization.id })).to.equal(
        "400 Invitation has already been used",
      );
    });

    it("no organization at all is a panic", () => {
      expect(check({ inv_code: code })).to.equal("0");
      expect(used()).to.deep.equal([false]);
    });

    it("malformed ids", () => {
      const { status, body } = world.simulator.accept(link({ inv_code: "zzz" }), {
        email: "a@x.example",
      });
      expect(status).to.equal(400);
      expect(body).to.match(/^Query deserialize error: UUID parsing failed: /);
    });
  });

  it("lets a new account without the invitation in, as a user", () => {
    const landing = world.simulator.accept(link({ organization_id: world.organization.id }), {
      email: "eve@x.example",
    });
    expect(landing.location).to.equal(home);
    expect(members()).to.deep.include({ email: "eve@x.example", role: "user", scopes: null });
  });

  it("does not let an existing account without the invitation in", () => {
    world.simulator.createAccount("eve@x.example");
    const landing = world.simulator.accept(link({ organization_id: world.organization.id }), {
      email: "eve@x.example",
    });
    expect(landing.status).to.equal(303);
    expect(members().map(({ email }) => email)).not.to.include("eve@x.example");
  });

  it("gives those who sign up an organization of their own", async () => {
    world.simulator.accept(link({}), { email: "new person@x.example", name: "New" });
    expect(world.simulator.accept(link({}), { email: "new person@x.example" }).location).to.equal(
      home,
    );
    expect(
      world.simulator.accept(link({ redirect_uri: "http://d/?a=1" }), { email: "b@x.example" })
        .location,
    ).to.equal("http://d/?a=1&new_user=true");
  });

  it("burns the invitation when the account cannot be made", async () => {
    const mail = await invitationLink("carol@x.example");
    world.simulator.accept(link({}), { email: "Carol@X.example", subject: "one" });
    const landing = world.simulator.accept(mail, { email: "Carol@X.example", subject: "another" });
    expect(landing.status).to.equal(500);
    expect(landing.body).to.match(/Failed to create user DatabaseError/);
    expect(used()).to.deep.equal([true]);
    expect(members()).to.have.length(1);
  });

  it("panics when one address has two subjects", () => {
    world.simulator.accept(link({}), { email: "ada@x.example", subject: "one" });
    expect(
      world.simulator.accept(link({}), { email: "ada@x.example", subject: "two" }).status,
    ).to.equal(0);
  });

  it("knows a subject again whatever address it has by now", async () => {
    world.simulator.accept(link({}), { email: "ada@x.example", subject: "one" });
    const mail = await invitationLink("ada@new.example");
    expect(
      world.simulator.accept(mail, { email: "ada@new.example", subject: "one" }).status,
    ).to.equal(303);
    expect(members().map(({ email }) => email)).to.include("ada@x.example");
  });

  it("reads links as they come: cut at & and #, + a blank", async () => {
    const cut = await invitationLink("a@x.example", { redirect_uri: "http://d/?a=1&b=2" });
    expect(world.simulator.accept(cut, { email: "a@x.example" }).location).to.equal(
      "http://d/?a=1",
    );
    const blank = await invitationLink("b@x.example", { redirect_uri: "http://d/c+d#e" });
    expect(world.simulator.accept(blank, { email: "b@x.example" }).location).to.equal(
      "http://d/c d",
    );
  });

  it("answers 500 for a redirect that no header can hold", () => {
    const landing = world.simulator.accept(link({ redirect_uri: "http://dé/" }), {
      email: "a@x.example",
    });
    expect(landing).to.deep.equal({
      status: 500,
      location: null,
      body: "failed to parse header value",
    });
  });

  it("works through the sign-in page", async () => {
    const mail = new URL(await invitationLink("ada@x.example"));
    const { url } = world.simulator;
    const first = await send(url, "GET", mail.pathname + mail.search);
    expect(first.status).to.equal(303);
    const page = await send(url, "GET", first.headers.location ?? "");
    expect(page.headers["content-type"]).to.match(/^text\/html/);
    expect(page.body).to.include('value="ada@x.example"');
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    const wrong = await send(url, "POST", first.headers.location ?? "", {
      headers,
      body: "email=eve@x.example&name=",
    });
    expect(outcome(wrong)).to.equal("400 Email does not match invitation");
    const right = await send(url, "POST", first.headers.location ?? "", {
      headers,
      body: "email=ada@x.example&name=Ada",
    });
    expect([right.status, right.headers.location]).to.deep.equal([303, home]);
    expect(members().map(({ email }) => email)).to.include("ada@x.example");
  });

  it("escapes what the link puts on the sign-in page", async () => {
    const query = new URLSearchParams({ redirect_uri: '"><script>' });
    const page = await send(world.simulator.url, "GET", `/simulator/sign-in?${query}`);
    expect(page.body).not.to.include("<script>");
  });
});
