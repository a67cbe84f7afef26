/**
 * Mistakes that a provider of this kind could well have, or that this one had. Each is made in the built package, and
 * has to be found.
 */
import type { Bug } from "./process";

const act = "lifecycle/act.js";
const decide = "lifecycle/decide.js";
const approval = "roster/approval.js";
const sweep = "resources/sweep.js";

function bug(name: string, file: string, from: string, to: string): Bug {
  return { name, changes: [{ file, from, to }] };
}

/** Found in histories of people. */
const ofPeople: readonly Bug[] = [
  bug(
    "no list after a timeout",
    act,
    "observed = await confirm(organization, email, observed, progress);",
    "if (failure) return observed; observed = await confirm(organization, email, observed, progress);",
  ),
  bug(
    "addresses are compared by case",
    "trieve/directory.js",
    "return email.toLowerCase();",
    "return email;",
  ),
  bug(
    "an invitation is deleted by the id of its recorded link",
    decide,
    "return act(observed.unused.map(deletion));",
    'return act([deletion({ id: new URL(recorded.inviteUrl ?? "http://a/?inv_code=none").searchParams.get("inv_code"), used: false })]);',
  ),
  {
    name: "owners are counted before their turn comes",
    changes: [
      {
        file: act,
        from: "const lower = async () => {\n        const members = await directory.membersAfresh();",
        to: "const members = await directory.membersAfresh();\n    const lower = async () => {",
      },
    ],
  },
  bug(
    "a demotion is not taken for a loss of an owner",
    decide,
    "changes.flatMap(({ membership }) => lowering(membership, wanted.role ?? membership.role))",
    "[]",
  ),
  bug(
    "used invitations stay in the way of a new one",
    decide,
    "return act([...observed.used.map(deletion), invitation(wanted, keptOf(wanted, found))]);",
    "return act([invitation(wanted, keptOf(wanted, found))]);",
  ),
  bug(
    "an invitation outlives its resource",
    decide,
    "return act(observed.unused.map(deletion));",
    'return { decision: "done" };',
  ),
  bug(
    "the oldest of several invitations counts",
    "lifecycle/observe.js",
    "rank(a) < rank(b)",
    "rank(a) > rank(b)",
  ),
  bug(
    "an adopted member is thrown out",
    decide,
    'return recorded.deletionPolicy === "revert" && recorded.adopted;',
    "return false;",
  ),
  bug(
    "a role that was taken away since is given back",
    decide,
    "(0, model_1.roleNumber)(role) > (0, model_1.roleNumber)(original)",
    "role !== original",
  ),
  bug(
    "a list that failed shows nobody",
    "trieve/directory.js",
    "this.load().then(",
    "this.load().catch(() => []).then(",
  ),
  bug(
    "a mail that failed is forgotten",
    act,
    'if (!progress.mailFailed || links.mail === "optional")',
    "if (true)",
  ),
  bug(
    "somebody who is invited already is invited again",
    decide,
    "if (invited || (fits && !wanted.resend))",
    "if (invited)",
  ),
  bug("scopes of a member are never set", decide, "{ ...role, ...scopes }", "{ ...role }"),
  bug(
    "scopes are not taken away",
    decide,
    "if (wanted.clearScopes && restricted.length > 0)",
    "if (false)",
  ),
  bug("a role is forgotten on the way", act, "found = observed;", ";"),
  bug(
    "a resource that moved takes its person along",
    "resources/person.js",
    "if (surroundings.isDeclaredElsewhere((0, state_1.idOf)(recorded), instance))",
    "if (false)",
  ),
  bug(
    "who comes back is a user without scopes",
    decide,
    'found.phase === "pending" ? found.newest : remembered;',
    'found.phase === "pending" ? found.newest : { role: "user", scopes: null };',
  ),
  bug(
    "a memory makes somebody owner again",
    decide,
    'return role === "owner" ? "admin" : role;',
    "return role;",
  ),
  {
    name: "a refresh forgets who is absent",
    changes: [
      {
        file: act,
        from: "    // No mail is owed",
        to: '    if (observed.phase === "absent") return undefined;\n    // No mail is owed',
      },
      {
        file: "resources/person.js",
        from: "    if (outputs) {",
        to: "    if (!outputs) return {};\n    if (outputs) {",
      },
      {
        file: "resources/kinds.js",
        from: "return { id: recorded ? id : (0, state_1.idOf)(outputs), outputs, inputs };",
        to: "return outputs && { id, outputs, inputs };",
      },
    ],
  },
  bug(
    "what is given up half-way forgets role and scopes",
    act,
    "{ ...history, ...adoption, ...memory, mailFailed }",
    "{ ...history, ...adoption, ...memory, role: null, scopes: null, mailFailed }",
  ),
  bug(
    "scopes that could not be lifted stay",
    act,
    'managed: [...history.managed, "scopes"]',
    "managed: history.managed",
  ),
  bug(
    "adoption is forgotten while somebody is absent",
    act,
    "adopted: recorded?.adopted ?? false",
    'adopted: recorded?.status === "member" && recorded.adopted',
  ),
  bug(
    "pairs are split when the engine dies",
    act,
    "if (!progress.begun)\n            await mayBegin();",
    "await mayBegin();",
  ),
  bug(
    "something is begun after the engine has died",
    act,
    "if (!progress.begun)\n            await mayBegin();",
    "",
  ),
];

/** Found in histories of rosters. */
const ofRosters: readonly Bug[] = [
  bug(
    "nobody asks whether a guard has passed",
    approval,
    "if (approval === undefined) {",
    "if (approval === undefined) return undefined;\n    if (approval === undefined) {",
  ),
  {
    name: "a guard approves what it has refused",
    changes: [
      {
        file: "resources/guard.js",
        from: "return { inputs: undefined, problems };",
        to: "return { inputs: undefined, problems, approval: { ...inputs, people: inputs.people.map(({ email }) => email) } };",
      },
      {
        file: "resources/kinds.js",
        from: "if (checked.inputs && settings)",
        to: "if (settings)",
      },
    ],
  },
  bug(
    "breakGlass is looked at in the rails alone",
    approval,
    'if ((goal === "out" || lowers) && approval.breakGlass.includes(email))',
    "if (false)",
  ),
  bug(
    "breakGlass prevents removals alone",
    approval,
    'if ((goal === "out" || lowers) && approval',
    'if (goal === "out" && approval',
  ),
  bug(
    "a refresh loses the mark of a roster",
    act,
    "{ ...recorded, mailFailed }",
    "{ ...recorded, mailFailed, roster: null }",
  ),
  bug(
    "who leaves a roster is watched no more before that is recorded",
    "resources/person.js",
    "inputs.roster ?? recorded?.roster ?? null",
    "inputs.roster ?? null",
  ),
  bug(
    "a default role lowers whom it finds",
    decide,
    "raiseOnly: recorded === undefined && inputs.roleIsDefault === true",
    "raiseOnly: false",
  ),
  bug(
    "owners who were never made count as lost",
    "roster/rails.js",
    "before.ownersBefore ?? previous.length",
    "previous.length",
  ),
  bug(
    "one change may remove everybody",
    "roster/rails.js",
    "if (removed.length <= allowed)",
    "if (true)",
  ),
  bug(
    "whom breakGlass protects may be taken off the list",
    "roster/rails.js",
    "const removed = removedPeople(before, after).filter(({ email }) => guarded.has(email));",
    "const removed = [];",
  ),
  {
    name: "a sweep does not ask whether the guard has passed",
    changes: [
      { file: sweep, from: "if (approval === undefined) {", to: "if (false) {" },
      { file: sweep, from: "approval.breakGlass", to: "approval?.breakGlass" },
    ],
  },
  bug(
    "a sweep removes whom breakGlass protects",
    sweep,
    "approval.breakGlass.includes(email)",
    "false",
  ),
  bug(
    "a sweep removes whom the program declares by now",
    sweep,
    ".filter((email) => !surroundings.isDeclared((0, state_1.idOf)({ organizationId, email })))",
    "",
  ),
  bug("a removal that failed is taken for done", sweep, "if (first === undefined)", "if (true)"),
  bug("whom a guard keeps fails the sweep", sweep, "if (!(error instanceof Refused))", "if (true)"),
  bug("a sweep has nothing to do once it is there", sweep, "|| remove.length > 0", ""),
];

/** Where each of them is found: seed and path of a history. */
const found: Readonly<Record<string, readonly [seed: number, path: string]>> = {
  "no list after a timeout": [1, "2"],
  "addresses are compared by case": [1, "4"],
  "an invitation is deleted by the id of its recorded link": [1, "4"],
  "owners are counted before their turn comes": [1, "34"],
  "a demotion is not taken for a loss of an owner": [1, "58"],
  "used invitations stay in the way of a new one": [1, "344"],
  "an invitation outlives its resource": [1, "4"],
  "the oldest of several invitations counts": [1, "24"],
  "an adopted member is thrown out": [1, "4"],
  "a role that was taken away since is given back": [1, "9"],
  "a list that failed shows nobody": [1, "87"],
  "a mail that failed is forgotten": [1, "77"],
  "somebody who is invited already is invited again": [1, "7"],
  "scopes of a member are never set": [1, "2"],
  "scopes are not taken away": [1, "2"],
  "a role is forgotten on the way": [1, "40"],
  "a resource that moved takes its person along": [1, "4"],
  "who comes back is a user without scopes": [1, "9"],
  "a memory makes somebody owner again": [1, "9"],
  "a refresh forgets who is absent": [1, "9"],
  "what is given up half-way forgets role and scopes": [1, "19"],
  "scopes that could not be lifted stay": [1, "114"],
  "adoption is forgotten while somebody is absent": [1, "15"],
  "pairs are split when the engine dies": [1, "15"],
  "something is begun after the engine has died": [1, "10"],
  "nobody asks whether a guard has passed": [1, "9"],
  "a guard approves what it has refused": [1, "26"],
  "breakGlass is looked at in the rails alone": [1, "387"],
  "breakGlass prevents removals alone": [1, "387"],
  "a refresh loses the mark of a roster": [1, "0"],
  "who leaves a roster is watched no more before that is recorded": [1, "79"],
  "a default role lowers whom it finds": [1, "6"],
  "owners who were never made count as lost": [1, "12"],
  "one change may remove everybody": [1, "59"],
  "whom breakGlass protects may be taken off the list": [1, "79"],
  "a sweep does not ask whether the guard has passed": [1, "56"],
  "a sweep removes whom breakGlass protects": [1, "206"],
  "a sweep removes whom the program declares by now": [1, "64"],
  "a removal that failed is taken for done": [1, "271"],
  "whom a guard keeps fails the sweep": [1, "24"],
  "a sweep has nothing to do once it is there": [1, "4"],
};

export const bugs = [
  ...ofPeople.map((one) => ({ ...one, kind: "people" as const, found: found[one.name] })),
  ...ofRosters.map((one) => ({ ...one, kind: "rosters" as const, found: found[one.name] })),
];
