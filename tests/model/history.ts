/** Random histories of an organization, and their play: program, dashboard and deployments in turn, checked all the way. */
import fc from "fast-check";
import type { Coverage } from "./coverage";
import { Deployment, type Outcome, State, stackOf } from "./engine";
import * as model from "./model";
import {
  type Act,
  act,
  fault,
  faultName,
  faults,
  isUndisturbed,
  Organization,
  onlyLostItsEngine,
  person,
  report,
  role,
  type Stage,
  scopes,
  Violation,
} from "./organization";
import type { Bag, Fault, FaultName, Package, ProviderProcess, Verb } from "./process";

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

const slots = 3;

const slot = fc.nat(slots - 1);
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

const run: fc.Arbitrary<Run> = fc.record({
  command: fc.constantFrom<Run["command"][]>("up", "up", "up --refresh", "refresh"),
  parallel: fc.constantFrom(4, 1),
  faults: faults(2, 3, 1),
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
    faults: faults(2, 1),
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

/** Nor that the second of two calls fails, by which somebody comes back who has rights that no program names. */
const halfway: fc.Arbitrary<Step[]> = fc
  .record({
    declared: declare,
    invited: role,
    given: scopes,
    at: fc.constantFrom(3, 4),
    what: fc.constantFrom<FaultName[]>("503", "reset before", "key revoked", "engine dies"),
    back: fc.constantFrom<Run["command"][]>("up", "up --refresh"),
    edits: fc.array(edit, { maxLength: 1 }),
  })
  .map(({ declared, invited, given, at, what, back, edits }) => {
    const { slot, person } = declared;
    const invite: Act = { act: "invite", person, shout: false, role: invited, scopes: given };
    const clean: Act[] = [
      { ...invite, act: "remove" },
      { ...invite, act: "delete invitations" },
    ];
    const resend = (trigger: string): Edit => ({ edit: "resend", slot, trigger });
    const run = (faults: Fault[]): Run => ({ command: "up", parallel: 1, faults });
    return [
      {
        acts: [...clean, invite],
        edits: [{ ...declared, role: undefined, scopes: undefined }, resend("1")],
        run: run([]),
      },
      { acts: [], edits: [resend("2")], run: run([{ at, times: 30, what }]) },
      { acts: [], edits, run: { ...run([]), command: back } },
    ];
  });

export const history: fc.Arbitrary<History> = fc.record({
  keeper: fc.boolean(),
  mail: fc.constantFrom("required" as const, "required" as const, "optional" as const),
  steps: fc.array(
    fc.oneof(
      { weight: 8, arbitrary: step.map((one) => [one]) },
      { weight: 5, arbitrary: met },
      { weight: 1, arbitrary: dethroned },
      { weight: 1, arbitrary: unscoped },
      { weight: 1, arbitrary: halfway },
    ),
    { minLength: 1, maxLength: 7, size: "max" },
  ),
});

class Play {
  readonly #organization: Organization;
  readonly #program = new Map<string, model.Declared>();
  readonly #state = new State();
  /** How many mails each person may get at most, and has got. */
  readonly #allowed = new Map<string, number>();
  readonly #mails = new Map<string, number>();
  /** Whose mail failed while the server said so: who is still invited at the end has been told since. */
  readonly #owed = new Map<string, number>();

  constructor(
    stage: Stage,
    readonly history: History,
    readonly code: Package,
    readonly coverage: Coverage,
  ) {
    const { keeper, mail } = history;
    this.#organization = new Organization(stage, { ownerless: !keeper, mail });
  }

  async play(): Promise<void> {
    for (const { acts, edits, run } of this.history.steps.flat()) {
      for (const act of acts) this.#act(act);
      for (const edit of edits) this.#edit(edit);
      await this.#run(run);
    }
    // Who has nobody to take over stays an owner: the way out is what the message says.
    this.#organization.rescue();
    const quiet: Run = { command: "up --refresh", parallel: 4, faults: [] };
    await this.#run(quiet);
    this.#ending();
    const again = await this.#run(quiet);
    if (again.steps.length > 0 || again.writes > 0)
      throw new Violation(`a further up changes something: ${again.steps.join(", ")}`);
  }

  #ending(): void {
    const world = this.#organization.world();
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
    const before = this.#organization.world();
    const stack = stackOf(this.#state);
    const program = command === "refresh" ? undefined : this.#program;
    const refresh = command !== "up";
    const options = { refresh, mailRequired };
    const expected = model.plan(before, stack, program, options);

    const published = new Map<string, Set<string>>();
    const isDeclared = (id: string) =>
      [...(program?.values() ?? [])].some(({ email }) => id === this.#organization.idOf(email));
    const process = await this.#organization.startProcess({
      code: this.code,
      coverage: this.coverage,
      faults,
      isDeclared,
      isDeclaredElsewhere: (id, instance) =>
        isDeclared(id) && published.get(id)?.has(instance) !== true,
    });
    const deployment = new Deployment(
      this.#state,
      process,
      parallel,
      (email) => model.phaseOf(this.#organization.place(email)),
      (id, instance) => published.set(id, (published.get(id) ?? new Set()).add(instance)),
    );
    const outcome =
      program === undefined
        ? await deployment.refresh(all)
        : await deployment.up({ people: () => argumentsOf(program) }, { ...all, refresh });
    await this.#organization.end(process);

    // Of several at once one may have been let through in the moment of its death.
    if (process.begunTooLate > 0 && parallel === 1)
      throw new Violation("something was begun after the engine had died");
    const after = this.#organization.world();
    const sent = this.#countMails();
    const mailsFailed = process.hit.filter(({ what }) => what === "mail fails");
    const undisturbed = isUndisturbed(process, this.history.mail);
    if (model.ownersIn(before).size > 0 && model.ownersIn(after).size === 0)
      throw new Violation("the last owner is gone");
    if (undisturbed && !expected.mayBeRefused) {
      if (outcome.errors.length > 0) throw new Violation(`failed: ${outcome.errors.join("; ")}`);
      report(model.exactly(expected, after));
      this.#compareRecorded(expected.resources);
    } else {
      report(model.onTheWay(before, expected, after));
      if (onlyLostItsEngine(process)) report(model.inOnePiece(before, expected, after));
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
    const now = model.plan(after, stackOf(this.#state), this.#program, options);
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
    const actual = stackOf(this.#state).resources;
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

  #countMails(): Map<string, number> {
    const sent = this.#organization.newMails();
    for (const [email, count] of sent)
      this.#mails.set(email, (this.#mails.get(email) ?? 0) + count);
    return sent;
  }

  #allow(email: string): void {
    this.#allowed.set(email, (this.#allowed.get(email) ?? 0) + 1);
  }

  /** Each change of what the program says of a person may take a mail. */
  #edit(edit: Edit): void {
    const name = `r${edit.slot}`;
    const old = this.#program.get(name);
    const taken = (person: number, except: string) =>
      [...this.#program].some(
        ([other, { email }]) => other !== except && email === this.#organization.email(person),
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
        email: this.#organization.email(person),
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
        if (!taken(edit.person, name))
          declare({ ...old, email: this.#organization.email(edit.person) });
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
  #act(act: Act): void {
    const email = this.#organization.email(act.person);
    this.#allow(email);
    this.#owed.delete(email);
    this.#organization.act(act);
  }
}

function argumentsOf(program: ReadonlyMap<string, model.Declared>): ReadonlyMap<string, Bag> {
  return new Map([...program].map(([name, declared]) => [name, { ...declared }]));
}

const all = { includes: () => true, excludeProtected: false };

/** Plays a history in an organization of its own. @throws Violation */
export function play(
  stage: Stage,
  history: History,
  code: Package,
  coverage: Coverage,
): Promise<void> {
  return new Play(stage, history, code, coverage).play();
}
