import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect } from "chai";
import { type RequestRecord, type Simulator, startSimulator } from "../../simulator";
import { send } from "./http";
import { eachTest } from "./world";

describe("simulator: its log", () => {
  const world = eachTest();

  it("has every request as data", async () => {
    const { organization } = world;
    await world.invite("ada@x.example", { user_role: 1 });
    await world.ask("GET", "/api/organization/api_key?limit=1", { key: "admin" });
    await world.ask("DELETE", "/api/invitation/zzz", { key: "tr-nothing", organization: null });
    await world.ask("POST", "/api/invitation", { key: null, organization: null, body: "hello" });
    const seen = world.simulator.requests.map(({ method, path, route, status }) => [
      method,
      path,
      route,
      status,
    ]);
    expect(seen).to.deep.equal([
      ["POST", "/api/invitation", "invite", 204],
      ["GET", "/api/organization/api_key?limit=1", "listKeys", 200],
      ["DELETE", "/api/invitation/zzz", "deleteInvitation", 401],
      ["POST", "/api/invitation", "invite", 500],
    ]);
    const [invite, , , broken] = world.simulator.requests;
    expect(invite).to.include({
      organizationId: organization.id,
      keyText: organization.apiKey,
      email: "ada@x.example",
    });
    expect(invite?.body).to.include({ user_role: 1 });
    expect(broken).to.deep.include({ body: "hello", email: undefined, organizationId: undefined });
  });

  const routes: [method: string, path: string, route: string][] = [
    ["GET", "/api/health", "health"],
    ["GET", "/api/auth/me", "me"],
    ["PUT", "/api/user", "updateMember"],
    ["GET", "/api/organization/users/x", "listMembers"],
    ["DELETE", "/api/organization/x/user/y", "removeMember"],
    ["GET", "/api/invitations/x", "listInvitations"],
    ["GET", "/api/invitation/x", "listInvitations"],
    ["PATCH", "/api/invitation", "other"],
    ["GET", "/api/nope", "other"],
  ];
  for (const [method, path, route] of routes) {
    it(`calls ${method} ${path} ${route}`, async () => {
      await world.ask(method, path);
      expect(world.simulator.requests.map((request) => request.route)).to.deep.equal([route]);
    });
  }

  it("tells of a request before it is handled, and of its answer", async () => {
    const events: unknown[] = [];
    const rows = () => world.simulator.invitations(world.organization.id).length;
    world.simulator.on("request", (request: RequestRecord) =>
      events.push(["request", request.path, request.status, rows()]),
    );
    world.simulator.on("response", (request: RequestRecord) =>
      events.push(["response", request.path, request.status, rows()]),
    );
    await world.invite("ada@x.example");
    expect(events).to.deep.equal([
      ["request", "/api/invitation", undefined, 0],
      ["response", "/api/invitation", 204, 1],
    ]);
  });

  it("counts what is in flight at once", async () => {
    const ask = () => world.ask("GET", "/api/invitations/x", { key: "admin" });
    await ask();
    await ask();
    expect(world.simulator.highestInFlight, "one after the other").to.equal(1);
    world.simulator.fault({ route: "any", times: 3, effect: { delayMs: 50 } });
    await Promise.all([ask(), ask(), ask()]);
    expect(world.simulator.highestInFlight).to.equal(3);
    expect(world.simulator.inFlight).to.equal(0);
    world.simulator.resetCounters();
    expect(world.simulator.highestInFlight).to.equal(0);
    expect(world.simulator.requests).to.have.length(5);
  });
});

describe("simulator: its dashboard", () => {
  const world = eachTest();

  it("makes organizations with an owner, or without", () => {
    const { simulator } = world;
    const emails = (id: string) =>
      simulator.members(id).map(({ email, role }) => `${role} ${email}`);
    expect(emails(simulator.createOrganization("R & D").id)).to.deep.equal([
      "owner owner@r-d.example",
    ]);
    expect(emails(simulator.createOrganization("x", { owner: "me@x.example" }).id)).to.deep.equal([
      "owner me@x.example",
    ]);
    expect(emails(simulator.createOrganization("y", { ownerless: true }).id)).to.deep.equal([]);
  });

  it("changes members and invitations by their address in any case", () => {
    const { simulator, organization } = world;
    simulator.addMember(organization.id, "Ada@x.example", "user", ["GET /api"]);
    simulator.setMember(organization.id, "ada@X.example", { role: "admin" });
    expect(simulator.members(organization.id).at(-1)).to.deep.include({
      role: "admin",
      scopes: ["GET /api"],
    });
    simulator.setMember(organization.id, "ada@x.example", { scopes: null });
    expect(simulator.members(organization.id).at(-1)).to.deep.include({
      role: "admin",
      scopes: null,
    });
    simulator.removeMember(organization.id, "ADA@x.example");
    expect(simulator.members(organization.id)).to.have.length(1);
    const { id } = simulator.addInvitation(organization.id, "Bob@x.example", "owner", []);
    expect(simulator.invitations(organization.id)).to.deep.equal([
      { id, email: "Bob@x.example", role: 2, scopes: [], used: false },
    ]);
    simulator.deleteInvitations(organization.id, "bob@x.example");
    expect(simulator.invitations(organization.id)).to.deep.equal([]);
  });

  it("refuses what cannot be", () => {
    const { simulator } = world;
    simulator.createAccount("ada@x.example");
    expect(() => simulator.createAccount("ada@x.example")).to.throw("there is an account");
    expect(() => simulator.addMember("nowhere", "ada@x.example")).to.throw(
      "there is no organization",
    );
    expect(() => simulator.addInvitation("nowhere", "ada@x.example")).to.throw(
      "there is no organization",
    );
    expect(() => simulator.createKey("nowhere", "user")).to.throw("there is no organization");
  });

  it("lets those whom it made sign in", () => {
    const { simulator, organization } = world;
    for (const email of ["ada@x.example", "Bob@X.example"]) {
      simulator.addMember(organization.id, email);
      expect(simulator.accept("/auth?redirect_uri=/", { email })).to.include({
        status: 303,
        location: "/",
      });
    }
  });

  it("is there over HTTP", async () => {
    const { simulator, organization } = world;
    const headers = { "Content-Type": "application/json" };
    const post = (path: string, body: unknown) =>
      send(simulator.url, "POST", `/simulator/${path}`, { headers, body });
    const get = async (path: string) =>
      JSON.parse((await send(simulator.url, "GET", `/simulator/${path}`)).body);
    await world.invite("ada@x.example");
    const [mail] = await get("mails");
    expect(mail).to.include({ to: "ada@x.example", kind: "invitation" });
    expect(await get("requests")).to.have.length(1);
    const accepted = await post("accept", {
      link: mail.links[0],
      email: "ada@x.example",
      name: "Ada",
      subject: "s",
    });
    expect(JSON.parse(accepted.body)).to.deep.equal({
      status: 303,
      location: "http://d.example/",
      body: "",
    });
    expect(simulator.members(organization.id).map(({ email }) => email)).to.include(
      "ada@x.example",
    );
    expect(await get("state")).to.deep.equal({
      hung: false,
      inFlight: 0,
      highestInFlight: 1,
      mailWorks: true,
    });
    expect((await post("accept", {})).status).to.equal(400);
    expect(simulator.requests, "its own paths are not Trieve's").to.have.length(1);
  });
});

describe("simulator: ten thousand people", () => {
  it("are listed whole", async () => {
    const simulator = await startSimulator({ hangs: false });
    const { id, apiKey } = simulator.createOrganization("crowd");
    for (let n = 0; n < 10_000; n += 1) {
      simulator.addMember(id, `member${n}@x.example`);
      simulator.addInvitation(id, `guest${n}@x.example`);
    }
    const headers = { Authorization: apiKey, "TR-Organization": id };
    const list = async (path: string) =>
      JSON.parse(
        (await send(simulator.url, "GET", `/api/${path}/${id}`, { headers })).body,
      ) as unknown[];
    expect(await list("invitations")).to.have.length(10_000);
    expect(await list("organization/users")).to.have.length(10_001);
    await simulator.close();
  });
});

describe("simulator: the program", () => {
  const program = join(process.cwd(), "dist", "simulator", "main.js");

  /** Runs it until `until` shows in its output, or it ends. */
  async function run(args: string[], until?: RegExp) {
    const child: ChildProcess = spawn(process.execPath, [program, ...args]);
    let output = "";
    const ended = once(child, "exit") as Promise<[number | null, string | null]>;
    await new Promise<void>((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on("data", (chunk: Buffer) => {
          output += chunk;
          if (until?.test(output) === true) {
            resolve();
          }
        });
      }
      void ended.then(() => resolve());
    });
    return { child, output: () => output, ended };
  }

  it("prints where it is, an organization and its key, and ends when told", async () => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const { child, output, ended } = await run(
        ["--port", "0", "--admin-key", "boss"],
        /key +tr-\w{32}\n/,
      );
      const [, url = "", id = "", key = ""] =
        /at (http:\S+)\norganization (\S+)\nkey +(\S+)\n/.exec(output()) ?? [];
      const headers = { "TR-Organization": id };
      const list = (authorization: string) =>
        send(url, "GET", `/api/invitations/${id}`, {
          headers: { ...headers, Authorization: authorization },
        });
      expect((await list(key)).body).to.equal("[]");
      expect((await list("boss")).status).to.equal(200);
      expect((await list("admin")).status).to.equal(401);
      child.kill(signal);
      expect(await ended).to.deep.equal([0, null]);
    }
  });

  it("does not hang with --no-hang", async () => {
    const { child, output, ended } = await run(["--port", "0", "--no-hang"], /key +tr-\w{32}\n/);
    const [, url = "", id = "", key = ""] =
      /at (\S+)\norganization (\S+)\nkey +(\S+)/.exec(output()) ?? [];
    const headers = { Authorization: key, "TR-Organization": id };
    const asking = Array.from({ length: 20 }, () =>
      send(url, "GET", `/api/invitations/${id}`, { headers }),
    );
    expect(new Set((await Promise.all(asking)).map(({ status }) => status))).to.deep.equal(
      new Set([200]),
    );
    child.kill();
    await ended;
  });

  const uses: [args: string[], code: number, output: RegExp][] = [
    [["--help"], 0, /--admin-key/],
    [["--port", "many"], 2, /--port many: expected a number/],
    [["--port", "70000"], 2, /expected a number/],
    [["--nonsense"], 2, /nonsense/],
  ];
  for (const [args, code, text] of uses) {
    it(`${args.join(" ")}: ends with ${code}`, async () => {
      const { output, ended } = await run(args);
      expect(await ended).to.deep.equal([code, null]);
      expect(output()).to.match(text);
    });
  }

  it("says when the port is taken", async () => {
    const simulator: Simulator = await startSimulator();
    const { output, ended } = await run(["--port", String(simulator.port)]);
    expect(await ended).to.deep.equal([1, null]);
    expect(output()).to.match(/EADDRINUSE/);
    await simulator.close();
  });
});
