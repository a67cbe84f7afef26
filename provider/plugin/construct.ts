import { randomUUID } from "node:crypto";
import type { ConstructRequest, ConstructResponse } from "@pulumi/pulumi/proto/provider_pb";
import { bulkhead } from "cockatiel";
import { defined } from "../defined";
import { dynamicType } from "../dynamic/stored";
import { unknownValue } from "../lifecycle/check";
import { wantedOf } from "../lifecycle/decide";
import { everybodyIn, listEverybody } from "../lifecycle/everybody";
import { idOf, type Status } from "../lifecycle/state";
import { inTime } from "../resources/patience";
import type { Previews } from "../resources/preview";
import type { ProviderProcess } from "../resources/process";
import {
  bearsMark,
  countsOf,
  guardedPeople,
  memberInputs,
  type RosterArguments,
  type RosterRules,
  readRoster,
  rosterRules,
} from "../resources/roster";
import { notThereYet, type Rosters } from "../resources/rosterPreview";
import { sweepSkipped } from "../resources/sweep";
import type { RosterEntry } from "../roster/file";
import { isMeantToEnd, type RosterPerson } from "../roster/rails";
import type { Severity } from "./log";
import { Monitor, type Registered } from "./monitor";
import { messages } from "./sdk";
import { give, take, withoutSecrets, wrongArguments } from "./wire";

/** What a component has at hand in the plugin's process. */
export interface ComponentProcess {
  readonly host: ProviderProcess;
  readonly previews: Previews;
  readonly rosters: Rosters;
  /** Reference of the provider instance. */
  readonly self: string;
  readonly tell: (urn: string, severity: Severity, line: string) => void;
}

/** Makes a roster of a program that has no side of ours: the component, its guard, its people, and its sweep. */
export async function construct(
  request: ConstructRequest,
  process: ComponentProcess,
): Promise<ConstructResponse> {
  if (request.getType() !== "trieve:index:Roster")
    throw new Error(`There is no component ${request.getType()} in this version.`);
  const monitor = new Monitor(request.getMonitorendpoint());
  try {
    return await new Construction(request, process, monitor).run();
  } finally {
    monitor.close();
  }
}

interface RegisteredPerson extends Registered {
  readonly email: string;
}

/** One roster at work. */
class Construction {
  readonly #name: string;
  readonly #isPreview: boolean;
  /** As it was given: maybe unknown, maybe secret. */
  readonly #organization: {
    readonly inputs: { readonly organizationId?: unknown };
    readonly secrets: readonly string[];
    readonly from: readonly string[];
  };
  readonly #args: RosterArguments;
  readonly #rules: RosterRules;
  /** Names of arguments that are secret, or hold something secret. */
  readonly #secrets: ReadonlySet<string>;

  /** @throws Failure if arguments are wrong */
  constructor(
    private readonly request: ConstructRequest,
    private readonly process: ComponentProcess,
    private readonly monitor: Monitor,
  ) {
    this.#name = request.getName();
    this.#isPreview = request.getDryrun();
    const { values, secrets } = take(request.getInputs());
    // Some languages give `null` for what is omitted.
    const { organizationId, ...args } = defined(values);
    this.#organization = {
      inputs: organizationId === undefined ? {} : { organizationId },
      secrets: secrets.has("organizationId") ? ["organizationId"] : [],
      from: request.getInputdependenciesMap().get("organizationId")?.getUrnsList() ?? [],
    };
    this.#secrets = secrets;
    this.#args = this.#checked(args);
    this.#rules = rosterRules(this.#args);
  }

  async run(): Promise<ConstructResponse> {
    const { request, process, monitor } = this;
    const { limits, breakGlass, deletionPolicy, unmanaged } = this.#rules;
    const people = this.#people();
    process.rosters.protect(breakGlass);
    const organizationId = this.#organizationId();
    if (organizationId !== undefined) {
      if (this.#isPreview) process.previews.expect(organizationId, people);
      process.rosters.expect(organizationId, unmanaged, people);
    }
    const { urn } = await monitor.register({
      ...{ type: request.getType(), name: this.#name, inputs: {}, parent: request.getParent() },
      dependsOn: request.getDependenciesList(),
      aliases: request.getAliasesList(),
      protect: request.hasProtect() ? request.getProtect() : undefined,
      retainOnDelete: request.hasRetainondelete() ? request.getRetainondelete() : undefined,
    });
    const provider = request.getProvidersMap().get("trieve") ?? process.self;
    // Before any of them is registered: with `deleteBeforeReplace` the engine deletes while the program runs.
    if (organizationId !== undefined)
      for (const { email } of people)
        process.host.meeting.declare(
          partOf(urn, "Invitation", `${this.#name}/${email}`),
          idOf({ organizationId, email }),
        );
    const { inputs, secrets, from } = this.#organization;
    const part = (type: string, name: string, more: readonly string[] = []) => ({
      ...{ type: `trieve:index:${type}`, typeBefore: dynamicType(type), provider },
      ...{ name: `${this.#name}/${name}`, secrets: [...secrets, ...more] },
    });
    // Which part of the list is secret is not known. Addresses stay legible, as names and ids have them.
    const isListSecret = this.#secrets.has("members") || this.#secrets.has("defaults");
    const secretOf = (...names: string[]) => names.filter((name) => this.#secrets.has(name));
    const ofGuard = [...(isListSecret ? ["people"] : []), ...secretOf("limits", "breakGlass")];
    const ofPeople = [
      ...(isListSecret ? ["role", "scopes", "resendTrigger"] : []),
      ...secretOf("deletionPolicy"),
    ];
    const guard = await monitor.register({
      ...part("RosterGuard", "guard", ofGuard),
      ...{ parent: urn, protect: !isMeantToEnd(limits), inputsFrom: { organizationId: from } },
      inputs: { roster: urn, ...inputs, people: guardedPeople(people), limits, breakGlass },
    });
    const mark = guard.outputs.roster ?? urn;
    const registerPerson = async (entry: RosterEntry): Promise<RegisteredPerson> => {
      const { email } = entry;
      const isMarked = bearsMark(email, this.#rules);
      const registered = await monitor.register({
        ...part("Invitation", email, ofPeople),
        ...{ parent: urn, secretOutputs: ["inviteUrl"] },
        inputs: {
          ...{ ...memberInputs(entry), ...inputs, deletionPolicy },
          ...(isMarked ? { roster: mark } : {}),
        },
        // Without it some are invited before the guard refuses.
        dependsOn: [guard.urn],
        inputsFrom: { organizationId: from, ...(isMarked ? { roster: [guard.urn] } : {}) },
      });
      return { ...registered, email };
    };
    // More would wait in the engine, and each takes memory here meanwhile.
    const line = bulkhead(Math.max(2 * request.getParallel(), 1), Number.POSITIVE_INFINITY);
    const made = await allOf(people.map((entry) => line.execute(() => registerPerson(entry))));
    // The engine checks none of those whom a run leaves out, and yet the program declares them.
    if (organizationId !== undefined)
      for (const { email, urn, outputs } of made) {
        const person = idOf({ organizationId, email });
        process.host.meeting.declare(urn, person, outputs.instance as string | undefined);
      }
    const remove = await this.#look(urn, guard, people, made);
    if (unmanaged === "remove") {
      const run = randomUUID();
      const swept = await monitor.register({
        ...part("RosterSweep", "sweep"),
        inputs: { roster: mark, ...inputs, remove, run },
        dependsOn: [guard, ...made].map((one) => one.urn),
        inputsFrom: { organizationId: from, roster: [guard.urn] },
      });
      if (remove.length > 0 && swept.outputs.run !== run)
        process.tell(urn, "WARNING", sweepSkipped(`${this.#name}/sweep`));
    }
    const state = give(statesOf(made));
    await monitor.registerOutputs(urn, state);
    const response = new messages.ConstructResponse();
    response.setUrn(urn);
    response.setState(state);
    return response;
  }

  /** All but the organization are read at once, so each has to be known. */
  #checked(args: Readonly<Record<string, unknown>>): RosterArguments {
    const vague = Object.entries(args)
      .filter(([, value]) => JSON.stringify(value).includes(unknownValue))
      .map(([key]) => `${key} must be a plain value, which is known before \`up\``);
    // As problems of properties the engine would show their values, and it panics at one that is not known.
    if (vague.length > 0)
      throw new Error(`Roster "${this.#name}" has wrong arguments: ${vague.join("; ")}.`);
    return args;
  }

  /** @throws Failure with one problem a line, after a line that says whose they are */
  #people(): readonly RosterEntry[] {
    const read = readRoster(this.#args);
    if (read.people) return read.people;
    const summary = `Roster "${this.#name}"${read.summary}`;
    if (read.problems.length === 0) throw new Error(summary);
    const whole = this.#args.file === undefined ? "members" : "file";
    throw wrongArguments(
      summary,
      // The engine shows what is at the path, which may be a list of a thousand people.
      read.problems.map((text) => ({
        path: pathIn(text, this.#args) ?? whole,
        text: withoutSecrets(text, { values: { ...this.#args }, secrets: this.#secrets }),
      })),
    );
  }

  /** Undefined if it is not known yet, or nowhere said. */
  #organizationId(): string | undefined {
    const named = this.#organization.inputs.organizationId;
    if (named === undefined) return this.process.host.settings?.organizationId;
    return named === unknownValue ? undefined : String(named).trim().toLowerCase();
  }

  /**
   * Tells what the lists of the server show.
   *
   * @returns whom the sweep removes
   */
  async #look(
    urn: string,
    guard: Registered,
    people: readonly RosterEntry[],
    made: readonly RegisteredPerson[],
  ): Promise<readonly string[]> {
    const { host, rosters, tell } = this.process;
    const { settings, meeting } = host;
    const organizationId = this.#organizationId();
    if (this.#isPreview && settings && organizationId === undefined) tell(urn, "INFO", notThereYet);
    if (!settings || organizationId === undefined) return [];
    if (!this.#isPreview && this.#rules.unmanaged !== "remove") return [];
    const swept = {
      ...{ key: urn, apiUrl: settings.connection.apiUrl, organizationId },
      isDeclared: (person: string) => meeting.isDeclared(person),
    };
    const idOfOne = (email: string) => idOf({ organizationId, email });
    const { directory } = await host.around(() => {}).organization(organizationId);
    const { notes, remove, refusal } = this.#isPreview
      ? await rosters.preview({
          ...{ ...swept, rules: this.#rules, isToldByEach: true },
          everybody: () => inTime(() => everybodyIn(directory)),
          account: () => inTime(() => directory.keyAccount()),
          before: meeting.known.get(guard.id)?.roster,
          after: (guard.outputs.people ?? []) as readonly RosterPerson[],
          wanted: people.map((entry) =>
            wantedOf(memberInputs(entry), meeting.known.get(idOfOne(entry.email))?.person),
          ),
        })
      : await rosters.namedBefore({
          ...swept,
          everybody: () => listEverybody(directory.client, organizationId),
        });
    const urns = new Map(made.map((one) => [one.email, one.urn]));
    const { inputs: values, secrets } = this.#organization;
    const printed = (text: string) => withoutSecrets(text, { values, secrets: new Set(secrets) });
    for (const { level, email, text } of notes)
      tell(urns.get(email ?? "") ?? urn, severities[level], printed(text));
    if (refusal !== undefined) throw new Error(printed(refusal));
    // Who is declared later in the program is refused by their check.
    if (this.#isPreview && remove.length > 0) meeting.name(remove.map(idOfOne), urn);
    return remove;
  }
}

const severities = { info: "INFO", warn: "WARNING", error: "ERROR" } as const;

/** The URN that the engine gives to a part of a component. */
function partOf(component: string, type: string, name: string): string {
  const [stack, project, ofComponent] = component.split("::");
  return `${stack}::${project}::${ofComponent}$trieve:index:${type}::${name}`;
}

/** The argument that a problem begins with, if it does: `members[3]` of `members[3].role: …`. */
function pathIn(problem: string, args: RosterArguments): string | undefined {
  // Those of a file begin with its path, which may sound like an argument.
  if (args.file !== undefined && problem.startsWith(`${args.file}:`)) return undefined;
  const [, path, name = ""] =
    /^(?:unknown key ")?((\w+)(?:\[\d+\])?)(?=[.:["])/.exec(problem) ?? [];
  return Object.hasOwn(args, name) ? path : undefined;
}

/** The roster's own outputs: unknown in a preview as long as somebody's status is. */
function statesOf(made: readonly RegisteredPerson[]): object {
  const statuses = made.map(({ email, outputs }) => [email, outputs.status] as const);
  if (statuses.some(([, status]) => status === undefined || status === unknownValue))
    return { people: unknownValue, counts: unknownValue };
  const known = Object.fromEntries(statuses) as Record<string, Status>;
  return { people: known, counts: countsOf(known) };
}

/**
 * All of them, once each has come to its end: with `--continue-on-error` the others go on when one fails.
 *
 * @throws the first failure
 */
async function allOf<T>(work: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
