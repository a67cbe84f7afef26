export { TrieveInvitation, type TrieveInvitationArgs } from "./invitation";
export type { DeletionPolicy, Status } from "./lifecycle/state";
export {
  type GetMembersArgs,
  type GetMembersOutputArgs,
  type GetMembersResult,
  getMembers,
  getMembersOutput,
  type Member,
} from "./members";
export { Provider, type ProviderArgs } from "./provider";
export { type RosterMember, TrieveRoster, type TrieveRosterArgs } from "./roster/component";
export type { Limits } from "./roster/rails";
export type { MailPolicy } from "./settings";
export type { Role } from "./trieve/model";
