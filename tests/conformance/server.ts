import { randomBytes } from "node:crypto";
import { expect } from "chai";
import {
  type Invitation,
  type MemberRow,
  parseInvitations,
  parseMembers,
  type Role,
  roleNumber,
} from "../../provider/trieve/model";
import { type Landing, openTarget, type Person, settings, type Target } from "./target";

/** An organization of this suite's own. */
export interface Organization {
  readonly id: string;
  /** An organization key of role owner. */
  readonly key: string;
}

export interface Reply {
  readonly status: number;
  readonly body: string;
}

/** `null` leaves a header out. */
export interface Asking {
  readonly key?: string | null;
  readonly organization?: string | null;
  readonly body?: unknown;
}

/** Status, and the message if the body has one: `400 Error getting invitation.` */
export function outcome({ status, body }: Reply): string {
  return body.startsWith('{"message":')
    ? `${status} ${(JSON.parse(body) as { message: string }).message}`
    : `${status}`;
}

export function messageOf(reply: Reply): string {
  return (JSON.parse(reply.body) as { message: string }).message;
}

/** Nobody's id. */
export const nobody = "11111111-1111-4111-8111-111111111111";

/** A server, the organizations that this run made there, and what happens in them. Asks one thing after the other. */
export class Server {
  readonly #made: Organization[] = [];
  /** Names and addresses of each run are its own, so that one server can be used again and again. */
  readonly #run = randomBytes(4).toString("hex");
  #count = 0;
  #lobby: Promise<Organization> | undefined;

  private constructor(readonly target: Target) {}

  static async open(): Promise<Server> {
    return new Server(await openTarget());
  }

  /** Deletes the organizations, as far as that goes. Accounts stay: no request deletes one. */
  async close(): Promise<void> {
    for (const organization of this.#made) {
      await this.ask(organization, "DELETE", `/api/organization/${organization.id}`).catch(
        () => {},
      );
    }
    await this.target.close();
  }

  /** Where people land after accepting: a page of the server, so that no other host is asked for anything. */
  get redirectUri(): string {
    return `${this.target.url}/`;
  }

  get appUrl(): string {
    return `${this.target.url}/api`;
  }

  /** A request with the organization's key and header, unless told otherwise. */
  async ask(
    { id, key }: Organization,
    method: string,
    path: string,
    asking: Asking = {},
  ): Promise<Reply> {
    const { key: apiKey = key, organization = id, body } = asking;
    const response = await fetch(`${this.target.url}${path}`, {
      method,
      redirect: "manual",
      headers: {
        ...(apiKey === null ? {} : { Authorization: apiKey }),
        ...(organization === null ? {} : { "TR-Organization": organization }),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.text() };
  }

  /** A new organization, in which nobody is but the account of the admin key, its owner. */
  async organization(): Promise<Organization> {
    this.#count += 1;
    const admin = { id: "", key: this.target.adminKey };
    const made = await this.ask(admin, "POST", "/api/organization", {
      organization: null,
      body: { name: `conformance ${this.#run} ${this.#count}` },
    });
    expect(made.status, `POST /api/organization with the admin key: ${made.body}`).to.equal(200);
    const { id } = JSON.parse(made.body) as { id: string };
    const organization = { id, key: await this.key({ id, key: this.target.adminKey }, "owner") };
    this.#made.push(organization);
    return organization;
  }

  /** A new organization key. */
  async key(
    organization: Organization,
    role: Role,
    scopes: readonly string[] | null = null,
  ): Promise<string> {
    const reply = await this.ask(organization, "POST", "/api/organization/api_key", {
      body: { name: role, role: roleNumber(role), ...(scopes === null ? {} : { scopes }) },
    });
    expect(reply.status, `POST /api/organization/api_key: ${reply.body}`).to.equal(200);
    return (JSON.parse(reply.body) as { api_key: string }).api_key;
  }

  invite(
    organization: Organization,
    email: string,
    more: Readonly<Record<string, unknown>> = {},
    asking: Asking = {},
  ): Promise<Reply> {
    const links = { app_url: this.appUrl, redirect_uri: this.redirectUri };
    const body = { email, user_role: 0, ...links, ...more };
    return this.ask(organization, "POST", "/api/invitation", { body, ...asking });
  }

  deleteInvitation(organization: Organization, id: string): Promise<Reply> {
    return this.ask(organization, "DELETE", `/api/invitation/${id}`);
  }

  removeMember(organization: Organization, userId: string): Promise<Reply> {
    return this.ask(organization, "DELETE", `/api/organization/${organization.id}/user/${userId}`);
  }

  updateMember(
    organization: Organization,
    userId: string,
    change: Readonly<Record<string, unknown>>,
  ): Promise<Reply> {
    const body = { user_id: userId, ...change };
    return this.ask(organization, "PUT", "/api/user", { body });
  }

  /** The list as it comes. */
  async list(organization: Organization, path: string): Promise<unknown> {
    const reply = await this.ask(organization, "GET", path);
    expect(reply.status, `GET ${path}: ${reply.body}`).to.equal(200);
    return JSON.parse(reply.body);
  }

  /** Read by the provider's own parser. */
  async invitations(organization: Organization): Promise<Invitation[]> {
    const { id } = organization;
    return parseInvitations(await this.list(organization, `/api/invitations/${id}`), id);
  }

  /** Read by the provider's own parser. */
  async members(organization: Organization): Promise<MemberRow[]> {
    const { id } = organization;
    return parseMembers(await this.list(organization, `/api/organization/users/${id}`), id);
  }

  /** In a few words, in the order of the alphabet: `pending user ada@…`, `used admin ada@…`, `member user ada@…`. */
  async rowsOf(organization: Organization, { email }: Pick<Person, "email">): Promise<string[]> {
    const key = email.toLowerCase();
    const rows = [
      ...(await this.invitations(organization)).map((row) => ({
        kind: row.used ? "used" : "pending",
        ...row,
      })),
      ...(await this.members(organization)).map((row) => ({ kind: "member", ...row })),
    ];
    return rows
      .filter((row) => row.email.toLowerCase() === key)
      .map(({ kind, role, email, scopes }) =>
        [kind, role, email, ...(scopes === null ? [] : [`[${scopes.join(", ")}]`])].join(" "),
      )
      .sort();
  }

  async invitation(organization: Organization, email: string): Promise<Invitation> {
    const rows = (await this.invitations(organization)).filter((row) => row.email === email);
    expect(rows, `invitations of exactly ${email}`).to.have.length(1);
    return rows[0] as Invitation;
  }

  async member(organization: Organization, person: Person): Promise<MemberRow> {
    const key = person.email.toLowerCase();
    const members = await this.members(organization);
    const rows = members.filter(({ email }) => email.toLowerCase() === key);
    expect(rows, `memberships of ${person.email}`).to.have.length(1);
    return rows[0] as MemberRow;
  }

  /** The link of an invitation, as the mail has it. */
  link(organization: Organization, invitationId: string): string {
    return `${this.appUrl}/auth?inv_code=${invitationId}&organization_id=${organization.id}&redirect_uri=${this.redirectUri}`;
  }

  /** Somebody opens the link of an invitation. */
  open(organization: Organization, invitationId: string, person: Person): Promise<Landing> {
    return this.target.accept(this.link(organization, invitationId), person);
  }

  /** Invites somebody who accepts. */
  async join(
    organization: Organization,
    person: Person,
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<MemberRow> {
    const reply = await this.invite(organization, person.email, more);
    expect(outcome(reply), `invite ${person.email}`).to.equal("204");
    const { id } = await this.invitation(organization, person.email);
    await this.accepts(organization, id, person);
    return this.member(organization, person);
  }

  /** Somebody opens the link of an invitation, and is let in. */
  async accepts(organization: Organization, invitationId: string, person: Person): Promise<void> {
    const { accepted, said } = await this.open(organization, invitationId, person);
    expect(accepted, `${person.email} accepts: ${said}`).to.equal(true);
  }

  /** A person whom the server has never seen. Capitals of the name are in the address too. */
  person(name = "ada"): Person {
    this.#count += 1;
    const email = `${name}-${this.#run}-${this.#count}@example.com`;
    return { email, name, subject: `subject-${this.#run}-${this.#count}` };
  }

  /**
   * A person with an account and no organization: has accepted an invitation to another organization, and was removed.
   * Signing up without one would leave an organization behind that is not ours to delete.
   *
   * @returns the person with the address as the server has it
   */
  async account(name?: string): Promise<Person & { readonly userId: string }> {
    this.#lobby ??= this.organization();
    const lobby = await this.#lobby;
    const person = this.person(name);
    const { userId, email } = await this.join(lobby, person);
    expect(outcome(await this.removeMember(lobby, userId))).to.equal("204");
    return { ...person, email, userId };
  }

  /**
   * Somebody whose account has capitals in its address. Some identity providers write every address in lower case;
   * then there is no such account, and the test is skipped.
   */
  async accountWithCapitals(test: Mocha.Context): Promise<Person & { readonly userId: string }> {
    const account = await this.account("Carol");
    if (account.email === account.email.toLowerCase()) {
      test.skip();
    }
    return account;
  }
}

/** Facts about the server, in one suite. */
export function conformance(title: string, facts: (server: () => Server) => void): void {
  describe(`conformance of ${settings?.url ?? "the simulator"}: ${title}`, function () {
    this.timeout(settings === undefined ? 20_000 : 300_000);
    let server: Server;
    before(async () => {
      server = await Server.open();
    });
    after(async () => {
      const highest = server.target.simulator?.highestInFlight ?? 0;
      await server.close();
      // Ten requests at once hang a real server.
      expect(highest, "requests in flight").to.be.at.most(4);
    });
    facts(() => server);
  });
}

/** One fact about the server, and why the provider needs it: whoever sees it broken has to know what breaks. */
export function fact(
  what: string,
  why: string,
  test: (this: Mocha.Context) => Promise<void>,
): void {
  it(what, async function () {
    try {
      await test.call(this);
    } catch (error) {
      if (error instanceof Error) {
        error.message += `\nThe provider relies on it: ${why}`;
      }
      throw error;
    }
  });
}
