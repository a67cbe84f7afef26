import {
  appendFileSync,
  closeSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { defined } from "../defined";
import { isAlive, meetingFolder } from "../folder";
import type { Outputs } from "../lifecycle/state";
import type { Approval } from "../roster/approval";
import type { RosterRecord } from "../roster/rails";
import { lastingProcess, perDeployment, programDeployment } from "./engine";

/**
 * Where the processes of one deployment meet: a file of lines, named after the engine's address, which the program and
 * all provider processes know.
 *
 * - A delete is told neither which resource it is for nor whether another one declares the same person, and some
 *   runs skip checks. So the program writes down whom it declares.
 * - The check of a roster's guard runs in one provider process, and what it approves is done in any.
 * - A program sees no state, so at preview the provider processes tell it what the state knows.
 */
type Line =
  /** The first: who began the file. */
  | {
      /** A process that lives until the deployment ends. Engines take any free port, so a file may be an older one's. */
      readonly until: number;
      readonly preview: boolean;
      /** From a check, which may come before a program of ours does. */
      readonly byCheck?: true;
    }
  /** From the program, or from a check: whom a resource declares. A later line of the same resource replaces the earlier. */
  | {
      /** Which resource of the program, counted; its URN, where a check says it. */
      readonly resource: number | string;
      /** `<organizationId>/<email>` */
      readonly declares: string;
      /** The `instance` output of the resource, once the engine has told it. */
      readonly instance?: string;
    }
  /** From a roster, in a preview: whom it would remove, since nothing has declared them by then. */
  | { readonly named: { readonly people: readonly string[]; readonly key: string } }
  /** From a guard's check. */
  | { readonly approved: Approval }
  /** From a diff, in a preview. */
  | { readonly known: KnownResource };

type Resource = number | string;

/** What the state says of a resource. */
export interface KnownResource {
  readonly id: string;
  /** Of a person. */
  readonly person?: Pick<
    Outputs,
    "managed" | "resendTrigger" | "mailFailed" | "role" | "scopes" | "status"
  >;
  /** Of a roster's guard. */
  readonly roster?: RosterRecord;
}

/** How many resources declare somebody, and the name of that which declares a person. */
const declared = perDeployment(() => ({ resources: 0, people: new Map<string, string>() }));
const begun = perDeployment(() => ({ isBegun: false }));

/** Program side: begins the file of the deployment, unless that is done. */
export function beginMeeting(): void {
  const { engineAddress, dryRun } = programDeployment();
  if (engineAddress === "" || begun().isBegun) return;
  begun().isBegun = true;
  const first: Line = { until: lastingProcess(), preview: dryRun };
  if (new Reader(engineAddress).isBegunByCheck()) append(engineAddress, first);
  else writeFileSync(fileOf(engineAddress), `${JSON.stringify(first)}\n`, { mode: 0o600 });
  sweep();
}

/** Program side: what one resource says of whom it declares. */
export class Declaration {
  readonly #resource: number;

  constructor(private readonly name: string) {
    const deployment = declared();
    deployment.resources += 1;
    this.#resource = deployment.resources;
  }

  /**
   * This person, by its arguments.
   *
   * @returns what is wrong with it: another resource of the deployment declares the same person; undefined if nothing
   */
  byArguments(person: string): string | undefined {
    // Under mocks there is no deployment: each test of a program declares its people anew.
    if (programDeployment().engineAddress === "") return undefined;
    const { people } = declared();
    const other = people.get(person);
    if (other !== undefined) {
      return declaredTwice(person, other, this.name);
    }
    people.set(person, this.name);
    publish({ resource: this.#resource, declares: person });
    return undefined;
  }

  /** This person, as the engine has it: transforms may have made somebody else of the arguments. */
  asRegistered(person: string, instance: string): void {
    publish({ resource: this.#resource, declares: person, instance });
  }
}

function declaredTwice(person: string, one: string, other: string): string {
  const [organizationId, email] = person.split("/");
  return `Two resources declare ${email} in organization ${organizationId}: "${one}" and "${other}". Keep one of them.`;
}

const later = perDeployment((): Promise<unknown>[] => []);

/** Program side: a resource declares somebody as soon as its arguments are known. */
export function declareLater(declaration: Promise<unknown>): void {
  later().push(declaration);
}

/** Program side: resolves when all who can be known are declared. */
export async function declarationsMade(): Promise<void> {
  await Promise.allSettled(later());
}

const checked = perDeployment(() => ({
  reader: new Reader(programDeployment().engineAddress),
  people: new Set<string>(),
}));

/**
 * Program side: whether a resource of the deployment declares this person, as far as the program has come. It may be one
 * of the plugin.
 */
export function isDeclared(person: string): boolean {
  if (declared().people.has(person)) return true;
  const { reader, people } = checked();
  for (const line of reader.readOn()) if ("declares" in line) people.add(line.declares);
  return people.has(person);
}

/** Program side: in a preview, whom a roster would remove, as it has left by this key for the run that follows. */
export function nameForRemoval(people: readonly string[], key: string): void {
  const { engineAddress } = programDeployment();
  if (engineAddress === "" || people.length === 0) return;
  beginMeeting();
  append(engineAddress, { named: { people, key } });
}

/** A preview deletes nobody, so nothing is published. Its checks may still have to meet. */
function publish(line: Line): void {
  const { engineAddress, dryRun } = programDeployment();
  if (engineAddress === "") return;
  beginMeeting();
  if (!dryRun) append(engineAddress, line);
}

/** Program side: what the state says of the resources that are registered by now, by id. */
export function readKnown(): ReadonlyMap<string, KnownResource> {
  const lines = new Reader(programDeployment().engineAddress).readOn();
  return new Map(lines.flatMap((line) => ("known" in line ? [[line.known.id, line.known]] : [])));
}

/** Provider side: what the deployment's program, and its guards, have written so far. */
export class Meeting {
  /** By person: the resources that declare them, with their instances. */
  readonly #people = new Map<string, Map<Resource, string | undefined>>();
  /** By resource: the person. */
  readonly #persons = new Map<Resource, string>();
  /** By roster. */
  readonly #approvals = new Map<string, Approval>();
  /** By person. */
  readonly #named = new Map<string, string>();
  readonly #reader: Reader;
  /** What this process has been told of the state, by id. */
  readonly known = new Map<string, KnownResource>();
  #isPreview = false;
  #hasBegun = false;

  constructor(private readonly engineAddress: string) {
    this.#reader = new Reader(engineAddress);
  }

  /**
   * Whether the program declares this person in another resource than that with this instance. In the same one: then
   * the engine deletes what the program declares, which is `pulumi destroy --run-program`.
   */
  isDeclaredElsewhere(person: string, instance: string): boolean {
    this.#readOn();
    const instances = [...(this.#people.get(person)?.values() ?? [])];
    return instances.length > 0 && !instances.includes(instance);
  }

  /** Whether the program declares this person. */
  isDeclared(person: string): boolean {
    this.#readOn();
    return (this.#people.get(person)?.size ?? 0) > 0;
  }

  /** What the guard of a roster has approved in this deployment; undefined: nothing. */
  approvalOf(roster: string): Approval | undefined {
    this.#readOn();
    return this.#approvals.get(roster);
  }

  /**
   * Begins the file of a deployment whose program has no side of ours. The processes of one engine begin it together:
   * the same line again changes nothing.
   */
  begin(): void {
    this.#readOn();
    if (this.#reader.isOfThisDeployment || this.engineAddress === "") return;
    this.#hasBegun = true;
    append(this.engineAddress, { until: process.ppid, preview: false, byCheck: true });
    sweep();
  }

  /**
   * From a check: whom a resource declares. The engine checks what the program declares and nothing else.
   *
   * @param instance as the engine has it, once it is registered: by that `destroy --run-program` removes them
   * @returns what is wrong with it: another resource of the deployment declares the same person; undefined if nothing
   */
  declare(urn: string, person: string, instance?: string): string | undefined {
    if (this.engineAddress === "") return undefined;
    this.begin();
    append(this.engineAddress, { resource: urn, declares: person, ...defined({ instance }) });
    const other = this.#checkedFor(person).find((one) => one !== urn);
    return other && declaredTwice(person, nameIn(other), nameIn(urn));
  }

  /**
   * From the check of a dynamic resource, which is told no URN. That no other dynamic one declares the person is seen
   * to by the program, which knows nothing of the plugin's resources.
   *
   * @returns what is wrong with it: a resource of the plugin declares the same person; undefined if nothing
   */
  declareUnnamed(person: string): string | undefined {
    this.#readOn();
    return this.#reader.isOfThisDeployment
      ? this.declare(`${person}::a TrieveInvitation`, person)
      : undefined;
  }

  /** Which resources declare this person, if they are several: what is wrong is told of one of them alone. */
  declaredTwice(person: string): string | undefined {
    const names = this.#checkedFor(person).map((one) => `"${nameIn(one)}"`);
    return names.length > 1 ? names.sort().join(" and ") : undefined;
  }

  #checkedFor(person: string): string[] {
    this.#readOn();
    const resources = [...(this.#people.get(person)?.keys() ?? [])];
    return resources.filter((one) => typeof one === "string");
  }

  /** A roster of a preview would remove these people, as it has left by this key for the run that follows. */
  name(people: readonly string[], key: string): void {
    append(this.engineAddress, { named: { people, key } });
  }

  /** By which key somebody is left for removal in this deployment. */
  keyNaming(person: string): string | undefined {
    this.#readOn();
    return this.#named.get(person);
  }

  /** The deployment has ended, and a later one may get the same address: who began the file removes it. */
  end(): void {
    if (this.#hasBegun) rmSync(fileOf(this.engineAddress), { force: true });
  }

  /** What a guard approves: the list that it was checked with. */
  approve(approved: Approval): void {
    this.#readOn();
    if (this.#reader.isOfThisDeployment) append(this.engineAddress, { approved });
  }

  /** Tells the program of a preview what the state says of a resource. */
  tell(known: KnownResource): void {
    this.known.set(known.id, known);
    if (!this.#reader.isOfThisDeployment) this.#readOn();
    if (this.#isPreview) append(this.engineAddress, { known });
  }

  #readOn(): void {
    for (const line of this.#reader.readOn()) {
      if ("until" in line) this.#isPreview ||= line.preview;
      else if ("approved" in line) this.#approvals.set(line.approved.roster, line.approved);
      else if ("named" in line)
        for (const person of line.named.people) this.#named.set(person, line.named.key);
      else if ("declares" in line) this.#declare(line.resource, line.declares, line.instance);
    }
  }

  #declare(resource: Resource, person: string, instance: string | undefined): void {
    const before = this.#persons.get(resource);
    if (before !== undefined) this.#people.get(before)?.delete(resource);
    this.#persons.set(resource, person);
    const resources = this.#people.get(person) ?? new Map<Resource, string | undefined>();
    this.#people.set(person, resources.set(resource, instance));
  }
}

/** The file grows while the deployment runs; what was read stays read. */
class Reader {
  #bytesRead = 0;
  isOfThisDeployment = false;

  constructor(private readonly engineAddress: string) {}

  /** Whether a check of this deployment came before its program. */
  isBegunByCheck(): boolean {
    return this.readOn().some((line) => "until" in line && line.byCheck === true);
  }

  /** The lines since the last time. None of another deployment's. */
  readOn(): readonly Line[] {
    if (this.engineAddress === "") return [];
    const path = fileOf(this.engineAddress);
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size <= this.#bytesRead) return [];
    const text = readFrom(path, this.#bytesRead, size);
    // A last line that is only half written has no end yet.
    const end = text.lastIndexOf("\n") + 1;
    const lines = text
      .toString("utf8", 0, end)
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
    if (!this.isOfThisDeployment) {
      // What comes before was left by an engine that is no more.
      const first = lines.findIndex((line) => "until" in line && isAlive(line.until));
      if (first < 0) return [];
      this.isOfThisDeployment = true;
      lines.splice(0, first);
    }
    this.#bytesRead += end;
    return lines;
  }
}

function readFrom(path: string, begin: number, end: number): Buffer {
  const file = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(end - begin);
    return buffer.subarray(0, readSync(file, buffer, 0, buffer.length, begin));
  } finally {
    closeSync(file);
  }
}

/** `ada` of `urn:pulumi:…::ada` */
function nameIn(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

function append(engineAddress: string, line: Line): void {
  appendFileSync(fileOf(engineAddress), `${JSON.stringify(line)}\n`, { mode: 0o600 });
}

function fileOf(engineAddress: string): string {
  return join(meetingFolder(), `deployment-${engineAddress.replace(/[^0-9A-Za-z.]+/g, "-")}.jsonl`);
}

/** Removes what earlier deployments left. No deployment takes a week. */
function sweep(): void {
  const folder = meetingFolder();
  const oldest = Date.now() - 7 * 24 * 3600 * 1000;
  for (const name of readdirSync(folder).filter((file) => !file.endsWith(".lock"))) {
    const path = join(folder, name);
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: oldest };
    if (mtimeMs < oldest) rmSync(path, { recursive: true, force: true });
  }
}
