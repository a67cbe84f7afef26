import { expect } from "chai";
import { ensure, type Organization as Place, read, remove } from "../../provider/lifecycle/act";
import { OwnerWrites } from "../../provider/lifecycle/owners";
import type { Inputs, Outputs } from "../../provider/lifecycle/state";
import { Client } from "../../provider/trieve/client";
import { Directory } from "../../provider/trieve/directory";
import { parseAccount } from "../../provider/trieve/model";
import { conformance, type Organization, outcome, type Server } from "./server";
import type { Person } from "./target";

/** The provider as it starts anew with every `pulumi up`: it has read no list yet. */
function startProvider(server: Server, { id, key }: Organization): Place {
  const { url } = server.target;
  const client = new Client({
    apiUrl: url,
    apiKey: key,
    maxConcurrency: 4,
    keyAdvice: "",
    limits: { firstPauseMs: 50 },
  });
  return {
    directory: new Directory(client, id),
    owners: new OwnerWrites(id),
    links: {
      appUrl: server.appUrl,
      redirectUri: server.redirectUri,
      mail: "required",
    },
    mayBegin: async () => {},
    warn: () => {},
  };
}

/** One person as a program declares them, in `pulumi up` after `pulumi up`. */
class Resource {
  outputs: Outputs | undefined;

  constructor(
    readonly server: Server,
    readonly organization: Organization,
    readonly person: Pick<Person, "email">,
  ) {}

  #inputs(declared: Partial<Inputs>): Inputs {
    return {
      email: this.person.email.toLowerCase(),
      organizationId: this.organization.id,
      deletionPolicy: "revert",
      ...declared,
    };
  }

  /** `pulumi up` with this in the program. */
  async up(declared: Partial<Inputs> = {}): Promise<Outputs> {
    const place = startProvider(this.server, this.organization);
    this.outputs = await ensure(place, this.#inputs(declared), this.outputs);
    return this.outputs;
  }

  /** `pulumi refresh`; undefined: neither in nor invited. */
  async refresh(): Promise<Outputs | undefined> {
    const place = startProvider(this.server, this.organization);
    this.outputs = await read(place, this.#inputs({}), this.outputs);
    return this.outputs;
  }

  /** `pulumi destroy`, or the person is not in the program any more. */
  async destroy(): Promise<void> {
    expect(this.outputs, "something to destroy").to.not.equal(undefined);
    await remove(startProvider(this.server, this.organization), this.outputs as Outputs);
    this.outputs = undefined;
  }

  rows(): Promise<string[]> {
    return this.server.rowsOf(this.organization, this.person);
  }
}

conformance("the provider's own operations", (server) => {
  let organization: Organization;

  before(async () => {
    organization = await server().organization();
  });

  const resource = (person: Pick<Person, "email">) => new Resource(server(), organization, person);

  it("a person's life: invited, in, promoted, limited, unlimited, out, in again", async () => {
    const person = server().person();
    const { email } = person;
    const ada = resource(person);

    expect(await ada.up()).to.include({ status: "pending", role: "user", adopted: false });
    expect(await ada.rows()).to.deep.equal([`pending user ${email}`]);
    const { id, createdAt } = await server().invitation(organization, email);

    expect(await ada.refresh()).to.include({ status: "pending", invitedAt: createdAt });
    await ada.up();
    expect((await server().invitation(organization, email)).id, "not invited twice").to.equal(id);

    await ada.up({ role: "admin" });
    expect(await ada.rows()).to.deep.equal([`pending admin ${email}`]);
    const invited = await server().invitation(organization, email);

    const { accepted, said } = await server().target.accept(ada.outputs?.inviteUrl ?? "", person);
    expect(accepted, `the output inviteUrl lets them in: ${said}`).to.equal(true);
    expect(await ada.refresh()).to.include({
      status: "member",
      role: "admin",
      adopted: false,
      inviteUrl: null,
      invitedAt: invited.createdAt,
      userId: (await server().member(organization, person)).userId,
    });

    const used = `used admin ${email}`;
    await ada.up({ role: "owner" });
    expect(await ada.rows()).to.deep.equal([`member owner ${email}`, used]);
    await ada.up({ role: "user" });
    expect(await ada.rows()).to.deep.equal([`member user ${email}`, used]);

    await ada.up({ role: "user", scopes: ["GET /api/chunk"] });
    expect(await ada.rows()).to.deep.equal([`member user ${email} [GET /api/chunk]`, used]);
    const before = ada.outputs;
    expect(await ada.up({ role: "user", scopes: ["GET /api/chunk"] })).to.deep.equal(before);

    expect(await ada.up({ role: "user" })).to.include({ status: "member", scopes: null });
    expect(await ada.rows()).to.deep.equal([`member user ${email}`, used]);

    await ada.destroy();
    expect(await ada.rows()).to.deep.equal([used]);
    expect(await ada.refresh()).to.equal(undefined);

    expect(await ada.up({ role: "admin" })).to.include({ status: "member", adopted: false });
    await ada.destroy();
    expect((await ada.rows()).filter((row) => !row.startsWith("used"))).to.deep.equal([]);
  });

  it("an invitation that is not accepted is withdrawn", async () => {
    const person = server().person();
    const ada = resource(person);
    const { inviteUrl } = await ada.up({ role: "admin", scopes: ["GET /api/chunk"] });
    expect(await ada.rows()).to.deep.equal([`pending admin ${person.email} [GET /api/chunk]`]);
    await ada.destroy();
    expect(await ada.rows()).to.deep.equal([]);
    expect((await server().target.accept(inviteUrl ?? "", person)).accepted).to.equal(false);
    expect(await ada.refresh()).to.equal(undefined);
  });

  it("another invitation is sent when it is asked for, and no other is left", async () => {
    const { email } = server().person();
    const ada = resource({ email });
    await ada.up();
    const { id } = await server().invitation(organization, email);
    await ada.up({ resendTrigger: "once more" });
    const again = await server().invitation(organization, email);
    expect(again.id).to.not.equal(id);
    await ada.up({ resendTrigger: "once more" });
    expect(await server().invitation(organization, email)).to.deep.equal(again);
    await ada.destroy();
  });

  it("an account is added at once", async () => {
    const account = await server().account();
    const ada = resource(account);
    const outputs = await ada.up({ role: "admin", scopes: ["GET /api/chunk"] });
    expect(outputs).to.include({ status: "member", role: "admin", adopted: false });
    expect(outputs.userId).to.equal(account.userId);
    expect(await ada.rows()).to.deep.equal([`member admin ${account.email} [GET /api/chunk]`]);
    await ada.destroy();
    expect(await ada.rows()).to.deep.equal([]);
  });

  it("a member is adopted, and put back on the way out", async () => {
    const account = await server().account();
    await server().invite(organization, account.email);
    const ada = resource(account);
    expect(await ada.up({ role: "admin" })).to.include({
      status: "member",
      role: "admin",
      adopted: true,
      originalRole: "user",
    });
    expect(await ada.rows()).to.deep.equal([`member admin ${account.email}`]);
    await ada.destroy();
    expect(await ada.rows()).to.deep.equal([`member user ${account.email}`]);
  });

  it("a member is adopted, and removed if the program says so", async () => {
    const account = await server().account();
    await server().invite(organization, account.email);
    const ada = resource(account);
    expect(await ada.up({ deletionPolicy: "remove" })).to.include({ adopted: true });
    await ada.destroy();
    expect(await ada.rows()).to.deep.equal([]);
  });

  it("a pending invitation of somebody else's is taken over", async () => {
    const { email } = server().person();
    await server().invite(organization, email.toUpperCase(), { user_role: 1 });
    const ada = resource({ email });
    expect(await ada.up()).to.include({ status: "pending", role: "admin", adopted: false });
    expect(await ada.rows(), "as it is").to.deep.equal([`pending admin ${email.toUpperCase()}`]);
    expect(await ada.up({ role: "user" })).to.include({ status: "pending", role: "user" });
    expect(await ada.rows(), "one in place of the other").to.deep.equal([`pending user ${email}`]);
    await ada.destroy();
    expect(await ada.rows()).to.deep.equal([]);
  });

  it("a member with a link that is still alive is out for good", async () => {
    const person = server().person();
    const ada = resource(person);
    const { inviteUrl } = await ada.up();
    // They get their account in another place, and are added directly. The row stays as it is.
    await server().join(await server().organization(), person);
    expect(outcome(await server().invite(organization, person.email))).to.equal("204");
    expect(await ada.refresh()).to.include({ status: "member" });
    await ada.destroy();
    expect(await ada.rows()).to.deep.equal([]);
    expect((await server().target.accept(inviteUrl ?? "", person)).accepted).to.equal(false);
    expect(await ada.rows()).to.deep.equal([]);
  });

  it("a person whose account has capitals lives the same life", async function () {
    const account = await server().accountWithCapitals(this);
    const lower = account.email.toLowerCase();
    const carol = resource(account);
    const { inviteUrl } = await carol.up();
    expect(await carol.rows()).to.deep.equal([`pending user ${lower}`]);
    expect((await server().target.accept(inviteUrl ?? "", account)).accepted).to.equal(true);
    expect(await carol.refresh()).to.include({ status: "member", userId: account.userId });
    const used = `used user ${lower}`;
    await carol.up({ scopes: ["GET /api/chunk"] });
    expect(await carol.rows()).to.deep.equal([
      `member user ${account.email} [GET /api/chunk]`,
      used,
    ]);
    await carol.up();
    expect(await carol.rows()).to.deep.equal([`member user ${account.email}`, used]);
    await carol.destroy();
    expect(await carol.rows()).to.deep.equal([used]);
    expect(await carol.up()).to.include({ status: "pending" });
    expect(await carol.rows()).to.deep.equal([`pending user ${lower}`]);
    await carol.destroy();
    expect(await carol.rows()).to.deep.equal([]);
  });

  it("the last owner stays", async () => {
    const place = await server().organization();
    const [creator] = await server().members(place);
    const ada = new Resource(server(), place, await server().account());
    await ada.up({ role: "owner" });
    await server().removeMember(place, creator?.userId ?? "");
    const email = ada.outputs?.email;
    for (const attempt of [() => ada.up({ role: "user" }), () => ada.destroy()]) {
      const refusal = await attempt().then(
        () => undefined,
        (error: Error) => error,
      );
      expect(refusal?.name, refusal?.message).to.equal("Refused");
      expect(refusal?.message).to.match(/nobody else there is an owner/);
      expect(await ada.rows()).to.deep.equal([`member owner ${email}`]);
    }
  });

  it("the account of the key stays", async () => {
    const { adminKey } = server().target;
    const place = await server().organization();
    const asking = { key: adminKey, organization: null };
    const me = await server().ask(place, "GET", "/api/auth/me", asking);
    const { email } = parseAccount(JSON.parse(me.body));
    const second = new Resource(server(), place, await server().account());
    await second.up({ role: "owner" });
    const own = new Resource(server(), { ...place, key: adminKey }, { email });
    const refusal = await own.up({ role: "admin" }).then(
      () => undefined,
      (error: Error) => error,
    );
    expect(refusal?.name, refusal?.message).to.equal("Refused");
    expect(refusal?.message).to.match(/the API key belongs to this account/);
    expect(await own.rows()).to.deep.equal([`member owner ${email}`]);
  });

  it("twelve people at once come in and go, each with one invitation", async () => {
    const people = Array.from({ length: 12 }, () => server().person());
    const place = startProvider(server(), organization);
    const declared = people.map(
      ({ email }): Inputs => ({
        email,
        organizationId: organization.id,
        deletionPolicy: "revert",
      }),
    );
    const outputs = await Promise.all(declared.map((inputs) => ensure(place, inputs, undefined)));
    expect(outputs.map(({ status }) => status)).to.deep.equal(people.map(() => "pending"));
    for (const person of people) {
      expect(await server().rowsOf(organization, person)).to.deep.equal([
        `pending user ${person.email}`,
      ]);
    }
    await Promise.all(outputs.map((recorded) => remove(place, recorded)));
    for (const person of people) {
      expect(await server().rowsOf(organization, person)).to.deep.equal([]);
    }
  });
});
