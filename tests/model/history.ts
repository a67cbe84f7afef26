/** Random histories of an organization, and their play: program, dashboard and deployments in turn, checked all the way. */
import fc from "fast-check";
import { type Simulator, startSimulator } from "../../simulator";
import type { Coverage } from "./coverage";
import { Deployment, type Outcome, State } from "./engine";
import * as model from "./model";
import {
  type Bag,
  type Fault,
  type FaultName,
  faultNames,
  type Package,
  ProviderProcess,
  quiescence,
  type Verb,
} from "./process";

const roles = ["user", "admin", "owner"] as const;
const scopeSets: readonly (readonly string[])[] = [
  ["POST /api/chunk/search"],
  ["GET /api/dataset", "POST /api/chunk/search"],
  ["GET /api/dataset"],
];

/** A change of the program. */
type Edit =
  | ({ edit: "declare"; slot: number; person: number } & Terms)
  | { edit: "undeclare"; slot: number }
  | { edit: "role"; slot: number; role: model.Role | undefined }
  | { edit: "scopes"; slot: number; scopes: readonly string[] | undefined }
  | { edit: "resend"; slot: number; trigger: string }
  | { edit: "policy"; slot: number; deletionPolicy: "revert" | "remove" }
  | { edit: "person"; slot: number; person: number }
  | { edit: "rename"; slot: number; to: number };

interface Terms {
  role: model.Role | undefined;
  scopes: readonly string[] | undefined;
  deletionPolicy: "revert" | "remove";
}

/** Something that people do without the program. */
interface Act {
  act:
    | "invite"
    | "add"
    | "accept"
    | "sign up"
    | "remove"
    | "delete invitations"
    | "role"
    | "scopes";
  person: number;
  /** In another case. */
  shout: boolean;
  role: model.Role;
  scopes: readonly string[] | null;
}

interface Run {
  command: "up" | "up --refresh" | "refresh";
  parallel: number;
  faults: Fault[];
}

interface Step {
  acts: Act[];
  edits: Edit[];
  run: Run;
}

export interface History {
  /** There is an owner whom nobody touches. */
  keeper: boolean;
  mail: "required" | "optional";
  /** Most of them one by one; some belong together. */
  steps: Step[][];
}

/** Four whom the program may declare, one whom it never does. */
const people = 5;
const slots = 3;

const person = fc.nat(people - 2);
const slot = fc.nat(slots - 1);
const role = fc.constantFrom(...roles);
const scopes = fc.constantFrom(...scopeSets);
const maybeRole = fc.option(role, { nil: undefined, freq: 4 });
const maybeScopes = fc.oneof(
  { weight: 2, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: scopes },
);
const deletionPolicy = fc.constantFrom("revert" as const, "remove" as const);

const declare = fc.record({
  edit: fc.constant("declare" as const),
  slot,
  person,
  role: maybeRole,
  scopes: maybeScopes,
  deletionPolicy,
});

const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 6, arbitrary: declare },
  { weight: 3, arbitrary: fc.record({ edit: fc.constant("undeclare" as const), slot }) },
  {
    weight: 3,
    arbitrary: fc.record({ edit: fc.constant("role" as const), slot, role: maybeRole }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ edit: fc.constant("scopes" as const), slot, scopes: maybeScopes }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      edit: fc.constant("resend" as const),
      slot,
      trigger: fc.constantFrom("1", "2"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ edit: fc.constant("policy" as const), slot, deletionPolicy }),
  },
  { weight: 1, arbitrary: fc.record({ edit: fc.constant("person" as const), slot, person }) },
  { weight: 1, arbitrary: fc.record({ edit: fc.constant("rename" as const), slot, to: slot }) },
);

const act: fc.Arbitrary<Act> = fc.record({
  act: fc.constantFrom<Act["act"][]>(
    "invite",
    "invite",
    "add",
    "add",
    "accept",
    "accept",
    "accept",
    "sign up",
    "remove",
    "delete invitations",
    "role",
    "scopes",
  ),
  person: fc.nat(people - 1),
  shout: fc.oneof(
    { weight: 3, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  role,
  scopes: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: scopes }),
});

// What only some verbs can meet comes up twice as often.
const faultName = fc.constantFrom<FaultName[]>(
  ...faultNames,
  "mail fails",
  "death before",
  "death after",
  "engine dies",
);

const fault: fc.Arbitrary<Fault> = fc.record({
  at: fc.integer({ min: 1, max: 9 }),
  times: fc.constantFrom(1, 1, 1, 2, 30),
  what: faultName,
});

const run: fc.Arbitrary<Run> = fc.record({
  command: fc.constantFrom<Run["command"][]>("up", "up", "up --refresh", "refresh"),
  parallel: fc.constantFrom(4, 1),
  faults: fc.oneof(
    { weight: 2, arbitrary: fc.constant<Fault[]>([]) },
    { weight: 3, arbitrary: fault.map((one) => [one]) },
    { weight: 1, arbitrary: fc.tuple(fault, fault).map((two) => [...two]) },
  ),
});

const step: fc.Arbitrary<Step> = fc.record({
  acts: fc.array(act, { maxLength: 3, size: "max" }),
  edits: fc.array(edit, { maxLength: 3, size: "max" }),
  run,
});

/** Chance alone seldom makes each verb meet each state of a person with each fault: here somebody sees to it. */
const met: fc.Arbitrary<Step[]> = fc
  .record({
    declared: declare,
    verb: fc.constantFrom<Verb[]>("create", "read", "read", "update", "update", "delete", "delete"),
    phase: fc.constantFrom<model.Phase[]>(
      "absent",
      "absent",
      "absent",
      "pending",
      "pending",
      "member",
    ),
    shout: fc.boolean(),
    role,
    change: edit,
    one: fc.record({
      at: fc.constantFrom(1, 1, 1, 2, 2, 3, 4, 5),
      times: fc.constantFrom(1, 2),
      what: faultName,
    }),
  })
  .map(({ declared, verb, phase, shout, role, change, one }) => {
    const { slot, person } = declared;
    const act = (act: Act["act"]): Act => ({ act, person, shout, role, scopes: null });
    const acts = [act("remove"), act("delete invitations")];
    if (phase === "pending") acts.push(act("invite"));
    if (phase === "member") acts.push(act("add"));
    const quiet = (edits: Edit[]): Step => ({
      acts: [],
      edits,
      run: { command: "up", parallel: 4, faults: [] },
    });
    const command = verb === "read" ? "up --refresh" : "up";
    const run: Run = { command, parallel: 1, faults: [one] };
    const undeclare: Edit = { edit: "undeclare", slot };
    const edits: Record<Verb, Edit[]> = {
      create: [declared],
      read: [],
      update: [{ ...change, slot }],
      delete: [undeclare],
    };
    return [quiet([verb === "create" ? undeclare : declared]), { acts, edits: edits[verb], run }];
  });

/** Two owners lose their place at the same time. */
const dethroned: fc.Arbitrary<Step[]> = fc
  .record({
    deletionPolicy,
    role: maybeRole,
    edits: fc.tuple(edit, edit),
    leave: fc.boolean(),
    faults: fc.oneof(
      { weight: 2, arbitrary: fc.constant<Fault[]>([]) },
      { weight: 1, arbitrary: fault.map((one) => [one]) },
    ),
  })
  .map(({ deletionPolicy, role, edits, leave, faults }) => {
    const owners = [0, 1];
    return [
      {
        acts: owners.map(
          (person): Act => ({ act: "add", person, shout: false, role: "owner", scopes: null }),
        ),
        edits: owners.map(
          (n): Edit => ({
            edit: "declare",
            slot: n,
            person: n,
            role: "owner",
            scopes: undefined,
            deletionPolicy,
          }),
        ),
        run: { command: "up", parallel: 4, faults: [] },
      },
      {
        acts: [],
        edits: owners.map(
          (slot): Edit => (leave ? { edit: "undeclare", slot } : { edit: "role", slot, role }),
        ),
        run: { command: "up", parallel: 4, faults },
      },
      { acts: [], edits, run: { command: "up", parallel: 4, faults: [] } },
    ];
  });

/** Nor does chance often take the scopes of a member away, which is the only way in which a member gets a mail. */
const unscoped: fc.Arbitrary<Step[]> = fc
  .record({ declared: declare, scopes, member: role, one: fault })
  .map(({ declared, scopes, member, one }) => [
    {
      acts: [{ act: "add", person: declared.person, shout: false, role: member, scopes: null }],
      edits: [{ ...declared, scopes }],
      run: { command: "up", parallel: 4, faults: [] },
    },
    {
      acts: [],
      edits: [{ edit: "scopes", slot: declared.slot, scopes: undefined }],
      run: { command: "up", parallel: 4, faults: [one] },
    },
  ]);

export const history: fc.Arbitrary<History> = fc.record({
  keeper: fc.boolean(),
  mail: fc.constantFrom("required" as const, "required" as const, "optional" as const),
  steps: fc.array(
    fc.oneof(
      { weight: 8, arbitrary: step.map((one) => [one]) },
      { weight: 5, arbitrary: met },
      { weight: 1, arbitrary: dethroned },
      { weight: 1, arbitrary: unscoped },
    ),
    { minLength: 1, maxLength: 7, size: "max" },
  ),
});

/** Something that must never be. */
export class Violation extends Error {}

/** One simulator for many histories, each with an organization and people of its own. */
export class Stage {
  #histories = 0;

  private constructor(
    readonly simulator: Simulator,
    readonly quiet: () => Promise<void>,
  ) {}

  static async open(): Promise<Stage> {
    const simulator = await startSimulator({ hangs: false });
    return new Stage(simulator, quiescence(simulator));
  }

  close(): Promise<void> {
    return this.simulator.close();
  }

  /** @throws Violation */
  async play(history: History, code: Package, coverage: Coverage): Promise<void> {
    this.#histories += 1;
    await new Play(this, this.#histories, history, code, coverage).play();
  }
}

class Play {
  readonly #simulator: Simulator;
  readonly #organization: { id: string; apiKey: string };
  readonly #domain: string;
  readonly #program = new Map<string, model.Declared>();
  readonly #state = new State();
  readonly #accounts = new Set<string>();
  /** How many mails each person may get at most, and has got. */
  readonly #allowed = new Map<string, number>();
  readonly #mails = new Map<string, number>();
  #mailsSeen: number;
  /** Whose mail failed while the server said so: who is still invited at the end has been told since. */
  readonly #owed = new Map<string, number>();

  constructor(
    readonly stage: Stage,
    n: number,
    readonly history: History,
    readonly code: Package,
    readonly coverage: Coverage,
  ) {
    this.#simulator = stage.simulator;
    this.#domain = `h${n}.example`;
    this.#organization = this.#simulator.createOrganization(`h${n}`, {
      ownerless: !history.keeper,
    });
    this.#mailsSeen = this.#simulator.mails.length;
  }

  async play(): Promise<void> {
    for (const { acts, edits, run } of this.history.steps.flat()) {
      for (const act of acts) this.#act(act);
      for (const edit of edits) this.#edit(edit);
      await this.#run(run);
    }
    // Who has nobody to take over stays an owner: the way out is what the message says.
    this.#simulator.addMember(this.#organization.id, `rescue@${this.#domain}`, "owner");
    const quiet: Run = { command: "up --refresh", parallel: 4, faults: [] };
    await this.#run(quiet);
    this.#ending();
    const again = await this.#run(quiet);
    if (again.steps.length > 0 || again.writes > 0)
      throw new Violation(`a further up changes something: ${again.steps.join(", ")}`);
  }

  #ending(): void {
    const world = this.#world();
    report(model.atTheEnd(this.#program.values(), world));
    for (const [email, count] of this.#mails) {
      const allowed = this.#allowed.get(email) ?? 0;
      if (count > allowed) throw new Violation(`${email} got ${count} mails, not ${allowed}`);
    }
    for (const [email, count] of this.#owed) {
      if ((this.#mails.get(email) ?? 0) <= count)
        throw new Violation(`${email} was invited and never told`);
    }
  }

  async #run({ command, parallel, faults }: Run): Promise<Outcome & { writes: number }> {
    const mailRequired = this.history.mail === "required";
    const before = this.#world();
    const stack = this.#stack();
    const program = command === "refresh" ? undefined : this.#program;
    const refresh = command !== "up";
    const options = { refresh, mailRequired };
    const expected = model.plan(before, stack, program, options);

    const published = new Map<string, Set<string>>();
    const process = await ProviderProcess.start({
      simulator: this.#simulator,
      code: this.code,
      settings: {
        "trieve:explicit": "true",
        "trieve:apiKey": this.#organization.apiKey,
        "trieve:organizationId": this.#organization.id,
        "trieve:apiUrl": this.#simulator.url,
        "trieve:redirectUri": "http://dashboard.example/",
        "trieve:mail": this.history.mail,
      },
      faults,
      // One thing that goes wrong once must not show; what lasts must not keep anybody waiting.
      retryForMs: survivable(faults) ? 30_000 : 60,
      revokeKey: () => this.#simulator.revokeKey(this.#organization.apiKey),
      isDeclaredElsewhere: (id, instance) =>
        [...(program?.values() ?? [])].some(({ email }) => id === this.#idOf(email)) &&
        published.get(id)?.has(instance) !== true,
      coverage: this.coverage,
    });
    const deployment = new Deployment(
      this.#state,
      process,
      parallel,
      (email) => model.phaseOf(this.#place(email)),
      (id, instance) => published.set(id, (published.get(id) ?? new Set()).add(instance)),
    );
    const outcome =
      program === undefined
        ? await deployment.refresh()
        : await deployment.up(new Map([...program].map(([k, v]) => [k, { ...v }])), refresh);
    await process.end();
    await this.stage.quiet();

    if (process.hit.some(({ what }) => what === "key revoked"))
      this.#organization.apiKey = this.#simulator.createKey(this.#organization.id, "owner");

    const after = this.#world();
    const sent = this.#countMails();
    const mailsFailed = process.hit.filter(({ what }) => what === "mail fails");
    const undisturbed =
      process.hit.length === 0 ||
      (survivable(faults) &&
        (mailsFailed.length === 0 || !mailRequired) &&
        // A question that stays without an answer is not asked again; and a removal that comes after all, when the
        // person has been let in again, nobody can prevent.
        !process.hit.some(
          ({ what, method }) => what === "too slow" && (method === "GET" || method === "DELETE"),
        ));
    if (model.ownersIn(before).size > 0 && model.ownersIn(after).size === 0)
      throw new Violation("the last owner is gone");
    if (undisturbed && !expected.mayBeRefused) {
      if (outcome.errors.length > 0) throw new Violation(`failed: ${outcome.errors.join("; ")}`);
      report(model.exactly(expected, after));
      this.#compareRecorded(expected.resources);
    } else {
      report(model.onTheWay(before, expected, after));
      this.#assertOnCourse(before, stack, after, process);
      this.#assertKept(stack, before);
      // It is not known, or not yet recorded, that the mail for the asking was sent.
      for (const email of expected.resent) this.#allow(email);
    }
    for (const email of new Set([...sent.keys(), ...expected.mails.keys()])) {
      const count = sent.get(email) ?? 0;
      const planned = expected.mails.get(email) ?? 0;
      const failed = mailsFailed.filter((failure) => failure.email === email).length;
      const least = undisturbed && !expected.mayBeRefused ? planned - failed : 0;
      if (count < least || count > planned)
        throw new Violation(`${email} got ${count} mails at once, not ${planned}`);
    }
    this.#owe(process, after, mailRequired);
    return { ...outcome, writes: process.writes };
  }

  /** Whatever was begun, the next whole run comes to the same. */
  #assertOnCourse(
    before: model.World,
    stack: model.Stack,
    after: model.World,
    process: ProviderProcess,
  ): void {
    const options = { refresh: true, mailRequired: this.history.mail === "required" };
    const target = model.plan(before, stack, this.#program, options);
    const now = model.plan(after, this.#stack(), this.#program, options);
    const held = new Set([...stack.resources.values()].map(({ email }) => email));
    const isNew = (email: string) => process.dead && !held.has(email);
    report(model.astray(target, now, isNew));
  }

  #owe(process: ProviderProcess, after: model.World, mailRequired: boolean): void {
    const failed = new Set(
      process.hit.flatMap(({ what, email }) =>
        what === "mail fails" && email !== undefined ? [email] : [],
      ),
    );
    for (const email of failed) {
      this.#allow(email);
      const place = after.places.get(email) ?? model.nobody;
      if (mailRequired && !process.isUnheard && model.phaseOf(place) === "pending")
        this.#owed.set(email, this.#mails.get(email) ?? 0);
    }
    // A process that is dead takes with it what it knew; whoever is in or out needs no telling.
    for (const email of this.#owed.keys()) {
      const place = after.places.get(email) ?? model.nobody;
      const declared = [...this.#program.values()].some((one) => one.email === email);
      if (!declared || model.phaseOf(place) !== "pending" || process.isUnheard)
        this.#owed.delete(email);
    }
  }

  /** Nothing that goes wrong is a proof that somebody is gone. */
  #assertKept({ resources }: model.Stack, before: model.World): void {
    for (const [name, { email }] of resources) {
      const there = model.phaseOf(before.places.get(email) ?? model.nobody) !== "absent";
      if (there && this.#program.has(name) && !this.#state.resources.has(name))
        throw new Violation(`${name} is recorded no more, though ${email} is there`);
    }
  }

  #compareRecorded(expected: ReadonlyMap<string, model.Held>): void {
    const actual = this.#stack().resources;
    const text = (resources: ReadonlyMap<string, model.Held>) =>
      [...resources]
        .map(([name, { scopes, ...held }]) => {
          const keys = Object.entries({ ...held, scopes: scopes && [...scopes].sort() }).sort();
          return `${name}: ${JSON.stringify(Object.fromEntries(keys))}`;
        })
        .sort()
        .join("\n");
    if (text(actual) !== text(expected))
      throw new Violation(`recorded is\n${text(actual)}\nnot\n${text(expected)}`);
  }

  #stack(): model.Stack {
    return {
      resources: new Map(
        [...this.#state.resources].map(([name, { outputs, failed }]) => [
          name,
          heldOf(outputs, failed),
        ]),
      ),
      condemned: [...this.#state.condemned].map(({ outputs, failed }) => heldOf(outputs, failed)),
    };
  }

  #world(): model.World {
    const emails = new Set<string>();
    const members = this.#simulator.members(this.#organization.id);
    for (const { email } of members) {
      this.#accounts.add(email);
      emails.add(email.toLowerCase());
    }
    const invitations = this.#simulator.invitations(this.#organization.id);
    for (const { email } of invitations) emails.add(email.toLowerCase());
    const places = new Map(
      [...emails].map((email) => [email, this.#placeIn(email, members, invitations)]),
    );
    return { places, accounts: new Set(this.#accounts) };
  }

  #place(email: string): model.Place {
    return this.#placeIn(
      email,
      this.#simulator.members(this.#organization.id),
      this.#simulator.invitations(this.#organization.id),
    );
  }

  #placeIn(
    email: string,
    members: ReturnType<Simulator["members"]>,
    invitations: ReturnType<Simulator["invitations"]>,
  ): model.Place {
    const rows = invitations
      .filter((row) => row.email.toLowerCase() === email)
      .map(({ used, role, ...row }) => ({
        used,
        row: { email: row.email, scopes: row.scopes, role: roles[role] ?? "user" },
      }));
    return {
      members: members
        .filter((row) => row.email.toLowerCase() === email)
        .map((row) => ({ email: row.email, role: row.role, scopes: row.scopes })),
      unused: rows.filter(({ used }) => !used).map(({ row }) => row),
      used: rows.filter(({ used }) => used).map(({ row }) => row),
    };
  }

  #countMails(): Map<string, number> {
    const sent = new Map<string, number>();
    for (const { to } of this.#simulator.mails.slice(this.#mailsSeen)) {
      const email = to.toLowerCase();
      sent.set(email, (sent.get(email) ?? 0) + 1);
      this.#mails.set(email, (this.#mails.get(email) ?? 0) + 1);
    }
    this.#mailsSeen = this.#simulator.mails.length;
    return sent;
  }

  #allow(email: string): void {
    this.#allowed.set(email, (this.#allowed.get(email) ?? 0) + 1);
  }

  #email(person: number): string {
    return `p${person}@${this.#domain}`;
  }

  #idOf(email: string): string {
    return `${this.#organization.id}/${email}`;
  }

  /** Each change of what the program says of a person may take a mail. */
  #edit(edit: Edit): void {
    const name = `r${edit.slot}`;
    const old = this.#program.get(name);
    const taken = (person: number, except: string) =>
      [...this.#program].some(
        ([other, { email }]) => other !== except && email === this.#email(person),
      );
    const declare = (now: model.Declared, at = name) => {
      // Another resource knows nothing of a mail that this one owes; in Pulumi an alias would tell it.
      if (old && (at !== name || now.email !== old.email)) this.#owed.delete(old.email);
      this.#program.set(at, now);
      this.#allow(now.email);
    };
    if (edit.edit === "declare") {
      const { person, role, scopes, deletionPolicy } = edit;
      if (taken(person, name)) return;
      declare({
        email: this.#email(person),
        deletionPolicy,
        ...(role === undefined ? {} : { role }),
        ...(scopes === undefined ? {} : { scopes }),
      });
      return;
    }
    if (old === undefined) return;
    switch (edit.edit) {
      case "undeclare":
        this.#owed.delete(old.email);
        this.#program.delete(name);
        return;
      case "role": {
        const { role: _, ...rest } = old;
        declare(edit.role === undefined ? rest : { ...rest, role: edit.role });
        return;
      }
      case "scopes": {
        const { scopes: _, ...rest } = old;
        declare(edit.scopes === undefined ? rest : { ...rest, scopes: edit.scopes });
        return;
      }
      case "resend":
        declare({ ...old, resendTrigger: edit.trigger });
        return;
      case "policy":
        declare({ ...old, deletionPolicy: edit.deletionPolicy });
        return;
      case "person":
        if (!taken(edit.person, name)) declare({ ...old, email: this.#email(edit.person) });
        return;
      case "rename": {
        const to = `r${edit.to}`;
        if (this.#program.has(to)) return;
        this.#program.delete(name);
        declare(old, to);
      }
    }
  }

  /** Whatever people do to somebody may make a mail necessary. */
  #act({ act, person, shout, role, scopes }: Act): void {
    const { id } = this.#organization;
    const email = this.#email(person);
    const spelled = shout ? `${email[0]?.toUpperCase()}${email.slice(1)}` : email;
    const given = scopes && [...scopes];
    this.#allow(email);
    this.#owed.delete(email);
    switch (act) {
      case "invite":
        this.#simulator.addInvitation(id, spelled, role, given);
        return;
      case "add":
        this.#simulator.addMember(id, spelled, role, given);
        this.#accounts.add(spelled);
        return;
      case "sign up":
        if (this.#accounts.has(spelled)) return;
        this.#simulator.createAccount(spelled);
        this.#accounts.add(spelled);
        return;
      case "accept": {
        const rows = this.#simulator.invitations(id);
        const found = rows.findLast((row) => !row.used && row.email.toLowerCase() === email);
        if (found === undefined) return;
        this.#simulator.accept(`?inv_code=${found.id}&organization_id=${id}&redirect_uri=/`, {
          email: spelled,
        });
        this.#world();
        return;
      }
      case "remove":
        this.#simulator.removeMember(id, email);
        return;
      case "delete invitations":
        this.#simulator.deleteInvitations(id, email);
        return;
      case "role":
        this.#simulator.setMember(id, email, { role });
        return;
      case "scopes":
        this.#simulator.setMember(id, email, { scopes: given });
        return;
    }
  }
}

const lasting: readonly FaultName[] = ["death before", "death after", "engine dies", "key revoked"];

/** A single failure that passes. */
function survivable(faults: readonly Fault[]): boolean {
  const [first, second] = faults;
  return (
    first !== undefined &&
    second === undefined &&
    first.times === 1 &&
    !lasting.includes(first.what)
  );
}

function heldOf(outputs: Bag, failed: boolean): model.Held {
  const held = outputs as unknown as model.Held;
  const { email, role, scopes, status, adopted, originalRole } = held;
  const { mailFailed, deletionPolicy, resendTrigger, managed } = held;
  return {
    email,
    role,
    scopes,
    status,
    adopted,
    originalRole,
    mailFailed,
    deletionPolicy,
    resendTrigger,
    managed,
    failed,
  };
}

function report(problems: readonly string[]): void {
  if (problems.length > 0) throw new Violation(problems.join("\n"));
}
