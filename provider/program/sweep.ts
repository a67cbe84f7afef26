import { randomUUID } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { knownValue, perDeployment, programDeployment, programEnd } from "../deployment/engine";
import { declarationsMade, isDeclared } from "../deployment/meeting";
import { dynamicType, storedProvider } from "../dynamic/stored";
import { listEverybody } from "../lifecycle/everybody";
import { Rosters } from "../resources/rosterPreview";
import { sweepSkipped } from "../resources/sweep";
import { accessOf, providerOf } from "./provider";

/** What the rosters of the running program know of each other. */
export const rosters = perDeployment(() => new Rosters());

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
    const provider = providerOf(roster);
    super(
      dynamicType("RosterSweep"),
      name,
      {
        roster: mark,
        organizationId,
        remove: emails,
        run,
        __provider: storedProvider.sweep,
      },
      { dependsOn: [...people], ...(provider ? { provider } : {}) },
    );
    this.run.apply(async (done) => {
      const { length } = await emails;
      if (length > 0 && done !== run) await pulumi.log.warn(sweepSkipped(name), roster);
    });
  }
}

/** Lists, in an update, people whom a preview has named and whom the program still does not declare. */
export async function namedAndUnmanaged(swept: Swept): Promise<readonly string[]> {
  // Under mocks there is nobody.
  if (programDeployment().engineAddress === "") return [];
  const { roster } = swept;
  const busy = pulumi.runtime.rpcKeepAlive();
  try {
    const key = await knownValue(roster.urn);
    const access = await accessOf(roster, swept.organizationId);
    if (!access || key === undefined) return [];
    const { apiUrl, organizationId } = access;
    const { notes, remove } = await rosters().namedBefore({
      ...{ key, apiUrl, organizationId, isDeclared },
      everybody: async () => {
        await programEnd();
        await declarationsMade();
        const { Client } = await import("../trieve/client.js");
        return listEverybody(new Client(access), organizationId);
      },
    });
    for (const { level, text } of notes) await pulumi.log[level](text, roster);
    return remove;
  } finally {
    busy();
  }
}
