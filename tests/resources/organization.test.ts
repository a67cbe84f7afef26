import { expect } from "chai";
import {
  checkOrganizationArguments,
  makeOrganization,
  organizationDifferences,
  readOrganization,
  removeOrganization,
  renameOrganization,
} from "../../provider/resources/organization";
import type { Effect, Fault, Simulator } from "../../simulator";
import {
  disguised,
  foreign,
  garbled,
  misleading,
  onlyOnce,
  passing,
  refusals,
  says,
  unanswered,
} from "../lifecycle/world";
import {
  adminKey,
  always,
  describeFailures,
  inWorld,
  messageOf,
  nth,
  only404,
  outcomeOf,
  type Row,
  times,
  type World,
  without404,
} from "./world";

const called = ({ simulator }: World, name: string) =>
  simulator.organizations().filter((one) => one.name === name);

describe("arguments of an organization", () => {
  const check = (args: Record<string, unknown>) => checkOrganizationArguments(args);

  it("have a default", () => {
    expect(check({ name: "dev" }).inputs).to.deep.equal({ name: "dev", forceDestroy: false });
    expect(check({ name: "dev", forceDestroy: true }).inputs).to.deep.equal({
      name: "dev",
      forceDestroy: true,
    });
  });

  const names = [
    "dev",
    "n".repeat(300),
    'The "best" team\'s',
    "Größe 7 – 東京",
    "a > b".slice(0, 1),
  ];
  for (const name of names)
    it(`take the name ${name.slice(0, 20)}`, () => {
      expect(check({ name }).problems).to.deep.equal([]);
    });

  const wrong: [unknown, string][] = [
    [undefined, "name is missing"],
    [null, "name is missing"],
    [7, "name must be a string, not 7"],
    ["", "name is empty"],
    ["  ", "name is empty"],
    [" dev", 'name " dev" begins or ends with a space'],
    ["dev\n", 'name "dev\\n" begins or ends with a space'],
    ["d\u0000ev", 'name "d\\u0000ev" contains an invisible character'],
    ["d\u200bev", 'name "d\\u200bev" contains an invisible character'],
    ...["a&b", "<b>dev</b>", "a > b", "a\u00a0b"].map((name): [string, string] => [
      name,
      `name "${name}" contains <, >, & or a non-breaking space, which Trieve stores differently`,
    ]),
  ];
  for (const [name, problem] of wrong)
    it(`refuse the name ${JSON.stringify(name)}`, () => {
      expect(check({ name })).to.deep.equal({ inputs: undefined, problems: [problem] });
    });

  it("are refused all at once", () => {
    expect(check({ name: "", forceDestroy: "yes" }).problems).to.deep.equal([
      "name is empty",
      'forceDestroy must be true or false, not "yes"',
    ]);
  });
});

describe("a difference of an organization", () => {
  const recorded = { name: "dev", forceDestroy: false };
  for (const [declared, differs] of [
    [recorded, []],
    [{ ...recorded, name: "test" }, ["name"]],
    [{ ...recorded, forceDestroy: true }, ["forceDestroy"]],
    [{ ...recorded, name: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" }, ["name"]],
  ] as const)
    it(`${JSON.stringify(declared)}: ${differs.join() || "none"}`, () => {
      expect(organizationDifferences(recorded, declared)).to.deep.equal(differs);
    });
});

type Verb = "create" | "rename" | "read" | "delete" | "delete with datasets";

/** Runs a verb of "dev", which is there before all but create. Ends in the name, or in nothing. */
async function run({ server, simulator }: World, verb: Verb): Promise<string> {
  const [, { id } = { id: "" }] = simulator.organizations();
  switch (verb) {
    case "create":
      await makeOrganization("dev", server);
      return "made";
    case "rename":
      await renameOrganization(id, "test", server);
      return "renamed";
    case "read":
      return (await readOrganization(id, true, server)) ?? "gone";
    case "delete":
      await removeOrganization(id, { name: "dev", forceDestroy: false }, server);
      return "deleted";
    case "delete with datasets":
      await removeOrganization(id, { name: "dev", forceDestroy: true }, server);
      return "deleted";
  }
}

function ownDev(simulator: Simulator): string {
  const { id } = simulator.createOrganization("dev", { ownerless: true });
  simulator.addMember(id, "default", "owner");
  return id;
}

function failing(
  verb: Verb,
  fault: Omit<Fault, "effect" | "times">,
  rows: readonly Row<readonly string[]>[],
): void {
  describeFailures(`${verb}, when ${fault.route} fails`, rows, {
    inWorld,
    prepare: (world) => {
      if (verb !== "create") ownDev(world.simulator);
      return () => run(world, verb);
    },
    faultIn: () => fault,
    leavesOf: ({ simulator }) =>
      simulator
        .organizations()
        .map(({ name }) => name)
        .filter((name) => name !== "default"),
  });
}

const post = "createOrganization";
failing("create", { route: post }, [
  { when: "refused", failures: refusals, calls: ["me", post], outcome: "{error}", leaves: [] },
  {
    when: "not carried out",
    failures: passing,
    calls: ["me", post, "me", post, "me"],
    outcome: "made",
    leaves: ["dev"],
  },
  {
    when: "never carried out",
    failures: passing,
    times: always,
    calls: ["me", ...times(6, [post, "me"])],
    outcome: "{error}",
    leaves: [],
  },
  {
    when: "carried out without an answer",
    failures: { ...unanswered, ...disguised },
    calls: ["me", post, "me"],
    outcome: "made",
    leaves: ["dev"],
  },
  {
    when: "answered by something else",
    failures: misleading,
    calls: ["me", post, "me"],
    outcome: "{error}",
    leaves: [],
  },
]);

failing("create", { route: "me" }, [
  { when: "refused", failures: refusals, calls: ["me"], outcome: "{error}", leaves: [] },
  {
    when: "it passes",
    failures: { ...passing, ...garbled },
    calls: ["me", "me", post],
    outcome: "made",
    leaves: ["dev"],
  },
  {
    when: "it does not pass",
    failures: { ...passing, ...garbled },
    calls: ["me"],
    outcome: "{error}",
    leaves: [],
    options: { limits: onlyOnce },
  },
  { when: "of another kind", failures: foreign, calls: ["me"], outcome: "{error}", leaves: [] },
]);

const put = "updateOrganization";
failing("rename", { route: put }, [
  { when: "refused", failures: refusals, calls: [put], outcome: "{error}", leaves: ["dev"] },
  {
    when: "not carried out",
    failures: passing,
    calls: [put, "getOrganization", put],
    outcome: "renamed",
    leaves: ["test"],
  },
  {
    when: "never carried out",
    failures: passing,
    times: always,
    calls: times(6, [put, "getOrganization"]),
    outcome: "{error}",
    leaves: ["dev"],
  },
  {
    when: "carried out without an answer",
    failures: { ...unanswered, ...disguised },
    calls: [put, "getOrganization"],
    outcome: "renamed",
    leaves: ["test"],
  },
  {
    when: "answered by something else",
    failures: misleading,
    calls: [put, "getOrganization"],
    outcome: "{error}",
    leaves: ["dev"],
  },
]);

const get = "getOrganization";
failing("read", { route: get }, [
  { when: "refused", failures: without404, calls: [get], outcome: "{error}", leaves: ["dev"] },
  {
    when: "denied, though the account is in it",
    failures: only404,
    calls: [get, "me"],
    outcome: "{error}",
    leaves: ["dev"],
  },
  {
    when: "it passes",
    failures: { ...passing, ...garbled },
    calls: [get, get],
    outcome: "dev",
    leaves: ["dev"],
  },
  { when: "of another kind", failures: foreign, calls: [get], outcome: "{error}", leaves: ["dev"] },
]);

const remove = "deleteOrganization";
failing("delete", { route: "listDatasets" }, [
  {
    when: "refused",
    failures: without404,
    calls: ["listDatasets"],
    outcome: "{error}",
    leaves: ["dev"],
  },
  {
    when: "it passes",
    failures: { ...passing, ...garbled },
    calls: ["listDatasets", "listDatasets", remove],
    outcome: "deleted",
    leaves: [],
  },
  {
    when: "of another kind",
    failures: foreign,
    calls: ["listDatasets"],
    outcome: "{error}",
    leaves: ["dev"],
  },
]);

failing("delete with datasets", { route: remove }, [
  { when: "refused", failures: without404, calls: [remove], outcome: "{error}", leaves: ["dev"] },
  {
    when: "not carried out",
    failures: passing,
    calls: [remove, get, remove],
    outcome: "deleted",
    leaves: [],
  },
  {
    when: "never carried out",
    failures: passing,
    times: always,
    calls: times(6, [remove, get]),
    outcome: "{error}",
    leaves: ["dev"],
  },
  {
    when: "carried out without an answer",
    failures: { ...unanswered, ...disguised },
    calls: [remove, get, "me"],
    outcome: "deleted",
    leaves: [],
  },
  {
    when: "answered by something else",
    failures: misleading,
    calls: [remove, get],
    outcome: "{error}",
    leaves: ["dev"],
  },
]);

describe("to make an organization", () => {
  it("is to ask whose key it is, and one POST", () =>
    inWorld({}, async (world) => {
      const id = await makeOrganization("dev", world.server);
      expect(called(world, "dev")).to.deep.equal([{ id, name: "dev" }]);
      expect(world.calls()).to.deep.equal(["me", post]);
      expect(
        world.simulator.members(id).map(({ email, role }) => `${email} ${role}`),
      ).to.deep.equal(["default owner"]);
    }));

  it("is refused to the key of an organization, before any write", () =>
    inWorld({ key: (simulator) => simulator.createOrganization("acme").apiKey }, async (world) => {
      expect(await messageOf(makeOrganization("dev", world.server))).to.equal(
        `Refused to create organization "dev" at ${world.simulator.url}: the API key belongs to an organization, so nobody would be in the new one. Set the server's admin key, or an account's key, on its trieve.Provider.`,
      );
      expect(world.calls()).to.deep.equal(["me"]);
    }));

  it("is not begun when the engine is gone", () => {
    const mayBegin = () => Promise.reject(new Error("gone"));
    return inWorld({ mayBegin }, async (world) => {
      expect(await messageOf(makeOrganization("dev", world.server))).to.equal("gone");
      expect(world.calls()).to.deep.equal(["me"]);
    });
  });

  it("again, after a run that was killed before it was recorded: the empty one is taken over", () =>
    inWorld({}, async (world) => {
      const id = await makeOrganization("dev", world.server);
      expect(await makeOrganization("dev", world.server)).to.equal(id);
      expect(called(world, "dev")).to.have.lengthOf(1);
      expect(world.calls()).to.deep.equal([
        "me",
        post,
        "me",
        "listDatasets",
        "listInvitations",
        "listKeys",
        "listMembers",
      ]);
      expect(world.warnings).to.deep.equal([
        `organization "dev" (${id}) already exists and is empty. It is used as it is.`,
      ]);
    }));

  const contents: Record<string, [(simulator: Simulator, id: string) => void, string]> = {
    "a member": [(simulator, id) => simulator.addMember(id, "ada@x.example"), "1 member"],
    "two members": [
      (simulator, id) =>
        ["ada@x.example", "bob@x.example"].map((email) => simulator.addMember(id, email)),
      "2 members",
    ],
    "an invitation": [
      (simulator, id) => simulator.addInvitation(id, "a@x.example"),
      "1 invitation",
    ],
    "a key": [(simulator, id) => simulator.createKey(id, "user"), "1 API key"],
    "a dataset": [(simulator, id) => simulator.addDataset(id, "docs"), "1 dataset"],
    "all of them": [
      (simulator, id) => {
        simulator.addMember(id, "ada@x.example");
        simulator.addInvitation(id, "bob@x.example");
        simulator.createKey(id, "user");
        simulator.addDataset(id, "docs");
      },
      "1 member, 1 invitation, 1 API key, 1 dataset",
    ],
    "another owner, the account being no more than a member": [
      (simulator, id) => simulator.setMember(id, "default", { role: "admin" }),
      "another owner",
    ],
  };
  for (const [what, [fill, said]] of Object.entries(contents))
    it(`is refused where one of that name is there with ${what}`, () =>
      inWorld({}, async (world) => {
        const id = ownDev(world.simulator);
        for (const { text } of world.simulator.keys(id)) world.simulator.revokeKey(text);
        fill(world.simulator, id);
        expect(await messageOf(makeOrganization("dev", world.server))).to.equal(
          `Refused to create organization "dev" at ${world.simulator.url}: there is one with that name already, ${id}, with ${said}. Give it another name, rename or delete the existing one in the dashboard, or look it up with TrieveOrganization.get(name, "${id}").`,
        );
        expect(world.calls()).not.to.include(post);
      }));

  it("is refused where two of that name are there, empty as they are", () =>
    inWorld({}, async (world) => {
      const ids = [0, 1].map(() => {
        const id = ownDev(world.simulator);
        for (const { text } of world.simulator.keys(id)) world.simulator.revokeKey(text);
        return id;
      });
      const message = await messageOf(makeOrganization("dev", world.server));
      expect(message).to.include("there are 2 with that name already, ");
      for (const id of ids) expect(message).to.include(id);
      expect(world.calls()).to.deep.equal(["me"]);
    }));

  it("minds neither one of another account, nor one that is deleted, nor one in another case", () =>
    inWorld({}, async (world) => {
      const { simulator, server } = world;
      simulator.createOrganization("dev");
      simulator.deleteOrganization(ownDev(simulator));
      const other = simulator.createOrganization("DEV", { ownerless: true });
      simulator.addMember(other.id, "default", "owner");
      await makeOrganization("dev", server);
      expect(called(world, "dev")).to.have.lengthOf(2);
      expect(world.calls()).to.deep.equal(["me", post]);
    }));

  it("while somebody makes one of the same name: the answer says which is which", () =>
    inWorld({}, async (world) => {
      const { simulator, server } = world;
      const others: string[] = [];
      simulator.on("request", ({ route }) => {
        if (route === post) others.push(ownDev(simulator));
      });
      const id = await makeOrganization("dev", server);
      expect(called(world, "dev").map((one) => one.id)).to.have.members([id, ...others]);
      expect(world.calls()).to.deep.equal(["me", post]);
    }));

  it("while somebody makes one of the same name, without an answer: nobody knows which is which", () =>
    inWorld({}, async (world) => {
      const { simulator, server } = world;
      simulator.on("request", ({ route }) => {
        if (route === post) ownDev(simulator);
      });
      simulator.fault({ route: post, effect: { reset: "after" } });
      const message = await messageOf(makeOrganization("dev", server));
      expect(message).to.match(
        /^Could not tell which organization "dev" is the one .* came up meanwhile\. Delete all but one/,
      );
      for (const { id } of called(world, "dev")) expect(message).to.include(id);
    }));

  it("tells of one that lands after the look that did not show it", () =>
    inWorld({}, async (world) => {
      const { simulator, server } = world;
      simulator.fault({ route: post, effect: { reset: "before" } });
      let late = "";
      simulator.on("request", ({ route }) => {
        if (route === "me" && simulator.requests.filter((one) => one.route === post).length === 2)
          late ||= ownDev(simulator);
      });
      const id = await makeOrganization("dev", server);
      expect(world.warnings).to.deep.equal([
        `Created organization "dev" as ${id}. Another with the same name exists, ${late}, perhaps from a request that went unanswered. Delete it in the dashboard if nobody needs it.`,
      ]);
    }));
});

describe("to rename an organization", () => {
  it("is one PUT", () =>
    inWorld({}, async (world) => {
      const id = ownDev(world.simulator);
      await renameOrganization(id, "test", world.server);
      expect(world.simulator.organizations().at(-1)).to.deep.equal({ id, name: "test" });
      expect(world.calls()).to.deep.equal([put]);
    }));

  it("is told of when the server stores something else after all", () =>
    inWorld({}, async (world) => {
      const id = ownDev(world.simulator);
      expect(await messageOf(renameOrganization(id, "a & b", world.server))).to.equal(
        `Renamed organization ${id} at ${world.simulator.url} to "a & b", but the server stored "a &amp; b". Give it a name that Trieve stores as it is.`,
      );
    }));

  it("works with a key of role owner of its own", () =>
    inWorld({ key: (simulator) => simulator.createOrganization("dev").apiKey }, async (world) => {
      const [, { id } = { id: "" }] = world.simulator.organizations();
      await renameOrganization(id, "test", world.server);
      expect(called(world, "test")).to.have.lengthOf(1);
    }));
});

describe("an organization that is gone", () => {
  const gone = async (world: World) => {
    const id = ownDev(world.simulator);
    world.simulator.deleteOrganization(id);
    return id;
  };

  it("is gone to a refresh, once the server knows the account that asks", () =>
    inWorld({}, async (world) => {
      expect(await readOrganization(await gone(world), true, world.server)).to.equal(undefined);
      expect(world.calls()).to.deep.equal([get, "me"]);
    }));

  it("is an error to a look-up", () =>
    inWorld({}, async (world) => {
      const id = await gone(world);
      expect(await outcomeOf(readOrganization(id, false, world.server))).to.equal("NotFound");
      expect(world.calls()).to.deep.equal([get]);
    }));

  for (const forceDestroy of [false, true])
    it(`is deleted already, with forceDestroy ${forceDestroy}`, () =>
      inWorld({}, async (world) => {
        const id = await gone(world);
        await removeOrganization(id, { name: "dev", forceDestroy }, world.server);
        expect(world.calls()).to.deep.equal([forceDestroy ? remove : "listDatasets", "me"]);
      }));

  const strangers: Record<string, [key: (simulator: Simulator) => string, outcome: string]> = {
    "a key that the server does not know": [() => "tr-of-another-server", "KeyRejected"],
    "a key of another organization": [
      (simulator) => simulator.createOrganization("acme").apiKey,
      "NotFound",
    ],
  };
  for (const [who, [key, outcome]] of Object.entries(strangers))
    it(`is not gone for ${who}`, () =>
      inWorld({ key }, async (world) => {
        const id = await gone(world);
        expect(await outcomeOf(readOrganization(id, true, world.server))).to.equal(outcome);
        expect(
          await outcomeOf(removeOrganization(id, { name: "", forceDestroy: true }, world.server)),
        ).to.equal(outcome);
      }));

  const answers: Record<string, Effect> = {
    "a 404 without a word": { status: 404 },
    "a 404 of a proxy": { status: 404, headers: { "content-type": "text/html" }, body: "<h1>404" },
    "a 404 about something else": says(404, "Not Found: Could not find dataset"),
  };
  for (const [what, effect] of Object.entries(answers))
    it(`is not gone by ${what}`, () =>
      inWorld({}, async (world) => {
        const id = ownDev(world.simulator);
        world.simulator.fault({ route: get, effect });
        expect(await outcomeOf(readOrganization(id, true, world.server))).to.equal("NotFound");
        expect(world.calls()).to.deep.equal([get]);
      }));

  it("is looked up by a UUID", () =>
    inWorld({}, async (world) => {
      expect(await messageOf(readOrganization("../me", false, world.server))).to.equal(
        '"../me" is not the id of an organization: copy it from the dashboard.',
      );
      expect(world.calls()).to.deep.equal([]);
    }));
});

describe("to delete an organization", () => {
  it("is refused while it holds a dataset", () =>
    inWorld({}, async (world) => {
      const id = ownDev(world.simulator);
      world.simulator.addDataset(id, "docs");
      const recorded = { name: "dev", forceDestroy: false };
      expect(await messageOf(removeOrganization(id, recorded, world.server))).to.equal(
        `Refused to delete organization "dev" (${id}) at ${world.simulator.url}: it holds 1 dataset. Delete them first; or set \`forceDestroy: true\` and run \`pulumi up\`, then delete it.`,
      );
      expect(world.calls()).to.deep.equal(["listDatasets"]);
      await removeOrganization(id, { ...recorded, forceDestroy: true }, world.server);
      expect(called(world, "dev")).to.deep.equal([]);
    }));

  it("is done where the server stumbles over its cache, if a look shows that it is gone", () =>
    inWorld({}, async (world) => {
      const { id } = world.simulator.createOrganization("dev");
      world.simulator.fault({
        route: remove,
        when: () => {
          world.simulator.deleteOrganization(id);
          return true;
        },
        effect: says(500, "Failed to delete user from redis"),
      });
      await removeOrganization(id, { name: "dev", forceDestroy: true }, world.server);
      expect(world.calls()).to.deep.equal([remove, get, "me"]);
    }));

  it("is refused while a subscription runs", () =>
    inWorld({}, async (world) => {
      const id = ownDev(world.simulator);
      world.simulator.fault({
        route: remove,
        effect: says(400, "Cannot delete organization with active subscription"),
      });
      expect(
        await messageOf(removeOrganization(id, { name: "dev", forceDestroy: true }, world.server)),
      ).to.include("the server answered 400 (Cannot delete organization with active subscription)");
    }));
});

it("no message about organizations holds the admin key", () =>
  inWorld({}, async (world) => {
    world.simulator.fault({ route: post, when: nth(1), effect: says(400, `no: ${adminKey}`) });
    expect(await messageOf(makeOrganization("dev", world.server))).not.to.include(adminKey);
  }));
