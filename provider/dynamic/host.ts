/**
 * What the engine calls for dynamic resources, by these names: the verbs of a person, and under `guard`, `sweep`,
 * `organization` and `apiKey` those of the others.
 *
 * @internal
 */
import { providerEngineAddress } from "../deployment/engine";
import { kinds } from "../resources/kinds";
import { ProviderProcess } from "../resources/process";
import { dynamicProvider, warn } from "./provider";

const host = new ProviderProcess(providerEngineAddress(), warn);

const person = dynamicProvider(kinds.person, host);
export const { configure, check, diff, create, read, update } = person;
const { delete: delete_ } = person;

export { delete_ as delete };

export const guard = dynamicProvider(kinds.guard, host);
export const sweep = dynamicProvider(kinds.sweep, host);
export const organization = dynamicProvider(kinds.organization, host);
export const apiKey = dynamicProvider(kinds.apiKey, host);
