import type { Surroundings } from "../../provider/resources/person";
import type { Approval } from "../../provider/roster/approval";
import type { World } from "../lifecycle/world";

/** The mark of the roster. */
export const roster = "urn:pulumi:dev::acme::trieve:index:Roster::team";

export interface Run {
  /** `null`: the guard was not checked. */
  readonly approval?: Partial<Approval> | null;
  /** Addresses that the program declares. */
  readonly declared?: readonly string[];
  /** Addresses that it declares in other resources. */
  readonly declaredElsewhere?: readonly string[];
  /** Names of resources that declare one person. */
  readonly declaredTwice?: string;
}

/** The provider's side in a run in which the guard has been checked, unless told otherwise. */
export function surroundings(world: World, run: Run = {}): Surroundings {
  const { organizationId } = world;
  const approval = { roster, organizationId, people: [], breakGlass: [], ...run.approval };
  const isOneOf = (emails: readonly string[] = [], person: string) =>
    emails.some((email) => person === `${organizationId}/${email}`);
  return {
    organization: async () => world.organization,
    isDeclared: (person) => isOneOf(run.declared, person),
    isDeclaredElsewhere: (person) => isOneOf(run.declaredElsewhere, person),
    declaredTwice: () => run.declaredTwice,
    approvalOf: () => (run.approval === null ? undefined : approval),
    warn: (text) => world.warnings.push(text),
  };
}
