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
  /** `<organizationId>/<email>` */
  readonly person: string;
  /** The `instance` output of the resource that declares them, once the engine has told it. */
  readonly instance?: string;
}

/** Resources by the person whom they declare. */
const declared = perDeployment(() => new Map<string, string>());

/**
 * Program side: this resource declares this person.
 *
 * @throws if another resource of the deployment does so already
 */
export function declarePerson(person: string, resource: string): void {
  // Under mocks there is no deployment: each test of a program declares its people anew.
  if (programDeployment().engineAddress === "") return;
  const people = declared();
  if (people.size === 0) begin();
  const other = people.get(person);
  if (other !== undefined) {
    const [organizationId, email] = person.split("/");
    throw new Error(
      `Two resources declare ${email} in organization ${organizationId}: "${other}" and "${resource}". They would undo each other; keep one.`,
    );
  }
  people.set(person, resource);
  publish({ person });
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
  return declared().has(person);
}

/** Program side: the resource that declares this person is this one in the state. */
export function declareInstance(person: string, instance: string): void {
  publish({ person, instance });
}

/** Engines take any free port: what an earlier deployment left under the same name goes. */
function begin(): void {
  const { engineAddress, dryRun } = programDeployment();
  if (dryRun) return;
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
  /** Instances by person, as far as the file has been read. */
  readonly #people = new Map<string, Set<string>>();
  #bytesRead = 0;

  constructor(private readonly engineAddress: string) {}

  /**
   * Whether the program declares this person in another resource than that with this instance. In the same one: then
   * the engine deletes what the program declares, which is `pulumi destroy --run-program`.
   */
  async elsewhere(person: string, instance: string): Promise<boolean> {
    this.#readOn();
    const instances = this.#people.get(person);
    if (instances === undefined || instances.has(instance)) return false;
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
      const { person, instance } = JSON.parse(line) as Line;
      const instances = this.#people.get(person) ?? new Set();
      if (instance !== undefined) instances.add(instance);
      this.#people.set(person, instances);
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
