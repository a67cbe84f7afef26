import * as v from "valibot";
import { type Call, Client, type Permit, type Unclear, type WriteResult } from "./client";
import { isOf, unexpected } from "./errors";
import type { Response } from "./http";
import { parse, type Role, roleFrom, roleNumber, uuid } from "./model";
import { organizationMissing } from "./quirks";

/** Whose key it is, and which organizations that account is in. */
export interface Identity {
  readonly userId: string;
  readonly email: string;
  /** All that are not deleted. */
  readonly organizations: readonly {
    readonly id: string;
    readonly name: string;
    readonly role: Role;
  }[];
}

/** A key of an organization as the server lists it: never the key itself, nor its scopes, nor until when it is good. */
export interface KeyEntry {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** `null`: all of the organization. */
  readonly datasetIds: readonly string[] | null;
}

/** A key that is to be made. What is left out is no restriction. */
export interface NewKey {
  readonly name: string;
  readonly role: Role;
  readonly scopes?: readonly string[];
  readonly datasetIds?: readonly string[];
  /**
   * RFC 3339 with `Z`, as `2027-01-31T00:00:00Z`. Other forms the server drops without a word: such a key never expires.
   */
  readonly expiresAt?: string;
}

/** A write that is answered with what it has made. */
export type MakeResult<T> = { readonly result: "done"; readonly made: T } | Unclear;

const role = v.pipe(v.number(), v.transform(roleFrom));

const identity = v.pipe(
  v.object({
    id: uuid,
    email: v.string(),
    user_orgs: v.array(v.object({ organization_id: v.string(), role })),
    orgs: v.array(v.object({ id: uuid, name: v.string() })),
  }),
  v.transform(
    ({ id: userId, email, user_orgs, orgs }): Identity => ({
      userId,
      email,
      organizations: orgs.map(({ id, name }) => ({
        id,
        name,
        role: user_orgs.find((membership) => membership.organization_id === id)?.role ?? "user",
      })),
    }),
  ),
);

const organization = v.object({ id: uuid, name: v.string() });
const organizationAndPlan = v.object({ organization });

const keyPage = v.object({
  api_keys: v.array(
    v.pipe(
      v.object({
        id: uuid,
        name: v.string(),
        role,
        dataset_ids: v.nullish(v.array(v.string()), null),
      }),
      v.transform(({ dataset_ids: datasetIds, ...key }): KeyEntry => ({ ...key, datasetIds })),
    ),
  ),
  cursor: v.nullable(v.string()),
});

const pageSize = 100;

const newKey = v.object({ api_key: v.pipe(v.string(), v.regex(/^[\x21-\x7e]+$/, "no key")) });

const datasets = v.array(v.object({ dataset: v.object({ id: uuid, name: v.string() }) }));

/** What it takes beyond people: organizations, and the keys of one. Knows no policy. */
export class AdminClient extends Client {
  /** Undefined for an organization key, which is nobody's. */
  identity(): Promise<Identity | undefined> {
    return this.me((json) => parse(identity, json));
  }

  /** Its name; only for keys of role admin and above. */
  organizationName(id: string): Promise<string> {
    const call = this.call("GET", `/api/organization/${id}`, "read the settings", id);
    return this.read(call, (json) => parse(organizationAndPlan, json).organization.name);
  }

  /**
   * What some work about an organization comes to; undefined if that is gone. The server says that it does not know one
   * to anybody, so it counts only if it knows the account that asks, and that account is not in the organization.
   */
  async unlessGone<T>(organizationId: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!isOf("NotFound", error, organizationMissing)) throw error;
      const me = await this.identity();
      if (me?.organizations.every(({ id }) => id !== organizationId)) return undefined;
      throw error;
    }
  }

  /** Its account becomes owner. With an organization key, which is nobody's, the server leaves one without anybody. */
  createOrganization(name: string, permit?: Permit): Promise<MakeResult<{ readonly id: string }>> {
    const what = `make organization ${JSON.stringify(name)}`;
    const call = this.call("POST", "/api/organization", what, undefined, { name });
    return this.#make(call, (json) => parse(organization, json), permit);
  }

  /** The server answers with the name that it has stored, which is another one if there is markup in it. */
  renameOrganization(
    id: string,
    name: string,
    permit?: Permit,
  ): Promise<MakeResult<{ readonly name: string }>> {
    const what = `rename it to ${JSON.stringify(name)}`;
    const call = this.call("PUT", "/api/organization", what, id, { name });
    return this.#make(call, (json) => parse(organization, json), permit);
  }

  /** With its datasets. */
  deleteOrganization(id: string, permit?: Permit): Promise<WriteResult> {
    const call = this.call("DELETE", `/api/organization/${id}`, "delete it", id);
    return this.change<never>(call, () => undefined, permit);
  }

  /** Names of the datasets of an organization. */
  listDatasets(id: string): Promise<string[]> {
    const call = this.call("GET", `/api/dataset/organization/${id}`, "list the datasets", id);
    return this.read(call, (json) => parse(datasets, json).map(({ dataset }) => dataset.name));
  }

  /** All keys of an organization, expired ones included. */
  async keys(organizationId: string): Promise<KeyEntry[]> {
    const keys: KeyEntry[] = [];
    let after: string | undefined;
    for (;;) {
      const from = after === undefined ? "" : `&cursor=${encodeURIComponent(after)}`;
      const path = `/api/organization/api_key?limit=${pageSize}${from}`;
      const call = this.call("GET", path, "list the API keys", organizationId);
      const page = await this.read(call, (json) => parse(keyPage, json));
      keys.push(...page.api_keys);
      if (page.api_keys.length < pageSize || page.cursor === null) return keys;
      // A cache that answers without regard to the query would do so for ever.
      if (after !== undefined && page.cursor <= after)
        throw unexpected(call, 200, "cursor: expected a later one");
      after = page.cursor;
    }
  }

  /** Makes an organization key, and tells its text, this once. It does not tell the id. */
  createKey(
    organizationId: string,
    { name, role, scopes, datasetIds, expiresAt }: NewKey,
    permit?: Permit,
  ): Promise<MakeResult<string>> {
    const what = "make an API key";
    const call = this.call("POST", "/api/organization/api_key", what, organizationId, {
      name,
      role: roleNumber(role),
      scopes,
      dataset_ids: datasetIds,
      expires_at: expiresAt,
    });
    return this.#make(call, (json) => parse(newKey, json).api_key, permit);
  }

  /** Done also if there is none of that id in this organization. */
  deleteKey(organizationId: string, id: string, permit?: Permit): Promise<WriteResult> {
    const path = `/api/organization/api_key/${encodeURIComponent(id)}`;
    const call = this.call("DELETE", path, `delete API key ${id}`, organizationId);
    return this.change<never>(call, () => undefined, permit);
  }

  #make<T>(call: Call, read: (json: unknown) => T, permit?: Permit): Promise<MakeResult<T>> {
    const meaningOf = (response: Response) =>
      response.status === 200
        ? ({ result: "done", made: this.parsed(call, response, read) } as const)
        : undefined;
    return this.write(call, meaningOf, permit);
  }
}
