import { writeFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect } from "chai";
import type { Result } from "./cli";
import { some, World } from "./world";

const unknown = "11111111-2222-4333-8444-555555555555";

/** What no user should have to read because of something that they can mend. */
function expectPlain(output: string): void {
  const text = stripVTControlCharacters(output);
  expect(text).not.to.match(/^\s+at .*[:(]\d+/m);
  expect(text).not.to.include("node_modules");
  expect(text).not.to.include("RunError");
}

async function upWithServerDown(): Promise<Result> {
  const world = await World.create({ ada: { email: "ada@example.com" } });
  await world.simulator.close();
  return failedUp(world);
}

async function upWithFailingServer(): Promise<Result> {
  const world = await World.create({ ada: { email: "ada@example.com" } });
  world.simulator.fault({ route: "any", times: 999, effect: { status: 500 } });
  return failedUp(world);
}

async function failedUp(world: World): Promise<Result> {
  try {
    return await world.fail("up");
  } finally {
    await world.end();
  }
}

describe("what a user can cause is told without a stack", function () {
  this.timeout(600_000);
  let world: World;
  let silence: Promise<readonly [Result, Result]>;
  before(async () => {
    // Each is asked again for a minute and a half, which the other tests need not wait for.
    silence = Promise.all([upWithServerDown(), upWithFailingServer()]);
    world = await World.create({});
    const { simulator, organization } = world;
    simulator.addMember(organization.id, "admin@example.com", "admin");
    simulator.addMember(organization.id, "default", "admin");
  });
  after(() => world.end());
  afterEach(() => {
    for (const key of Object.keys(world.project.env))
      if (key.startsWith("TRIEVE_")) delete world.project.env[key];
  });

  const write = (program: string, members?: string) => {
    if (members !== undefined) writeFileSync(join(world.project.folder, "members.yaml"), members);
    return world.project.write(
      `const pulumi = require("@pulumi/pulumi"); const trieve = require("pulumi-trieve"); ${program}`,
    );
  };
  const person = (args: string, opts = "{}", name = "ada") =>
    `new trieve.TrieveInvitation("${name}", ${args}, ${opts});`;
  const roster = (args: string) => `new trieve.TrieveRoster("team", ${args});`;
  const fails = async (verb: "up" | "preview" | "destroy" | "refresh", ...texts: string[]) => {
    const result = await world.fail(verb);
    expectTold(result, ...texts);
  };

  function expectTold({ output }: Result, ...texts: string[]): void {
    for (const text of texts) expect(output).to.include(text);
    expect(output).not.to.include("\u001b");
    expectPlain(output);
  }

  describe("at preview:", () => {
    it("arguments", async () => {
      await write(person(`{ email: "a..b@example.com", role: "boss" }`));
      await fails(
        "preview",
        'email "a..b@example.com" may contain only',
        'role must be "user", "admin" or "owner", not "boss"',
      );
    });

    it("settings of an explicit provider", async () => {
      const settings = `{ apiKey: "key", organizationId: "acme", apiUrl: "http://localhost/api" }`;
      await write(
        `const other = new trieve.Provider("other", ${settings});
         ${person(`{ email: "ada@example.com" }`, "{ provider: other }")}`,
      );
      await fails("preview", "ends with /api", "acme");
    });

    it("two resources for one person", async () => {
      await write(
        person(`{ email: "ada@example.com" }`) +
          person(`{ email: "ADA@example.com" }`, "{}", "again"),
      );
      await fails("preview", "Two resources declare ada@example.com");
    });

    it("two resources for one person, of whom the program comes to know late", async () => {
      const late = `{ email: pulumi.output(new Promise((done) => setTimeout(done, 500, "ada@example.com"))) }`;
      await write(person(late) + person(late, "{}", "again"));
      await fails("preview", "Two resources declare ada@example.com");
    });

    it("a roster without a file, with a malformed one, and with people beside it", async () => {
      await rm(join(world.project.folder, "members.yaml"), { force: true });
      await write(roster(`{ file: "members.yaml" }`));
      await fails("preview", 'TrieveRoster "team": there is no file');
      await write(roster(`{ file: "members.yaml" }`), "members: [nobody, {");
      await fails("preview", 'TrieveRoster "team" has');
      await write(roster(`{ file: "members.yaml", members: [] }`));
      await fails("preview", "set either `file` or `members`");
    });

    it("limits of a roster", async () => {
      await write(
        roster(`{ members: ["ada@exmaple.com"], limits: { allowedDomains: ["example.com"] } }`),
      );
      await fails(
        "preview",
        "limits.allowedDomains does not include exmaple.com, the domain of 1 address",
      );
    });

    it("a default role that would lower somebody", async () => {
      await write(roster(`{ members: ["admin@example.com"] }`));
      await fails(
        "preview",
        "1 person on the roster would be refused: admin@example.com. Nothing was written.",
      );
    });

    it("an import", async () => {
      await write(person(`{ email: "ada@example.com" }`, `{ import: "x" }`));
      await fails("preview", "Pulumi cannot import dynamic resources");
    });

    it("a look-up of everybody with a key that is wrong", async () => {
      await write(`exports.members = trieve.getMembersOutput().members;`);
      world.project.env.TRIEVE_API_KEY = "tr-wrong-key";
      await fails("preview", "getMembers: Could not list", "the server answered 401");
    });
  });

  it("on a terminal too", async () => {
    const { organization } = world;
    for (const [source, text] of some(2, [
      [roster(`{ file: "missing.yaml" }`), "there is no file"],
      [
        person(`{ email: pulumi.output("ada@example.com") }`) +
          person(`{ email: pulumi.output("ada@example.com") }`, "{}", "again"),
        "Two resources declare ada@example.com",
      ],
      [roster(`{ members: ["admin@example.com"] }`), "1 person on the roster would be refused"],
      [person(`{ email: "a..b@example.com" }`), 'email "a..b@example.com" may contain only'],
      [
        `trieve.TrieveInvitation.get("found", "${organization.id}/nobody@example.com");`,
        "nobody@example.com is neither a member of",
      ],
    ] as const)) {
      await write(source);
      const { code, output } = await world.project.terminal("up", "--yes");
      expect(code, output).not.to.equal(0);
      expect(output, "painted").to.include("\u001b[");
      expect(stripVTControlCharacters(output)).to.include(text);
      expectPlain(output);
    }
  });

  describe("at `up`, by the server:", () => {
    it("a key that is wrong, and an organization that is unknown", async () => {
      await write(person(`{ email: "ada@example.com" }`));
      world.project.env.TRIEVE_API_KEY = "tr-wrong-key";
      await fails("up", "the server answered 401");
      world.project.env.TRIEVE_API_KEY = "admin";
      await write(person(`{ email: "ada@example.com", organizationId: "${unknown}" }`));
      await fails("up", "the server answered 404");
    });

    it("a guard: the last owner, and the account of the key", async () => {
      await write(person(`{ email: "owner@acme.example", role: "user" }`));
      await fails("up", "Refused to make owner@acme.example user", "nobody else there is an owner");
      const { userId } = world.simulator.addMember(
        world.organization.id,
        "key@example.com",
        "admin",
      );
      world.simulator.fault({
        route: "me",
        effect: {
          replaceBody: JSON.stringify({ id: userId, email: "key@example.com" }),
          contentType: "application/json",
        },
      });
      await write(person(`{ email: "key@example.com", role: "user" }`));
      await fails(
        "up",
        "Refused to make key@example.com user",
        "the API key belongs to this account",
      );
    });

    it("a default role that would lower somebody, without a preview", async () => {
      await write(roster(`{ members: ["admin@example.com"], limits: { maxRemovals: "100%" } }`));
      await fails("up", "a default role never lowers anyone");
    });

    it("a look-up of somebody who is not there", async () => {
      await write(
        `exports.role = trieve.TrieveInvitation.get("found", "${world.organization.id}/nobody@example.com").role;`,
      );
      await fails("up", "nobody@example.com is neither a member of");
      await write(`exports.role = trieve.TrieveInvitation.get("found", "nobody").role;`);
      await fails("up", "is not an id of the form <organizationId>/<email>");
    });

    it("a removal that is refused, and one that the server declines", async () => {
      const { simulator, organization } = world;
      await write(
        person(`{ email: "owner@acme.example", deletionPolicy: "remove" }`) +
          person(`{ email: "bob@example.com", deletionPolicy: "remove" }`, "{}", "bob"),
      );
      await world.succeed("up");
      simulator.fault({ route: "deleteInvitation", effect: { status: 403 } });
      await write("");
      await fails("up", "Refused to remove owner@acme.example");
      simulator.fault({ route: "deleteInvitation", effect: { status: 403 }, times: 9 });
      await fails("destroy", "Refused to remove owner@acme.example");
      const { deployment } = await world.project.exportState();
      expect(deployment.resources.length, organization.id).to.be.greaterThan(1);
    });

    it("a server that is down, and one that fails, after the whole time in which they are asked again", async () => {
      const [down, failing] = await silence;
      expectTold(down, "Check that the server is running and that the URL is correct.");
      expectTold(failing, "the server answered 500");
    });
  });
});

describe("a folder for temporary files that cannot be used", function () {
  this.timeout(600_000);

  it("is told without a stack, by the program and by the provider", async () => {
    const world = await World.create({});
    try {
      const folder = join(world.project.folder, "tmp");
      await mkdir(folder);
      writeFileSync(join(folder, `pulumi-trieve-${process.geteuid?.()}`), "");
      world.project.env.TMPDIR = folder;
      const people = `members: ["ada@example.com"]`;
      for (const [verb, source] of [
        ["up", `new trieve.TrieveRoster("team", { ${people} });`],
        ["up", `new trieve.TrieveInvitation("ada", { email: "ada@example.com" });`],
        ["up", `new trieve.TrieveInvitation("ada", { email: pulumi.output("ada@example.com") });`],
        ["up", `exports.members = trieve.getMembersOutput().members;`],
      ] as const) {
        await world.project.write(
          `const pulumi = require("@pulumi/pulumi"); const trieve = require("pulumi-trieve"); ${source}`,
        );
        const { output } = await world.fail(verb);
        expect(output).to.include(`Could not write to the folder ${folder}/pulumi-trieve-`);
        expect(output).to.include("Set TMPDIR to a folder that this user can write to.");
        expect(output).not.to.include("\u001b");
        expectPlain(output);
      }
      expect(world.requests()).to.deep.equal([]);

      delete world.project.env.TMPDIR;
      await world.declare({ ada: { email: "ada@example.com" } });
      await world.succeed("up");
      world.project.env.TMPDIR = folder;
      for (const verb of ["refresh", "destroy"] as const) {
        const { output } = await world.fail(verb);
        expect(output).to.include(`Could not write to the folder ${folder}/pulumi-trieve-`);
        expectPlain(output);
      }
    } finally {
      await world.end();
    }
  });
});
