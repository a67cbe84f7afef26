import { expect } from "chai";
import { newestOf } from "../../provider/lifecycle/observe";
import { conformance, fact, outcome } from "./server";

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

conformance("the lists", (server) => {
  fact(
    "a new organization has its creator and no invitations",
    "an empty list is a list, not an error",
    async () => {
      const organization = await server().organization();
      expect(await server().invitations(organization)).to.deep.equal([]);
      const members = await server().members(organization);
      expect(members.map(({ role }) => role)).to.deep.equal(["owner"]);
    },
  );

  fact(
    "an invitation has an id, an address, a role, scopes, and whether it was used",
    "all that is known of a person who has not accepted is in this row",
    async () => {
      const organization = await server().organization();
      const scopes = ["GET /api/chunk/{chunk_id}", "POST /api/chunk/search"];
      const [plain, limited] = [server().person(), server().person()];
      await server().invite(organization, plain.email, { user_role: 1 });
      await server().invite(organization, limited.email, { scopes });
      const rows = (await server().list(
        organization,
        `/api/invitations/${organization.id}`,
      )) as Record<string, unknown>[];
      const of = (email: string) => rows.find((row) => row.email === email) ?? {};
      for (const row of rows) {
        expect(row).to.have.all.keys(
          ...["id", "email", "organization_id", "used", "role", "scopes"],
          ...["created_at", "updated_at"],
        );
        expect(row.id).to.match(uuid);
        expect(row.created_at, "UTC that does not say so").to.match(time);
        expect(row.organization_id).to.equal(organization.id);
      }
      expect(of(plain.email)).to.include({ used: false, role: 1, scopes: null });
      expect(of(limited.email)).to.deep.include({ used: false, role: 0, scopes });
      expect(await server().invitations(organization), "the provider reads them").to.have.length(2);
    },
  );

  fact(
    "a member has an id, an address, and one membership in this organization alone",
    "a role in another organization must not pass for one in this",
    async () => {
      const [organization, other] = [await server().organization(), await server().organization()];
      const person = server().person();
      await server().join(other, person, { user_role: 2, scopes: ["GET /api/chunk"] });
      await server().join(organization, server().person());
      expect(outcome(await server().invite(organization, person.email))).to.equal("204");
      const path = `/api/organization/users/${organization.id}`;
      const rows = (await server().list(organization, path)) as {
        id: string;
        user_orgs: Record<string, unknown>[];
      }[];
      for (const row of rows) {
        expect(row.id).to.match(uuid);
        expect(row.user_orgs).to.have.length(1);
        const [membership = {}] = row.user_orgs;
        expect(membership).to.include({ organization_id: organization.id, user_id: row.id });
        expect(membership.created_at, "UTC that does not say so").to.match(time);
      }
      expect(await server().rowsOf(organization, person)).to.deep.equal([
        `member user ${person.email}`,
      ]);
      expect(await server().rowsOf(other, person)).to.include(
        `member owner ${person.email} [GET /api/chunk]`,
      );
    },
  );

  fact(
    "the older path lists the same",
    "both are the server's: the provider may take either",
    async () => {
      const organization = await server().organization();
      await server().invite(organization, server().person().email);
      await server().invite(organization, server().person().email);
      const [newer, older] = [
        await server().list(organization, `/api/invitations/${organization.id}`),
        await server().list(organization, `/api/invitation/${organization.id}`),
      ];
      expect(older).to.have.deep.members(newer as unknown[]);
    },
  );

  fact(
    "lists are whole: there are no pages",
    "whoever were on a second page would be invited again",
    async () => {
      const organization = await server().organization();
      const emails = Array.from({ length: 21 }, () => server().person().email);
      for (const email of emails) {
        expect(outcome(await server().invite(organization, email))).to.equal("204");
      }
      const rows = await server().invitations(organization);
      expect(rows.map(({ email }) => email)).to.have.members(emails);
    },
  );

  fact(
    "a write is in the next list",
    "every write is confirmed by a list that is asked for after it",
    async () => {
      const organization = await server().organization();
      for (let i = 0; i < 5; i++) {
        const { email } = server().person();
        await server().invite(organization, email);
        const { id } = await server().invitation(organization, email);
        await server().deleteInvitation(organization, id);
        expect(await server().rowsOf(organization, { email })).to.deep.equal([]);
      }
    },
  );

  fact(
    "the time of an invitation tells which came last",
    "the link of the newest is the one to hand over",
    async () => {
      const organization = await server().organization();
      const { email } = server().person();
      for (const spelling of [email, email.toUpperCase(), email.replace("ada", "Ada")]) {
        expect(outcome(await server().invite(organization, spelling))).to.equal("204");
        const newest = newestOf(await server().invitations(organization));
        expect(newest?.email).to.equal(spelling);
      }
    },
  );
});
