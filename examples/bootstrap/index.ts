import { Config, getStack } from "@pulumi/pulumi";
import {
  Provider,
  TrieveApiKey,
  TrieveOrganization,
  TrieveRoster,
  type TrieveRosterArgs,
} from "pulumi-trieve";

const environment = getStack();

// Set in Pulumi.<stack>.yaml.
const config = new Config();
export const apiUrl = config.require("apiUrl");
const redirectUri = config.require("redirectUri");
const disposable = config.getBoolean("disposable") ?? false;
const limits = config.getObject<TrieveRosterArgs["limits"]>("limits") ?? {};

// Uses the admin key, only to create the organization and its key.
const server = new Provider("server", {
  apiKey: config.requireSecret("adminKey"),
  apiUrl,
  redirectUri,
});

const organization = new TrieveOrganization(
  "organization",
  { name: environment, forceDestroy: disposable },
  { provider: server, protect: !disposable },
);

const key = new TrieveApiKey(
  "key",
  {
    organizationId: organization.id,
    name: "pulumi",
    role: "owner",
    rotateTrigger: config.get("keyVersion") ?? "1",
  },
  { provider: server },
);

const members = new Provider("members", {
  apiKey: key.apiKey,
  organizationId: organization.id,
  apiUrl,
  redirectUri,
});

const roster = new TrieveRoster(
  "people",
  {
    file: `people/${environment}.yaml`,
    limits: disposable ? { ...limits, maxRemovals: "100%" } : limits,
  },
  { provider: members },
);

// Outputs for other stacks.
export const organizationId = organization.id;
export const people = roster.people;
export const counts = roster.counts;
