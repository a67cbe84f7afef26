import { defined } from "../defined";
import type { Objection, Organization } from "../lifecycle/act";
import { type Inputs, idOf, type Outputs } from "../lifecycle/state";
import { type Approval, objection } from "../roster/approval";

// The rules are loaded when first needed: previews without changes ask nothing of a server.

/** What the rules for one person need of the deployment. */
export interface Surroundings {
  /** @throws if the settings do not suffice to ask its server */
  readonly organization: (organizationId: string) => Promise<Organization>;
  /** Whether the program declares this person in another resource than that with this instance. */
  readonly isDeclaredElsewhere: (person: string, instance: string) => boolean;
  /** Whether the program declares this person. */
  readonly isDeclared: (person: string) => boolean;
  /** Names of the resources that declare this person, if a check has found several; then the run fails. */
  readonly declaredTwice: (person: string) => string | undefined;
  /** What the guard of a roster has approved in this deployment. */
  readonly approvalOf: (roster: string) => Approval | undefined;
  readonly warn: (text: string) => void;
}

/** Brings a person in as declared, or changes them. @throws HalfDone if something was written and the rest failed */
export async function ensurePerson(
  inputs: Inputs,
  recorded: Outputs | undefined,
  surroundings: Surroundings,
): Promise<Outputs> {
  const { ensure } = await import("../lifecycle/act.js");
  const organization = await surroundings.organization(inputs.organizationId);
  // Who leaves a roster belongs to it until that is recorded.
  const roster = inputs.roster ?? recorded?.roster ?? null;
  return ensure(organization, inputs, recorded, objectionTo(inputs, roster, surroundings));
}

/**
 * What is so now of a person.
 *
 * @param id `<organizationId>/<email>`
 * @param recorded undefined for a look-up by id
 * @throws if nobody of that address is in or invited, and nothing is recorded
 */
export async function readPerson(
  id: string,
  recorded: Outputs | undefined,
  surroundings: Surroundings,
): Promise<{ readonly outputs: Outputs; readonly inputs: Partial<Inputs> }> {
  const { read } = await import("../lifecycle/act.js");
  const person = parseId(id);
  const organization = await surroundings.organization(person.organizationId);
  const outputs = await read(organization, person, recorded);
  if (outputs) {
    const known = recorded ? outputs : takenOver(outputs);
    return { outputs: known, inputs: inputsOf(known) };
  }
  throw new Error(
    `${person.email} is neither a member of organization ${person.organizationId} nor invited to it.`,
  );
}

/** Of somebody who is looked up or imported: all that they have is as declared, so that a program which says so changes nothing. */
function takenOver(outputs: Outputs): Outputs {
  const isMember = outputs.status === "member";
  return {
    ...outputs,
    // An invitation that is found counts as that of the resource.
    adopted: isMember,
    originalRole: isMember ? outputs.role : null,
    // No program can declare an empty list.
    managed: outputs.scopes?.length ? ["role", "scopes"] : ["role"],
  };
}

/** Takes a person out, or leaves them as they were found, as their policy says. */
export async function removePerson(recorded: Outputs, surroundings: Surroundings): Promise<void> {
  const { email, organizationId, instance, roster } = recorded;
  if (surroundings.isDeclaredElsewhere(idOf(recorded), instance)) {
    surroundings.warn(
      `${email} stays in organization ${organizationId}: another resource of the program declares them.`,
    );
    return;
  }
  const { remove } = await import("../lifecycle/act.js");
  const organization = await surroundings.organization(organizationId);
  await remove(organization, recorded, objectionTo(recorded, roster, surroundings));
}

function objectionTo(
  { organizationId, email }: Pick<Inputs, "organizationId" | "email">,
  roster: string | null,
  { approvalOf, declaredTwice }: Surroundings,
): Objection {
  return (goal, lowers) => {
    // The check of the second may have come after the operation on the first began.
    const names = goal === "in" ? declaredTwice(idOf({ organizationId, email })) : undefined;
    if (names !== undefined) return `the resources ${names} declare this person. Keep one of them.`;
    return roster === null
      ? undefined
      : objection({ roster, organizationId, email, goal, lowers }, approvalOf(roster));
  };
}

/** What a program would have to say to have things as they are, by which the engine shows drift. */
function inputsOf(outputs: Outputs): Partial<Inputs> {
  const { email, organizationId, deletionPolicy, resendTrigger, roster, managed } = outputs;
  return defined({
    ...{ email, organizationId, deletionPolicy, resendTrigger, roster },
    role: managed.includes("role") ? outputs.role : null,
    roleIsDefault: managed.includes("roleIsDefault") || null,
    scopes: managed.includes("scopes") ? outputs.scopes : null,
  });
}

function parseId(id: string): Pick<Inputs, "organizationId" | "email"> {
  const [, organizationId, email] = /^([0-9a-f-]{36})\/([^@]+@[^@]+)$/i.exec(id) ?? [];
  if (organizationId === undefined || email === undefined)
    throw new Error(`${JSON.stringify(id)} is not an id of the form <organizationId>/<email>.`);
  return { organizationId: organizationId.toLowerCase(), email: email.toLowerCase() };
}
