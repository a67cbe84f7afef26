import { once } from "node:events";
import { expect } from "chai";
import type { RequestRecord } from "../../simulator";
import { findPostgres, installPostgres, NoPostgres, Postgres } from "./postgres";
import { atNight, type Declared, World } from "./world";

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${name}${i}@example.com`);
}

const first = numbered("first", 3);
const everybody = [...first, ...numbered("second", 9)];

function declared(emails: readonly string[]): Record<string, Declared> {
  return Object.fromEntries(emails.map((email) => [email, { email, deletionPolicy: "remove" }]));
}

describe("a stack whose state is in PostgreSQL", function () {
  this.timeout(300_000);
  let postgres: Postgres;
  let world: World;

  before(async function () {
    try {
      postgres = await Postgres.start(findPostgres() ?? installPostgres());
    } catch (error) {
      if (!(error instanceof NoPostgres)) throw error;
      console.log(`    Skipped: ${error.message}`);
      this.skip();
    }
  });
  after(() => postgres?.stop());
  beforeEach(async () => {
    world = await World.create(declared(first), {
      env: { PULUMI_BACKEND_URL: postgres.url },
      // As slow as a real one, so that requests are in flight when something happens.
      simulator: { mailDelayMs: 100 },
    });
    await world.succeed("up");
  });
  afterEach(async () => {
    await world?.end();
    postgres.query("drop table if exists pulumi_state");
  });

  /** Starts an `up` of everybody. */
  const start = () => world.project.start("up", "--yes", "--skip-preview");

  /** Starts an `up` of everybody, and waits until it has invited three more. */
  const startInviting = async () => {
    await world.declare(declared(everybody));
    let invited = 0;
    const inviting = new Promise<void>((resolve) => {
      world.simulator.on("request", ({ route }: RequestRecord) => {
        if (route === "invite" && ++invited === 3) resolve();
      });
    });
    const running = start();
    await inviting;
    return running;
  };

  const cancel = async () => {
    const { code, output } = await world.project.run("cancel", "--yes");
    expect(code, output).to.equal(0);
  };

  /** A last `up` ends well; it is one invitation and one mail each, and the state knows everybody. */
  const expectEverybodyOnce = async () => {
    await world.succeed("up", "--refresh");
    const invitations = world.simulator.invitations(world.organization.id);
    expect(invitations.map(({ email }) => email).sort()).to.deep.equal([...everybody].sort());
    expect(world.simulator.mails.map(({ to }) => to).sort()).to.deep.equal([...everybody].sort());
    expect((await world.succeed("up")).output).to.include(`${everybody.length + 1} unchanged`);
  };

  const expectOneRequestEach = () => {
    const posts = world.simulator.requests.filter(({ route }) => route === "invite");
    expect(posts.map(({ email }) => email).sort()).to.deep.equal([...everybody].sort());
  };

  it("has it in a table of the database, without the key in clear", async () => {
    const [state = "", ...others] = postgres.query(
      `select convert_from(decode(data->>'data', 'base64'), 'UTF8')::jsonb
       from pulumi_state where key like '%/stacks/e2e/test.json'`,
    );
    expect(others).to.deep.equal([]);
    for (const email of first) expect(state).to.include(`/${email}"`);
    expect(state).not.to.include(world.organization.apiKey);
  });

  atNight("changes nothing at the second `up`, and has everybody out in the end", async () => {
    world.requests();
    expect((await world.succeed("up")).output).to.include(`${first.length + 1} unchanged`);
    expect(world.requests()).to.deep.equal([]);
    await world.succeed("destroy");
    expect(world.people()).to.deep.equal({});
  });

  atNight("refuses a second `up` during the first; nobody is invited twice", async () => {
    const running = await startInviting();
    running.kill("SIGSTOP");
    const second = await start().result;
    running.kill("SIGCONT");
    expect(second.code, second.output).not.to.equal(0);
    expect(second.output).to.include("the stack is currently locked");
    expect(second.changes).to.deep.equal({});
    const { code, output } = await running.result;
    expect(code, output).to.equal(0);
    await expectEverybodyOnce();
    expectOneRequestEach();
  });

  atNight("lets two that start together invite nobody twice, whoever gets the lock", async () => {
    await world.declare(declared(everybody));
    const results = await Promise.all([start().result, start().result]);
    // Seen once of two whose locks come and go at the same time: Pulumi tells of a key that is gone.
    for (const { code, output } of results)
      if (code !== 0)
        expect(output).to.match(/the stack is currently locked|errors occurred:\n.*key/);
    await expectEverybodyOnce();
    expectOneRequestEach();
  });

  it("invites nobody twice when somebody cancels a running `up`, which goes on, and starts another", async () => {
    const running = await startInviting();
    // It waits for the other, so that both are at it at once.
    running.kill("SIGSTOP");
    await cancel();
    const other = start();
    await once(world.simulator, "request");
    running.kill("SIGCONT");
    for (const { code, output } of await Promise.all([running.result, other.result]))
      expect(code, output).to.equal(0);
    await expectEverybodyOnce();
  });

  it("recovers from a kill in the middle by `pulumi cancel` and `up --refresh`; nobody is invited twice", async () => {
    const running = await startInviting();
    running.kill("SIGKILL");
    expect((await running.result).code).to.equal(null);
    expect((await start().result).output).to.include("the stack is currently locked");
    await cancel();
    await expectEverybodyOnce();
  });
});
