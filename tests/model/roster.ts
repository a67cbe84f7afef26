/**
 * Random histories of a roster: its list is edited, taken back and deployed, by whole runs and by runs that leave out
 * its guard, its sweep or some of its people, and everything goes wrong on the way. The engine's part is played in
 * `engine.ts`; that of the program, which names in a preview whom the sweep is to remove, is played here.
 */
import fc from "fast-check";
import type { Coverage } from "./coverage";
import { Deployment, type Outcome, type Program, State, stackOf } from "./engine";
import * as model from "./model";
import {
  type Act,
  act,
  fault,
  faults,
  isUndisturbed,
  type MailPolicy,
  Organization,
  onlyLostItsEngine,
  people,
  person,
  report,
  role,
  type Stage,
  scopes,
  Violation,
} from "./organization";
import type { Bag, Fault, Package, ProviderProcess } from "./process";

/** A change of the list, or of its rails. */
type Edit =
  | { edit: "write"; person: number; line: Line }
  | { edit: "delete"; person: number }
  | { edit: "resend"; person: number; trigger: string }
  | { edit: "limits"; limits: model.Limits }
  | { edit: "break glass"; person: number; isOn: boolean }
  /** `unmanaged: "remove"`, or not */
  | { edit: "unmanaged"; isRemoved: boolean }
  /** The list as it was before the last edits. */
  | { edit: "take back" };

interface Line {
  /** Missing: that of the defaults. */
  role: model.Role | undefined;
  scopes: readonly string[] | undefined;
}

interface Run {
  command: "up" | "up --refresh" | "refresh" | "destroy" | "up without the roster" | "preview";
  /** Some flag leaves out the guard, the sweep, or some people. */
  leavesOut: { guard: boolean; sweep: boolean; people: number[] };
  /** `--skip-preview` */
  skipsPreview: boolean;
  /** Between preview and write. */
  meanwhile: Act[];
  /** The program does not look again at those whom a preview has named: the sweep has to. */
  isCareless: boolean;
  excludeProtected: boolean;
  parallel: number;
  faults: Fault[];
}

interface Step {
  acts: Act[];
  edits: Edit[];
  run: Run;
}

export interface History {
  mail: MailPolicy;
  /** Whether those are removed whom nothing declares. */
  removesUnmanaged: boolean;
  /** Whether the organization's first owner is on breakGlass. */
  keepsFounder: boolean;
  /** Whom the list names at first. */
  lines: { person: number; line: Line }[];
  /** Most of them one by one; some belong together. */
  steps: Step[][];
}

const line: fc.Arbitrary<Line> = fc.record({
  role: fc.option(role, { nil: undefined, freq: 3 }),
  scopes: fc.option(scopes, { nil: undefined, freq: 2 }),
});
const limits: fc.Arbitrary<model.Limits> = fc
  .record({
    maxRemovals: fc.constantFrom<model.Limits["maxRemovals"][]>(
      undefined,
      "50%",
      "100%",
      "100%",
      0,
      1,
      9,
      9,
    ),
    minOwners: fc.constantFrom(undefined, undefined, 0, 1),
  })
  .map(({ maxRemovals, minOwners }) => ({
    ...(maxRemovals === undefined ? {} : { maxRemovals }),
    ...(minOwners === undefined ? {} : { minOwners }),
  }));

const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ edit: fc.constant("write" as const), person, line }) },
  { weight: 5, arbitrary: fc.record({ edit: fc.constant("delete" as const), person }) },
  {
    weight: 1,
    arbitrary: fc.record({
      edit: fc.constant("resend" as const),
      person,
      trigger: fc.constantFrom("1", "2"),
    }),
  },
  { weight: 3, arbitrary: fc.record({ edit: fc.constant("limits" as const), limits }) },
  {
    weight: 2,
    arbitrary: fc.record({
      edit: fc.constant("break glass" as const),
      person,
      isOn: fc.constantFrom(true, true, false),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      edit: fc.constant("unmanaged" as const),
      isRemoved: fc.constantFrom(true, true, false),
    }),
  },
  { weight: 2, arbitrary: fc.record({ edit: fc.constant("take back" as const) }) },
);

const nothing = { guard: false, sweep: false, people: [] };
const leavesOut = fc.oneof(
  { weight: 5, arbitrary: fc.constant(nothing) },
  {
    weight: 4,
    arbitrary: fc.record({
      guard: fc.constantFrom(true, true, false),
      sweep: fc.constantFrom(true, false, false),
      people: fc.uniqueArray(person, { maxLength: 2 }),
    }),
  },
);

const run: fc.Arbitrary<Run> = fc.record({
  command: fc.constantFrom<Run["command"][]>(
    "up",
    "up",
    "up",
    "up",
    "up --refresh",
    "refresh",
    "destroy",
    "up without the roster",
    "preview",
  ),
  leavesOut,
  skipsPreview: fc.constantFrom(false, false, true),
  meanwhile: fc.array(act, { maxLength: 1, size: "max" }),
  isCareless: fc.constantFrom(false, false, false, true),
  excludeProtected: fc.boolean(),
  parallel: fc.constantFrom(4, 1),
  faults: faults(1, 1),
});

const step: fc.Arbitrary<Step> = fc.record({
  acts: fc.array(act, { maxLength: 2, size: "max" }),
  edits: fc.array(edit, { maxLength: 3, size: "max" }),
  run,
});

const whole: Run = {
  command: "up",
  leavesOut: nothing,
  skipsPreview: false,
  meanwhile: [],
  isCareless: false,
  excludeProtected: false,
  parallel: 4,
  faults: [],
};

/** A change does not come to its end, and is made again or taken back. */
const broken: fc.Arbitrary<Step[]> = fc
  .record({
    edits: fc.array(edit, { minLength: 1, maxLength: 3, size: "max" }),
    one: fault,
    isTakenBack: fc.boolean(),
    command: fc.constantFrom<Run["command"][]>("up", "up --refresh"),
  })
  .map(({ edits, one, isTakenBack, command }) => [
    { acts: [], edits: [], run: whole },
    { acts: [], edits, run: { ...whole, faults: [one] } },
    { acts: [], edits: isTakenBack ? [{ edit: "take back" }] : [], run: { ...whole, command } },
  ]);

/** Somebody is named, and the program or the world is another when it comes to the write. */
const outdated: fc.Arbitrary<Step[]> = fc
  .record({
    named: fc.nat(people - 1),
    one: act,
    role,
    change: fc.constantFrom<("break glass" | "write" | "none")[]>("break glass", "write", "none"),
    goesAgain: fc.boolean(),
    run,
    isCareless: fc.boolean(),
  })
  .map(({ named, one, role, change, goesAgain, run, isCareless }) => {
    // The last of them no program declares.
    const person = Math.min(named, people - 2);
    const edits: Record<typeof change, Edit[]> = {
      "break glass": [{ edit: "break glass", person, isOn: true }],
      write: [{ edit: "write", person, line: { role: undefined, scopes: undefined } }],
      none: [],
    };
    const about = { person: named, role, shout: false, scopes: null };
    return [
      {
        acts: [one, { act: "add", ...about }],
        edits: [
          { edit: "unmanaged", isRemoved: true },
          { edit: "limits", limits: { maxRemovals: 9 } },
        ],
        run: { ...whole, command: "preview" },
      },
      {
        acts: goesAgain ? [{ act: "remove", ...about }] : [],
        edits: edits[change],
        run: { ...run, command: "up", skipsPreview: true, isCareless },
      },
    ];
  });

export const rosterHistory: fc.Arbitrary<History> = fc.record({
  mail: fc.constantFrom("required" as const, "optional" as const),
  removesUnmanaged: fc.boolean(),
  keepsFounder: fc.boolean(),
  lines: fc.array(fc.record({ person, line }), { maxLength: 4, size: "max" }),
  steps: fc.array(
    fc.oneof(
      { weight: 4, arbitrary: step.map((one) => [one]) },
      { weight: 1, arbitrary: broken },
      { weight: 1, arbitrary: outdated },
    ),
    { minLength: 1, maxLength: 6, size: "max" },
  ),
});

/** Plays a history in an organization of its own. @throws Violation */
export function playRoster(
  stage: Stage,
  history: History,
  code: Package,
  coverage: Coverage,
): Promise<void> {
  return new Play(stage, history, code, coverage).play();
}

/** What is written in the program, and in the file. */
interface Roster {
  readonly lines: ReadonlyMap<number, Line & { resend?: string }>;
  readonly limits: model.Limits;
  readonly breakGlass: ReadonlySet<number>;
  readonly removesUnmanaged: boolean;
}

const mark = "urn:pulumi:dev::acme::trieve:index:Roster::team";

class Play {
  readonly #organization: Organization;
  readonly #state = new State();
  #roster: Roster;
  /** Before the last edits. */
  #earlier: Roster;
  /** Those on breakGlass of whom no list is ever. */
  readonly #kept = new Set<string>();
  /** Whom the last preview has left to be removed. */
  #names: readonly string[] = [];

  constructor(
    stage: Stage,
    readonly history: History,
    readonly code: Package,
    readonly coverage: Coverage,
  ) {
    const { mail, lines, removesUnmanaged, keepsFounder } = history;
    this.#organization = new Organization(stage, { ownerless: false, mail });
    if (keepsFounder) this.#kept.add(this.#organization.founder);
    this.#roster = {
      lines: new Map(lines.map(({ person, line }) => [person, line])),
      limits: {},
      breakGlass: new Set(),
      removesUnmanaged,
    };
    this.#earlier = this.#roster;
  }

  async play(): Promise<void> {
    for (const { acts, edits, run } of this.history.steps.flat()) {
      for (const act of acts) this.#organization.act(act);
      const before = this.#roster;
      for (const edit of edits) this.#edit(edit);
      if (edits.length > 0) this.#earlier = before;
      await this.#run(run);
    }
    await this.#comesToAnEnd();
    await this.#isDestroyedIfMeant();
  }

  /** What is left to do is done as soon as nothing is against it. */
  async #comesToAnEnd(): Promise<void> {
    const { lines } = this.#roster;
    const written = [...lines].map(
      ([person, line]) => [person, { ...line, role: line.role ?? "user" }] as const,
    );
    const limits = { maxRemovals: 9, minOwners: 0 };
    // Who was on the list stays for as long as breakGlass says so.
    const held = this.#onceOnTheList();
    const breakGlass = [...this.#roster.breakGlass].filter(
      (person) => !lines.has(person) && !held.has(this.#organization.email(person)),
    );
    const { removesUnmanaged } = this.#roster;
    this.#roster = {
      ...{ lines: new Map(written), limits, removesUnmanaged },
      breakGlass: new Set(breakGlass),
    };
    const all: Run = { ...whole, command: "up --refresh" };
    if (this.#plan(all).mayBeRefused) this.#rescue();
    const { errors } = await this.#run(all);
    if (errors.length > 0) throw new Violation(`the last up failed: ${errors.join("; ")}`);
    const world = this.#organization.world();
    report(model.atTheEnd(this.#people().values(), world));
    if (removesUnmanaged) report(model.strangersLeft(this.#strangers(), world));
    const { steps, writes } = await this.#run(all);
    if (steps.length > 0 || writes > 0)
      throw new Violation(`a further up changes something: ${steps.join(", ")}`);
  }

  /** As the message says to whoever tries it otherwise. */
  async #isDestroyedIfMeant(): Promise<void> {
    this.#rescue();
    this.#roster = { ...this.#roster, limits: { maxRemovals: "100%" } };
    await this.#run(whole);
    await this.#run({ ...whole, command: "destroy" });
    const world = this.#organization.world();
    const left = [...this.#people().keys()].filter(
      (email) => model.phaseOf(world.places.get(email) ?? model.nobody) !== "absent",
    );
    if (left.length > 0 || this.#state.guard !== undefined || this.#state.sweep !== undefined)
      throw new Violation(`a destroy that is meant leaves ${left.join(", ") || "the rest"}`);
  }

  /** Who has nobody to take over stays an owner: the way out is what the message says. */
  #rescue(): void {
    const { rescuer } = this.#organization;
    if (this.#kept.has(rescuer)) return;
    this.#organization.rescue();
    this.#kept.add(rescuer);
  }

  #onceOnTheList(): ReadonlySet<string> {
    const { guard, resources, condemned } = this.#state;
    const held = [...resources.values(), ...condemned].map(({ outputs }) => String(outputs.email));
    const listed = (guard?.inputs as model.List | undefined)?.people ?? [];
    return new Set([...held, ...listed.map(({ email }) => email)]);
  }

  /** What a whole run of this program would come to now if it removed nobody whom nothing declares. */
  #plan(run: Run): model.Plan {
    return model.plan(this.#organization.world(), stackOf(this.#state), this.#people(), {
      refresh: run.command === "up --refresh",
      mailRequired: this.history.mail === "required",
      includes: (name) => this.#includes(run, name),
      approval: run.leavesOut.guard ? "none" : this.#approval(),
    });
  }

  /** Those whom nothing declares and nothing protects. */
  #strangers(): readonly string[] {
    const declared = this.#people();
    const { breakGlass } = this.#approval();
    return model.strangersIn(
      this.#organization.world(),
      (email) => declared.has(email) || breakGlass.has(email),
    );
  }

  /** The program's part in a preview. Where that fails for anybody, nobody is named. */
  #preview(run: Run): void {
    const { removesUnmanaged, limits } = this.#roster;
    if (!removesUnmanaged) return;
    const recorded = this.#state.guard?.inputs as model.List | undefined;
    const { breakGlass } = this.#approval();
    const isRefused = run.leavesOut.guard
      ? recorded === undefined
      : !model.mayGo(recorded, { people: this.#list() }, limits, breakGlass);
    // The program has ended before it could say anything.
    if (isRefused) return;
    const expected = this.#plan(run);
    const names = model.named(
      this.#organization.world(),
      expected,
      this.#strangers(),
      limits,
      recorded?.people.length ?? 0,
    );
    const isToFail = expected.refused.size > 0 || expected.mayBeRefused;
    this.#names = isToFail ? [] : (names ?? []);
  }

  /** The program's part in an update: whom the sweep gets. */
  #handed(run: Run): readonly string[] {
    if (run.isCareless) return this.#names;
    const strangers = this.#strangers();
    return this.#names.filter((email) => strangers.includes(email));
  }

  async #run(run: Run): Promise<Outcome & { writes: number }> {
    const { command, parallel, faults } = run;
    if (command === "preview" || (isUp(run) && !run.skipsPreview)) this.#preview(run);
    if (command === "preview")
      return { errors: [], died: false, steps: [], passed: false, writes: 0 };
    for (const act of run.meanwhile) this.#organization.act(act);
    const before = this.#organization.world();
    const stack = stackOf(this.#state);
    const { guard, sweep } = this.#state;
    const isDeclared = isUp(run);
    const declared = isDeclared ? this.#people() : new Map<string, model.Declared>();
    const isSwept = isDeclared && this.#roster.removesUnmanaged;
    const handed = isSwept ? this.#handed(run) : [];
    const program = command === "refresh" ? undefined : declared;
    const flags = {
      refresh: command === "up --refresh" || command === "refresh",
      includes: (name: string) => this.#includes(run, name),
      excludeProtected: command === "destroy" && run.excludeProtected,
    };
    const process = await this.#organization.startProcess({
      code: this.code,
      coverage: this.coverage,
      faults,
      isDeclared: (id) =>
        [...declared.keys()].some((email) => this.#organization.idOf(email) === id),
      isDeclaredElsewhere: () => false,
    });
    const deployment = new Deployment(
      this.#state,
      process,
      parallel,
      (email) => model.phaseOf(this.#organization.place(email)),
      () => {},
    );
    const outcome =
      program === undefined
        ? await deployment.refresh(flags)
        : await deployment.up(
            isDeclared ? this.#program(handed) : { people: () => new Map() },
            flags,
          );
    await this.#organization.end(process);

    const after = this.#organization.world();
    const asks = isDeclared && flags.includes("guard");
    this.#judgeGuard(asks, guard?.inputs as model.List | undefined, process, outcome);
    const approval = outcome.passed ? this.#approval() : "none";
    const mailRequired = this.history.mail === "required";
    const expected = model.plan(before, stack, program, {
      ...{ ...flags, mailRequired, approval },
      handed: run.leavesOut.sweep ? [] : handed,
    });
    this.#assertGuarded(before, after, stack, expected, outcome);
    this.#assertNamed(before, after, stack, expected, outcome);
    const isSweepChanged = isSwept && (sweep === undefined || handed.length > 0);
    const isStopped =
      this.#isStopped(run, asks && !outcome.passed, { guard, sweep }, stack) ||
      (isSweepChanged && this.#lacksPeople(run, stack));
    const isRefused = isStopped || expected.refused.size > 0;
    if (isUndisturbed(process, this.history.mail) && !expected.mayBeRefused) {
      if (outcome.errors.length > 0 !== isRefused)
        throw new Violation(
          isRefused
            ? `was not refused: ${[...expected.refused].join(", ")}`
            : `failed: ${outcome.errors.join("; ")}`,
        );
      if (!isRefused) report(model.exactly(expected, after));
    }
    report(model.onTheWay(before, expected, after));
    if (onlyLostItsEngine(process)) report(model.inOnePiece(before, expected, after));
    if (isDeclared || program === undefined)
      this.#assertOnCourse(before, stack, after, process, handed);
    for (const [email, count] of this.#organization.newMails())
      if (count > (expected.mails.get(email) ?? 0))
        throw new Violation(`${email} got ${count} mails at once`);
    return { ...outcome, writes: process.writes };
  }

  /** The rails let a change through, or they do not. */
  #judgeGuard(
    asks: boolean,
    recorded: model.List | undefined,
    process: ProviderProcess,
    { passed }: Outcome,
  ): void {
    const { limits } = this.#roster;
    const { breakGlass } = this.#approval();
    const may = asks && model.mayGo(recorded, { people: this.#list() }, limits, breakGlass);
    if (!passed && process.approvals.size > 0)
      throw new Violation("something was approved, and no guard has passed");
    if (passed && !may) throw new Violation("the guard approves what the rails forbid");
    if (may && !passed && isUndisturbed(process, this.history.mail))
      throw new Violation("the guard refuses what the rails allow");
  }

  /** Nobody of the roster is changed but by a run in which its guard has passed, and then within its limits. */
  #assertGuarded(
    before: model.World,
    after: model.World,
    stack: model.Stack,
    expected: model.Plan,
    { passed }: Outcome,
  ): void {
    const approved = this.#approval();
    const held = [...stack.resources.values()].filter(({ roster }) => roster !== null);
    const wanted = passed ? [...this.#people().values()].filter(({ roster }) => roster) : [];
    for (const email of new Set([...held, ...wanted].map(({ email }) => email))) {
      const [was, is] = [before, after].map(({ places }) => places.get(email) ?? model.nobody);
      const approval = passed
        ? { isWatched: approved.breakGlass.has(email), isOnList: approved.people.has(email) }
        : "none";
      const problem = model.unguarded(
        was as model.Place,
        is as model.Place,
        approval,
        expected.between.has(email),
      );
      if (problem !== undefined) throw new Violation(`${email} ${problem}`);
    }
  }

  /** Nobody goes whom nothing has named or deleted, and nobody stays of whom a run says that they are gone. */
  #assertNamed(
    before: model.World,
    after: model.World,
    stack: model.Stack,
    expected: model.Plan,
    { passed, errors, died }: Outcome,
  ): void {
    const isOut = (email: string) =>
      model.phaseOf(after.places.get(email) ?? model.nobody) === "absent";
    const { breakGlass } = this.#approval();
    const declared = this.#people();
    const held = new Set(
      [...stack.resources.values(), ...stack.condemned].map(({ email }) => email),
    );
    for (const email of model.strangersIn(before, () => false)) {
      if (!isOut(email) || expected.between.has(email)) continue;
      const isNamed = passed && this.#names.includes(email) && !declared.has(email);
      if (!held.has(email) && !isNamed)
        throw new Violation(`${email} is out, and no preview has named them`);
      if (passed && breakGlass.has(email) && !held.has(email))
        throw new Violation(`${email} is out, and was on breakGlass`);
    }
    if (model.ownersIn(before).size > 0 && model.ownersIn(after).size === 0)
      throw new Violation("nobody is owner any more");
    if (!passed || died || errors.length > 0 || expected.mayBeRefused) return;
    const stays = [...expected.swept].filter((email) => !isOut(email));
    if (stays.length > 0)
      throw new Violation(`a run that has gone well has not removed ${stays.join(", ")}`);
  }

  /** The sweep would be changed, and somebody on whom it depends is neither there nor to be. */
  #lacksPeople(run: Run, { resources }: model.Stack): boolean {
    if (run.leavesOut.sweep) return false;
    const names = [...this.#people().keys()];
    return names.some((name) => !this.#includes(run, name) && !resources.has(name));
  }

  /** Before anybody is changed: by the guard, or by the engine for the guard's sake. */
  #isStopped(
    run: Run,
    isForbidden: boolean,
    { guard, sweep }: Pick<State, "guard" | "sweep">,
    stack: model.Stack,
  ): boolean {
    const isAbout = (name: string) => this.#includes(run, name);
    if (run.command === "refresh") return false;
    if (isUp(run)) return isForbidden || (!isAbout("guard") && guard === undefined);
    if (guard === undefined || !isAbout("guard")) return false;
    if (guard.protect) return !(run.command === "destroy" && run.excludeProtected);
    if (sweep !== undefined && !isAbout("sweep")) return true;
    return [...stack.resources.keys()].some((name) => !isAbout(name));
  }

  /** Whatever was begun, the next whole run that is approved comes to the same. */
  #assertOnCourse(
    before: model.World,
    stack: model.Stack,
    after: model.World,
    process: ProviderProcess,
    handed: readonly string[],
  ): void {
    const mailRequired = this.history.mail === "required";
    const options = { refresh: true, mailRequired, handed };
    const target = model.plan(before, stack, this.#people(), options);
    const now = model.plan(after, stackOf(this.#state), this.#people(), options);
    const held = new Set([...stack.resources.values()].map(({ email }) => email));
    report(model.astray(target, now, (email) => process.dead && !held.has(email)));
  }

  #includes({ leavesOut }: Run, name: string): boolean {
    if (name === "guard" || name === "sweep") return !leavesOut[name];
    return !leavesOut.people.some((person) => this.#organization.email(person) === name);
  }

  #list(): { email: string; role: model.Role }[] {
    return [...this.#roster.lines]
      .map(([person, { role = "user" }]) => ({ email: this.#organization.email(person), role }))
      .sort((a, b) => (a.email < b.email ? -1 : 1));
  }

  #approval(): model.Approval {
    const { lines, breakGlass } = this.#roster;
    const addresses = (persons: Iterable<number>) =>
      new Set([...persons].map((person) => this.#organization.email(person)));
    return {
      people: addresses(lines.keys()),
      breakGlass: new Set([...addresses(breakGlass), ...this.#kept]),
    };
  }

  /** As the component declares them. */
  #people(): ReadonlyMap<string, model.Declared> {
    const { lines, limits, breakGlass } = this.#roster;
    const mayEnd = limits.maxRemovals === "100%";
    return new Map(
      [...lines].map(([person, { role, scopes, resend }]) => {
        const email = this.#organization.email(person);
        const declared = {
          email,
          role: role ?? "user",
          deletionPolicy: "remove" as const,
          ...(role === undefined ? { roleIsDefault: true } : {}),
          ...(scopes === undefined ? {} : { scopes }),
          ...(resend === undefined ? {} : { resendTrigger: resend }),
          ...(mayEnd && !breakGlass.has(person) ? {} : { roster: mark }),
        };
        return [email, declared];
      }),
    );
  }

  #program(remove: readonly string[]): Program {
    const { limits, removesUnmanaged } = this.#roster;
    const { breakGlass } = this.#approval();
    return {
      guard: {
        inputs: { roster: mark, people: this.#list(), limits, breakGlass: [...breakGlass] },
        protect: limits.maxRemovals !== "100%",
      },
      ...(removesUnmanaged ? { sweep: { remove } } : {}),
      people: (roster) =>
        new Map(
          [...this.#people()].map(([name, { roster: isMarked, ...person }]): [string, Bag] => [
            name,
            isMarked ? { ...person, roster } : person,
          ]),
        ),
    };
  }

  #edit(edit: Edit): void {
    const { lines, breakGlass } = this.#roster;
    switch (edit.edit) {
      case "write": {
        const resend = lines.get(edit.person)?.resend;
        const line = resend === undefined ? edit.line : { ...edit.line, resend };
        this.#roster = { ...this.#roster, lines: new Map(lines).set(edit.person, line) };
        return;
      }
      case "delete": {
        const kept = [...lines].filter(([person]) => person !== edit.person);
        this.#roster = { ...this.#roster, lines: new Map(kept) };
        return;
      }
      case "resend": {
        const line = lines.get(edit.person);
        if (line === undefined) return;
        const now = new Map(lines).set(edit.person, { ...line, resend: edit.trigger });
        this.#roster = { ...this.#roster, lines: now };
        return;
      }
      case "limits":
        this.#roster = { ...this.#roster, limits: edit.limits };
        return;
      case "break glass": {
        const others = [...breakGlass].filter((person) => person !== edit.person);
        const now = new Set(edit.isOn ? [...others, edit.person] : others);
        this.#roster = { ...this.#roster, breakGlass: now };
        return;
      }
      case "unmanaged":
        this.#roster = { ...this.#roster, removesUnmanaged: edit.isRemoved };
        return;
      case "take back":
        this.#roster = this.#earlier;
        return;
    }
  }
}

function isUp({ command }: Run): boolean {
  return command === "up" || command === "up --refresh";
}
