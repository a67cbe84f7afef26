import { Config, getStack } from "@pulumi/pulumi";
import { TrieveRoster, type TrieveRosterArgs } from "pulumi-trieve";

const environment = getStack();

// A key of stack config, such as Pulumi.prod.yaml, or nothing.
const limits = new Config().getObject<TrieveRosterArgs["limits"]>("limits");

const roster = new TrieveRoster("people", {
  file: `people/${environment}.yaml`,
  ...(limits ? { limits } : {}),
});

// For other stacks.
const trieve = new Config("trieve");
export const organizationId = trieve.require("organizationId");
export const apiUrl = trieve.require("apiUrl");
export const people = roster.people;
export const counts = roster.counts;
