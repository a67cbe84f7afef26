import { appendFileSync, closeSync, openSync, readSync, statSync, writeFileSync } from "node:fs";
import { perDeployment, programDeployment, programHasRun } from "./engine";
import { deploymentFile, sweepDeploymentFiles } from "./folder";

/**
 * Who is declared by the program of the running deployment.
 *
 * A delete is told neither which resource it is for nor whether another one declares the same person: after a rename
 * or a move to another provider it would throw out somebody whom the program still wants in. So the program writes down
 * whom it declares, where all provider processes of the deployment find it: in a file named after the engine's address,
 * which both sides know.
 */
interface Line {
  /** Which resource of the program, counted. A later line of the same one takes the place of the earlier. */
  readonly resource: number;
  /** `<organizationId>/<email>` */
  readonly person: string;
  /** The `instance` output of the resource, once the engine has told it. */
  readonly instance?: string;
}

/** How many resources declare somebody, and the name of that which declares a person. */
const declared = perDeployment(() => ({ resources: 0, people: new Map<string, string>() }));

/** Program side: what one resource says of whom it declares. */
export class Declaration {
  readonly #resource: number;

  constructor(private readonly name: string) {
    const deployment = declared();
    if (deployment.resources === 0) begin();
    deployment.resources += 1;
    this.#resource = deployment.resources;
  }

  /**
   * This person, by its arguments.
   *
   * @throws if another resource of the deployment does so already
   */
  byArguments(person: string): void {
    // Under mocks there is no deployment: each test of a program declares its people anew.
    if (programDeployment().engineAddress === "") return;
    const { people } = declared();
    const other = people.get(person);
    if (other !== undefined) {
      const [organizationId, email] = person.split("/");
      throw new Error(
        `Two resources declare ${email} in organization ${organizationId}: "${other}" and "${this.name}". They would undo each other; keep one.`,
      );
    }
    people.set(person, this.name);
    publish({ resource: this.#resource, person });
  }

  /** This person, as the engine has it: transforms may have made somebody else of the arguments. */
  asRegistered(person: string, instance: string): void {
    publish({ resource: this.#resource, person, instance });
  }
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

/** Program side: whether a resource of the deployment declares this person, as far as the program has come. */
export function isDeclared(person: string): boolean {
  return declared().people.has(person);
}

/** Engines take any free port: what an earlier deployment left under the same name goes. */
function begin(): void {
  const { engineAddress, dryRun } = programDeployment();
  if (engineAddress === "" || dryRun) return;
  writeFileSync(deploymentFile(prefix, engineAddress), "", { mode: 0o600 });
  sweepDeploymentFiles();
}

/** A preview deletes nobody, so nothing is published. */
function publish(line: Line): void {
  const { engineAddress, dryRun } = programDeployment();
  if (engineAddress !== "" && !dryRun)
    appendFileSync(deploymentFile(prefix, engineAddress), `${JSON.stringify(line)}\n`);
}

const prefix = "claims-";

/** Provider side: what the program of the deployment has published. */
export class Claims {
  #programHasRun: Promise<boolean> | undefined;
  /** By person, as far as the file has been read: the resources that declare them, with their instances. */
  readonly #people = new Map<string, Map<number, string | undefined>>();
  /** By resource: the person. */
  readonly #persons = new Map<number, string>();
  #bytesRead = 0;

  constructor(private readonly engineAddress: string) {}

  /**
   * Whether the program declares this person in another resource than that with this instance. In the same one: then
   * the engine deletes what the program declares, which is `pulumi destroy --run-program`.
   */
  async elsewhere(person: string, instance: string): Promise<boolean> {
    this.#readOn();
    const instances = [...(this.#people.get(person)?.values() ?? [])];
    if (instances.length === 0 || instances.includes(instance)) return false;
    // Without a program, as in a plain destroy, the file is that of an earlier deployment.
    this.#programHasRun ??= programHasRun(this.engineAddress);
    return this.#programHasRun;
  }

  /** The file grows while the program runs; what was read stays read. */
  #readOn(): void {
    if (this.engineAddress === "") return;
    const path = deploymentFile(prefix, this.engineAddress);
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size <= this.#bytesRead) return;
    const text = readFrom(path, this.#bytesRead, size);
    // A last line that is only half written has no end yet.
    const end = text.lastIndexOf("\n") + 1;
    this.#bytesRead += end;
    for (const line of text.toString("utf8", 0, end).split("\n").slice(0, -1)) {
      const { resource, person, instance } = JSON.parse(line) as Line;
      const before = this.#persons.get(resource);
      if (before !== undefined) this.#people.get(before)?.delete(resource);
      this.#persons.set(resource, person);
      const resources = this.#people.get(person) ?? new Map<number, string | undefined>();
      this.#people.set(person, resources.set(resource, instance));
    }
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
