import { expect } from "chai";
import { parseAccount } from "../../provider/trieve/model";
import { keyWithoutAccount } from "../../provider/trieve/quirks";
import {
  type Asking,
  conformance,
  fact,
  messageOf,
  nobody,
  type Organization,
  outcome,
} from "./server";

conformance("who may do what", (server) => {
  let organization: Organization;
  let other: Organization;
  let keys: { user: string; admin: string };

  before(async () => {
    organization = await server().organization();
    other = await server().organization();
    keys = {
      user: await server().key(organization, "user"),
      admin: await server().key(organization, "admin"),
    };
  });

  const noUuid = "400 Could not convert Organization to UUID";
  const noOrganization = "404 Not Found: Organization not found";
  const matrix: [who: string, asking: () => Asking, list: string, invite: string, why: string][] = [
    [
      "no key",
      () => ({ key: null }),
      "401 Unauthorized",
      "401 Unauthorized",
      "401 means that the key is at fault",
    ],
    [
      "an unknown key",
      () => ({ key: "tr-nobodyknowsthiskey" }),
      "401 Unauthorized",
      "401 Unauthorized",
      "a rotated key is told by the 401, and the advice is about keys",
    ],
    [
      "a good key without an organization header",
      () => ({ organization: null }),
      "401 Unauthorized",
      "500 Could not get dataset from request",
      "every request about an organization carries the header, else a good key looks bad",
    ],
    [
      "an organization header that is no UUID",
      () => ({ organization: "zzz" }),
      noUuid,
      noUuid,
      "the id is checked before it is sent",
    ],
    [
      "an unknown organization",
      () => ({ organization: nobody }),
      noOrganization,
      noOrganization,
      "404 speaks of the organization, never of the person: it must not read as `gone`",
    ],
    [
      "an unknown organization, no key",
      () => ({ organization: nobody, key: null }),
      noOrganization,
      noOrganization,
      "404 comes before the key is looked at, so it says nothing about the key",
    ],
    [
      "another organization's key",
      () => ({ key: other.key }),
      "403 Forbidden",
      "403 Forbidden",
      "403 means that the key is good, but not for this",
    ],
    [
      "a key of role user",
      () => ({ key: keys.user }),
      "403 Forbidden",
      "403 Forbidden",
      "a key of role user is of no use: even the lists are closed to it",
    ],
    [
      "a key of role admin",
      () => ({ key: keys.admin }),
      "200",
      "204",
      "a key of role admin is enough for users and admins",
    ],
    ["a key of role owner", () => ({}), "200", "204", "this is the key to be used"],
    [
      "the admin key",
      () => ({ key: server().target.adminKey }),
      "200",
      "204",
      "it acts as an owner of the organization",
    ],
  ];

  for (const [who, asking, list, invite, why] of matrix) {
    fact(`${who}: lists ${list}, invite ${invite}`, why, async () => {
      const { id } = organization;
      for (const path of [`/api/invitations/${id}`, `/api/organization/users/${id}`]) {
        const reply = await server().ask(organization, "GET", path, asking());
        expect(outcome(reply), path).to.equal(list);
      }
      const { email } = server().person();
      const reply = await server().invite(organization, email, {}, asking());
      expect(outcome(reply), "POST /api/invitation").to.equal(invite);
    });
  }

  fact(
    "a key of role user changes nothing",
    "such a key is refused before anything is written",
    async () => {
      const { userId } = await server().join(organization, server().person());
      const { email } = server().person();
      await server().invite(organization, email);
      const { id } = await server().invitation(organization, email);
      const asUser = { id: organization.id, key: keys.user };
      expect(outcome(await server().deleteInvitation(asUser, id))).to.equal("403 Forbidden");
      expect(outcome(await server().removeMember(asUser, userId))).to.equal("403 Forbidden");
      expect(outcome(await server().updateMember(asUser, userId, { role: 0 }))).to.equal(
        "400 You must have an admin or owner role to update other users",
      );
    },
  );

  fact(
    "a key of role admin invites, promotes and removes nobody above itself",
    "the user is told to take a key of role owner, and nothing was written",
    async () => {
      const asAdmin = { id: organization.id, key: keys.admin };
      const owner = await server().join(organization, server().person(), { user_role: 2 });
      const user = await server().join(organization, server().person());
      const { email } = server().person();
      expect(outcome(await server().invite(asAdmin, email, { user_role: 2 }))).to.equal(
        "400 Can not invite user with higher role than yours",
      );
      expect(await server().rowsOf(organization, { email })).to.deep.equal([]);
      expect(outcome(await server().updateMember(asAdmin, user.userId, { role: 2 }))).to.equal(
        "400 Can not grant a user a higher role than that of the requesting user's",
      );
      expect(await server().rowsOf(organization, user)).to.include(`member user ${user.email}`);
      expect(outcome(await server().removeMember(asAdmin, owner.userId))).to.equal("403 Forbidden");
      expect(await server().rowsOf(organization, owner)).to.include(`member owner ${owner.email}`);
    },
  );

  fact(
    "a key of role admin invites and removes its equals, and demotes owners",
    "the server does not guard owners from admins: the provider has to",
    async () => {
      const asAdmin = { id: organization.id, key: keys.admin };
      const admin = server().person();
      const { userId } = await server().join(asAdmin, admin, { user_role: 1 });
      expect(outcome(await server().removeMember(asAdmin, userId))).to.equal("204");
      const owner = await server().join(organization, server().person(), { user_role: 2 });
      expect(outcome(await server().updateMember(asAdmin, owner.userId, { role: 0 }))).to.equal(
        "204",
      );
      expect(await server().rowsOf(organization, owner)).to.include(`member user ${owner.email}`);
    },
  );

  fact(
    "scopes name the routes that are open, and an empty list opens none",
    "no restriction is null: the provider refuses an empty list at preview",
    async () => {
      const list = ["GET", `/api/invitations/${organization.id}`] as const;
      const members = ["GET", `/api/organization/users/${organization.id}`] as const;
      const open = async (scopes: string[], [method, path]: readonly [string, string]) => {
        const key = await server().key(organization, "owner", scopes);
        return outcome(await server().ask(organization, method, path, { key }));
      };
      const route = "GET /api/invitations/{organization_id}";
      expect(await open([], list)).to.equal("403 Forbidden");
      expect(await open([route], list)).to.equal("200");
      expect(await open([route], members)).to.equal("403 Forbidden");
      expect(await open([route, "GET /api/organization"], members)).to.equal("200");
    },
  );

  fact(
    "an organization key is nobody's",
    "such a key has no account that it could lock out, and the provider knows it by this answer",
    async () => {
      for (const key of [organization.key, keys.admin, keys.user]) {
        const reply = await server().ask(organization, "GET", "/api/auth/me", {
          key,
          organization: null,
        });
        expect(reply.status).to.equal(400);
        expect(keyWithoutAccount(messageOf(reply)), reply.body).to.equal(true);
      }
    },
  );

  fact(
    "an account's key tells whose it is",
    "the provider never removes or demotes the account that its key belongs to",
    async () => {
      const reply = await server().ask(organization, "GET", "/api/auth/me", {
        key: server().target.adminKey,
        organization: null,
      });
      expect(reply.status).to.equal(200);
      const { userId, email } = parseAccount(JSON.parse(reply.body));
      const members = await server().members(organization);
      expect(members.find((member) => member.userId === userId)).to.include({
        email,
        role: "owner",
      });
    },
  );

  fact(
    "an unknown key is nobody's: 401",
    "a bad key must not pass for an organization key",
    async () => {
      for (const key of [null, "tr-nobodyknowsthiskey"]) {
        const asking = { key, organization: null };
        const reply = await server().ask(organization, "GET", "/api/auth/me", asking);
        expect(outcome(reply)).to.equal("401 Unauthorized");
      }
    },
  );

  fact(
    "a deleted key is unknown from then on: 401",
    "that is how the provider learns of a rotation",
    async () => {
      const place = await server().organization();
      const key = await server().key(place, "admin");
      const page = await server().list(place, "/api/organization/api_key");
      const { api_keys } = page as { api_keys: { id: string; role: number }[] };
      const id = api_keys.find(({ role }) => role === 1)?.id;
      const path = `/api/organization/api_key/${id}`;
      expect(outcome(await server().ask(place, "DELETE", path))).to.equal("204");
      const list = `/api/invitations/${place.id}`;
      expect(outcome(await server().ask(place, "GET", list, { key }))).to.equal("401 Unauthorized");
      expect(outcome(await server().ask(place, "GET", list))).to.equal("200");
    },
  );

  fact(
    "a deleted organization is an unknown one: 404",
    "the user is told that the organization is wrong, and nobody is reported as gone",
    async () => {
      const place = await server().organization();
      const path = `/api/organization/${place.id}`;
      expect(outcome(await server().ask(place, "DELETE", path))).to.equal("204");
      const list = await server().ask(place, "GET", `/api/invitations/${place.id}`);
      expect(outcome(list)).to.equal(noOrganization);
    },
  );
});
