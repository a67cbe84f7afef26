import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import * as fc from "fast-check";
import { toldIn, World } from "./world";

const urn = (name: string) =>
  `urn:pulumi:test::e2e::trieve:index:Roster$pulumi-nodejs:dynamic/trieve:Invitation::${name}`;

const roles = ["user", "admin", "owner"] as const;
const scopes = ["POST /api/chunk/search"];

const team = (args = "", more = "") => `
  const trieve = require("pulumi-trieve");
  const team = new trieve.TrieveRoster("team", {
    file: "members.yaml", limits: { maxRemovals: "100%", minOwners: 0 } ${args} });
  ${more}`;

const today = () => new Date().toISOString().slice(0, 10);

describe("the preview of a roster", function () {
  this.timeout(600_000);
  let world: World;
  const write = (text: string) => writeFileSync(join(world.project.folder, "members.yaml"), text);
  const begin = async (args = "", more = "") => {
    world = await World.create({});
    await world.project.write(team(args, more));
  };
  afterEach(() => world.end());

  it("says of each person what `up` will do to them, from two lists", async () => {
    await begin(`, unmanaged: "ignore"`);
    const { simulator, organization } = world;
    simulator.addMember(organization.id, "grace@example.com", "admin");
    simulator.addMember(organization.id, "kay@example.com", "user");
    simulator.addInvitation(organization.id, "pia@example.com", "admin");
    simulator.addInvitation(organization.id, "paul@example.com");
    write(`members:
  - ada@example.com
  - { email: grace@example.com, role: owner }
  - kay@example.com
  - { email: pia@example.com, role: user, scopes: ["POST /api/chunk/search"] }
  - paul@example.com
`);
    const first = await world.succeed("preview");
    expect(toldIn(first.output)).to.deep.equal([
      "ada@example.com invite as user",
      "grace@example.com role admin → owner",
      "kay@example.com unchanged: user",
      `paul@example.com pending since ${today()} as user`,
      `pia@example.com invite again: role admin → user, scopes unrestricted → 1 (pending since ${today()})`,
    ]);
    expect(world.requests().map(({ route }) => route)).to.have.members([
      "listInvitations",
      "listMembers",
    ]);

    await world.succeed("up");
    // The update itself is the provider's: the program asks nothing.
    expect(world.requests().filter(({ route }) => route === "listMembers").length).to.be.below(9);
    expect(toldIn((await world.succeed("preview")).output)).to.deep.equal([]);

    write(`members:
  - { email: ada@example.com, resend: "2" }
  - { email: grace@example.com, role: admin, until: 2020-01-31 }
  - { email: pia@example.com, role: user }
  - paul@example.com
`);
    world.accept("pia@example.com");
    // What the stack knows decides: scopes that it set go, a trigger that it did not see sends.
    const second = await world.succeed("preview", "--refresh");
    expect(toldIn(second.output)).to.deep.equal([
      `ada@example.com invite again (pending since ${today()})`,
      `grace@example.com line deleted; member since ${today()} as owner`,
      `kay@example.com line deleted; member since ${today()} as user`,
      "pia@example.com scopes 1 → unrestricted",
    ]);
  });

  it("says that whom a default would lower is refused, and stops `up` before any write", async () => {
    await begin();
    world.simulator.addMember(world.organization.id, "ada@example.com", "admin");
    world.simulator.addInvitation(world.organization.id, "bob@example.com", "owner");
    write("members: [ada@example.com, bob@example.com, new@example.com]");
    const { code, output } = await world.project.up();
    expect(code).not.to.equal(0);
    expect(toldIn(output)).to.include.members([
      "ada@example.com error: refused: is admin, and a default role never lowers anyone; write the role on their own line",
      "bob@example.com error: refused: is owner, and a default role never lowers anyone; write the role on their own line",
      "new@example.com invite as user",
    ]);
    expect(world.writes()).to.deep.equal([]);
  });

  it("warns of the last owner and of the key's own account, which other resources may yet change", async () => {
    await begin(`, unmanaged: "ignore"`);
    const { simulator, organization } = world;
    simulator.removeMember(organization.id, "owner@acme.example");
    simulator.addMember(organization.id, "olga@example.com", "owner");
    write("members: [{ email: olga@example.com, role: user }]");
    expect(toldIn((await world.succeed("preview")).output)).to.deep.equal([
      "olga@example.com warning: refused: no other owner would be left",
    ]);
  });

  it("names once those whom nothing in the program declares, unless told to ignore them", async () => {
    const loose = `
      new trieve.TrieveInvitation("loose", { email: "loose@example.com" });
      new trieve.TrieveRoster("second", { members: ["second@example.com"] });`;
    await begin(`, breakGlass: ["Root@example.com"]`, loose);
    const { simulator, organization } = world;
    for (const name of ["loose", "second", "root", "Eve", "team"])
      simulator.addMember(organization.id, `${name}@example.com`);
    // The account of the server's own admin key.
    simulator.addMember(organization.id, "default", "owner");
    simulator.addInvitation(organization.id, "\u001b[31mred@example.com");
    write("members: [team@example.com]");
    const { output } = await world.succeed("preview");
    const warnings = toldIn(output).filter((line) => line.includes("warning"));
    expect(warnings).to.deep.equal([
      `warning: Organization ${organization.id} has 3 people whom this program does not declare: \\u001b[31mred@example.com, eve@example.com, owner@acme.example. Add them to the roster, or set \`unmanaged\` to "remove" or "ignore".`,
    ]);
    await world.project.write(team(`, unmanaged: "ignore"`));
    expect((await world.succeed("preview")).output).not.to.include("warning");
  });

  it("says nothing of those whom --target leaves out", async () => {
    await begin(`, unmanaged: "ignore"`);
    write("members: [ada@example.com, bob@example.com]");
    await world.succeed("up");
    write(
      "members: [{ email: ada@example.com, role: admin }, { email: bob@example.com, role: admin }]",
    );
    const { output } = await world.succeed("preview", "--target", urn("team/bob@example.com"));
    expect(toldIn(output)).to.deep.equal([
      `bob@example.com invite again: role user → admin (pending since ${today()})`,
    ]);
  });

  it("nor of new people whom a run leaves out: they would be refused for nothing", async () => {
    await begin(`, unmanaged: "ignore"`);
    write("members: [ada@example.com, bob@example.com]");
    await world.succeed("up");
    world.simulator.addMember(world.organization.id, "olga@example.com", "owner");
    write("members: [ada@example.com, olga@example.com]");
    const guard = urn("team/guard").replace("Invitation", "RosterGuard");
    const runs = [
      ["preview", "--target", urn("team/ada@example.com")],
      ["refresh", "--preview-only", "--run-program"],
      ["destroy", "--preview-only", "--run-program", "--exclude", guard],
    ];
    for (const [verb = "", ...flags] of runs) {
      const { code, output } = await world.project.run(verb, ...flags);
      expect(code, output).to.equal(0);
      expect(toldIn(output), verb).to.deep.equal([]);
    }
  });

  it("says that somebody stays who only moves to another resource", async () => {
    await begin(`, unmanaged: "ignore"`);
    write("members: [ada@example.com, bob@example.com]");
    await world.succeed("up");
    write("members: [bob@example.com]");
    await world.project.write(
      team(
        `, unmanaged: "ignore"`,
        `new trieve.TrieveInvitation("ada", { email: "ada@example.com" });`,
      ),
    );
    expect(toldIn((await world.succeed("preview")).output)).to.deep.equal([
      "ada@example.com stays: another resource declares them",
    ]);
    world.requests();
    await world.succeed("up");
    expect(world.writes()).to.deep.equal([]);
  });

  it("works without the server, with one warning", async () => {
    await begin();
    write("members: [ada@example.com, bob@example.com]");
    const { url } = world.simulator;
    await world.simulator.close();
    const { changes, output } = await world.succeed("preview");
    expect(changes).to.include({ "team/ada@example.com": "create" });
    expect(toldIn(output)).to.deep.equal([
      `warning: Could not reach Trieve, so this preview does not show per-person changes. Everything else in it is accurate. Could not list the invitations in organization ${world.organization.id} at ${url}: connect ECONNREFUSED ${url.slice(7)}. Check that the server is running and that the URL is correct.`,
    ]);
  });

  it("ends when its patience does, also if the server takes the question and never answers", async () => {
    await begin();
    write("members: [ada@example.com]");
    const asked: string[] = [];
    const open = new Set<Socket>();
    const silent = createServer((socket) => {
      open.add(socket.on("error", () => {}).on("close", () => open.delete(socket)));
      socket.on("data", (bytes) => asked.push(String(bytes).split(" HTTP")[0] ?? ""));
    });
    await once(silent.listen(0, "127.0.0.1"), "listening");
    const { port } = silent.address() as AddressInfo;
    try {
      await world.project.run("config", "set", "trieve:apiUrl", `http://127.0.0.1:${port}`);
      const { output } = await world.succeed("preview");
      expect(toldIn(output)).to.deep.equal([
        "warning: Could not reach Trieve, so this preview does not show per-person changes. Everything else in it is accurate. No answer within 5 s.",
      ]);
      // Any other question would have kept the program from its end.
      expect(asked).to.deep.equal([`GET /api/invitations/${world.organization.id}`]);
    } finally {
      for (const socket of open) socket.destroy();
      silent.close();
    }
  });

  it("knows who leaves also if the program writes the organization in upper case", async () => {
    await begin(`, unmanaged: "ignore", organizationId: process.env.ORGANIZATION`);
    world.project.env.ORGANIZATION = ` ${world.organization.id.toUpperCase()}`;
    write("members: [ada@example.com, bob@example.com]");
    await world.succeed("up");
    write("members: [bob@example.com]");
    expect(toldIn((await world.succeed("preview")).output)).to.deep.equal([
      `ada@example.com line deleted; pending since ${today()} as user`,
    ]);
    world.project.env.ORGANIZATION = world.organization.id;
    await world.project.write(
      team(`, unmanaged: "ignore", organizationId: process.env.ORGANIZATION`).replace(
        `maxRemovals: "100%"`,
        "maxRemovals: 1",
      ),
    );
    await world.succeed("preview");
  });

  it("waits for those whose address the program comes to know late", async () => {
    const late = `
      const email = new Promise((resolve) => setTimeout(resolve, 3000, "loose@example.com"));
      new trieve.TrieveInvitation("loose", { email });`;
    await begin("", late);
    world.simulator.removeMember(world.organization.id, "owner@acme.example");
    world.simulator.addMember(world.organization.id, "loose@example.com", "owner");
    write("members: [team@example.com]");
    expect(toldIn((await world.succeed("preview")).output)).to.deep.equal([
      "team@example.com invite as user",
    ]);
  });

  /** Writes of the last run by person, in the words of the preview. */
  const written = (emailOf: ReadonlyMap<string, string>) => {
    const routes = new Map<string, string[]>();
    for (const { method, route, path, email, body } of world.requests()) {
      if (method === "GET") continue;
      const id = /[0-9a-f-]{36}(?=$|\?)/.exec(path)?.[0];
      const user = (body as { user_id?: string } | undefined)?.user_id;
      const person = email ?? emailOf.get(user ?? "") ?? emailOf.get(id ?? "") ?? path;
      routes.set(person, [...(routes.get(person) ?? []), route]);
    }
    return Object.fromEntries(
      [...routes].map(([person, done]) => {
        if (done.includes("updateMember")) return [person, "change"];
        if (done.includes("invite"))
          return [person, done.includes("removeMember") ? "change" : "invite"];
        return [person, "remove"];
      }),
    );
  };

  /** What a preview says will be written, by person. */
  const foretold = (lines: readonly string[]) =>
    Object.fromEntries(
      lines.flatMap((line) => {
        const [person = "", what = ""] = line.split(/ (.*)/);
        if (/^(invite)/.test(what)) return [[person, "invite"]];
        if (/^(role|scopes)/.test(what)) return [[person, "change"]];
        return /^line deleted; (pending|member) since/.test(what) ? [[person, "remove"]] : [];
      }),
    );

  it("foretells exactly the writes of the `up` that follows, whatever the organization", async () => {
    const emails = Array.from({ length: 6 }, (_, i) => `p${i}@example.com`);
    const standing = fc.oneof(
      { weight: 1, arbitrary: fc.constant(null) },
      {
        weight: 3,
        arbitrary: fc.record({
          as: fc.constantFrom("member", "invitation"),
          role: fc.constantFrom(...roles),
          scopes: fc.constantFrom(null, null, scopes),
        }),
      },
    );
    const line = fc.oneof(
      { weight: 1, arbitrary: fc.constant(null) },
      {
        weight: 3,
        arbitrary: fc.record({
          // Seldom by default: one who is refused stops the run.
          role: fc.constantFrom(undefined, ...roles, ...roles, ...roles, ...roles),
          scopes: fc.constantFrom(undefined, undefined, scopes),
          resend: fc.constantFrom(undefined, "1", "2"),
        }),
      },
    );
    const round = fc.record({
      // What people do at the server before this run; undefined: nothing.
      server: fc.tuple(...emails.map(() => fc.option(standing, { nil: undefined, freq: 2 }))),
      roster: fc.tuple(...emails.map(() => line)),
      refresh: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(round, { minLength: 3, maxLength: 3 }), async (rounds) => {
        await begin(`, unmanaged: "ignore"`);
        const { simulator, organization } = world;
        for (const { server, roster, refresh } of rounds) {
          for (const [i, to] of server.entries()) {
            if (to === undefined) continue;
            const email = emails[i] ?? "";
            simulator.removeMember(organization.id, email);
            simulator.deleteInvitations(organization.id, email);
            if (to?.as === "member")
              simulator.addMember(organization.id, email, to.role, to.scopes);
            if (to?.as === "invitation")
              simulator.addInvitation(organization.id, email, to.role, to.scopes);
          }
          const members = roster.flatMap((one, i) => (one ? [{ email: emails[i], ...one }] : []));
          write(JSON.stringify({ members }));
          const flags = refresh ? ["--refresh"] : [];
          const preview = toldIn((await world.project.preview(...flags)).output);
          const emailOf = new Map([
            ...simulator.members(organization.id).map((one) => [one.userId, one.email] as const),
            ...simulator.invitations(organization.id).map((one) => [one.id, one.email] as const),
          ]);
          world.requests();
          const refused = preview.some((one) => one.includes("refused"));
          const up = await world.project.up(...(refused ? [] : ["--skip-preview"]), ...flags);
          expect(written(emailOf), `${preview.join("\n")}\n${up.output}`).to.deep.equal(
            refused ? {} : foretold(preview),
          );
          expect(up.code === 0, up.output).to.equal(!refused);
        }
        await world.end();
      }),
      { numRuns: Number(process.env.PREVIEW_RUNS ?? 1), endOnFailure: true },
    );
    await begin();
  });
});
