import * as pulumi from "@pulumi/pulumi";
import { isKnown, knownValue, programDeployment, programEnd } from "../deployment/engine";
import { declarationsMade, isDeclared, nameForRemoval, readKnown } from "../deployment/meeting";
import { wantedOf } from "../lifecycle/decide";
import { listEverybody } from "../lifecycle/everybody";
import { idOf } from "../lifecycle/state";
import { printable } from "../printable";
import { inTime, patienceMs } from "../resources/patience";
import type { RosterMemberInputs, RosterRules } from "../resources/roster";
import { notThereYet } from "../resources/rosterPreview";
import type { RosterPerson } from "../roster/rails";
import type { Access } from "../settings";
import { Client } from "../trieve/client";
import type { TrieveInvitation } from "./invitation";
import { problem } from "./problem";
import { accessOf } from "./provider";
import { rosters } from "./sweep";

/** A roster whose preview is to tell what `up` will do. */
export interface Previewed {
  readonly roster: pulumi.ComponentResource;
  readonly guard: pulumi.CustomResource & {
    /** Whom it will hold: as before, in a run that leaves it out. */
    readonly people: pulumi.Output<readonly RosterPerson[]>;
  };
  readonly people: readonly {
    readonly resource: TrieveInvitation;
    readonly person: RosterMemberInputs;
  }[];
  readonly organizationId: pulumi.Input<string> | undefined;
  readonly rules: RosterRules;
}

/**
 * Reports what `up` will do for each person. Compares the two lists of the server with what the stack knows. Says so if
 * the organization or the key is known only after `up`, because the same run creates them.
 *
 * @returns whom `unmanaged: "remove"` removes; they are also left for the run that follows
 */
export async function previewRoster(previewed: Previewed): Promise<readonly string[]> {
  const { roster, organizationId } = previewed;
  // Under mocks there is no engine, and nobody to tell.
  if (programDeployment().engineAddress === "") return [];
  const told = pulumi.runtime.rpcKeepAlive();
  try {
    const access = await accessOf(roster, organizationId);
    if (access === undefined) await pulumi.log.info(notThereYet, roster);
    return access ? await tell(previewed, access) : [];
  } finally {
    told();
  }
}

async function tell(
  { roster, guard, people, rules }: Previewed,
  access: Access,
): Promise<readonly string[]> {
  const { apiUrl, organizationId } = access;
  rosters().expect(
    organizationId,
    rules.unmanaged,
    people.map(({ person }) => person),
  );
  const everybody = inTime((signal) => listEverybody(clientFor(access, signal), organizationId));
  // Awaited later, and then it throws.
  everybody.catch(() => {});
  // Settled, even if a preview does not know them.
  await Promise.all(
    [guard, ...people.map(({ resource }) => resource)].map(({ urn }) => isKnown(urn)),
  );
  await programEnd();
  await declarationsMade();
  const known = readKnown();
  const key = (await knownValue(roster.urn)) ?? "";
  const { notes, remove, refusal } = await rosters().preview({
    ...{ apiUrl, organizationId, rules, isDeclared, key },
    everybody: () => everybody,
    account: () => inTime((signal) => clientFor(access, signal).account()),
    before: known.get((await knownValue(guard.id)) ?? "")?.roster,
    after: (await knownValue(guard.people)) ?? [],
    wanted: (await changingOf(people)).map(({ person }) =>
      wantedOf(person, known.get(idOf({ organizationId, email: person.email }))?.person),
    ),
    isToldByEach: false,
  });
  const resources = new Map(people.map(({ person, resource }) => [person.email, resource]));
  for (const { level, email, text } of notes)
    pulumi.log[level](printable(text), resources.get(email ?? "") ?? roster);
  if (refusal !== undefined) throw problem(refusal);
  // Whom a resource of the plugin declares later is refused by their check.
  nameForRemoval(
    remove.map((email) => idOf({ organizationId, email })),
    key,
  );
  return remove;
}

/**
 * Those whose resource is new or changes. A preview knows all outputs of those to whom nothing happens, and none of new
 * ones that it leaves out: those of other targets, and all in a `refresh` or `destroy` that runs the program.
 */
async function changingOf(people: Previewed["people"]): Promise<Previewed["people"]> {
  const changes = await Promise.all(
    people.map(
      async ({ resource }) =>
        (await isKnown(resource.email)) && !(await isKnown(resource.instance)),
    ),
  );
  return people.filter((_, i) => changes[i]);
}

function clientFor(access: Access, signal: AbortSignal): Client {
  // Before the end of patience, so that what is said is why.
  return new Client({ ...access, signal, limits: { retryForMs: patienceMs / 2 } });
}
