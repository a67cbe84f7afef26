/** The organization of a history: its people, who act on their own, and the processes that are to look after them. */
import fc from "fast-check";
import { type Simulator, startSimulator } from "../../simulator";
import type * as model from "./model";
import { type Fault, type FaultName, faultNames, ProviderProcess, quiescence } from "./process";

const roles = ["user", "admin", "owner"] as const;
const scopeSets: readonly (readonly string[])[] = [
  ["POST /api/chunk/search"],
  ["GET /api/dataset", "POST /api/chunk/search"],
  ["GET /api/dataset"],
];

/** Four whom a program may declare, one whom it never does. */
export const people = 5;

/** Somebody whom a program may declare: the last of them none does. */
export const person = fc.nat(people - 2);
export const role = fc.constantFrom(...roles);
export const scopes = fc.constantFrom(...scopeSets);

/** Something that people do without the program. */
export interface Act {
  act:
    | "invite"
    | "add"
    | "accept"
    | "sign up"
    | "remove"
    | "delete invitations"
    | "role"
    | "scopes";
  person: number;
  /** In another case. */
  shout: boolean;
  role: model.Role;
  scopes: readonly string[] | null;
}

export const act: fc.Arbitrary<Act> = fc.record({
  act: fc.constantFrom<Act["act"][]>(
    "invite",
    "invite",
    "add",
    "add",
    "accept",
    "accept",
    "accept",
    "sign up",
    "remove",
    "delete invitations",
    "role",
    "scopes",
  ),
  person: fc.nat(people - 1),
  shout: fc.oneof(
    { weight: 3, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  role,
  scopes: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: scopes }),
});

// What only some verbs can meet comes up twice as often.
export const faultName = fc.constantFrom<FaultName[]>(
  ...faultNames,
  "mail fails",
  "death before",
  "death after",
  "engine dies",
);

export const fault: fc.Arbitrary<Fault> = fc.record({
  at: fc.integer({ min: 1, max: 9 }),
  times: fc.constantFrom(1, 1, 1, 2, 30),
  what: faultName,
});

/** None, one or two of them, as often as the weights say. */
export function faults(...weights: readonly number[]): fc.Arbitrary<Fault[]> {
  const some = [fc.constant<Fault[]>([]), fault.map((one) => [one]), fc.tuple(fault, fault)];
  return fc.oneof(
    ...weights.map((weight, n) => ({ weight, arbitrary: some[n] as fc.Arbitrary<Fault[]> })),
  );
}

/** Something that must never be. */
export class Violation extends Error {}

export function report(problems: readonly string[]): void {
  if (problems.length > 0) throw new Violation(problems.join("\n"));
}

/** One simulator for many histories, each with an organization and people of its own. */
export class Stage {
  #organizations = 0;

  private constructor(
    readonly simulator: Simulator,
    readonly quiet: () => Promise<void>,
  ) {}

  static async open(): Promise<Stage> {
    const simulator = await startSimulator({ hangs: false });
    return new Stage(simulator, quiescence(simulator));
  }

  close(): Promise<void> {
    return this.simulator.close();
  }

  nextName(): string {
    this.#organizations += 1;
    return `h${this.#organizations}`;
  }
}

export type MailPolicy = "required" | "optional";

export class Organization {
  readonly id: string;
  readonly #simulator: Simulator;
  readonly #domain: string;
  readonly #accounts = new Set<string>();
  #apiKey: string;
  #mailsSeen: number;

  constructor(
    readonly stage: Stage,
    readonly options: { readonly ownerless: boolean; readonly mail: MailPolicy },
  ) {
    const name = stage.nextName();
    this.#simulator = stage.simulator;
    this.#domain = `${name}.example`;
    const { id, apiKey } = this.#simulator.createOrganization(name, options);
    this.id = id;
    this.#apiKey = apiKey;
    this.#mailsSeen = this.#simulator.mails.length;
  }

  /** Whom it begins with, unless it is ownerless. */
  get founder(): string {
    return `owner@${this.#domain}`;
  }

  get rescuer(): string {
    return `rescue@${this.#domain}`;
  }

  email(person: number): string {
    return `p${person}@${this.#domain}`;
  }

  idOf(email: string): string {
    return `${this.id}/${email}`;
  }

  startProcess(
    options: Pick<
      Parameters<typeof ProviderProcess.start>[0],
      "code" | "faults" | "isDeclared" | "isDeclaredElsewhere" | "coverage"
    >,
  ): Promise<ProviderProcess> {
    return ProviderProcess.start({
      ...options,
      simulator: this.#simulator,
      settings: {
        "trieve:explicit": "true",
        "trieve:apiKey": this.#apiKey,
        "trieve:organizationId": this.id,
        "trieve:apiUrl": this.#simulator.url,
        "trieve:redirectUri": "http://dashboard.example/",
        "trieve:mail": this.options.mail,
      },
      // One thing that goes wrong once must not show; what lasts must not keep anybody waiting.
      retryForMs: survivable(options.faults) ? 30_000 : 60,
      revokeKey: () => this.#simulator.revokeKey(this.#apiKey),
    });
  }

  /** When nothing of a process is under way any more. Who finds the key revoked makes a new one. */
  async end(process: ProviderProcess): Promise<void> {
    await process.end();
    await this.stage.quiet();
    if (process.hit.some(({ what }) => what === "key revoked"))
      this.#apiKey = this.#simulator.createKey(this.id, "owner");
  }

  /** Somebody is owner from now on whom nobody removes. */
  rescue(): void {
    this.#simulator.addMember(this.id, this.rescuer, "owner");
  }

  world(): model.World {
    const emails = new Set<string>();
    const members = this.#simulator.members(this.id);
    for (const { email } of members) {
      this.#accounts.add(email);
      emails.add(email.toLowerCase());
    }
    const invitations = this.#simulator.invitations(this.id);
    for (const { email } of invitations) emails.add(email.toLowerCase());
    const places = new Map(
      [...emails].map((email) => [email, this.#placeIn(email, members, invitations)]),
    );
    return { places, accounts: new Set(this.#accounts) };
  }

  place(email: string): model.Place {
    return this.#placeIn(
      email,
      this.#simulator.members(this.id),
      this.#simulator.invitations(this.id),
    );
  }

  #placeIn(
    email: string,
    members: ReturnType<Simulator["members"]>,
    invitations: ReturnType<Simulator["invitations"]>,
  ): model.Place {
    const rows = invitations
      .filter((row) => row.email.toLowerCase() === email)
      .map(({ used, role, ...row }) => ({
        used,
        row: { email: row.email, scopes: row.scopes, role: roles[role] ?? "user" },
      }));
    return {
      members: members
        .filter((row) => row.email.toLowerCase() === email)
        .map((row) => ({ email: row.email, role: row.role, scopes: row.scopes })),
      unused: rows.filter(({ used }) => !used).map(({ row }) => row),
      used: rows.filter(({ used }) => used).map(({ row }) => row),
    };
  }

  /** Mails since the last call, to each person. */
  newMails(): Map<string, number> {
    const sent = new Map<string, number>();
    for (const { to } of this.#simulator.mails.slice(this.#mailsSeen)) {
      const email = to.toLowerCase();
      sent.set(email, (sent.get(email) ?? 0) + 1);
    }
    this.#mailsSeen = this.#simulator.mails.length;
    return sent;
  }

  act({ act, person, shout, role, scopes }: Act): void {
    const { id } = this;
    const email = this.email(person);
    const spelled = shout ? `${email[0]?.toUpperCase()}${email.slice(1)}` : email;
    const given = scopes && [...scopes];
    switch (act) {
      case "invite":
        this.#simulator.addInvitation(id, spelled, role, given);
        return;
      case "add":
        this.#simulator.addMember(id, spelled, role, given);
        this.#accounts.add(spelled);
        return;
      case "sign up":
        if (this.#accounts.has(spelled)) return;
        this.#simulator.createAccount(spelled);
        this.#accounts.add(spelled);
        return;
      case "accept": {
        const rows = this.#simulator.invitations(id);
        const found = rows.findLast((row) => !row.used && row.email.toLowerCase() === email);
        if (found === undefined) return;
        this.#simulator.accept(`?inv_code=${found.id}&organization_id=${id}&redirect_uri=/`, {
          email: spelled,
        });
        this.world();
        return;
      }
      case "remove":
        this.#simulator.removeMember(id, email);
        return;
      case "delete invitations":
        this.#simulator.deleteInvitations(id, email);
        return;
      case "role":
        this.#simulator.setMember(id, email, { role });
        return;
      case "scopes":
        this.#simulator.setMember(id, email, { scopes: given });
        return;
    }
  }
}

const lasting: readonly FaultName[] = ["death before", "death after", "engine dies", "key revoked"];

/** A single failure that passes. */
function survivable(faults: readonly Fault[]): boolean {
  const [first, second] = faults;
  return (
    first !== undefined &&
    second === undefined &&
    first.times === 1 &&
    !lasting.includes(first.what)
  );
}

/** Whether a process has come to the end of everything, as if nothing had gone wrong. */
export function isUndisturbed({ options, hit }: ProviderProcess, mail: MailPolicy): boolean {
  if (hit.length === 0) return true;
  if (!survivable(options.faults)) return false;
  return hit.every(
    ({ what, method }) =>
      !(what === "mail fails" && mail === "required") &&
      // A question that stays without an answer is not asked again; and a removal that comes after all, when the
      // person has been let in again, nobody can prevent.
      !(what === "too slow" && (method === "GET" || method === "DELETE")),
  );
}

/** A process that nothing else has happened to. */
export function onlyLostItsEngine({ hit }: ProviderProcess): boolean {
  return hit.length > 0 && hit.every(({ what }) => what === "engine dies");
}
