import { expect } from "chai";
import {
  type KeyInputs,
  KeyRing,
  makeKey,
  readKey,
  removeKey,
} from "../../provider/resources/apiKey";
import {
  makeOrganization,
  type Server as Place,
  readOrganization,
  removeOrganization,
  renameOrganization,
} from "../../provider/resources/organization";
import { AdminClient } from "../../provider/trieve/admin";
import { organizationMissing } from "../../provider/trieve/quirks";
import {
  type Asking,
  conformance,
  fact,
  messageOf,
  nobody,
  type Organization,
  outcome,
} from "./server";

interface Key {
  readonly id: string;
  readonly name: string;
  readonly role: number;
  readonly dataset_ids: string[] | null;
}

conformance("organizations and keys", (server) => {
  const none = { id: nobody, key: "" };
  /** A request with the admin key; of no organization unless told. */
  const admin = (method: string, path: string, asking: Asking = {}) =>
    server().ask(none, method, path, {
      key: server().target.adminKey,
      organization: null,
      ...asking,
    });
  const whoAmI = async () =>
    JSON.parse((await admin("GET", "/api/auth/me")).body) as {
      id: string;
      orgs: { id: string; name: string }[];
    };
  const newKey = (organization: Organization, body: object) =>
    server().ask(organization, "POST", "/api/organization/api_key", { body });
  const textOf = ({ body }: { body: string }) => (JSON.parse(body) as { api_key: string }).api_key;
  const page = async (organization: Organization, query: string) =>
    JSON.parse(
      (await server().ask(organization, "GET", `/api/organization/api_key${query}`)).body,
    ) as { api_keys: Key[]; cursor: string | null };
  const statusWith = async (organization: Organization, key: string) =>
    (await server().ask(organization, "GET", `/api/invitations/${organization.id}`, { key }))
      .status;

  fact(
    "the admin key's account is in the organization that it makes, as its only member",
    "by this list a run tells what it has made, and an empty one from one that is in use",
    async () => {
      const organization = await server().organization();
      const me = await whoAmI();
      expect(me.orgs.map(({ id }) => id)).to.include(organization.id);
      expect((await server().members(organization)).map(({ userId }) => userId)).to.deep.equal([
        me.id,
      ]);
    },
  );

  fact(
    "a second organization of the same name is another one",
    "a POST must not be repeated before a look",
    async () => {
      const organization = await server().organization();
      const { name } = (await whoAmI()).orgs.find(({ id }) => id === organization.id) ?? {};
      const again = await admin("POST", "/api/organization", { body: { name } });
      const { id } = JSON.parse(again.body) as { id: string };
      expect(id).not.to.equal(organization.id);
      const cleanUp = await admin("DELETE", `/api/organization/${id}`, { organization: id });
      expect(outcome(cleanUp)).to.equal("204");
    },
  );

  fact(
    "an organization key is nobody's",
    "it is refused before the POST, which would leave an organization without anybody",
    async () => {
      const organization = await server().organization();
      const me = await server().ask(organization, "GET", "/api/auth/me", { organization: null });
      expect(outcome(me)).to.equal("400 Error loading user by itself for get_user_by_id_query");
    },
  );

  for (const [name, stored] of [
    ['The "best" team\'s – 7', 'The "best" team\'s – 7'],
    ["a & b", "a &amp; b"],
    ["a > b", "a &gt; b"],
    ["<b>bold</b>", "bold"],
    [" wide", "wide"],
  ] as const)
    fact(
      `a rename to ${JSON.stringify(name)} is stored as ${JSON.stringify(stored)}`,
      "names that are stored otherwise would differ in every preview, so they are refused",
      async () => {
        const organization = await server().organization();
        const renamed = await server().ask(organization, "PUT", "/api/organization", {
          body: { name },
        });
        expect((JSON.parse(renamed.body) as { name: string }).name).to.equal(stored);
      },
    );

  fact(
    "one that is deleted is unknown to everybody, and gone from its account's list",
    "404 counts as gone only together with that list",
    async () => {
      const organization = await server().organization();
      const path = `/api/organization/${organization.id}`;
      expect(outcome(await server().ask(organization, "DELETE", path))).to.equal("204");
      for (const key of [organization.key, server().target.adminKey, null, "tr-unknown"]) {
        const reply = await server().ask(organization, "GET", path, { key });
        expect(reply.status).to.equal(404);
        expect(organizationMissing(messageOf(reply))).to.equal(true);
      }
      expect((await whoAmI()).orgs.map(({ id }) => id)).not.to.include(organization.id);
    },
  );

  fact(
    "datasets are listed, and do not keep an organization from being deleted",
    "the provider itself refuses to, unless that is meant",
    async () => {
      const organization = await server().organization();
      const path = `/api/dataset/organization/${organization.id}`;
      expect(await server().list(organization, path)).to.deep.equal([]);
      await server().ask(organization, "POST", "/api/dataset", { body: { dataset_name: "docs" } });
      const rows = (await server().list(organization, path)) as { dataset: { name: string } }[];
      expect(rows.map(({ dataset }) => dataset.name)).to.deep.equal(["docs"]);
      const deleted = await server().ask(
        organization,
        "DELETE",
        `/api/organization/${organization.id}`,
      );
      expect(outcome(deleted)).to.equal("204");
    },
  );

  fact(
    "a new key is told once, without its id; the list has neither scopes nor expiry",
    "the id is found by lists before and after, and what no list tells is no drift",
    async () => {
      const organization = await server().organization();
      const made = await newKey(organization, {
        name: "new",
        role: 1,
        scopes: ["GET /api/chunk"],
        expires_at: "2099-01-01T00:00:00Z",
      });
      expect(Object.keys(JSON.parse(made.body) as object)).to.deep.equal(["api_key"]);
      const { api_keys } = await page(organization, "?limit=100");
      const key = api_keys.find(({ name }) => name === "new");
      expect(key).to.include({ role: 1, dataset_ids: null });
      expect(key).not.to.have.any.keys("scopes", "expires_at", "api_key");
    },
  );

  fact(
    "the list of keys comes in pages, by id, each after the last of the page before",
    "a key that stands on another page must not seem to be gone",
    async () => {
      const organization = await server().organization();
      for (let i = 0; i < 11; i++) await newKey(organization, { name: `key ${i}`, role: 0 });
      const all = (await page(organization, "?limit=100")).api_keys.map(({ id }) => id);
      expect(all)
        .to.have.lengthOf(12)
        .and.to.deep.equal([...all].sort());
      const first = await page(organization, "");
      expect(first.api_keys.map(({ id }) => id)).to.deep.equal(all.slice(0, 10));
      const second = await page(organization, `?limit=5&cursor=${first.cursor}`);
      expect(second.api_keys.map(({ id }) => id)).to.deep.equal(all.slice(10));
      expect(await page(organization, `?cursor=${second.cursor}`)).to.deep.equal({
        api_keys: [],
        cursor: null,
      });
    },
  );

  for (const [expiry, status] of [
    ["2099-01-01T00:00:00Z", 200],
    ["2020-01-01T00:00:00Z", 401],
    ["2020-01-01T00:00:00", 200],
    ["soon", 200],
  ] as const)
    fact(
      `a key with expires_at ${expiry} is answered ${status}`,
      "a time without a zone makes a key that never expires, so it is sent with Z",
      async () => {
        const organization = await server().organization();
        const made = await newKey(organization, { name: "x", role: 2, expires_at: expiry });
        expect(await statusWith(organization, textOf(made))).to.equal(status);
      },
    );

  fact(
    "DELETE of a key says 204 always, and does nothing with another organization in the header",
    "a key is deleted within its own organization, and one that is gone is success",
    async () => {
      const organization = await server().organization();
      const other = await server().organization();
      const text = textOf(await newKey(organization, { name: "x", role: 2 }));
      const { api_keys } = await page(organization, "?limit=100");
      const path = `/api/organization/api_key/${api_keys.find(({ name }) => name === "x")?.id}`;
      expect(outcome(await server().ask(other, "DELETE", path))).to.equal("204");
      expect(await statusWith(organization, text)).to.equal(200);
      for (let i = 0; i < 2; i++)
        expect(outcome(await server().ask(organization, "DELETE", path))).to.equal("204");
      expect(await statusWith(organization, text)).to.equal(401);
    },
  );

  it("the provider's own operations: an organization and a key live, and end", async () => {
    const place: Place = {
      client: new AdminClient({
        apiUrl: server().target.url,
        apiKey: server().target.adminKey,
        maxConcurrency: 4,
        keyAdvice: "",
        limits: { firstPauseMs: 50 },
      }),
      mayBegin: async () => {},
      warn: () => {},
    };
    const name = `conformance ${server().person().email}`;
    const id = await makeOrganization(name, place);
    expect(await makeOrganization(name, place), "empty, it is taken over").to.equal(id);
    await renameOrganization(id, `${name} too`, place);
    expect(await readOrganization(id, true, place)).to.equal(`${name} too`);

    const inputs: KeyInputs = {
      organizationId: id,
      name: "pulumi",
      role: "owner",
      tag: "1a2b3c4d",
    };
    const lost = await makeKey(inputs, new KeyRing(), place);
    const key = await makeKey(inputs, new KeyRing(), place);
    const organization = { id, key: key.outputs.apiKey };
    expect(await statusWith(organization, lost.outputs.apiKey)).to.equal(401);
    expect(await statusWith(organization, key.outputs.apiKey)).to.equal(200);
    expect(await readKey(key.id, key.outputs, new KeyRing(), place)).to.deep.equal(key.outputs);
    await removeKey(key.id, key.outputs, new KeyRing(), place);
    expect(await readKey(key.id, key.outputs, new KeyRing(), place)).to.equal(undefined);

    await removeOrganization(id, { name, forceDestroy: false }, place);
    expect(await readOrganization(id, true, place)).to.equal(undefined);
  });
});
