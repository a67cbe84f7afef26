export { TrieveInvitation, type TrieveInvitationArgs } from "./invitation";
export type { DeletionPolicy, Status } from "./lifecycle/state";
export { Provider, type ProviderArgs } from "./provider";
export { type RosterMember, TrieveRoster, type TrieveRosterArgs } from "./roster/component";
export type { Limits } from "./roster/rails";
export type { MailPolicy } from "./settings";
export type { Role } from "./trieve/model";
