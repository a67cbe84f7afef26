import { randomUUID } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { knownValue, perDeployment, programDeployment, programEnd } from "../deployment/engine";
import { declarationsMade, isDeclared } from "../deployment/meeting";
import { namesLeft } from "../deployment/named";
import { listEverybody } from "../lifecycle/everybody";
import { unmanagedIn } from "../lifecycle/forecast";
import { idOf } from "../lifecycle/state";
import { normalize } from "../roster/rails";
import { nativeProcess, registrationOf } from "./native";
import { accessOf, providerOf } from "./provider";

const protectedIn = perDeployment(() => new Set<string>());

/**
 * Notes addresses that no roster of the deployment removes, in whatever organization.
 *
 * @returns these addresses, in lower case
 */
export function protectAddresses(breakGlass: readonly string[]): ReadonlySet<string> {
  const addresses = new Set(breakGlass.map(normalize));
  for (const address of addresses) protectedIn().add(address);
  return addresses;
}

/** All addresses of the deployment that are noted, in lower case. */
export function protectedAddresses(): ReadonlySet<string> {
  return protectedIn();
}

/** Returns whether the program has declared this person so far. */
export function declaresPerson(person: string): boolean {
  return nativeProcess()?.meeting.isDeclared(person) ?? isDeclared(person);
}

/** Facts about a roster that its sweep needs. */
export interface Swept {
  readonly roster: pulumi.ComponentResource;
  /** The mark of the roster. */
  readonly mark: pulumi.Output<string>;
  readonly organizationId: pulumi.Input<string> | undefined;
  /** Everybody on the roster. */
  readonly people: readonly pulumi.Resource[];
}

/**
 * Removes people whom the program does not declare, after everyone on the roster is done.
 *
 * Has no parent. Whoever depends on the roster waits for its children, and the sweep waits for the end of the program.
 *
 * @param emails addresses to remove, in lower case
 */
export class RosterSweep extends pulumi.CustomResource {
  declare readonly run: pulumi.Output<string>;

  constructor(
    name: string,
    { roster, mark, organizationId, people }: Swept,
    emails: Promise<readonly string[]>,
  ) {
    const run = randomUUID();
    const { type, props } = registrationOf("RosterSweep");
    const provider = providerOf(roster);
    super(
      type,
      name,
      {
        roster: mark,
        organizationId,
        remove: emails,
        run,
        ...props,
      },
      { dependsOn: [...people], ...(provider ? { provider } : {}) },
    );
    this.run.apply(async (done) => {
      const { length } = await emails;
      if (length > 0 && done !== run)
        await pulumi.log.warn(
          `unmanaged: "remove" removes nobody in this run, because the run skips ${name}. Run \`pulumi up\` without --target and --exclude.`,
          roster,
        );
    });
  }
}

/** Lists, in an update, people whom a preview has named and whom the program still does not declare. */
export async function namedAndUnmanaged(swept: Swept): Promise<string[]> {
  // Under mocks there is nobody.
  if (programDeployment().engineAddress === "") return [];
  const { roster } = swept;
  const busy = pulumi.runtime.rpcKeepAlive();
  try {
    const key = await knownValue(roster.urn);
    const access = await accessOf(roster, swept.organizationId);
    if (!access || key === undefined) return [];
    const { apiUrl, organizationId } = access;
    const left = namesLeft({ key, server: apiUrl, organizationId });
    if (left === undefined) {
      await pulumi.log.warn(
        'unmanaged: "remove" removes nobody in this run, because no preview of this stack named anybody on this machine within the last hour. Run `pulumi up` without --skip-preview.',
        roster,
      );
      return [];
    }
    if (left.length === 0) return [];
    await programEnd();
    await declarationsMade();
    const { Client } = await import("../trieve/client.js");
    const everybody = await listEverybody(new Client(access), organizationId);
    const unmanaged = unmanagedIn(
      everybody,
      (email) => protectedIn().has(email) || declaresPerson(idOf({ organizationId, email })),
    );
    return unmanaged.filter((email) => left.includes(email));
  } catch (error) {
    await pulumi.log.warn(
      `unmanaged: "remove" removes nobody in this run. ${(error as Error).message}`,
      roster,
    );
    return [];
  } finally {
    busy();
  }
}
