import { unknownValue } from "../lifecycle/check";
import { wantedOf } from "../lifecycle/decide";
import { type Everybody, everybodyIn } from "../lifecycle/everybody";
import { type Forecast, forecast, lowersAnybody } from "../lifecycle/forecast";
import { standingOf } from "../lifecycle/observe";
import { type Inputs, idOf, managedBy, type Outputs } from "../lifecycle/state";
import type { RosterEntry } from "../roster/file";
import { foretellWanted, type Note } from "../roster/foretell";
import type { Directory } from "../trieve/directory";
import { whyUnknown } from "../trieve/errors";
import { inTime } from "./patience";
import { readPerson } from "./person";
import type { Around } from "./process";

type Bag = Readonly<Record<string, unknown>>;

/** What a preview says of a person. */
export interface PersonPreview {
  /** Unknown values where `up` has yet to show. */
  readonly outputs: Bag;
  readonly note: Note;
}

/** Everybody in an organization, and the owners among them. */
interface Looked {
  readonly everybody: Everybody;
  readonly owners: Everybody;
}

/** Looks once at everybody of each organization, for all whose previews a process makes. */
export class Previews {
  /** By organization: who is going to be an owner, so that others need not stay one. */
  readonly #newOwners = new Map<string, RosterEntry[]>();
  readonly #everybody = new Map<string, Promise<Looked>>();

  /** Whom a roster declares, before any of them is looked at. */
  expect(organizationId: string, people: readonly RosterEntry[]): void {
    const owners = people.filter(({ role }) => role === "owner");
    this.#newOwners.set(organizationId, [
      ...(this.#newOwners.get(organizationId) ?? []),
      ...owners,
    ]);
  }

  /**
   * What `up` would make of a person.
   *
   * @param recorded undefined for a new resource
   */
  async person(
    inputs: Inputs,
    recorded: Outputs | undefined,
    around: Around,
  ): Promise<PersonPreview> {
    const open = openOutputs(inputs, recorded);
    const { email, organizationId } = inputs;
    if ([email, organizationId, inputs.role, inputs.scopes].some(isUnknown))
      return {
        outputs: open,
        note: {
          level: "info",
          text: `${isUnknown(email) ? "" : `${email}: `}some values are known only after \`up\``,
        },
      };
    try {
      const told = await inTime(() => this.#forecast(inputs, recorded, around));
      const adopted = !recorded && told.status === "member" && told.refusal === null;
      const note = named(foretellWanted(told), adopted ? "adopted, " : "");
      if (told.change === "refused" || told.change === "invite" || told.change === "reinvite") {
        const history = recorded ? {} : { adopted: false, originalRole: null };
        return { outputs: { ...open, ...history, ...standingAfter(told) }, note };
      }
      // Nothing makes somebody another person: what is there stays, but for role and scopes.
      const { outputs } = await readPerson(idOf(inputs), recorded, around);
      const history = recorded ? {} : { managed: managedBy(inputs), instance: unknownValue };
      return {
        outputs: { ...outputs, ...ofProgram(inputs), ...standingAfter(told), ...history },
        note,
      };
    } catch (error) {
      const text = `${email}: this preview does not show what will happen. ${whyUnknown(error)}. ${(error as Error).message}`;
      return { outputs: open, note: { level: "warn", text } };
    }
  }

  /** Of somebody whom the run leaves out: what is so then is not looked at. */
  leftOut(inputs: Inputs, recorded: Outputs | undefined): Bag {
    return openOutputs(inputs, recorded);
  }

  async #forecast(
    inputs: Inputs,
    recorded: Outputs | undefined,
    around: Around,
  ): Promise<Forecast> {
    const { organizationId } = inputs;
    const { directory } = await around.organization(organizationId);
    const known = this.#everybody.get(organizationId) ?? look(directory);
    this.#everybody.set(organizationId, known);
    const newOwners = (this.#newOwners.get(organizationId) ?? []).filter(
      ({ email }) => email !== inputs.email,
    );
    const situation = {
      everybody: concerned(await known, [inputs, ...newOwners]),
      wanted: [
        wantedOf(inputs, recorded),
        ...newOwners.map((person) => wantedOf(person, undefined)),
      ],
      leaving: [],
      breakGlass: new Set<string>(),
      isDeclared: () => true,
    };
    const account = lowersAnybody(situation) ? await directory.keyAccount() : undefined;
    const [told] = forecast(situation, account?.userId);
    return told as Forecast;
  }
}

/** With the name of the person, which `preview --diff` leaves out. */
function named({ level, email, text }: Note, before: string): Note {
  return { level, text: `${email}: ${before}${text}` };
}

async function look(directory: Directory): Promise<Looked> {
  const everybody = await everybodyIn(directory);
  const owners = new Map(
    [...everybody].filter(([, person]) => standingOf(person)?.role === "owner"),
  );
  return { everybody, owners };
}

/** The part of everybody that matters for a few: a look at all for each of a thousand people would take long. */
function concerned(
  { everybody, owners }: Looked,
  people: readonly { readonly email: string }[],
): Everybody {
  const known = people.flatMap(({ email }) => {
    const observed = everybody.get(email);
    return observed ? [[email, observed] as const] : [];
  });
  return new Map([...owners, ...known]);
}

function isUnknown(value: unknown): boolean {
  return JSON.stringify(value)?.includes(unknownValue) ?? false;
}

/** What the program says, as it is recorded. */
function ofProgram(inputs: Inputs): Bag {
  const { email, organizationId, deletionPolicy, resendTrigger = null, roster = null } = inputs;
  return { email, organizationId, deletionPolicy, resendTrigger, roster };
}

/** Without a look at the server. */
function openOutputs(inputs: Inputs, recorded: Outputs | undefined): Bag {
  const unknown = Object.fromEntries(
    [
      ...["role", "scopes", "status", "userId", "invitedAt", "joinedAt", "inviteUrl"],
      ...["mailFailed", ...(recorded ? [] : ["adopted", "originalRole", "instance"])],
    ].map((key) => [key, unknownValue]),
  );
  const { role, scopes } = inputs;
  return {
    ...recorded,
    ...unknown,
    ...ofProgram(inputs),
    ...(role === undefined ? {} : { role }),
    ...(scopes === undefined ? {} : { scopes }),
    managed: managedBy(inputs),
  };
}

function standingAfter({ to }: Forecast): Bag {
  return to === null ? {} : { role: to.role, scopes: to.scopes };
}
