import { expect } from "chai";
import { send } from "./http";
import { eachTest } from "./world";

// How it looks and works in a browser: tests/browser/inbox.test.ts.
describe("simulator: the inbox", () => {
  const world = eachTest();
  const get = (path: string) => send(world.simulator.url, "GET", path);

  it("is a page of its own, which runs no script", async () => {
    const { status, headers, body } = await get("/simulator/inbox/");
    expect(status).to.equal(200);
    expect(headers["content-type"]).to.match(/^text\/html/);
    expect(body).to.match(/^<!doctype html>\n<html lang="en">/);
    expect(body).to.include('content="default-src &#39;none&#39;; style-src &#39;sha256-');
  });

  it("is found without the slash", async () => {
    const { status, headers } = await get("/simulator/inbox");
    expect([status, headers.location]).to.deep.equal([302, "/simulator/inbox/"]);
  });

  it("is a place to land on: as a redirect URI it leads a new person, and one with an account, back to it", async () => {
    const redirect_uri = `${world.simulator.url}/simulator/inbox/`;
    world.simulator.createAccount("there@x.example");
    await world.invite("there@x.example", { redirect_uri });
    await world.invite("new@x.example", { redirect_uri });
    const [added, invited] = world.simulator.mails.map(({ links }) => links[0] ?? "");
    const { location } = world.simulator.accept(invited ?? "", { email: "new@x.example" });
    for (const link of [added, location]) {
      const { pathname, search } = new URL(link ?? "");
      const { status, body } = await get(pathname + search);
      expect(status).to.equal(200);
      expect(body).to.include("<h1>Inbox</h1>");
    }
  });

  it("tells of every mail what became of it", async () => {
    const { simulator, organization } = world;
    const states = async () =>
      [...(await get("/simulator/inbox/")).body.matchAll(/"state small \w+">([^<]+)</g)].map(
        ([, state]) => state,
      );
    await world.invite("ada@x.example");
    expect(await states()).to.deep.equal(["pending"]);
    await world.invite("bob@x.example");
    simulator.accept(simulator.mails[0]?.links[0] ?? "", { email: "ada@x.example" });
    expect(await states(), "newest first").to.deep.equal(["pending", "accepted"]);
    simulator.deleteInvitations(organization.id, "bob@x.example");
    simulator.createAccount("there@x.example");
    await world.invite("there@x.example");
    expect(await states()).to.deep.equal(["added at once", "withdrawn", "accepted"]);
  });

  it("escapes what others wrote, and links to web pages only", async () => {
    const { simulator } = world;
    const { id } = simulator.createOrganization("<script>alert('1')</script>\"");
    simulator.addMember(id, "<img src=x>@x.example", "user", ["<b>"]);
    await world.invite("a&b@x.example", { app_url: "javascript:alert(1)" });
    await world.invite("c@x.example", { app_url: 'http://t.example/"><script>' });
    const { body } = await get("/simulator/inbox/");
    expect(body).not.to.match(/<script|<img|<b>|href="javascript/);
    for (const text of [
      "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;",
      "&lt;img src=x&gt;@x.example",
      "<code>&lt;b&gt;</code>",
      "a&amp;b@x.example",
      'href="http://t.example/&quot;&gt;&lt;script&gt;/auth?inv_code=',
    ])
      expect(body).to.include(text);
  });

  it("lists no organization that is deleted", async () => {
    const { simulator, organization } = world;
    await world.invite("ada@x.example");
    await world.ask("DELETE", `/api/organization/${organization.id}`);
    expect(simulator.organizations().map(({ name }) => name)).to.deep.equal(["default"]);
    const { body } = await get("/simulator/inbox/");
    expect(body).to.include("an organization that is deleted");
    expect(body).not.to.include("acme");
  });
});
