/**
 * What a Trieve server says in plain 400s, told apart by their text: there is nothing else to go by.
 * Every entry was recorded from a real server (0.13.0, September 2025).
 */

/** The row or the membership has been written; only the mail did not go out. */
export const mailFailed = (message: string) => message === "Error sending email.";

/** Compared by the server exactly, case included. */
export const alreadyMember = (message: string) =>
  /^User with email .* is already in the organization$/s.test(message);

/** Any row of that exact address counts, also one used long ago. */
export const alreadyInvited = (message: string) =>
  /^User with email .* has already been invited$/s.test(message);

/** Deleting an invitation that is not there: a 400, and the same text for a database error. */
export const invitationGone = (message: string) => message === "Error getting invitation.";

/** Removing somebody who is no member. */
export const membershipGone = (message: string) => message === "Error loading user role";

/** Changing the role of somebody whose account or membership is not there. */
export const accountGone = (message: string) =>
  message === "Error loading user by itself for get_user_by_id_query" ||
  message.startsWith("The user who you would like to update the role of must be added");

/** An organization key acts as nobody: `auth/me` looks up a user made for the request and finds none. */
export const keyWithoutAccount = (message: string) =>
  message === "Error loading user by itself for get_user_by_id_query";

/**
 * The link in the mail, as the server builds it, but with `redirect_uri` encoded: the server pastes it raw
 * and then cuts it at the first `&` or `#`.
 */
export function invitationLink(
  appUrl: string,
  invitationId: string,
  organizationId: string,
  redirectUri: string,
): string {
  const query = new URLSearchParams({
    inv_code: invitationId,
    organization_id: organizationId,
    redirect_uri: redirectUri,
  });
  return `${appUrl}/auth?${query}`;
}

/** In place of an address: a server's first start makes this account for its admin key, an owner whom nobody can declare. */
export const adminAccount = "default";

/** The organization of the header or the path, whoever asks: this comes before the key is looked at. */
export const organizationMissing = (message: string) =>
  message === "Not Found: Organization not found";
