/**
 * Random histories of a roster: its list is edited, taken back and deployed, by whole runs and by runs that leave out
 * its guard or some of its people, and everything goes wrong on the way. The engine's part is played in `engine.ts`.
 */
import fc from "fast-check";
import type { Coverage } from "./coverage";
import { Deployment, type Outcome, type Program, State, stackOf } from "./engine";
import * as model from "./model";
import {
  type Act,
  act,
  fault,
  isUndisturbed,
  type MailPolicy,
  Organization,
  onlyLostItsEngine,
  people,
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
  /** The list as it was before the last edits. */
  | { edit: "take back" };

interface Line {
  /** Missing: that of the defaults. */
  role: model.Role | undefined;
  scopes: readonly string[] | undefined;
}

interface Run {
  command: "up" | "up --refresh" | "refresh" | "destroy" | "up without the roster";
  /** Some flag leaves out the guard, or some people. */
  leavesOut: { guard: boolean; people: number[] };
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
  /** Whom the list names at first. */
  lines: { person: number; line: Line }[];
  /** Most of them one by one; some belong together. */
  steps: Step[][];
}

const person = fc.nat(people - 2);
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
  { weight: 2, arbitrary: fc.record({ edit: fc.constant("take back" as const) }) },
);

const nothing = { guard: false, people: [] };
const leavesOut = fc.oneof(
  { weight: 5, arbitrary: fc.constant(nothing) },
  {
    weight: 4,
    arbitrary: fc.record({
      guard: fc.constantFrom(true, true, false),
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
  ),
  leavesOut,
  excludeProtected: fc.boolean(),
  parallel: fc.constantFrom(4, 1),
  faults: fc.oneof(
    { weight: 1, arbitrary: fc.constant<Fault[]>([]) },
    { weight: 1, arbitrary: fault.map((one) => [one]) },
  ),
});

const step: fc.Arbitrary<Step> = fc.record({
  acts: fc.array(act, { maxLength: 2, size: "max" }),
  edits: fc.array(edit, { maxLength: 3, size: "max" }),
  run,
});

const whole: Run = {
  command: "up",
  leavesOut: nothing,
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

export const rosterHistory: fc.Arbitrary<History> = fc.record({
  mail: fc.constantFrom("required" as const, "optional" as const),
  lines: fc.array(fc.record({ person, line }), { maxLength: 4, size: "max" }),
  steps: fc.array(
    fc.oneof({ weight: 4, arbitrary: step.map((one) => [one]) }, { weight: 1, arbitrary: broken }),
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
}

const mark = "urn:pulumi:dev::acme::trieve:index:Roster::team";

class Play {
  readonly #organization: Organization;
  readonly #state = new State();
  #roster: Roster;
  /** Before the last edits. */
  #earlier: Roster;

  constructor(
    stage: Stage,
    readonly history: History,
    readonly code: Package,
    readonly coverage: Coverage,
  ) {
    const { mail, lines } = history;
    this.#organization = new Organization(stage, { ownerless: false, mail });
    this.#roster = {
      lines: new Map(lines.map(({ person, line }) => [person, line])),
      limits: {},
      breakGlass: new Set(),
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
    this.#roster = { lines: new Map(written), limits, breakGlass: new Set() };
    const all: Run = { ...whole, command: "up --refresh" };
    const { errors } = await this.#run(all);
    if (errors.length > 0) throw new Violation(`the last up failed: ${errors.join("; ")}`);
    report(model.atTheEnd(this.#people().values(), this.#organization.world()));
    const { steps, writes } = await this.#run(all);
    if (steps.length > 0 || writes > 0)
      throw new Violation(`a further up changes something: ${steps.join(", ")}`);
  }

  /** As the message says to whoever tries it otherwise. */
  async #isDestroyedIfMeant(): Promise<void> {
    this.#roster = { ...this.#roster, limits: { maxRemovals: "100%" } };
    await this.#run(whole);
    await this.#run({ ...whole, command: "destroy" });
    const world = this.#organization.world();
    const left = [...this.#people().keys()].filter(
      (email) => model.phaseOf(world.places.get(email) ?? model.nobody) !== "absent",
    );
    if (left.length > 0 || this.#state.guard !== undefined)
      throw new Violation(`a destroy that is meant leaves ${left.join(", ") || "the guard"}`);
  }

  async #run(run: Run): Promise<Outcome & { writes: number }> {
    const { command, parallel, faults } = run;
    const before = this.#organization.world();
    const stack = stackOf(this.#state);
    const { guard } = this.#state;
    const isDeclared = isUp(run);
    const declared = isDeclared ? this.#people() : new Map<string, model.Declared>();
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
        : await deployment.up(isDeclared ? this.#program() : { people: () => new Map() }, flags);
    await this.#organization.end(process);

    const after = this.#organization.world();
    const asks = isDeclared && flags.includes("guard");
    this.#judgeGuard(asks, guard?.inputs as model.List | undefined, process, outcome);
    const approval = outcome.passed ? this.#approval() : "none";
    const mailRequired = this.history.mail === "required";
    const expected = model.plan(before, stack, program, { ...flags, mailRequired, approval });
    this.#assertGuarded(before, after, stack, expected, outcome);
    const isStopped = this.#isStopped(run, asks && !outcome.passed, guard, stack);
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
    if (isDeclared || program === undefined) this.#assertOnCourse(before, stack, after, process);
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

  /** Before anybody is changed: by the guard, or by the engine for the guard's sake. */
  #isStopped(run: Run, isForbidden: boolean, guard: State["guard"], stack: model.Stack): boolean {
    const isAbout = (name: string) => this.#includes(run, name);
    if (run.command === "refresh") return false;
    if (isUp(run)) return isForbidden || (!isAbout("guard") && guard === undefined);
    if (guard === undefined || !isAbout("guard")) return false;
    if (guard.protect) return !(run.command === "destroy" && run.excludeProtected);
    return [...stack.resources.keys()].some((name) => !isAbout(name));
  }

  /** Whatever was begun, the next whole run that is approved comes to the same. */
  #assertOnCourse(
    before: model.World,
    stack: model.Stack,
    after: model.World,
    process: ProviderProcess,
  ): void {
    const options = { refresh: true, mailRequired: this.history.mail === "required" };
    const target = model.plan(before, stack, this.#people(), options);
    const now = model.plan(after, stackOf(this.#state), this.#people(), options);
    const held = new Set([...stack.resources.values()].map(({ email }) => email));
    report(model.astray(target, now, (email) => process.dead && !held.has(email)));
  }

  #includes({ leavesOut }: Run, name: string): boolean {
    if (name === "guard") return !leavesOut.guard;
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
    return { people: addresses(lines.keys()), breakGlass: addresses(breakGlass) };
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

  #program(): Program {
    const { limits } = this.#roster;
    const { breakGlass } = this.#approval();
    return {
      guard: {
        inputs: { roster: mark, people: this.#list(), limits, breakGlass: [...breakGlass] },
        protect: limits.maxRemovals !== "100%",
      },
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
    const { lines, limits, breakGlass } = this.#roster;
    switch (edit.edit) {
      case "write": {
        const resend = lines.get(edit.person)?.resend;
        const line = resend === undefined ? edit.line : { ...edit.line, resend };
        this.#roster = { limits, breakGlass, lines: new Map(lines).set(edit.person, line) };
        return;
      }
      case "delete": {
        const kept = [...lines].filter(([person]) => person !== edit.person);
        this.#roster = { limits, breakGlass, lines: new Map(kept) };
        return;
      }
      case "resend": {
        const line = lines.get(edit.person);
        if (line === undefined) return;
        const now = new Map(lines).set(edit.person, { ...line, resend: edit.trigger });
        this.#roster = { limits, breakGlass, lines: now };
        return;
      }
      case "limits":
        this.#roster = { lines, breakGlass, limits: edit.limits };
        return;
      case "break glass": {
        const others = [...breakGlass].filter((person) => person !== edit.person);
        const now = new Set(edit.isOn ? [...others, edit.person] : others);
        this.#roster = { lines, limits, breakGlass: now };
        return;
      }
      case "take back":
        this.#roster = this.#earlier;
        return;
    }
  }
}

function isUp({ command }: Run): boolean {
  return command === "up" || command === "up --refresh";
}
