import { expect } from "chai";
import type { Fault } from "../../simulator";
import { send } from "./http";
import { eachTest, outcome } from "./world";

describe("simulator: faults", () => {
  const world = eachTest();
  const rows = () => world.simulator.invitations(world.organization.id).map(({ email }) => email);
  const list = () => world.ask("GET", `/api/invitations/${world.organization.id}`);

  it("answer instead of Trieve", async () => {
    const headers = { "retry-after": "7", "content-type": "text/plain" };
    world.simulator.fault({ route: "invite", effect: { status: 429, body: "slow", headers } });
    const reply = await world.invite("a@x.example");
    expect([reply.status, reply.body, reply.headers["retry-after"]]).to.deep.equal([
      429,
      "slow",
      "7",
    ]);
    expect(rows()).to.deep.equal([]);
    expect(outcome(await world.invite("a@x.example")), "once").to.equal("204");
  });

  it("answer an empty 408 that ends the connection", async () => {
    world.simulator.fault({
      route: "invite",
      effect: { status: 408, headers: { connection: "close" } },
    });
    const reply = await world.invite("a@x.example");
    expect([reply.status, reply.body, reply.headers.connection]).to.deep.equal([408, "", "close"]);
  });

  it("break the connection before the write", async () => {
    world.simulator.fault({ route: "invite", effect: { reset: "before" } });
    expect((await world.invite("a@x.example")).status).to.equal(0);
    expect(rows()).to.deep.equal([]);
    expect(world.simulator.requests.at(-1)?.status).to.equal(undefined);
  });

  it("break the connection after the write", async () => {
    world.simulator.fault({ route: "invite", effect: { reset: "after" } });
    expect((await world.invite("a@x.example")).status).to.equal(0);
    expect(rows()).to.deep.equal(["a@x.example"]);
    expect(world.simulator.mails).to.have.length(1);
  });

  it("cut an answer short", async () => {
    world.simulator.addInvitation(world.organization.id, "a@x.example");
    const whole = (await list()).body;
    world.simulator.fault({ route: "listInvitations", effect: { truncate: true } });
    const cut = await list();
    expect(cut.status, "the connection broke").to.equal(0);
    expect(cut.body).to.have.length.within(1, whole.length - 1);
    expect(whole.startsWith(cut.body)).to.equal(true);
  });

  it("cut an answer without a body off", async () => {
    world.simulator.fault({ route: "invite", effect: { truncate: true } });
    expect((await world.invite("a@x.example")).status).to.equal(0);
    expect(rows()).to.deep.equal(["a@x.example"]);
  });

  it("put something else in place of the answer", async () => {
    world.simulator.fault({ route: "listInvitations", effect: { replaceBody: "<p>Sign in</p>" } });
    world.simulator.fault({
      route: "listInvitations",
      effect: { replaceBody: "[{", contentType: "application/json" },
    });
    const page = await list();
    expect([page.status, page.headers["content-type"], page.body]).to.deep.equal([
      200,
      "text/html",
      "<p>Sign in</p>",
    ]);
    const malformed = await list();
    expect([malformed.headers["content-type"], malformed.body]).to.deep.equal([
      "application/json",
      "[{",
    ]);
  });

  it("lose one mail", async () => {
    world.simulator.fault({ route: "invite", effect: { mailFails: true } });
    expect(outcome(await world.invite("a@x.example"))).to.equal("400 Error sending email.");
    expect(outcome(await world.invite("b@x.example"))).to.equal("204");
    expect(rows()).to.deep.equal(["a@x.example", "b@x.example"]);
    expect(world.simulator.mails.map(({ to }) => to)).to.deep.equal(["b@x.example"]);
  });

  it("delay a request, which others overtake", async () => {
    world.simulator.fault({ route: "invite", effect: { delayMs: 10_000 } });
    const arrived = new Promise((resolve) => world.simulator.once("request", resolve));
    void world.invite("slow@x.example");
    await arrived;
    expect(outcome(await world.invite("fast@x.example"))).to.equal("204");
    expect(rows()).to.deep.equal(["fast@x.example"]);
    expect(world.simulator.inFlight).to.equal(1);
  });

  it("hit as often as told", async () => {
    world.simulator.fault({
      route: "listInvitations",
      times: 2,
      effect: { status: 503 },
    });
    expect([await list(), await list(), await list()].map(({ status }) => status)).to.deep.equal([
      503, 503, 200,
    ]);
    const always = world.simulator.fault({
      route: "any",
      times: Number.POSITIVE_INFINITY,
      effect: { status: 502 },
    });
    expect((await list()).status).to.equal(502);
    expect((await world.ask("GET", "/api/nope")).status).to.equal(502);
    always.remove();
    expect((await list()).status).to.equal(200);
  });

  it("hit the requests that are meant, the first set first", async () => {
    const fault = (status: number, more: Partial<Fault> = {}) =>
      world.simulator.fault({ route: "invite", times: 9, effect: { status }, ...more });
    fault(500, { when: (request) => request.email === "bad@x.example" });
    fault(501, { when: (request) => request.email?.startsWith("b") === true });
    const statuses = [];
    for (const name of ["ada", "bad", "bob"]) {
      statuses.push((await world.invite(`${name}@x.example`)).status);
    }
    expect(statuses).to.deep.equal([204, 500, 501]);
    expect((await list()).status).to.equal(200);
  });

  it("are set over HTTP too", async () => {
    const { url } = world.simulator;
    const set = (body: unknown) =>
      send(url, "POST", "/simulator/fault", {
        headers: { "Content-Type": "application/json" },
        body,
      });
    const effect = { status: 503, headers: { "retry-after": "1" } };
    expect(
      (await set({ route: "invite", times: 0, email: "a@x.example", effect })).status,
    ).to.equal(204);
    for (const name of ["a", "a", "b"]) {
      const reply = await world.invite(`${name}@x.example`);
      expect(reply.status).to.equal(name === "a" ? 503 : 204);
    }
    expect((await set({ route: "invite", effect: { explode: true } })).status).to.equal(400);
    expect((await set("{")).status).to.equal(400);
  });
});
