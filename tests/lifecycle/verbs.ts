import { expect } from "chai";
import { type Inputs, idOf, type Outputs } from "../../provider/lifecycle/state";
import type { Fault, Route } from "../../simulator";
import { operate } from "./adapters";
import {
  declared,
  disguised,
  type Failures,
  foreign,
  garbled,
  impatient,
  inWorld,
  keys,
  late,
  lost,
  messages,
  misleading,
  onlyOnce,
  outcomeOf,
  passing,
  put,
  type Row,
  recorded,
  refusals,
  rowsOf,
  says,
  unanswered,
  type World,
  type WorldOptions,
} from "./world";

/** One verb for ada@x.example. */
interface Operation {
  verb: "create" | "update" | "read" | "delete";
  /** Beside address, organization and `deletionPolicy: "revert"`. */
  declares?: Partial<Inputs>;
  /** Other than a pending user whom this resource invited. */
  records?: Partial<Outputs>;
  /** What is at the server before. */
  given?: readonly Row[];
  world?: WorldOptions;
}

/** What is to come of it. */
interface Expected {
  calls: readonly string[];
  /** `{error}` stands for the class of error that the failure makes. */
  outcome: string;
  leaves: readonly Row[];
  /** @default 0 */
  mails?: number;
}

function run(world: World, { verb, declares, records }: Operation): Promise<Outputs | undefined> {
  const inputs = declared(world, declares);
  if (verb === "create") return operate(world, { verb, inputs });
  // Nothing is recorded of somebody who is looked up.
  if (verb === "read" && !records) return operate(world, { verb, id: idOf(inputs) });
  return operate(world, {
    verb,
    inputs,
    id: idOf(inputs),
    recorded: recorded(world, records ?? {}),
  });
}

async function check(
  operation: Operation,
  faults: readonly Fault[],
  expected: Expected,
  error = "",
): Promise<void> {
  await inWorld(operation.world ?? {}, async (world) => {
    put(world, operation.given ?? []);
    for (const fault of faults) world.simulator.fault(fault);
    const outcome = await outcomeOf(run(world, operation));
    expect({
      calls: await world.calls(),
      outcome,
      leaves: rowsOf(world),
      mails: world.simulator.mails.length,
    }).to.deep.equal({
      calls: expected.calls,
      outcome: expected.outcome.replace("{error}", error),
      leaves: expected.leaves,
      mails: expected.mails ?? 0,
    });
  });
}

const look = ["invitations", "members"];
const times = (n: number, calls: readonly string[]) =>
  Array.from({ length: n }, () => calls).flat();
const always = Number.POSITIVE_INFINITY;

/** What becomes of an operation when one of its calls fails, for each way in which it may. */
interface FailureRow extends Expected {
  when: string;
  failures: Failures;
  /** How often. @default 1 */
  times?: number;
}

function failing(
  title: string,
  operation: Operation,
  fault: Pick<Fault, "when"> & { route: Route },
  rows: readonly FailureRow[],
): void {
  describe(title, () => {
    for (const row of rows)
      describe(row.when, () => {
        for (const [name, [effect, error]] of Object.entries(row.failures))
          it(name, () =>
            check(operation, [{ times: row.times ?? 1, ...fault, effect }], row, error),
          );
      });
  });
}

/** Only requests after a write. */
function afterWrite(): { when: Fault["when"] } {
  let written = false;
  return {
    when: ({ method, route }) => {
      if (method !== "GET") written = true;
      return written && (route === "listInvitations" || route === "listMembers");
    },
  };
}

const invitedAda = ["invited user ada@x.example"];
const invitedAdmin = ["invited admin ada@x.example"];
const memberAda = ["member user ada@x.example"];
const memberAdmin = ["member admin ada@x.example"];

const already: Failures = {
  "400 already in the organization": [
    says(400, "User with email ada@x.example is already in the organization"),
    "Error",
  ],
  "400 already been invited": [
    says(400, "User with email ada@x.example has already been invited"),
    "Error",
  ],
};
const noInvitation: Failures = {
  "400 Error getting invitation.": [says(400, "Error getting invitation."), "Error"],
};
const noMember: Failures = {
  "400 Error loading user role": [says(400, "Error loading user role"), "Error"],
};
const noAccount: Failures = {
  "400 Error loading user by itself": [
    says(400, "Error loading user by itself for get_user_by_id_query"),
    "Error",
  ],
  "400 must be added first": [
    says(
      400,
      "The user who you would like to update the role of must be added to the specified org first before their role can be updated",
    ),
    "Error",
  ],
};
const mailFails: Failures = {
  "400 Error sending email.": [{ mailFails: true }, "Error"],
};

describe("verbs: a call fails", () => {
  failing("create of somebody who is absent: the POST", { verb: "create" }, { route: "invite" }, [
    {
      when: "refused: no look is needed, nothing was written",
      failures: refusals,
      calls: [...look, "POST invitation"],
      outcome: "{error}",
      leaves: [],
    },
    {
      when: "passing: posted again after the lists have proved that nothing landed",
      failures: passing,
      calls: [...look, "POST invitation", ...look, "POST invitation", "invitations"],
      outcome: "pending user",
      leaves: invitedAda,
      mails: 1,
    },
    {
      when: "passing, but it does not pass: six tries, a look after each",
      failures: passing,
      times: always,
      calls: [...look, ...times(6, ["POST invitation", ...look])],
      outcome: "{error}",
      leaves: [],
    },
    {
      when: "an answer that is not Trieve's and nothing landed: not posted again",
      failures: misleading,
      calls: [...look, "POST invitation", ...look],
      outcome: "{error}",
      leaves: [],
    },
    {
      when: "no answer, but it landed: not posted again",
      failures: lost,
      calls: [...look, "POST invitation", ...look],
      outcome: "pending user",
      leaves: invitedAda,
      mails: 1,
    },
    {
      when: "somebody was there when it arrived, and has gone since",
      failures: already,
      calls: [...look, "POST invitation", ...look, "POST invitation", "invitations"],
      outcome: "pending user",
      leaves: invitedAda,
      mails: 1,
    },
    {
      when: "the server says that somebody is there whom no list shows: gives up",
      failures: already,
      times: always,
      calls: [...look, ...times(6, ["POST invitation", ...look])],
      outcome: "{error}",
      leaves: [],
    },
    {
      when: "the mail: a partial success that still owes it",
      failures: mailFails,
      calls: [...look, "POST invitation", "invitations"],
      outcome: "HalfDone(Error): pending user, mail owed",
      leaves: invitedAda,
    },
  ]);

  failing(
    "create where mails are optional: the POST",
    { verb: "create", world: { mail: "optional" } },
    { route: "invite" },
    [
      {
        when: "the mail: the row is enough",
        failures: mailFails,
        calls: [...look, "POST invitation", "invitations"],
        outcome: "pending user",
        leaves: invitedAda,
      },
    ],
  );

  failing(
    "create of somebody who has an account: the POST",
    { verb: "create", given: ["account user ada@x.example"] },
    { route: "invite" },
    [
      {
        when: "no answer, but they were added: brought in by this resource, not adopted",
        failures: lost,
        calls: [...look, "POST invitation", ...look],
        outcome: "member user",
        leaves: memberAda,
        mails: 1,
      },
      {
        when: "the mail: they are in all the same",
        failures: mailFails,
        calls: [...look, "POST invitation", "invitations", ...look],
        outcome: "member user",
        leaves: memberAda,
      },
    ],
  );

  failing(
    "create: the list that confirms the POST",
    { verb: "create", world: { limits: onlyOnce } },
    { route: "any", ...afterWrite() },
    [
      {
        when: "refused",
        failures: { "401": refusals["401"] as Failures[string] },
        calls: [...look, "POST invitation", "invitations"],
        outcome: "HalfDone({error}): absent",
        leaves: invitedAda,
        mails: 1,
      },
    ],
  );

  failing(
    "create where a stale invitation in another case stands in the way: its DELETE",
    { verb: "create", given: ["used user Ada@x.example"] },
    { route: "deleteInvitation" },
    [
      {
        when: "refused: nobody is invited",
        failures: refusals,
        calls: [...look, "DELETE invitation"],
        outcome: "{error}",
        leaves: ["used user Ada@x.example"],
      },
      {
        when: "passing",
        failures: passing,
        calls: [
          ...look,
          "DELETE invitation",
          ...look,
          "DELETE invitation",
          "POST invitation",
          "invitations",
        ],
        outcome: "pending user",
        leaves: invitedAda,
        mails: 1,
      },
      {
        when: "no answer, but it is gone",
        failures: unanswered,
        calls: [...look, "DELETE invitation", ...look, "POST invitation", "invitations"],
        outcome: "pending user",
        leaves: invitedAda,
        mails: 1,
      },
      {
        when: "something else answers, but it is gone: no more is written through it",
        failures: disguised,
        calls: [...look, "DELETE invitation", ...look],
        outcome: "{error}",
        leaves: [],
      },
      {
        when: "somebody else has deleted it",
        failures: noInvitation,
        calls: [...look, "DELETE invitation", "POST invitation", "invitations"],
        outcome: "pending user",
        leaves: ["invited user ada@x.example", "used user Ada@x.example"],
        mails: 1,
      },
    ],
  );

  const raise: Operation = {
    verb: "update",
    declares: { role: "admin" },
    records: { managed: ["role"] },
    given: invitedAda,
  };

  failing("update of a pending role: the DELETE", raise, { route: "deleteInvitation" }, [
    {
      when: "refused: the invitation is as it was",
      failures: refusals,
      calls: [...look, "DELETE invitation"],
      outcome: "{error}",
      leaves: invitedAda,
    },
    {
      when: "passing",
      failures: passing,
      calls: [
        ...look,
        "DELETE invitation",
        ...look,
        "DELETE invitation",
        "POST invitation",
        "invitations",
      ],
      outcome: "pending admin",
      leaves: invitedAdmin,
      mails: 1,
    },
    {
      when: "no answer, but it is gone",
      failures: unanswered,
      calls: [...look, "DELETE invitation", ...look, "POST invitation", "invitations"],
      outcome: "pending admin",
      leaves: invitedAdmin,
      mails: 1,
    },
    {
      when: "something else answers, but it is gone: no more is written through it, recorded as absent",
      failures: disguised,
      calls: [...look, "DELETE invitation", ...look],
      outcome: "HalfDone({error}): absent user",
      leaves: [],
    },
    {
      when: "the server says that it is gone, but it is there: the lists decide",
      failures: noInvitation,
      calls: [
        ...look,
        "DELETE invitation",
        "POST invitation",
        ...look,
        "DELETE invitation",
        "POST invitation",
        "invitations",
      ],
      outcome: "pending admin",
      leaves: invitedAdmin,
      mails: 1,
    },
  ]);

  failing("update of a pending role: the POST after the DELETE", raise, { route: "invite" }, [
    {
      when: "refused: recorded as absent, so that the next up repairs it",
      failures: refusals,
      calls: [...look, "DELETE invitation", "POST invitation"],
      outcome: "HalfDone({error}): absent user",
      leaves: [],
    },
    {
      when: "passing",
      failures: passing,
      calls: [
        ...look,
        "DELETE invitation",
        "POST invitation",
        ...look,
        "POST invitation",
        "invitations",
      ],
      outcome: "pending admin",
      leaves: invitedAdmin,
      mails: 1,
    },
    {
      when: "passing, but it does not pass",
      failures: passing,
      times: always,
      calls: [...look, "DELETE invitation", ...times(6, ["POST invitation", ...look])],
      outcome: "HalfDone({error}): absent user",
      leaves: [],
    },
    {
      when: "an answer that is not Trieve's and nothing landed",
      failures: misleading,
      calls: [...look, "DELETE invitation", "POST invitation", ...look],
      outcome: "HalfDone({error}): absent user",
      leaves: [],
    },
    {
      when: "no answer, but it landed",
      failures: lost,
      calls: [...look, "DELETE invitation", "POST invitation", ...look],
      outcome: "pending admin",
      leaves: invitedAdmin,
      mails: 1,
    },
    {
      when: "the mail",
      failures: mailFails,
      calls: [...look, "DELETE invitation", "POST invitation", "invitations"],
      outcome: "HalfDone(Error): pending admin, mail owed",
      leaves: invitedAdmin,
    },
  ]);

  failing(
    "update of a member's role: the PUT",
    { ...raise, records: { status: "member", managed: ["role"] }, given: memberAda },
    { route: "updateMember" },
    [
      {
        when: "refused",
        failures: refusals,
        calls: [...look, "PUT user"],
        outcome: "{error}",
        leaves: memberAda,
      },
      {
        when: "passing",
        failures: passing,
        calls: [...look, "PUT user", ...look, "PUT user", ...look],
        outcome: "member admin",
        leaves: memberAdmin,
      },
      {
        when: "passing, but it does not pass",
        failures: passing,
        times: always,
        calls: [...look, ...times(6, ["PUT user", ...look])],
        outcome: "HalfDone({error}): member user",
        leaves: memberAda,
      },
      {
        when: "an answer that is not Trieve's and nothing changed",
        failures: misleading,
        calls: [...look, "PUT user", ...look],
        outcome: "HalfDone({error}): member user",
        leaves: memberAda,
      },
      {
        when: "no answer, but it is changed",
        failures: lost,
        calls: [...look, "PUT user", ...look],
        outcome: "member admin",
        leaves: memberAdmin,
      },
      {
        when: "the server says that they are no member, but they are",
        failures: noAccount,
        calls: [...look, "PUT user", ...look, "PUT user", ...look],
        outcome: "member admin",
        leaves: memberAdmin,
      },
      {
        when: "the server never stops saying so: gives up",
        failures: noAccount,
        times: always,
        calls: [...look, ...times(6, ["PUT user", ...look])],
        outcome: "{error}",
        leaves: memberAda,
      },
    ],
  );

  failing(
    "delete of somebody pending: the DELETE",
    { verb: "delete", given: invitedAda },
    { route: "deleteInvitation" },
    [
      {
        when: "refused",
        failures: refusals,
        calls: [...look, "DELETE invitation"],
        outcome: "{error}",
        leaves: invitedAda,
      },
      {
        when: "passing",
        failures: passing,
        calls: [...look, "DELETE invitation", ...look, "DELETE invitation", ...look],
        outcome: "nothing",
        leaves: [],
      },
      {
        when: "passing, but it does not pass",
        failures: passing,
        times: always,
        calls: [...look, ...times(6, ["DELETE invitation", ...look])],
        outcome: "{error}",
        leaves: invitedAda,
      },
      {
        when: "an answer that is not Trieve's and nothing was deleted",
        failures: misleading,
        calls: [...look, "DELETE invitation", ...look],
        outcome: "{error}",
        leaves: invitedAda,
      },
      {
        when: "no answer, but it is gone",
        failures: lost,
        calls: [...look, "DELETE invitation", ...look],
        outcome: "nothing",
        leaves: [],
      },
      {
        when: "the server says that it is gone, but it is there",
        failures: noInvitation,
        calls: [...look, "DELETE invitation", ...look, "DELETE invitation", ...look],
        outcome: "nothing",
        leaves: [],
      },
    ],
  );

  const leave: Operation = {
    verb: "delete",
    records: { status: "member" },
    given: memberAda,
  };

  failing("delete of a member: the DELETE", leave, { route: "removeMember" }, [
    {
      when: "refused",
      failures: refusals,
      calls: [...look, "me", "DELETE member"],
      outcome: "{error}",
      leaves: memberAda,
    },
    {
      when: "passing",
      failures: passing,
      calls: [...look, "me", "DELETE member", ...look, "DELETE member", ...look],
      outcome: "nothing",
      leaves: [],
    },
    {
      when: "passing, but it does not pass",
      failures: passing,
      times: always,
      calls: [...look, "me", ...times(6, ["DELETE member", ...look])],
      outcome: "{error}",
      leaves: memberAda,
    },
    {
      when: "an answer that is not Trieve's and nobody was removed",
      failures: misleading,
      calls: [...look, "me", "DELETE member", ...look],
      outcome: "{error}",
      leaves: memberAda,
    },
    {
      when: "no answer, but they are out",
      failures: lost,
      calls: [...look, "me", "DELETE member", ...look],
      outcome: "nothing",
      leaves: [],
    },
    {
      when: "the server says that they are no member, but they are",
      failures: noMember,
      calls: [...look, "me", "DELETE member", ...look, "DELETE member", ...look],
      outcome: "nothing",
      leaves: [],
    },
  ]);

  failing("delete of a member: the question whose key this is", leave, { route: "me" }, [
    {
      when: "refused: nobody is removed",
      failures: refusals,
      calls: [...look, "me"],
      outcome: "{error}",
      leaves: memberAda,
    },
    {
      when: "passing",
      failures: { ...passing, ...garbled },
      calls: [...look, "me", "me", "DELETE member", ...look],
      outcome: "nothing",
      leaves: [],
    },
    {
      when: "an answer that is not Trieve's: nobody is removed",
      failures: foreign,
      calls: [...look, "me"],
      outcome: "{error}",
      leaves: memberAda,
    },
  ]);

  const lists = [
    ["invitations", "listInvitations"],
    ["members", "listMembers"],
  ] as const;
  const people: readonly (readonly [what: string, operation: Operation])[] = [
    ["read", { verb: "read", records: {}, given: invitedAda }],
    ["create", { verb: "create", given: invitedAda }],
    ["update", { verb: "update", given: invitedAda }],
    ["delete", { verb: "delete", given: [] }],
  ];
  for (const [list, route] of lists)
    for (const [verb, operation] of people) {
      const succeeds = verb === "delete" ? "nothing" : "pending user";
      const leaves = operation.given ?? [];
      failing(`${verb}: the list of ${list}`, operation, { route }, [
        {
          when: "refused: never taken for absence",
          failures: refusals,
          calls: look,
          outcome: "{error}",
          leaves,
        },
        {
          when: "passing: asked again",
          failures: { ...passing, ...garbled },
          calls: [...look, list].sort(),
          outcome: succeeds,
          leaves,
        },
        {
          when: "not Trieve's: never taken for absence",
          failures: foreign,
          calls: look,
          outcome: "{error}",
          leaves,
        },
      ]);
      failing(
        `${verb}: the list of ${list}, to the end of patience`,
        { ...operation, world: { limits: onlyOnce } },
        { route },
        [
          {
            when: "passing, but it does not pass: never taken for absence",
            failures: { ...passing, ...garbled },
            times: always,
            calls: look,
            outcome: "{error}",
            leaves,
          },
        ],
      );
    }
});

describe("verbs: an answer comes too late", () => {
  const slow = { ...impatient, retryForMs: 5_000 };

  it("of a list: not asked again, so that an interrupted run comes to its end", () =>
    check(
      { verb: "read", records: {}, given: invitedAda, world: { limits: slow } },
      [{ route: "listMembers", effect: { delayMs: late } }],
      { calls: [...look, "health"], outcome: "ServerHangs", leaves: invitedAda },
    ));

  it("of every list while the health check answers: the server hangs, and that is said", () =>
    check(
      { verb: "read", records: {}, given: invitedAda, world: { limits: impatient } },
      [{ route: "listMembers", times: always, effect: { delayMs: late } }],
      { calls: [...look, "health"], outcome: "ServerHangs", leaves: invitedAda },
    ));

  it("of every list and of the health check: no answer", () =>
    check(
      {
        verb: "read",
        records: {},
        given: invitedAda,
        world: { limits: { ...impatient, connectMs: 500 } },
      },
      [
        { route: "listMembers", times: always, effect: { delayMs: late } },
        { route: "health", times: always, effect: { delayMs: late } },
      ],
      { calls: [...look, "health"], outcome: "NoAnswer", leaves: invitedAda },
    ));

  it("of a POST whose mail takes too long: it landed, and is not posted again", () =>
    inWorld({ limits: { writeMs: 500 } }, async (world) => {
      world.simulator.mailDelayMs = late;
      const outcome = await outcomeOf(run(world, { verb: "create" }));
      expect([outcome, await world.calls(), rowsOf(world)]).to.deep.equal([
        "pending user",
        [...look, "POST invitation", ...look],
        invitedAda,
      ]);
    }));

  it("of a DELETE that was not carried out: asked again", () =>
    check(
      { verb: "delete", given: invitedAda, world: { limits: { writeMs: 500 } } },
      [{ route: "deleteInvitation", effect: { delayMs: late } }],
      {
        calls: [...look, "DELETE invitation", ...look, "DELETE invitation", ...look],
        outcome: "nothing",
        leaves: [],
      },
    ));
});

/** Design, life cycle: every observed state under every verb. */
describe("verbs: what is observed", () => {
  interface StateRow extends Operation, Expected {
    it: string;
    warnings?: readonly string[];
  }

  const stated = (rows: readonly StateRow[]) => {
    for (const row of rows)
      it(row.it, () =>
        inWorld(row.world ?? {}, async (world) => {
          put(world, row.given ?? []);
          const outcome = await outcomeOf(run(world, row));
          expect({
            calls: await world.calls(),
            outcome,
            leaves: rowsOf(world),
            mails: world.simulator.mails.length,
            warnings: world.warnings,
          }).to.deep.equal({
            calls: row.calls,
            outcome: row.outcome,
            leaves: row.leaves,
            mails: row.mails ?? 0,
            warnings: row.warnings ?? [],
          });
        }),
      );
  };
  const scopes = ["GET /api/chunk"];
  const member = (more: Partial<Outputs> = {}): Partial<Outputs> => ({ status: "member", ...more });

  describe("create", () => {
    stated([
      {
        it: "absent: invites, and reads the short list alone to see it",
        verb: "create",
        calls: [...look, "POST invitation", "invitations"],
        outcome: "pending user",
        leaves: invitedAda,
        mails: 1,
      },
      {
        it: "absent, with a role and scopes",
        verb: "create",
        declares: { role: "owner", scopes },
        calls: [...look, "POST invitation", "invitations"],
        outcome: "pending owner [GET /api/chunk]",
        leaves: ["invited owner ada@x.example [GET /api/chunk]"],
        mails: 1,
      },
      {
        it: "absent, with an account: added at once, not adopted",
        verb: "create",
        declares: { role: "admin" },
        given: ["account user ada@x.example"],
        calls: [...look, "POST invitation", "invitations", ...look],
        outcome: "member admin",
        leaves: memberAdmin,
        mails: 1,
      },
      {
        it: "absent after having been a member: the used row goes, and they are added at once",
        verb: "create",
        given: ["used admin ada@x.example"],
        calls: [...look, "DELETE invitation", "POST invitation", "invitations", ...look],
        outcome: "member user",
        leaves: memberAda,
        mails: 1,
      },
      {
        it: "absent with used rows in several cases: all of them go",
        verb: "create",
        given: ["used user Ada@x.example", "used user ADA@x.example"],
        calls: [
          ...look,
          "DELETE invitation",
          "DELETE invitation",
          "POST invitation",
          "invitations",
        ],
        outcome: "pending user",
        leaves: invitedAda,
        mails: 1,
      },
      {
        it: "pending as wanted: taken over without a mail",
        verb: "create",
        declares: { role: "user" },
        given: invitedAda,
        calls: look,
        outcome: "pending user",
        leaves: invitedAda,
      },
      {
        it: "pending in another case: taken over",
        verb: "create",
        given: ["invited user Ada@X.example"],
        calls: look,
        outcome: "pending user",
        leaves: ["invited user Ada@X.example"],
      },
      {
        it: "pending with another role that the program does not say: kept",
        verb: "create",
        given: invitedAdmin,
        calls: look,
        outcome: "pending admin",
        leaves: invitedAdmin,
      },
      {
        it: "pending with another role: out and in again, one mail",
        verb: "create",
        declares: { role: "admin" },
        given: invitedAda,
        calls: [...look, "DELETE invitation", "POST invitation", "invitations"],
        outcome: "pending admin",
        leaves: invitedAdmin,
        mails: 1,
      },
      {
        it: "pending with other scopes: out and in again, the role kept",
        verb: "create",
        declares: { scopes },
        given: invitedAdmin,
        calls: [...look, "DELETE invitation", "POST invitation", "invitations"],
        outcome: "pending admin [GET /api/chunk]",
        leaves: ["invited admin ada@x.example [GET /api/chunk]"],
        mails: 1,
      },
      {
        it: "pending twice: the newest counts, and the other is left",
        verb: "create",
        given: ["invited admin Ada@x.example", "invited user ada@x.example"],
        calls: look,
        outcome: "pending user",
        leaves: ["invited admin Ada@x.example", "invited user ada@x.example"],
      },
      {
        it: "pending twice and used once, with another role: all go, one mail",
        verb: "create",
        declares: { role: "admin" },
        given: [
          "used user ADA@x.example",
          "invited user Ada@x.example",
          "invited user ada@x.example",
        ],
        calls: [...look, ...times(3, ["DELETE invitation"]), "POST invitation", "invitations"],
        outcome: "pending admin",
        leaves: invitedAdmin,
        mails: 1,
      },
      {
        it: "member: adopted as they are",
        verb: "create",
        given: memberAdmin,
        calls: look,
        outcome: "member admin adopted from admin",
        leaves: memberAdmin,
      },
      {
        it: "member in another case: adopted",
        verb: "create",
        given: ["member user Ada@X.example"],
        calls: look,
        outcome: "member user adopted from user",
        leaves: ["member user Ada@X.example"],
      },
      {
        it: "member with another role: adopted, then changed; what they were is recorded",
        verb: "create",
        declares: { role: "admin" },
        given: memberAda,
        calls: [...look, "PUT user", ...look],
        outcome: "member admin adopted from user",
        leaves: memberAdmin,
      },
      {
        it: "member with a higher role: lowered, after asking whose key this is",
        verb: "create",
        declares: { role: "user" },
        given: memberAdmin,
        calls: [...look, "me", "PUT user", ...look],
        outcome: "member user adopted from admin",
        leaves: memberAda,
      },
      {
        it: "member with other scopes: set, the role untouched",
        verb: "create",
        declares: { scopes },
        given: ["member admin ada@x.example [POST /api/chunk]"],
        calls: [...look, "PUT user", ...look],
        outcome: "member admin [GET /api/chunk] adopted from admin",
        leaves: ["member admin ada@x.example [GET /api/chunk]"],
      },
      {
        it: "member with scopes that the program does not say: kept",
        verb: "create",
        given: ["member user ada@x.example [GET /api/chunk]"],
        calls: look,
        outcome: "member user [GET /api/chunk] adopted from user",
        leaves: ["member user ada@x.example [GET /api/chunk]"],
      },
      {
        it: "member twice with rows that agree: nothing to do",
        verb: "create",
        declares: { role: "user" },
        given: [...memberAda, ...memberAda],
        calls: look,
        outcome: "member user adopted from user",
        leaves: [...memberAda, ...memberAda],
      },
      {
        it: "member twice with rows that differ: made to agree by one PUT",
        verb: "create",
        declares: { role: "admin" },
        given: [...memberAda, ...memberAdmin],
        calls: [...look, "PUT user", ...look],
        outcome: "member admin adopted from admin",
        leaves: [...memberAdmin, ...memberAdmin],
      },
      {
        it: "member by two accounts: both get the role",
        verb: "create",
        declares: { role: "admin" },
        given: ["member user Ada@x.example", "member user ada@x.example"],
        calls: [...look, "PUT user", "PUT user", ...look],
        outcome: "member admin adopted from user",
        leaves: ["member admin Ada@x.example", "member admin ada@x.example"],
      },
      {
        it: "member with a pending invitation: adopted, and the invitation is left",
        verb: "create",
        given: [...memberAda, ...invitedAdmin],
        calls: look,
        outcome: "member user adopted from user",
        leaves: [...invitedAdmin, ...memberAda],
      },
    ]);
  });

  describe("update", () => {
    stated([
      {
        it: "absent: invited again with the rights they had, and still adopted",
        verb: "update",
        records: member({
          role: "admin",
          scopes: ["GET /api/chunk"],
          adopted: true,
          originalRole: "admin",
        }),
        calls: [...look, "POST invitation", "invitations"],
        outcome: "pending admin [GET /api/chunk] adopted from admin",
        leaves: ["invited admin ada@x.example [GET /api/chunk]"],
        mails: 1,
      },
      {
        it: "absent as a refresh found them: the same",
        verb: "update",
        records: { status: "absent", role: "admin", scopes: ["GET /api/chunk"] },
        calls: [...look, "POST invitation", "invitations"],
        outcome: "pending admin [GET /api/chunk]",
        leaves: ["invited admin ada@x.example [GET /api/chunk]"],
        mails: 1,
      },
      {
        it: "absent, and the program lifts their scopes: they come back without, in their role",
        verb: "update",
        records: member({ role: "admin", scopes: ["GET /api/chunk"], managed: ["scopes"] }),
        calls: [...look, "POST invitation", "invitations"],
        outcome: "pending admin",
        leaves: invitedAdmin,
        mails: 1,
      },
      {
        it: "absent, an owner before: comes back as admin, and that is said",
        verb: "update",
        records: member({ role: "owner" }),
        calls: [...look, "POST invitation", "invitations"],
        outcome: "pending admin",
        leaves: invitedAdmin,
        mails: 1,
        warnings: [
          'ada@x.example was owner when last seen, has been removed since, and is now admin. The owner role returns only if the program declares it. To restore it, write `role: "owner"`.',
        ],
      },
      {
        it: "absent, an owner before, and declared so: comes back as owner",
        verb: "update",
        declares: { role: "owner" },
        records: member({ role: "owner", managed: ["role"] }),
        calls: [...look, "POST invitation", "invitations"],
        outcome: "pending owner",
        leaves: ["invited owner ada@x.example"],
        mails: 1,
      },
      {
        it: "absent as an update left it: invited, and what they were before is kept",
        verb: "update",
        records: { status: "absent", adopted: true, originalRole: "admin" },
        calls: [...look, "POST invitation", "invitations"],
        outcome: "pending user adopted from admin",
        leaves: invitedAda,
        mails: 1,
      },
      {
        it: "recorded absent, but there: nothing more to do",
        verb: "update",
        records: { status: "absent" },
        given: invitedAda,
        calls: look,
        outcome: "pending user",
        leaves: invitedAda,
      },
      {
        it: "pending as wanted: nothing",
        verb: "update",
        declares: { deletionPolicy: "remove" },
        given: invitedAda,
        calls: look,
        outcome: "pending user",
        leaves: invitedAda,
      },
      {
        it: "pending with another resendTrigger: one more mail",
        verb: "update",
        declares: { resendTrigger: "2" },
        given: invitedAda,
        calls: [...look, "DELETE invitation", "POST invitation", "invitations"],
        outcome: "pending user",
        leaves: invitedAda,
        mails: 1,
      },
      {
        it: "pending with a resendTrigger taken away: one more mail",
        verb: "update",
        records: { resendTrigger: "1" },
        given: invitedAda,
        calls: [...look, "DELETE invitation", "POST invitation", "invitations"],
        outcome: "pending user",
        leaves: invitedAda,
        mails: 1,
      },
      {
        it: "pending whose mail is owed: one more mail, and nothing owed",
        verb: "update",
        records: { mailFailed: true },
        given: invitedAdmin,
        calls: [...look, "DELETE invitation", "POST invitation", "invitations"],
        outcome: "pending admin",
        leaves: invitedAdmin,
        mails: 1,
      },
      {
        it: "pending with scopes that the program no longer says: cleared",
        verb: "update",
        records: { managed: ["scopes"], scopes },
        given: ["invited admin ada@x.example [GET /api/chunk]"],
        calls: [...look, "DELETE invitation", "POST invitation", "invitations"],
        outcome: "pending admin",
        leaves: invitedAdmin,
        mails: 1,
      },
      {
        it: "pending with scopes that the program never said: kept",
        verb: "update",
        records: { scopes },
        given: ["invited admin ada@x.example [GET /api/chunk]"],
        calls: look,
        outcome: "pending admin [GET /api/chunk]",
        leaves: ["invited admin ada@x.example [GET /api/chunk]"],
      },
      {
        it: "pending, and has an account by now: changed by adding them at once",
        verb: "update",
        declares: { role: "admin" },
        given: [...invitedAda, "account user ada@x.example"],
        calls: [...look, "DELETE invitation", "POST invitation", "invitations", ...look],
        outcome: "member admin",
        leaves: memberAdmin,
        mails: 1,
      },
      {
        it: "accepted since: a member, still not adopted, nothing to do",
        verb: "update",
        given: memberAda,
        calls: look,
        outcome: "member user",
        leaves: memberAda,
      },
      {
        it: "member with another resendTrigger: no mail",
        verb: "update",
        declares: { resendTrigger: "2" },
        records: member(),
        given: memberAda,
        calls: look,
        outcome: "member user",
        leaves: memberAda,
      },
      {
        it: "member whose mail was owed: they are in, nothing is owed",
        verb: "update",
        records: { mailFailed: true },
        given: memberAda,
        calls: look,
        outcome: "member user",
        leaves: memberAda,
      },
      {
        it: "member with another role and other scopes: one PUT for both",
        verb: "update",
        declares: { role: "admin", scopes },
        records: member(),
        given: memberAda,
        calls: [...look, "PUT user", ...look],
        outcome: "member admin [GET /api/chunk]",
        leaves: ["member admin ada@x.example [GET /api/chunk]"],
      },
      {
        it: "adopted member: what they were found with stays",
        verb: "update",
        declares: { role: "owner" },
        records: member({ adopted: true, originalRole: "user" }),
        given: memberAdmin,
        calls: [...look, "PUT user", ...look],
        outcome: "member owner adopted from user",
        leaves: ["member owner ada@x.example"],
      },
      {
        it: "member whose scopes the program no longer says: out and in again",
        verb: "update",
        records: member({ managed: ["scopes"], scopes, adopted: true, originalRole: "admin" }),
        given: ["member admin ada@x.example [GET /api/chunk]"],
        calls: [...look, "me", "DELETE member", "POST invitation", ...look],
        outcome: "member admin adopted from admin",
        leaves: memberAdmin,
        mails: 1,
        warnings: [
          "ada@x.example was removed and added again, which is the only way to clear scopes. Trieve sent them an email.",
        ],
      },
      {
        it: "the same in another spelling: the account is found again by its own",
        verb: "update",
        declares: { role: "user" },
        records: member({ managed: ["scopes"], scopes }),
        given: ["member admin Ada@X.example [GET /api/chunk]"],
        calls: [...look, "me", "DELETE member", "POST invitation", ...look],
        outcome: "member user",
        leaves: ["member user Ada@X.example"],
        mails: 1,
        warnings: [
          "ada@x.example was removed and added again, which is the only way to clear scopes. Trieve sent them an email.",
        ],
      },
      {
        it: "member whose scopes are gone already: nothing",
        verb: "update",
        records: member({ managed: ["scopes"], scopes }),
        given: memberAdmin,
        calls: look,
        outcome: "member admin",
        leaves: memberAdmin,
      },
    ]);
  });

  describe("read", () => {
    stated([
      {
        it: "absent: recorded so, with the rights that they had",
        verb: "read",
        records: { role: "admin", scopes: ["GET /api/chunk"], mailFailed: true },
        calls: look,
        outcome: "absent admin [GET /api/chunk]",
        leaves: [],
      },
      {
        it: "used rows alone: absent",
        verb: "read",
        records: member(),
        given: ["used user ada@x.example"],
        calls: look,
        outcome: "absent user",
        leaves: ["used user ada@x.example"],
      },
      {
        it: "pending, role and scopes as they are",
        verb: "read",
        records: {},
        given: ["invited owner ADA@x.example [GET /api/chunk]"],
        calls: look,
        outcome: "pending owner [GET /api/chunk]",
        leaves: ["invited owner ADA@x.example [GET /api/chunk]"],
      },
      {
        it: "pending whose mail is owed: still owed",
        verb: "read",
        records: { mailFailed: true },
        given: invitedAda,
        calls: look,
        outcome: "pending user, mail owed",
        leaves: invitedAda,
      },
      {
        it: "accepted since: a member, and no mail is owed",
        verb: "read",
        records: { mailFailed: true },
        given: memberAda,
        calls: look,
        outcome: "member user",
        leaves: memberAda,
      },
      {
        it: "adopted stays adopted",
        verb: "read",
        records: member({ adopted: true, originalRole: "user" }),
        given: memberAdmin,
        calls: look,
        outcome: "member admin adopted from user",
        leaves: memberAdmin,
      },
      {
        it: "rows that differ: the highest role counts",
        verb: "read",
        records: member(),
        given: [...memberAda, ...memberAdmin],
        calls: look,
        outcome: "member admin",
        leaves: [...memberAdmin, ...memberAda],
      },
      {
        it: "a look-up by id, or an import: an invitation that is found counts as ours",
        verb: "read",
        given: invitedAda,
        calls: look,
        outcome: "pending user",
        leaves: invitedAda,
      },
      {
        it: "a look-up by id, or an import: a member is adopted",
        verb: "read",
        given: memberAdmin,
        calls: look,
        outcome: "member admin adopted from admin",
        leaves: memberAdmin,
      },
    ]);
  });

  const stays = (role: string) => [
    `ada@x.example was a member before this resource was created, and stays a member with role ${role}.`,
  ];

  for (const deletionPolicy of ["revert", "remove"] as const)
    describe(`delete, ${deletionPolicy}`, () => {
      const verb = "delete" as const;
      stated([
        {
          it: "absent: success",
          verb,
          records: { deletionPolicy },
          calls: look,
          outcome: "nothing",
          leaves: [],
        },
        {
          it: "used rows alone: success, and history stays",
          verb,
          records: { deletionPolicy, status: "member" },
          given: ["used user ada@x.example"],
          calls: look,
          outcome: "nothing",
          leaves: ["used user ada@x.example"],
        },
        {
          it: "pending in several cases: every unused invitation goes, the used ones stay",
          verb,
          records: { deletionPolicy },
          given: [
            "used user ada@x.example",
            "invited user Ada@x.example",
            "invited admin ada@x.example",
          ],
          calls: [...look, "DELETE invitation", "DELETE invitation", ...look],
          outcome: "nothing",
          leaves: ["used user ada@x.example"],
        },
        {
          it: "member, not adopted: invitations first, then the membership",
          verb,
          records: { deletionPolicy, status: "member" },
          given: [...memberAda, ...invitedAda],
          calls: [...look, "me", "DELETE invitation", "DELETE member", ...look],
          outcome: "nothing",
          leaves: [],
        },
        {
          it: "member twice: one DELETE removes both rows",
          verb,
          records: { deletionPolicy, status: "member" },
          given: [...memberAda, ...memberAdmin],
          calls: [...look, "me", "DELETE member", ...look],
          outcome: "nothing",
          leaves: [],
        },
        {
          it: "member by two accounts: both go",
          verb,
          records: { deletionPolicy, status: "member" },
          given: ["member user Ada@x.example", "member user ada@x.example"],
          calls: [...look, "me", "DELETE member", "DELETE member", ...look],
          outcome: "nothing",
          leaves: [],
        },
        {
          it: "others stay",
          verb,
          records: { deletionPolicy, status: "member" },
          given: [...memberAda, "member user bob@x.example", "invited user eve@x.example"],
          calls: [...look, "me", "DELETE member", ...look],
          outcome: "nothing",
          leaves: ["invited user eve@x.example", "member user bob@x.example"],
        },
      ]);
    });

  describe("delete of an adopted member", () => {
    const adopted = (originalRole: Outputs["originalRole"]) =>
      member({ adopted: true, originalRole });
    stated([
      {
        it: "remove: out, whoever brought them in",
        verb: "delete",
        records: { ...adopted("user"), deletionPolicy: "remove" },
        given: memberAda,
        calls: [...look, "me", "DELETE member", ...look],
        outcome: "nothing",
        leaves: [],
      },
      {
        it: "revert: stays, and so does their invitation",
        verb: "delete",
        records: adopted("user"),
        given: [...memberAda, ...invitedAda],
        calls: look,
        outcome: "nothing",
        leaves: [...invitedAda, ...memberAda],
        warnings: stays("user"),
      },
      {
        it: "revert, raised since: the role is put back",
        verb: "delete",
        records: adopted("user"),
        given: memberAdmin,
        calls: [...look, "me", "PUT user", ...look],
        outcome: "nothing",
        leaves: memberAda,
        warnings: stays("user"),
      },
      {
        it: "revert, lowered since: not raised",
        verb: "delete",
        records: adopted("owner"),
        given: memberAda,
        calls: look,
        outcome: "nothing",
        leaves: memberAda,
        warnings: stays("user"),
      },
      {
        it: "revert, only looked up: stays as they are",
        verb: "delete",
        records: adopted(null),
        given: memberAdmin,
        calls: look,
        outcome: "nothing",
        leaves: memberAdmin,
        warnings: stays("admin"),
      },
      {
        it: "revert, removed and invited again by somebody: the invitation goes",
        verb: "delete",
        records: adopted("user"),
        given: invitedAda,
        calls: [...look, "DELETE invitation", ...look],
        outcome: "nothing",
        leaves: [],
      },
    ]);
  });
});

describe("verbs: error texts", () => {
  const textsThat = (problem: (text: string) => boolean) => messages.filter(problem);

  it("are many by now", () => {
    expect(messages).to.have.length.above(500);
  });

  it("never hold the key", () => {
    expect(textsThat((text) => [...keys].some((key) => text.includes(key)))).to.deep.equal([]);
  });

  it("are one line each, and a sentence", () => {
    expect(textsThat((text) => !/^[A-Z].*\.$/.test(text))).to.deep.equal([]);
  });

  it("name the person or the list, and say where", () => {
    const subject = /\S@x\.example|list the (members|invitations)|check the API key/;
    const place = / at http:\/\/127\.0\.0\.1:\d+[:,]/;
    expect(textsThat((text) => !subject.test(text) || !place.test(text))).to.deep.equal([]);
  });
});
