import { expect } from "chai";
import {
  alreadyInvited,
  alreadyMember,
  invitationGone,
  invitationLink,
  mailFailed,
} from "../../provider/trieve/quirks";
import { conformance, fact, messageOf, nobody, type Organization, outcome } from "./server";
import { settings } from "./target";

conformance("invitations", (server) => {
  let organization: Organization;

  before(async () => {
    organization = await server().organization();
  });

  const rowsOf = (person: { email: string }) => server().rowsOf(organization, person);

  describe("an address without an account", () => {
    fact(
      "gets a pending row, and the answer is an empty 204",
      "the answer does not say whether somebody was invited or added: the lists do",
      async () => {
        const { email } = server().person();
        const more = { user_role: 1, scopes: ["GET /api/chunk", "POST /api/chunk/search"] };
        const reply = await server().invite(organization, email, more);
        expect(reply).to.deep.equal({ status: 204, body: "" });
        expect(await rowsOf({ email })).to.deep.equal([
          `pending admin ${email} [GET /api/chunk, POST /api/chunk/search]`,
        ]);
      },
    );

    fact(
      "is refused a second one by name",
      "by this text the provider knows that its lists are out of date, and looks again",
      async () => {
        const { email } = server().person();
        await server().invite(organization, email);
        const reply = await server().invite(organization, email, { user_role: 1 });
        expect(outcome(reply)).to.equal(`400 User with email ${email} has already been invited`);
        expect(alreadyInvited(messageOf(reply))).to.equal(true);
        expect(alreadyMember(messageOf(reply))).to.equal(false);
        expect(await rowsOf({ email })).to.deep.equal([`pending user ${email}`]);
      },
    );

    fact(
      "gets a second row in another spelling",
      "the server tells Ada@ from ada@, so the provider sends lower case and compares without case",
      async () => {
        const { email } = server().person();
        const upper = email.toUpperCase();
        await server().invite(organization, email);
        expect(outcome(await server().invite(organization, upper))).to.equal("204");
        expect(await rowsOf({ email })).to.deep.equal([
          `pending user ${upper}`,
          `pending user ${email}`,
        ]);
      },
    );

    fact(
      "is taken with a plus, an underscore and a hyphen",
      "the provider lets such addresses through",
      async () => {
        const { email } = server().person("a.d_a+tag-1");
        expect(outcome(await server().invite(organization, email))).to.equal("204");
        expect(await rowsOf({ email })).to.deep.equal([`pending user ${email}`]);
      },
    );

    fact(
      "is refused with an apostrophe",
      "the provider says so at preview, before anything is written",
      async () => {
        const { email } = server().person("o'brien");
        expect(outcome(await server().invite(organization, email))).to.equal("400 Invalid email");
        expect(await rowsOf({ email })).to.deep.equal([]);
      },
    );

    fact(
      "is mailed the link that can be made from the list",
      "the output inviteUrl is such a link",
      async function () {
        const { linksMailedTo } = server().target;
        if (linksMailedTo === undefined) {
          this.skip();
        }
        const { email } = server().person();
        await server().invite(organization, email);
        const { id } = await server().invitation(organization, email);
        const [link = "", ...others] = await linksMailedTo(email);
        expect(others).to.deep.equal([]);
        expect(link).to.equal(server().link(organization, id));
        const ours = invitationLink(server().appUrl, id, organization.id, server().redirectUri);
        expect([...new URL(ours).searchParams]).to.deep.equal([...new URL(link).searchParams]);
      },
    );
  });

  describe("an invitation that is accepted", () => {
    fact(
      "makes a member, with its role and its scopes",
      "what was invited is what becomes true: nothing is to be repaired after acceptance",
      async () => {
        const person = server().person();
        const scopes = ["GET /api/chunk"];
        await server().join(organization, person, { user_role: 1, scopes });
        expect(await rowsOf(person)).to.deep.equal([
          `member admin ${person.email} [GET /api/chunk]`,
          `used admin ${person.email} [GET /api/chunk]`,
        ]);
      },
    );

    fact(
      "stays in the list as used, with its time",
      "used rows are history: the output invitedAt comes from them, and nothing else does",
      async () => {
        const person = server().person();
        await server().invite(organization, person.email);
        const before = await server().invitation(organization, person.email);
        await server().accepts(organization, before.id, person);
        const after = await server().invitation(organization, person.email);
        expect(after).to.deep.equal({ ...before, used: true });
      },
    );

    fact("is not accepted by somebody else", "an invitation is for one address", async () => {
      const person = server().person();
      await server().invite(organization, person.email);
      const { id } = await server().invitation(organization, person.email);
      const { accepted } = await server().open(organization, id, server().person("mallory"));
      expect(accepted).to.equal(false);
      expect(await rowsOf(person)).to.deep.equal([`pending user ${person.email}`]);
    });

    fact(
      "may be accepted by an address with capitals",
      "the member then has another spelling than the invitation, and both are the same person",
      async function () {
        const person = server().person("Carol");
        const lower = person.email.toLowerCase();
        await server().invite(organization, lower);
        const { id } = await server().invitation(organization, lower);
        await server().accepts(organization, id, person);
        const { email } = await server().member(organization, person);
        expect(await rowsOf(person)).to.deep.equal([`member user ${email}`, `used user ${lower}`]);
        if (email === lower) {
          this.skip();
        }
        expect(email).to.equal(person.email);
      },
    );

    fact(
      "stays pending if who opens it is a member already",
      "a member with a pending row is a member",
      async () => {
        const person = server().person();
        const upper = person.email.toUpperCase();
        await server().join(organization, person);
        expect(outcome(await server().invite(organization, upper))).to.equal("204");
        const { id } = await server().invitation(organization, upper);
        await server().accepts(organization, id, person);
        expect(await rowsOf(person)).to.deep.equal([
          `member user ${person.email}`,
          `pending user ${upper}`,
          `used user ${person.email}`,
        ]);
      },
    );
  });

  describe("an address with an account", () => {
    fact(
      "is added at once, without a row",
      "after a POST the provider looks among the members too",
      async () => {
        const person = await server().account();
        const more = { user_role: 1, scopes: ["GET /api/chunk"] };
        expect(outcome(await server().invite(organization, person.email, more))).to.equal("204");
        expect(await rowsOf(person)).to.deep.equal([
          `member admin ${person.email} [GET /api/chunk]`,
        ]);
        expect((await server().member(organization, person)).userId).to.equal(person.userId);
      },
    );

    fact(
      "is refused when it is a member, by name",
      "by this text the provider knows that its lists are out of date, and looks again",
      async () => {
        const person = await server().account();
        await server().invite(organization, person.email);
        const reply = await server().invite(organization, person.email, { user_role: 1 });
        expect(outcome(reply)).to.equal(
          `400 User with email ${person.email} is already in the organization`,
        );
        expect(alreadyMember(messageOf(reply))).to.equal(true);
        expect(alreadyInvited(messageOf(reply))).to.equal(false);
        expect(await rowsOf(person)).to.deep.equal([`member user ${person.email}`]);
      },
    );

    fact(
      "is not recognized in another spelling, not even as a member",
      "the provider has to find members without regard to case, or it invites them again",
      async () => {
        const person = await server().account();
        const upper = person.email.toUpperCase();
        await server().invite(organization, person.email);
        expect(outcome(await server().invite(organization, upper))).to.equal("204");
        expect(await rowsOf(person)).to.deep.equal([
          `member user ${person.email}`,
          `pending user ${upper}`,
        ]);
      },
    );

    fact(
      "with capitals is added only in that very spelling",
      "a member's own spelling is what brings them back at once",
      async function () {
        const carol = await server().accountWithCapitals(this);
        const lower = carol.email.toLowerCase();
        expect(outcome(await server().invite(organization, lower))).to.equal("204");
        expect(await rowsOf(carol)).to.deep.equal([`pending user ${lower}`]);
        expect(outcome(await server().invite(organization, carol.email))).to.equal("204");
        expect(await rowsOf(carol)).to.deep.equal([
          `member user ${carol.email}`,
          `pending user ${lower}`,
        ]);
      },
    );
  });

  describe("a used row", () => {
    fact(
      "does not keep a removed member out",
      "the account is found first: one POST brings them back",
      async () => {
        const person = server().person();
        const { userId } = await server().join(organization, person);
        await server().removeMember(organization, userId);
        expect(await rowsOf(person)).to.deep.equal([`used user ${person.email}`]);
        expect(outcome(await server().invite(organization, person.email))).to.equal("204");
        expect(await rowsOf(person)).to.deep.equal([
          `member user ${person.email}`,
          `used user ${person.email}`,
        ]);
      },
    );

    fact(
      "of another spelling than the account's does, until it is deleted",
      "the provider deletes used rows of an absent person before it invites them",
      async function () {
        const carol = await server().accountWithCapitals(this);
        const lower = carol.email.toLowerCase();
        await server().invite(organization, lower);
        const { id } = await server().invitation(organization, lower);
        await server().accepts(organization, id, carol);
        await server().removeMember(organization, carol.userId);
        const refused = await server().invite(organization, lower);
        expect(outcome(refused)).to.equal(`400 User with email ${lower} has already been invited`);
        expect(await rowsOf(carol)).to.deep.equal([`used user ${lower}`]);
        expect(outcome(await server().deleteInvitation(organization, id))).to.equal("204");
        expect(outcome(await server().invite(organization, lower))).to.equal("204");
        expect(await rowsOf(carol)).to.deep.equal([`pending user ${lower}`]);
      },
    );
  });

  describe("deleting an invitation", () => {
    fact(
      "ends a pending one: its link lets nobody in",
      "a withdrawn invitation is withdrawn",
      async () => {
        const person = server().person();
        await server().invite(organization, person.email);
        const { id } = await server().invitation(organization, person.email);
        expect(await server().deleteInvitation(organization, id)).to.deep.equal({
          status: 204,
          body: "",
        });
        expect((await server().open(organization, id, person)).accepted).to.equal(false);
        expect(await rowsOf(person)).to.deep.equal([]);
      },
    );

    fact(
      "lets the address be invited anew",
      "no request changes an invitation: a change is a deletion and a POST",
      async () => {
        const { email } = server().person();
        await server().invite(organization, email);
        const { id } = await server().invitation(organization, email);
        await server().deleteInvitation(organization, id);
        const again = await server().invite(organization, email, { user_role: 1 });
        expect(outcome(again)).to.equal("204");
        expect(await rowsOf({ email })).to.deep.equal([`pending admin ${email}`]);
        expect((await server().invitation(organization, email)).id).to.not.equal(id);
      },
    );

    fact(
      "that was accepted leaves the member in",
      "old rows can be cleared away without harm",
      async () => {
        const person = server().person();
        await server().join(organization, person);
        const { id } = await server().invitation(organization, person.email);
        expect(outcome(await server().deleteInvitation(organization, id))).to.equal("204");
        expect(await rowsOf(person)).to.deep.equal([`member user ${person.email}`]);
      },
    );

    fact(
      "that is not there is a 400 with a text of its own",
      "deleting what somebody else has deleted is success, and only this text tells",
      async () => {
        const { email } = server().person();
        await server().invite(organization, email);
        const { id } = await server().invitation(organization, email);
        await server().deleteInvitation(organization, id);
        for (const gone of [id, nobody]) {
          const reply = await server().deleteInvitation(organization, gone);
          expect(outcome(reply)).to.equal("400 Error getting invitation.");
          expect(invitationGone(messageOf(reply))).to.equal(true);
        }
      },
    );
  });

  fact(
    "an old link lets a removed member in again",
    "a removal deletes every unused invitation of the person too",
    async () => {
      const person = server().person();
      await server().invite(organization, person.email);
      const { id } = await server().invitation(organization, person.email);
      // They get their account in another place, and are added directly. The row stays as it is.
      const elsewhere = await server().organization();
      await server().join(elsewhere, person);
      expect(outcome(await server().invite(organization, person.email))).to.equal("204");
      expect(await rowsOf(person)).to.deep.equal([
        `member user ${person.email}`,
        `pending user ${person.email}`,
      ]);
      const { userId } = await server().member(organization, person);
      await server().removeMember(organization, userId);
      expect(await rowsOf(person)).to.deep.equal([`pending user ${person.email}`]);
      await server().accepts(organization, id, person);
      expect(await rowsOf(person)).to.deep.equal([
        `member user ${person.email}`,
        `used user ${person.email}`,
      ]);
    },
  );

  // On another server its mail server would have to be broken for this.
  if (settings === undefined) {
    fact(
      "a mail that fails is a 400 after the row is written",
      "the provider does not post again before it has looked",
      async () => {
        const { simulator } = server().target;
        const { email } = server().person();
        const account = await server().account();
        if (simulator !== undefined) {
          simulator.mailWorks = false;
        }
        const replies = [
          await server().invite(organization, email),
          await server().invite(organization, account.email),
        ];
        if (simulator !== undefined) {
          simulator.mailWorks = true;
        }
        for (const reply of replies) {
          expect(outcome(reply)).to.equal("400 Error sending email.");
          expect(mailFailed(messageOf(reply))).to.equal(true);
        }
        expect(await rowsOf({ email })).to.deep.equal([`pending user ${email}`]);
        expect(await rowsOf(account)).to.deep.equal([`member user ${account.email}`]);
      },
    );
  }
});
