import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { perDeployment, programDeployment } from "./engine";
import { deploymentFile, sweepDeploymentFiles } from "./folder";
import type { Outputs } from "./lifecycle/state";
import type { RosterRecord } from "./roster/rails";

/**
 * What the stack knows of a resource, told by the provider processes to the program of a preview.
 *
 * A program sees no state, so it cannot tell somebody new from somebody whom the stack knows, nor who was on a roster
 * before. The engine hands a resource's state to `diff`, in another process. So the program of a preview makes a file
 * that both sides know; without the file, as in an update, providers tell nobody.
 */
export interface KnownResource {
  readonly id: string;
  /** Of a person. */
  readonly person?: Pick<Outputs, "managed" | "resendTrigger" | "mailFailed">;
  /** Of a roster's guard. */
  readonly roster?: RosterRecord;
}

const prefix = "known-";

/** Provider side: tells what the state of a resource says. */
export function tellKnown(engineAddress: string, known: KnownResource): void {
  if (engineAddress === "") return;
  const path = deploymentFile(prefix, engineAddress);
  if (existsSync(path)) appendFileSync(path, `${JSON.stringify(known)}\n`);
}

/** How many still want to read. */
const readers = perDeployment(() => ({ waiting: 0 }));

/** Program side, before the first resource that is to be told about. */
export function askForKnown(): void {
  readers().waiting += 1;
  if (readers().waiting > 1) return;
  writeFileSync(fileOfProgram(), "", { mode: 0o600 });
  // A preview that is refused ends before it reads.
  sweepDeploymentFiles();
}

/** Program side, once for each time that it was asked: what the state says of the resources that are registered by now, by id. */
export function readKnown(): ReadonlyMap<string, KnownResource> {
  const lines = readFileSync(fileOfProgram(), "utf8").split("\n").slice(0, -1);
  readers().waiting -= 1;
  if (readers().waiting === 0) rmSync(fileOfProgram());
  return new Map(
    lines.map((line) => {
      const known = JSON.parse(line) as KnownResource;
      return [known.id, known];
    }),
  );
}

function fileOfProgram(): string {
  return deploymentFile(prefix, programDeployment().engineAddress);
}
