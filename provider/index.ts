export type { DeletionPolicy, Status } from "./lifecycle/state";
export { TrieveApiKey, type TrieveApiKeyArgs } from "./program/apiKey";
export { TrieveInvitation, type TrieveInvitationArgs } from "./program/invitation";
export {
  type GetMembersArgs,
  type GetMembersOutputArgs,
  type GetMembersResult,
  getMembers,
  getMembersOutput,
  type Member,
} from "./program/members";
export { TrieveOrganization, type TrieveOrganizationArgs } from "./program/organization";
export { Provider, type ProviderArgs } from "./program/provider";
export { type RosterMember, TrieveRoster, type TrieveRosterArgs } from "./program/roster";
export type { Limits } from "./roster/rails";
export type { MailPolicy } from "./settings";
export type { Role } from "./trieve/model";
