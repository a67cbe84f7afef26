/** Mistakes that a provider of this kind could well have. Each is made in the built package, and has to be found. */
import type { Bug } from "./process";

const act = "lifecycle/act.js";
const decide = "lifecycle/decide.js";

function bug(name: string, file: string, from: string, to: string): Bug {
  return { name, changes: [{ file, from, to }] };
}

export const bugs: readonly Bug[] = [
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
    "moment(row) > moment(best)",
    "moment(row) < moment(best)",
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
    "this.load().then(byPerson)",
    "this.load().catch(() => []).then(byPerson)",
  ),
  bug(
    "a mail that failed is forgotten",
    act,
    'if (!progress.mailFailed || settings.mail === "optional")',
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
];
