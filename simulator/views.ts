import type { Account, Membership, Organization, OrganizationKey } from "./rows";
import type { Store } from "./store";

const partnerDefaults = {
  CALENDAR_LINK: "https://cal.com/nick.k",
  COMPANY_NAME: "Trieve",
  COMPANY_URL: "https://trieve.ai",
  DEMO_DOMAIN: "demos.trieve.ai",
  EMAIL: "humans@trieve.ai",
  FAVICON_URL: "https://cdn.trieve.ai/favicon.ico",
  LINKEDIN_LINK: "https://www.linkedin.com/company/trieveai",
  PHONE: "+16282224090",
  SLACK_LINK:
    "https://join.slack.com/t/trievecommunityslack/shared_invite/zt-2v7zyxytf-zWLVgqI8avB5x5Br7INQgw",
};

/** An organization with its partner configuration filled up with defaults. */
export function completeOrganization(organization: Organization): Organization {
  const own = organization.partner_configuration;
  return { ...organization, partner_configuration: { ...partnerDefaults, ...Object(own) } };
}

/** An account with some of its memberships, as every list of people shows it. */
export function slimUser(store: Store, account: Account, memberships: readonly Membership[]) {
  return {
    id: account.id,
    name: account.name,
    email: account.email,
    created_at: account.created_at,
    user_orgs: memberships,
    orgs: memberships
      .map((membership) => store.organizations.get(membership.organization_id))
      .filter((organization) => organization !== undefined)
      .map(completeOrganization),
  };
}

/** A key as lists show it: without its text and scopes. */
export function keyView(key: OrganizationKey) {
  return {
    id: key.id,
    organization_id: key.organization_id,
    name: key.name,
    role: key.role,
    organization_ids: null,
    dataset_ids: key.dataset_ids,
    created_at: key.created_at,
    updated_at: key.updated_at,
  };
}

const most = 2147483647;

/** The plan without limits, as JSON text: `file_storage` is more than a JavaScript number can hold. */
export function planJson({ created_at, updated_at }: Organization): string {
  const plan = {
    type: "flat",
    id: "00000000-0000-0000-0000-000000000000",
    stripe_id: "",
    chunk_count: most,
    user_count: most,
    dataset_count: most,
    message_count: most,
    amount: 0,
    created_at,
    updated_at,
    name: "Unlimited",
    visible: true,
    file_storage: 0,
    messages_per_month: most,
  };
  return JSON.stringify(plan).replace('"file_storage":0', '"file_storage":9223372036854775807');
}
