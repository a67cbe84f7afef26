import { expect } from "chai";
import {
  checkKeyArguments,
  type KeyInputs,
  type KeyOutputs,
  KeyRing,
  keyDifferences,
  keyInputsOf,
  makeKey,
  readKey,
  removeKey,
} from "../../provider/resources/apiKey";
import type { Fault } from "../../simulator";
import {
  disguised,
  foreign,
  garbled,
  misleading,
  onlyOnce,
  passing,
  refusals,
  unanswered,
} from "../lifecycle/world";
import {
  type World as AnyWorld,
  always,
  describeFailures,
  inWorld as inAnyWorld,
  messageOf,
  only404,
  outcomeOf,
  type Row,
  times,
  type WorldOptions,
  without404,
} from "./world";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const organizationId = "11111111-1111-4111-8111-111111111111";
const dataset = "22222222-2222-4222-8222-222222222222";
const now = new Date("2026-06-01T12:00:00Z");

describe("arguments of a key", () => {
  const given = { organizationId, name: "pulumi", role: "owner", tag: "1a2b3c4d" };
  const check = (args: Record<string, unknown>, before: Record<string, unknown> = {}) =>
    checkKeyArguments(before, { ...given, ...args }, undefined, now);

  it("are taken as they are", () => {
    expect(check({}).inputs).to.deep.equal(given);
  });

  it("are put in order", () => {
    const { inputs } = check({
      organizationId: ` ${organizationId.toUpperCase()} `,
      scopes: ["POST /api/chunk", "GET /api/chunk", "GET /api/chunk"],
      datasetIds: [dataset.toUpperCase(), dataset, organizationId],
      expiresAt: "2027-01-31T01:30+02:00",
      rotateTrigger: "1",
    });
    expect(inputs).to.deep.equal({
      ...given,
      scopes: ["GET /api/chunk", "POST /api/chunk"],
      datasetIds: [organizationId, dataset],
      expiresAt: "2027-01-30T23:30:00Z",
      rotateTrigger: "1",
    });
  });

  it("have the organization of the provider", () => {
    const { organizationId: _, ...rest } = given;
    expect(checkKeyArguments({}, rest, organizationId, now).inputs).to.deep.equal(given);
    expect(checkKeyArguments({}, rest, undefined, now).problems).to.deep.equal([
      "organizationId is missing: run `pulumi config set trieve:organizationId <id>`, set TRIEVE_ORGANIZATION_ID, or set it on the resource or its trieve.Provider",
    ]);
  });

  it("pass where they are not known yet", () => {
    const args = Object.fromEntries(
      ["organizationId", "name", "role", "scopes", "datasetIds", "expiresAt"].map((key) => [
        key,
        unknown,
      ]),
    );
    expect(check(args).inputs).to.deep.equal({ ...given, ...args });
    expect(check({ datasetIds: [dataset, unknown] }).inputs?.datasetIds).to.deep.equal([
      unknown,
      dataset,
    ]);
  });

  const example = 'such as "2027-01-31T00:00:00Z"';
  const wrong: [Record<string, unknown>, string][] = [
    [{ organizationId: "acme" }, 'organizationId "acme" is not a UUID: copy it from the dashboard'],
    [{ name: undefined }, "name is missing"],
    [{ name: " " }, "name is empty"],
    [{ name: "a\u001bb" }, 'name "a\\u001bb" contains an invisible character'],
    [{ role: undefined }, "role is missing"],
    [{ role: "root" }, 'role must be "user", "admin" or "owner", not "root"'],
    [{ role: 2 }, 'role must be "user", "admin" or "owner", not 2'],
    [
      { scopes: [] },
      "scopes is empty, which would make the key useless; omit it for no restriction",
    ],
    [
      { scopes: [".*"] },
      'scopes ".*" must be a method and a route, such as "POST /api/chunk/search"',
    ],
    [{ datasetIds: [] }, "datasetIds is empty; omit it for all datasets of the organization"],
    [{ datasetIds: dataset }, `datasetIds must be a list of strings, not "${dataset}"`],
    [{ datasetIds: ["docs"] }, 'datasetIds "docs" is not the UUID of a dataset'],
    [{ expiresAt: 1 }, "expiresAt must be a string, not 1"],
    [{ expiresAt: "2026-06-01T12:00:00Z" }, 'expiresAt "2026-06-01T12:00:00Z" is in the past'],
    ...[
      "soon",
      "2027-01-31",
      "2027-01-31T00:00:00",
      "2027-01-31 00:00:00",
      "2027-01-31 00:00:00Z",
      "2027-13-31T00:00:00Z",
      "+012027-01-31T00:00:00Z",
    ].map((expiresAt): [Record<string, unknown>, string] => [
      { expiresAt },
      `expiresAt "${expiresAt}" is not a time with its zone, ${example}`,
    ]),
    [{ rotateTrigger: 1 }, "rotateTrigger must be a string, not 1"],
  ];
  for (const [args, problem] of wrong)
    it(`refuse ${JSON.stringify(args)}`, () => {
      expect(check(args)).to.deep.equal({ inputs: undefined, problems: [problem] });
    });

  it("are refused all at once", () => {
    expect(
      check({ name: "", role: "root", scopes: [], expiresAt: "soon" }).problems,
    ).to.have.lengthOf(4);
  });

  it("may have expired since the key was made, but not before", () => {
    const expiresAt = "2026-06-01T12:00:00Z";
    expect(check({ expiresAt: "2026-06-01T14:00:00+02:00" }, { expiresAt }).problems).to.deep.equal(
      [],
    );
    expect(check({ expiresAt }, { expiresAt: "2027-01-01T00:00:00Z" }).problems).to.have.lengthOf(
      1,
    );
  });
});

const recorded: KeyOutputs = {
  organizationId,
  name: "pulumi",
  role: "owner",
  scopes: null,
  datasetIds: [dataset],
  expiresAt: null,
  rotateTrigger: null,
  tag: "1a2b3c4d",
  apiKey: "tr-text",
};

describe("a difference of a key", () => {
  const inputs = keyInputsOf(recorded);
  const rows: [Partial<KeyInputs>, differs: string[], because?: string[]][] = [
    [{}, []],
    [{ tag: "another" }, []],
    [{ organizationId: dataset }, ["organizationId"]],
    [{ name: "other", role: "user" }, ["name", "role"]],
    [{ scopes: ["GET /api/chunk"] }, ["scopes"]],
    [{ datasetIds: [organizationId] }, ["datasetIds"]],
    [{ expiresAt: "2027-01-31T00:00:00Z" }, ["expiresAt"]],
    [{ rotateTrigger: "1" }, ["rotateTrigger"]],
    [{ organizationId: unknown }, ["organizationId"], []],
    [
      { datasetIds: [unknown], rotateTrigger: "1" },
      ["datasetIds", "rotateTrigger"],
      ["rotateTrigger"],
    ],
  ];
  for (const [change, differs, because = differs] of rows)
    it(`${JSON.stringify(change)}: ${because.join(", ") || (differs.length > 0 ? "perhaps" : "none")}`, () => {
      expect(keyDifferences(recorded, { ...inputs, ...change })).to.deep.equal({
        differs,
        because,
      });
    });

  it("is one where the program leaves something out", () => {
    const { datasetIds: _, ...rest } = inputs;
    expect(keyDifferences(recorded, rest).because).to.deep.equal(["datasetIds"]);
  });
});

interface World extends AnyWorld {
  readonly organizationId: string;
}

function inWorld(options: WorldOptions, test: (world: World) => Promise<void>): Promise<void> {
  return inAnyWorld(options, async (world) => {
    const { id } = world.simulator.createOrganization("dev", { ownerless: true });
    world.simulator.addMember(id, "default", "owner");
    for (const { text } of world.simulator.keys(id)) world.simulator.revokeKey(text);
    await test({ ...world, organizationId: id });
  });
}

const tag = "1a2b3c4d";
const declared = (world: World, more: Partial<KeyInputs> = {}): KeyInputs => ({
  organizationId: world.organizationId,
  name: "pulumi",
  role: "owner",
  tag,
  ...more,
});
const keysOf = ({ simulator, organizationId }: World) => simulator.keys(organizationId);
const namesOf = (world: World) => keysOf(world).map(({ name }) => name);
const works = async ({ simulator, organizationId }: World, key: string) =>
  (
    await fetch(`${simulator.url}/api/invitations/${organizationId}`, {
      headers: { Authorization: key, "TR-Organization": organizationId },
    })
  ).status;

type Verb = "create" | "read" | "delete";
const post = "createKey";
const list = "listKeys";
const remove = "deleteKey";

/** What a run left that was killed, for create; for the others the key that the state knows. */
function given(world: World): string {
  world.simulator.createKey(world.organizationId, "owner", `pulumi-${tag}`);
  return keysOf(world)[0]?.id ?? "";
}

async function run(world: World, verb: Verb, id: string): Promise<string> {
  const { server } = world;
  const outputs = { ...recorded, organizationId: world.organizationId };
  switch (verb) {
    case "create": {
      const made = await makeKey(declared(world), new KeyRing(), server);
      const [key, ...others] = keysOf(world).filter(({ name }) => name.endsWith(tag));
      expect({ id: made.id, text: made.outputs.apiKey }).to.deep.equal({
        id: key?.id,
        text: key?.text,
      });
      expect(others).to.deep.equal([]);
      return "made";
    }
    case "read":
      return (await readKey(id, outputs, new KeyRing(), server)) ? "there" : "gone";
    case "delete":
      await removeKey(id, outputs, new KeyRing(), server);
      return "deleted";
  }
}

/** @param fault `afterPost`: only of what is asked after the key is made */
function failing(
  title: string,
  verb: Verb,
  {
    afterPost = false,
    ...fault
  }: Omit<Fault, "effect" | "times"> & { readonly afterPost?: boolean },
  rows: readonly Row<number>[],
  before: (world: World) => string = () => "",
): void {
  describeFailures(`${title}, when ${fault.route} fails`, rows, {
    inWorld,
    prepare: (world) => {
      const id = before(world);
      return () => run(world, verb, id);
    },
    faultIn: (world) => ({
      ...fault,
      ...(afterPost ? { when: () => world.calls().includes(post) } : {}),
    }),
    leavesOf: (world) => keysOf(world).length,
  });
}

failing("create", "create", { route: post }, [
  { when: "refused", failures: refusals, calls: [list, post], outcome: "{error}", leaves: 0 },
  {
    when: "not carried out",
    failures: passing,
    calls: [list, post, list, post, list],
    outcome: "made",
    leaves: 1,
  },
  {
    when: "never carried out",
    failures: passing,
    times: always,
    calls: [list, ...times(6, [post, list])],
    outcome: "{error}",
    leaves: 0,
  },
  {
    when: "carried out without an answer: that key is lost, and another made",
    failures: unanswered,
    calls: [list, post, list, post, list, remove],
    outcome: "made",
    leaves: 1,
  },
  {
    when: "answered by something else, though carried out: nothing is left",
    failures: disguised,
    calls: [list, post, list, remove],
    outcome: "{error}",
    leaves: 0,
  },
  {
    when: "answered by something else",
    failures: misleading,
    calls: [list, post, list],
    outcome: "{error}",
    leaves: 0,
  },
]);

failing("create", "create", { route: list }, [
  { when: "refused", failures: refusals, calls: [list], outcome: "{error}", leaves: 0 },
  {
    when: "it passes",
    failures: { ...passing, ...garbled },
    calls: [list, list, post, list],
    outcome: "made",
    leaves: 1,
  },
  { when: "of another kind", failures: foreign, calls: [list], outcome: "{error}", leaves: 0 },
]);

failing("create", "create", { route: list, afterPost: true }, [
  {
    when: "after the POST: the next create clears it away",
    failures: { ...refusals, ...foreign },
    calls: [list, post, list],
    outcome: "{error}",
    leaves: 1,
  },
  {
    when: "after the POST, and it passes",
    failures: { ...passing, ...garbled },
    calls: [list, post, list, list],
    outcome: "made",
    leaves: 1,
  },
]);

failing(
  "create, with what a killed run left",
  "create",
  { route: remove },
  [
    {
      when: "refused: the next create clears both away",
      failures: refusals,
      calls: [list, post, list, remove],
      outcome: "{error}",
      leaves: 2,
    },
    {
      when: "not carried out",
      failures: passing,
      calls: [list, post, list, remove, list, remove],
      outcome: "made",
      leaves: 1,
    },
    {
      when: "carried out without an answer",
      failures: { ...unanswered, ...disguised },
      calls: [list, post, list, remove, list],
      outcome: "made",
      leaves: 1,
    },
    {
      when: "answered by something else",
      failures: misleading,
      calls: [list, post, list, remove, list],
      outcome: "{error}",
      leaves: 2,
    },
  ],
  given,
);

failing(
  "read",
  "read",
  { route: list },
  [
    { when: "refused", failures: without404, calls: [list], outcome: "{error}", leaves: 1 },
    {
      when: "denied, though the account is in it",
      failures: only404,
      calls: [list, "me"],
      outcome: "{error}",
      leaves: 1,
    },
    {
      when: "it passes",
      failures: { ...passing, ...garbled },
      calls: [list, list],
      outcome: "there",
      leaves: 1,
    },
    {
      when: "it does not pass",
      failures: { ...passing, ...garbled },
      calls: [list],
      outcome: "{error}",
      leaves: 1,
      options: { limits: onlyOnce },
    },
    { when: "of another kind", failures: foreign, calls: [list], outcome: "{error}", leaves: 1 },
  ],
  given,
);

failing(
  "delete",
  "delete",
  { route: remove },
  [
    { when: "refused", failures: without404, calls: [remove], outcome: "{error}", leaves: 1 },
    {
      when: "denied, though the account is in it",
      failures: only404,
      calls: [remove, "me"],
      outcome: "{error}",
      leaves: 1,
    },
    {
      when: "not carried out",
      failures: passing,
      calls: [remove, list, remove],
      outcome: "deleted",
      leaves: 0,
    },
    {
      when: "never carried out",
      failures: passing,
      times: always,
      calls: times(6, [remove, list]),
      outcome: "{error}",
      leaves: 1,
    },
    {
      when: "carried out without an answer",
      failures: { ...unanswered, ...disguised },
      calls: [remove, list],
      outcome: "deleted",
      leaves: 0,
    },
    {
      when: "answered by something else",
      failures: misleading,
      calls: [remove, list],
      outcome: "{error}",
      leaves: 1,
    },
  ],
  given,
);

describe("to make a key", () => {
  it("is a list, a POST, and a list that tells its id", () =>
    inWorld({}, async (world) => {
      const inputs = declared(world, {
        role: "admin",
        scopes: ["GET /api/chunk"],
        datasetIds: [dataset],
        expiresAt: "2099-01-31T00:00:00Z",
        rotateTrigger: "1",
      });
      const { id, outputs } = await makeKey(inputs, new KeyRing(), world.server);
      const [key] = keysOf(world);
      expect(key).to.deep.equal({
        id,
        name: "pulumi-1a2b3c4d",
        role: "admin",
        text: outputs.apiKey,
        scopes: ["GET /api/chunk"],
        datasetIds: [dataset],
        expiresAt: Date.parse("2099-01-31T00:00:00Z"),
      });
      expect(outputs).to.deep.equal({ ...inputs, apiKey: key?.text });
      expect(world.calls()).to.deep.equal([list, post, list]);
      expect(world.simulator.requests[1]?.body).to.deep.equal({
        name: "pulumi-1a2b3c4d",
        role: 1,
        scopes: ["GET /api/chunk"],
        dataset_ids: [dataset],
        expires_at: "2099-01-31T00:00:00Z",
      });
    }));

  it("leaves out what is no restriction, which is null in the state", () =>
    inWorld({}, async (world) => {
      const { outputs } = await makeKey(declared(world), new KeyRing(), world.server);
      expect(world.simulator.requests[1]?.body).to.deep.equal({
        name: "pulumi-1a2b3c4d",
        role: 2,
      });
      expect(outputs).to.deep.equal({
        ...declared(world),
        scopes: null,
        datasetIds: null,
        expiresAt: null,
        rotateTrigger: null,
        apiKey: outputs.apiKey,
      });
      expect(await works(world, outputs.apiKey)).to.equal(200);
    }));

  for (const others of [0, 9, 10, 11, 99, 100, 101, 250])
    it(`finds it among ${others} others, and what a killed run left as well`, () =>
      inWorld({}, async (world) => {
        for (let i = 0; i < others; i++)
          world.simulator.createKey(world.organizationId, "user", `other ${i}`);
        given(world);
        const { id, outputs } = await makeKey(declared(world), new KeyRing(), world.server);
        const ours = keysOf(world).filter(({ name }) => name.endsWith(tag));
        expect(ours.map((key) => [key.id, key.text])).to.deep.equal([[id, outputs.apiKey]]);
        expect(keysOf(world)).to.have.lengthOf(others + 1);
      }));

  it("is not begun when the engine is gone, nor is anything cleared away", () => {
    const mayBegin = () => Promise.reject(new Error("gone"));
    return inWorld({ mayBegin }, async (world) => {
      expect(await messageOf(makeKey(declared(world), new KeyRing(), world.server))).to.equal(
        "gone",
      );
      given(world);
      expect(await messageOf(makeKey(declared(world), new KeyRing(), world.server))).to.equal(
        "gone",
      );
      expect(world.calls()).to.deep.equal([list, list]);
      expect(keysOf(world)).to.have.lengthOf(1);
    });
  });

  it("again, after a run that was killed before it was recorded: one is left, and its text is known", () =>
    inWorld({}, async (world) => {
      const first = await makeKey(declared(world), new KeyRing(), world.server);
      const second = await makeKey(declared(world), new KeyRing(), world.server);
      expect(keysOf(world).map(({ id }) => id)).to.deep.equal([second.id]);
      expect(await works(world, first.outputs.apiKey)).to.equal(401);
      expect(await works(world, second.outputs.apiKey)).to.equal(200);
    }));

  it("again with another name and role clears away what was called otherwise", () =>
    inWorld({}, async (world) => {
      await makeKey(declared(world), new KeyRing(), world.server);
      await makeKey(declared(world, { name: "ci", role: "user" }), new KeyRing(), world.server);
      expect(namesOf(world)).to.deep.equal(["ci-1a2b3c4d"]);
    }));

  it("touches no key of another resource, nor one that a person has made", () =>
    inWorld({}, async (world) => {
      for (const name of ["pulumi", "pulumi-", "pulumi-99999999", `${tag}-pulumi`])
        world.simulator.createKey(world.organizationId, "owner", name);
      const before = keysOf(world);
      await makeKey(declared(world), new KeyRing(), world.server);
      expect(keysOf(world).slice(0, 4)).to.deep.equal(before);
    }));

  it("touches no key of another organization", () =>
    inWorld({}, async (world) => {
      const other = world.simulator.createOrganization("other");
      world.simulator.createKey(other.id, "owner", `pulumi-${tag}`);
      await makeKey(declared(world), new KeyRing(), world.server);
      expect(world.simulator.keys(other.id)).to.have.lengthOf(2);
    }));

  it("tells which one is its own where one that went unanswered lands late", () =>
    inWorld({}, async (world) => {
      const { simulator, server } = world;
      simulator.fault({ route: post, effect: { reset: "before" } });
      let posts = 0;
      simulator.on("response", ({ route }) => {
        if (route === post && ++posts === 2)
          simulator.createKey(world.organizationId, "owner", `pulumi-${tag}`);
      });
      const { id, outputs } = await makeKey(declared(world), new KeyRing(), server);
      const [key, ...others] = keysOf(world);
      expect([key?.id, key?.text]).to.deep.equal([id, outputs.apiKey]);
      expect(others).to.deep.equal([]);
    }));

  it("gives up where somebody makes keys of the same name without end", () =>
    inWorld({}, async (world) => {
      const { simulator, server } = world;
      simulator.on("response", ({ route }) => {
        if (route === post) simulator.createKey(world.organizationId, "owner", `x-${tag}`);
      });
      expect(await messageOf(makeKey(declared(world), new KeyRing(), server))).to.match(
        /^Gave up on an API key in organization .*: somebody else is creating keys with the same name\./,
      );
    }));

  it("says so where it vanishes at once", () =>
    inWorld({}, async (world) => {
      const { simulator, server } = world;
      simulator.on("response", ({ route }) => {
        if (route !== post) return;
        for (const { text } of keysOf(world)) simulator.revokeKey(text);
      });
      expect(await messageOf(makeKey(declared(world), new KeyRing(), server))).to.match(
        /^Created an API key in organization .*, but the server does not list it\./,
      );
    }));

  it("says nothing of the key where the list after it fails", () =>
    inWorld({}, async (world) => {
      const isPosted = () => world.calls().includes(post);
      world.simulator.fault({ route: list, when: isPosted, effect: { status: 403 } });
      const message = await messageOf(makeKey(declared(world), new KeyRing(), world.server));
      expect(message).to.match(/^Could not list the API keys/);
      expect(message).not.to.include(keysOf(world)[0]?.text);
    }));
});

describe("to replace a key", () => {
  /** As the engine has it: a key that the state knows, and one that a killed run left. */
  async function begun(world: World) {
    const first = await makeKey(declared(world), new KeyRing(), world.server);
    given(world);
    return first;
  }

  it("leaves the old one, of which a diff has told, and clears away what no state knows", () =>
    inWorld({}, async (world) => {
      const first = await begun(world);
      const ring = new KeyRing();
      ring.note(tag, first.id);
      const second = await makeKey(declared(world, { rotateTrigger: "1" }), ring, world.server);
      expect(keysOf(world).map(({ id }) => id)).to.deep.equal([first.id, second.id]);
      expect(await works(world, first.outputs.apiKey)).to.equal(200);
      await removeKey(first.id, first.outputs, ring, world.server);
      expect(keysOf(world).map(({ id }) => id)).to.deep.equal([second.id]);
    }));

  it("killed before it is recorded, then again: the old one and one more", () =>
    inWorld({}, async (world) => {
      const first = await makeKey(declared(world), new KeyRing(), world.server);
      const rotated = declared(world, { rotateTrigger: "1" });
      let last = first;
      for (let i = 0; i < 3; i++) {
        const ring = new KeyRing();
        ring.note(tag, first.id);
        last = await makeKey(rotated, ring, world.server);
      }
      expect(keysOf(world).map(({ id }) => id)).to.deep.equal([first.id, last.id]);
    }));

  it("leaves all while it cannot make another", () =>
    inWorld({}, async (world) => {
      const first = await begun(world);
      world.simulator.fault({ route: post, effect: { status: 403 } });
      await messageOf(makeKey(declared(world), new KeyRing(), world.server));
      expect(keysOf(world)).to.have.lengthOf(2);
      expect(await works(world, first.outputs.apiKey)).to.equal(200);
    }));

  it("without a difference, as by --replace, of which the engine tells nothing: the old one goes once there is another", () =>
    inWorld({}, async (world) => {
      const first = await begun(world);
      const counts: number[] = [];
      world.simulator.on("response", ({ route }) => {
        if (route === post) counts.push(keysOf(world).length);
      });
      const second = await makeKey(declared(world), new KeyRing(), world.server);
      expect(counts, "when the new one was made").to.deep.equal([3]);
      expect(keysOf(world).map(({ id }) => id)).to.deep.equal([second.id]);
      await removeKey(first.id, first.outputs, new KeyRing(), world.server);
      expect(await works(world, second.outputs.apiKey)).to.equal(200);
    }));
});

describe("a key that is read", () => {
  it("is as recorded, and shows the role that the server gave it", () =>
    inWorld({}, async (world) => {
      const { id, outputs } = await makeKey(
        declared(world, {
          scopes: ["GET /api/chunk"],
          datasetIds: [organizationId, dataset],
          expiresAt: "2099-01-31T00:00:00Z",
        }),
        new KeyRing(),
        world.server,
      );
      const ring = new KeyRing();
      expect(await readKey(id, outputs, ring, world.server)).to.deep.equal(outputs);
      expect(
        await readKey(id, { ...outputs, role: "user", datasetIds: null }, ring, world.server),
      ).to.deep.equal(outputs);
      expect(keyDifferences(outputs, keyInputsOf(outputs)).differs).to.deep.equal([]);
    }));

  it("is gone when it is not in the list, and only then", () =>
    inWorld({}, async (world) => {
      for (let i = 0; i < 150; i++) world.simulator.createKey(world.organizationId, "user");
      const { id, outputs } = await makeKey(declared(world), new KeyRing(), world.server);
      expect(await readKey(id, outputs, new KeyRing(), world.server)).to.deep.equal(outputs);
      world.simulator.revokeKey(outputs.apiKey);
      expect(await readKey(id, outputs, new KeyRing(), world.server)).to.equal(undefined);
    }));

  it("is listed when it has expired", () =>
    inWorld({}, async (world) => {
      const { id, outputs } = await makeKey(
        declared(world, { expiresAt: "2020-01-01T00:00:00Z" }),
        new KeyRing(),
        world.server,
      );
      expect(await works(world, outputs.apiKey)).to.equal(401);
      expect(await readKey(id, outputs, new KeyRing(), world.server)).to.deep.equal(outputs);
    }));

  it("costs one list for all keys of an organization", () =>
    inWorld({}, async (world) => {
      const ring = new KeyRing();
      const made = await Promise.all(
        ["a", "b", "c"].map((one) => makeKey(declared(world, { tag: one }), ring, world.server)),
      );
      const before = world.calls().length;
      for (const { id, outputs } of made) await readKey(id, outputs, ring, world.server);
      expect(world.calls().slice(before)).to.deep.equal([list]);
      // What is written since is in another list.
      const [first] = made;
      if (first) await removeKey(first.id, first.outputs, ring, world.server);
      if (first)
        expect(await readKey(first.id, first.outputs, ring, world.server)).to.equal(undefined);
    }));

  it("is not gone by a list whose pages have no end", () =>
    inWorld({}, async (world) => {
      for (let i = 0; i < 100; i++) world.simulator.createKey(world.organizationId, "user");
      const { id, outputs } = await makeKey(declared(world), new KeyRing(), world.server);
      const api_keys = keysOf(world)
        .slice(0, 100)
        .map((key) => ({ id: key.id, name: key.name, role: 0, dataset_ids: null }));
      const replaceBody = JSON.stringify({ api_keys, cursor: api_keys.at(-1)?.id });
      world.simulator.fault({ route: list, times: always, effect: { replaceBody } });
      expect(
        await outcomeOf(
          readKey("33333333-3333-4333-8333-333333333333", outputs, new KeyRing(), world.server),
        ),
        id,
      ).to.equal("UnexpectedAnswer");
    }));

  it("is gone with its organization, once the server knows the account that asks", () =>
    inWorld({}, async (world) => {
      const { id, outputs } = await makeKey(declared(world), new KeyRing(), world.server);
      world.simulator.deleteOrganization(world.organizationId);
      const before = world.calls().length;
      expect(await readKey(id, outputs, new KeyRing(), world.server)).to.equal(undefined);
      await removeKey(id, outputs, new KeyRing(), world.server);
      expect(world.calls().slice(before)).to.deep.equal([list, "me", remove, "me"]);
    }));
});

describe("to delete a key", () => {
  it("is one DELETE, also of one that is gone", () =>
    inWorld({}, async (world) => {
      const { id, outputs } = await makeKey(declared(world), new KeyRing(), world.server);
      const before = world.calls().length;
      await removeKey(id, outputs, new KeyRing(), world.server);
      await removeKey(id, outputs, new KeyRing(), world.server);
      expect(world.calls().slice(before)).to.deep.equal([remove, remove]);
      expect(keysOf(world)).to.deep.equal([]);
    }));

  it("is always within its own organization", () =>
    inWorld({}, async (world) => {
      const { id, outputs } = await makeKey(declared(world), new KeyRing(), world.server);
      await removeKey(id, outputs, new KeyRing(), world.server);
      expect(world.simulator.requests.at(-1)?.organizationId).to.equal(world.organizationId);
    }));
});
