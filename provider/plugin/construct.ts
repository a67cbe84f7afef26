// First, since it keeps what comes after it small.
import "./light";

import * as pulumi from "@pulumi/pulumi";
import type { ConstructRequest, ConstructResponse } from "@pulumi/pulumi/proto/provider_pb";
import { knownValue, ofOneDeployment } from "../deployment/engine";
import { idOf } from "../lifecycle/state";
import { type Native, runNatively } from "../program/native";
import { TrieveRoster, type TrieveRosterArgs } from "../program/roster";
import { unknownKey } from "../roster/words";
import { messages, Struct } from "./sdk";
import { type Failure, wrongArguments } from "./wire";

/** Parts of the SDK that its own server of components uses; not in its typed interface. */
const sdk = {
  settings: require("@pulumi/pulumi/runtime/settings") as {
    resetOptions(...options: unknown[]): void;
    awaitFeatureSupport(): Promise<void>;
    waitForRPCs(): Promise<void>;
  },
  state: require("@pulumi/pulumi/runtime/state") as {
    withLocalStorage<T>(work: () => Promise<T>): Promise<T>;
  },
  config: require("@pulumi/pulumi/runtime/config") as {
    setAllConfig(values: object, secretKeys: string[]): void;
  },
  rpc: require("@pulumi/pulumi/runtime/rpc") as {
    serializeResourceProperties(
      label: string,
      props: object,
    ): Promise<[Record<string, never>, Map<string, Set<pulumi.Resource>>]>;
  },
  server: require("@pulumi/pulumi/provider/server") as {
    deserializeInputs(inputs: unknown, dependencies: unknown): Promise<pulumi.Inputs>;
  },
};

const args = [
  ...["file", "members", "defaults", "organizationId", "deletionPolicy", "limits", "breakGlass"],
  "unmanaged",
];

/** Makes a roster of a program that has no side of ours: the same component as that of Node.js programs, in this process. */
export async function construct(
  request: ConstructRequest,
  engineAddress: string,
  self: string,
  native: Native,
): Promise<ConstructResponse> {
  if (request.getType() !== "trieve:index:Roster")
    throw new Error(`There is no component ${request.getType()} in this version.`);
  ofOneDeployment();
  runNatively(native);
  return sdk.state.withLocalStorage(async () => {
    sdk.settings.resetOptions(
      request.getProject(),
      request.getStack(),
      request.getParallel(),
      engineAddress,
      request.getMonitorendpoint(),
      request.getDryrun(),
      request.getOrganization(),
    );
    await sdk.settings.awaitFeatureSupport();
    const config = Object.fromEntries(request.getConfigMap().entries());
    sdk.config.setAllConfig(config, request.getConfigsecretkeysList());
    const inputs = await sdk.server.deserializeInputs(
      request.getInputs(),
      request.getInputdependenciesMap(),
    );
    const given = await argumentsOf(request.getName(), inputs);
    const roster = rosterOf(request, given, self);
    await roster.told;
    const response = new messages.ConstructResponse();
    response.setUrn((await knownValue(roster.urn)) ?? "");
    const { people, counts } = roster;
    const [state] = await sdk.rpc.serializeResourceProperties("Roster", { people, counts });
    response.setState(Struct.fromJavaScript(state));
    await sdk.settings.waitForRPCs();
    await declareAll(roster, given, native);
    return response;
  });
}

/** All but the organization are read at once, so each has to be known. */
async function argumentsOf(name: string, inputs: pulumi.Inputs): Promise<TrieveRosterArgs> {
  const unknown = Object.keys(inputs).filter((key) => !args.includes(key));
  const problems = unknown.map((key) => ({ path: key, text: unknownKey(key, args) }));
  const { organizationId, ...rest } = inputs;
  const known: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(rest)) {
    known[key] = await knownValue(pulumi.output(value));
    if (known[key] === undefined && value !== undefined)
      problems.push({ path: key, text: "must be a plain value, which is known before `up`" });
  }
  if (problems.length > 0) throw wrongArguments(`Roster "${name}" has wrong arguments.`, problems);
  return { ...known, ...(organizationId === undefined ? {} : { organizationId }) };
}

function rosterOf(request: ConstructRequest, given: TrieveRosterArgs, self: string): TrieveRoster {
  const providers = Object.fromEntries(
    [...request.getProvidersMap().entries()].map(([name, reference]) => [
      name,
      new pulumi.DependencyProviderResource(reference),
    ]),
  );
  // Else the children would have a second default provider.
  if (self !== "") providers.trieve ??= new pulumi.DependencyProviderResource(self);
  const parent = request.getParent();
  try {
    return new TrieveRoster(request.getName(), given, {
      providers,
      ...(parent === "" ? {} : { parent: new pulumi.DependencyResource(parent) }),
      dependsOn: request.getDependenciesList().map((urn) => new pulumi.DependencyResource(urn)),
      aliases: request
        .getAliasesList()
        .flatMap((alias) => (alias.hasUrn() ? [alias.getUrn()] : [])),
      ...(request.hasProtect() ? { protect: request.getProtect() } : {}),
      ...(request.hasRetainondelete() ? { retainOnDelete: request.getRetainondelete() } : {}),
    });
  } catch (error) {
    throw wrongRoster((error as Error).message, given);
  }
}

/** One problem a line, after a line that says whose they are. */
function wrongRoster(message: string, { file }: TrieveRosterArgs): Failure | Error {
  const [first = "", ...lines] = message.replace(/^TrieveRoster/, "Roster").split("\n");
  if (lines.length === 0) return new Error(first);
  const path = file === undefined ? "members" : "file";
  return wrongArguments(
    first,
    lines.map((text) => ({ path, text })),
  );
}

/** The engine checks none of those whom a run leaves out, and yet the program declares them. */
async function declareAll(
  { resources }: TrieveRoster,
  { organizationId }: TrieveRosterArgs,
  { meeting, settings }: Native,
): Promise<void> {
  const named = await knownValue(pulumi.output(organizationId));
  const id = named?.trim().toLowerCase() ?? settings.settings?.organizationId;
  if (id === undefined) return;
  for (const [email, { urn }] of resources)
    meeting.declare((await knownValue(urn)) ?? email, idOf({ organizationId: id, email }));
}
