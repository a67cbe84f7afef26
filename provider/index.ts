export { TrieveInvitation, type TrieveInvitationArgs } from "./invitation";
export type { DeletionPolicy, Status } from "./lifecycle/state";
export { Provider, type ProviderArgs } from "./provider";
export type { MailPolicy } from "./settings";
export type { Role } from "./trieve/model";
