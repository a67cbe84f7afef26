import * as v from "valibot";
import { Client } from "../trieve/client";
import { Declined, UnexpectedAnswer } from "../trieve/errors";
import { describeMismatch, parse, type Role, roleFrom, roleNumber, uuid } from "../trieve/model";
import { keyWithoutAccount } from "../trieve/quirks";

/** Whose key it is, and which organizations that account is in. */
export interface Identity {
  readonly email: string;
  readonly organizations: readonly {
    readonly id: string;
    readonly name: string;
    readonly role: Role;
  }[];
}

/** A key of an organization as the server lists it: never the key itself. */
export interface KeyEntry {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
}

const role = v.pipe(v.number(), v.transform(roleFrom));

const identity = v.pipe(
  v.object({
    email: v.string(),
    user_orgs: v.array(v.object({ organization_id: v.string(), role })),
    orgs: v.array(v.object({ id: uuid, name: v.string() })),
  }),
  v.transform(
    ({ email, user_orgs, orgs }): Identity => ({
      email,
      organizations: orgs.map(({ id, name }) => ({
        id,
        name,
        role: user_orgs.find((membership) => membership.organization_id === id)?.role ?? "user",
      })),
    }),
  ),
);

const organization = v.object({ organization: v.object({ name: v.string() }) });

const keyPage = v.object({
  api_keys: v.array(v.object({ id: v.string(), name: v.string(), role })),
  cursor: v.nullable(v.string()),
});

const pageSize = 100;

const newKey = v.object({ api_key: v.pipe(v.string(), v.regex(/^[\x21-\x7e]+$/, "no key")) });

/** What it takes beyond people: whose key this is, and the keys of an organization. */
export class AdminClient extends Client {
  /** Undefined for an organization key, which is nobody's. */
  async identity(): Promise<Identity | undefined> {
    const call = {
      ...this.attempt("ask whose API key this is"),
      method: "GET",
      path: "/api/auth/me",
    } as const;
    try {
      return await this.read(call, (json) => parse(identity, json));
    } catch (error) {
      if (error instanceof Declined && keyWithoutAccount(error.serverMessage)) return undefined;
      throw error;
    }
  }

  /** Its name; only for keys of role admin and above. */
  organizationName(organizationId: string): Promise<string> {
    const call = {
      ...this.attempt("look around", organizationId),
      method: "GET",
      path: `/api/organization/${organizationId}`,
    } as const;
    return this.read(call, (json) => parse(organization, json).organization.name);
  }

  /** The first thousand keys of an organization. */
  async keys(organizationId: string): Promise<KeyEntry[]> {
    const keys: KeyEntry[] = [];
    let from = "";
    for (let pages = 0; pages < 10; pages++) {
      const call = {
        ...this.attempt("list the API keys", organizationId),
        method: "GET",
        path: `/api/organization/api_key?limit=${pageSize}${from}`,
      } as const;
      const page = await this.read(call, (json) => parse(keyPage, json));
      keys.push(...page.api_keys);
      if (page.api_keys.length < pageSize || page.cursor === null) break;
      from = `&cursor=${encodeURIComponent(page.cursor)}`;
    }
    return keys;
  }

  /** Makes an organization key. The server tells it this once. Never repeated: a failure may have made one. */
  async createKey(organizationId: string, name: string, role: Role): Promise<string> {
    const call = {
      ...this.attempt("make an API key", organizationId),
      method: "POST",
      path: "/api/organization/api_key",
      body: { name, role: roleNumber(role) },
    } as const;
    const response = await this.exchange(call, this.limits.readMs);
    if (response.status !== 200) throw this.failure(call, response);
    try {
      return parse(newKey, JSON.parse(response.text)).api_key;
    } catch (error) {
      throw new UnexpectedAnswer(call, response.status, this.withoutKey(describeMismatch(error)));
    }
  }
}
