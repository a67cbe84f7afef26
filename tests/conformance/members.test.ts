import { expect } from "chai";
import { roleNumber, roles } from "../../provider/trieve/model";
import { accountGone, membershipGone } from "../../provider/trieve/quirks";
import { conformance, fact, messageOf, nobody, type Organization, outcome } from "./server";

conformance("members", (server) => {
  let organization: Organization;

  before(async () => {
    organization = await server().organization();
  });

  /** A member who was never invited to this organization, so that theirs is the only row. */
  async function member(more: Record<string, unknown> = {}) {
    const account = await server().account();
    const reply = await server().invite(organization, account.email, more);
    expect(outcome(reply)).to.equal("204");
    return account;
  }

  const rowsOf = (person: { email: string }) => server().rowsOf(organization, person);
  const update = (userId: string, change: Record<string, unknown>) =>
    server().updateMember(organization, userId, change);
  const remove = (userId: string) => server().removeMember(organization, userId);

  describe("changing", () => {
    fact(
      "the role changes nothing else",
      "one request brings a role about, up and down",
      async () => {
        const { userId, email } = await member({ scopes: ["GET /api/chunk"] });
        for (const role of [...roles, ...roles.toReversed()]) {
          const reply = await update(userId, { role: roleNumber(role) });
          expect(reply).to.deep.equal({ status: 204, body: "" });
          expect(await rowsOf({ email })).to.deep.equal([
            `member ${role} ${email} [GET /api/chunk]`,
          ]);
        }
      },
    );

    fact(
      "the scopes changes nothing else",
      "a role that the program does not declare is kept",
      async () => {
        const { userId, email } = await member({ user_role: 1 });
        for (const scope of ["GET /api/chunk", "GET /api/file"]) {
          expect(outcome(await update(userId, { scopes: [scope] }))).to.equal("204");
          expect(await rowsOf({ email })).to.deep.equal([`member admin ${email} [${scope}]`]);
        }
      },
    );

    fact(
      "role and scopes goes in one request",
      "there is no moment with one of the two",
      async () => {
        const { userId, email } = await member();
        await update(userId, { role: 1, scopes: ["GET /api/chunk"] });
        expect(await rowsOf({ email })).to.deep.equal([`member admin ${email} [GET /api/chunk]`]);
      },
    );

    fact(
      "scopes cannot take them away: null changes nothing, and an empty list locks the person out",
      "the provider never sends either",
      async () => {
        const { userId, email } = await member({ scopes: ["GET /api/chunk"] });
        for (const change of [{ scopes: null }, {}]) {
          expect(outcome(await update(userId, change))).to.equal("204");
          expect(await rowsOf({ email })).to.deep.equal([`member user ${email} [GET /api/chunk]`]);
        }
        expect(outcome(await update(userId, { scopes: [] }))).to.equal("204");
        expect(await rowsOf({ email })).to.deep.equal([`member user ${email} []`]);
      },
    );

    fact(
      "somebody who is not there is a 400 with a text of its own",
      "the provider then looks again and invites them",
      async () => {
        const outside = await server().account();
        for (const [userId, text] of [
          [nobody, /^400 Error loading user by itself for get_user_by_id_query$/],
          [outside.userId, /^400 The user who you would like to update the role of must be added/],
        ] as const) {
          const reply = await update(userId, { role: 1 });
          expect(outcome(reply)).to.match(text);
          expect(accountGone(messageOf(reply))).to.equal(true);
        }
        expect(await rowsOf(outside)).to.deep.equal([]);
      },
    );
  });

  describe("removing", () => {
    fact(
      "ends the membership, and keeps the account and the used row",
      "a removal is undone by one POST",
      async () => {
        const person = server().person();
        const { userId } = await server().join(organization, person);
        expect(await remove(userId)).to.deep.equal({ status: 204, body: "" });
        expect(await rowsOf(person)).to.deep.equal([`used user ${person.email}`]);
        await server().invite(organization, person.email);
        expect((await server().member(organization, person)).userId).to.equal(userId);
      },
    );

    fact(
      "somebody who is not there is a 400 with a text of its own",
      "removing whom somebody else has removed is success, and only this text tells",
      async () => {
        const { userId } = await member();
        await remove(userId);
        for (const gone of [userId, nobody]) {
          const reply = await remove(gone);
          expect(outcome(reply)).to.equal("400 Error loading user role");
          expect(membershipGone(messageOf(reply))).to.equal(true);
        }
      },
    );

    fact(
      "ends every row of a person, however many there are",
      "additions at the same time make several rows of one member, and one request is sent for all",
      async () => {
        const account = await server().account();
        // How many rows come of it is up to the server; four at once do it no harm.
        await Promise.all(
          Array.from({ length: 4 }, () => server().invite(organization, account.email)),
        );
        expect(new Set(await rowsOf(account))).to.deep.equal(
          new Set([`member user ${account.email}`]),
        );
        expect(outcome(await remove(account.userId))).to.equal("204");
        expect(await rowsOf(account)).to.deep.equal([]);
      },
    );

    fact(
      "happens in the organization of the header, whatever the path says",
      "the header always names the organization of the path",
      async () => {
        const other = await server().organization();
        const person = await member();
        await server().invite(other, person.email);
        const path = `/api/organization/${other.id}/user/${person.userId}`;
        expect(outcome(await server().ask(organization, "DELETE", path))).to.equal("204");
        expect(await rowsOf(person)).to.deep.equal([]);
        expect(await server().rowsOf(other, person)).to.deep.equal([`member user ${person.email}`]);
      },
    );

    fact(
      "needs the header",
      "without it the server does not know the organization, and fails",
      async () => {
        const person = await member();
        const path = `/api/organization/${organization.id}/user/${person.userId}`;
        const reply = await server().ask(organization, "DELETE", path, { organization: null });
        expect(outcome(reply)).to.equal("500 Could not get dataset from request");
        expect(await rowsOf(person)).to.deep.equal([`member user ${person.email}`]);
      },
    );

    fact(
      "the last owner is allowed",
      "the server does not keep an organization from losing its owners: the provider does",
      async () => {
        const place = await server().organization();
        await server().join(place, server().person());
        const owners = (await server().members(place)).filter(({ role }) => role === "owner");
        expect(owners).to.have.length(1);
        const reply = await server().removeMember(place, owners[0]?.userId ?? "");
        expect(outcome(reply)).to.equal("204");
        expect((await server().members(place)).map(({ role }) => role)).to.deep.equal(["user"]);
      },
    );

    fact(
      "and posting the stored address again takes scopes away",
      "it is the only way to, and it has to work at once",
      async () => {
        const { userId, email } = await member({ user_role: 1, scopes: ["GET /api/chunk"] });
        await remove(userId);
        expect(outcome(await server().invite(organization, email, { user_role: 1 }))).to.equal(
          "204",
        );
        expect(await rowsOf({ email })).to.deep.equal([`member admin ${email}`]);
      },
    );
  });
});
