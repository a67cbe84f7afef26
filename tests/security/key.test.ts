import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { run, World } from "../cli/run";
import { ownMeetingFolder } from "../lifecycle/world";

describe("the key, sent back by a server or what lies before it", function () {
  this.timeout(120_000);
  ownMeetingFolder();
  let world: World;
  before(async () => {
    world = await World.start();
  });
  after(() => world.close());

  const shapes: readonly [it: string, body: (key: string) => unknown][] = [
    ["in a message", (key) => ({ message: `No access with ${key}, Bearer ${key}` })],
    ["as the whole answer", (key) => key],
    ["in a list", (key) => [key, key]],
    ["as a key of an object", (key) => ({ [key]: { [key]: 1 } })],
    ["in a row", (key) => [{ id: key, email: key, organization_id: key, user_orgs: [key] }]],
    ["in an account", (key) => ({ id: key, email: 7, user_orgs: key, orgs: [{ id: key }] })],
  ];
  for (const status of [200, 400, 401, 403, 404, 503])
    it(`${status}: is in no output of any command`, async () => {
      for (const [i, [shape, body]] of shapes.entries()) {
        const fault = world.simulator.fault({
          route: "any",
          times: 100,
          effect: {
            status,
            body: JSON.stringify(body(world.key)),
            headers: { "retry-after": "0" },
          },
        });
        const commands = [["export"], ["doctor"], ["report", world.file("members: []"), "--json"]];
        const args = commands[(i + status) % 3] ?? [];
        const { code, stdout, stderr } = await run([...args, "--retry-for", "0"], {
          env: world.env,
        });
        expect(code, shape).to.be.oneOf([1, 3]);
        expect(stdout + stderr, shape).to.match(/Could not/);
        expect(stdout + stderr, shape).not.to.contain(world.key);
        fault.remove();
      }
    });

  it("in what is no HTTP: is in no output", async () => {
    const server = createServer((request) => {
      request.socket.end(`HTTP/1.1 2oo ${request.headers.authorization}\r\n\r\n`);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, stderr } = await run(["export", "--url", url, "--retry-for", "0"], {
      env: world.env,
    });
    server.close();
    expect([code, stderr.includes(world.key)]).to.deep.equal([3, false]);
    expect(stderr).to.contain("Could not list the invitations");
  });

  it("a new key that comes in a wrong shape is not printed either", async () => {
    const fresh = "tr-freshfreshfreshfreshfreshfreshfr";
    for (const body of [
      fresh,
      [fresh],
      { key: fresh },
      { api_key: [fresh] },
      { api_key: `${fresh} ` },
    ]) {
      const fault = world.simulator.fault({
        route: "any",
        times: 1,
        when: ({ method }) => method === "POST",
        effect: { status: 200, body: JSON.stringify(body) },
      });
      const { code, stdout, stderr } = await world.run(
        ["init", "--url", world.simulator.url, "--organization", world.id],
        { env: { TRIEVE_ADMIN_KEY: world.key } },
      );
      fault.remove();
      expect([code, stdout]).to.deep.equal([3, ""]);
      expect(stderr).to.contain("Could not make an API key").and.not.to.contain(fresh);
    }
  });

  it("a URL with a password in it is refused without repeating the password", async () => {
    const secret = "pa55word";
    for (const [name, url] of [
      ["TRIEVE_API_URL", `http://ada:${secret}@127.0.0.1:9`],
      ["TRIEVE_APP_URL", `http://ada:${secret}@127.0.0.1:9/api`],
      ["TRIEVE_REDIRECT_URI", `http://ada:${secret}@127.0.0.1:9/`],
    ] as const)
      for (const args of [["doctor"], ["doctor", "--json"], ["export"]]) {
        const { stdout, stderr } = await run(args, { env: { ...world.env, [name]: url } });
        expect(stdout + stderr).not.to.contain(secret);
        if (args[0] === "doctor") expect(stdout).to.contain("…@127.0.0.1:9");
      }
  });
});
