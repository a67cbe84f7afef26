import { type Answer, empty, Panic, Refusal, refusal, textRefusal } from "./answer";
import { queryId } from "./call";
import { type Account, type Invitation, roleOf } from "./rows";
import type { World } from "./world";

/** Somebody as the identity provider describes them. */
export interface Person {
  readonly email: string;
  readonly name?: string;
  /** The provider's own id of them. By default one that follows from the address, whatever its case. */
  readonly subject?: string;
}

/** What `GET /api/auth` keeps until the person comes back from the identity provider. */
interface LoginState {
  readonly redirectUri: string;
  readonly organizationId: string | null;
  readonly invitationId: string | null;
}

/** The subject of somebody of whom nothing but the address is known. */
export function subjectOf(email: string): string {
  return `subject of ${email.toLowerCase()}`;
}

/**
 * The query of `GET /api/auth`. Nothing in it was encoded when the mail was written, so a redirect that holds `&` or
 * `#` arrives cut, and `+` as a blank.
 */
export function loginState(query: URLSearchParams, referer: string | null): LoginState {
  return {
    redirectUri: query.get("redirect_uri") ?? referer ?? "/",
    organizationId: queryId(query, "organization_id"),
    invitationId: queryId(query, "inv_code"),
  };
}

/** Marks the invitation used, at once: what goes wrong later does not free it. Here, and only here, case is nothing. */
function useInvitation({ store }: World, state: LoginState, id: string, email: string): Invitation {
  const invitation = store.invitations.get(id);
  if (invitation === undefined) {
    throw refusal(500, "Could not find invitation for user");
  }
  if (invitation.email.toLowerCase() !== email.toLowerCase()) {
    throw refusal(400, "Email does not match invitation");
  }
  if (state.organizationId === null) {
    throw new Panic("called `Option::unwrap()` on a `None` value");
  }
  if (invitation.organization_id !== state.organizationId) {
    throw refusal(400, "Dataset ID does not match invitation");
  }
  if (invitation.used) {
    throw refusal(400, "Invitation has already been used");
  }
  store.useInvitation(invitation);
  return invitation;
}

/**
 * A new account: owner of an organization of its own, or in the organization of the link. That one takes anybody, as a
 * user, who leaves the invitation out of the link. Only here would a plan's limit count.
 */
function createAccount(world: World, state: LoginState, person: Person, subject: string): Account {
  const { store } = world;
  const { email } = person;
  const localPart = email.split("@")[0] ?? "";
  const organization =
    state.organizationId === null
      ? store.addOrganization(localPart.replaceAll(" ", "-"))
      : store.liveOrganization(state.organizationId);
  if (organization === undefined) {
    throw refusal(404, "Not Found: Organization not found");
  }
  let role: number = state.organizationId === null ? 2 : 0;
  let scopes: string[] | null = null;
  if (state.invitationId !== null) {
    const invitation = useInvitation(world, state, state.invitationId, email);
    role = roleOf(invitation.role);
    scopes = invitation.scopes;
  }
  if (store.accountByEmail(email) !== undefined) {
    throw refusal(
      500,
      'Failed to create user DatabaseError(UniqueViolation, "duplicate key value violates unique constraint \\"users_email_key\\"")',
    );
  }
  const account = store.addAccount(email, person.name ?? localPart, subject);
  store.addMembership(account.id, organization.id, role, scopes);
  return account;
}

/** The account of a person, made if need be. An account's address is looked for in lower case, as it is stored. */
function accountOf(
  world: World,
  state: LoginState,
  person: Person,
): { account: Account; isNew: boolean } {
  const { store } = world;
  const subject = person.subject ?? subjectOf(person.email);
  const known = store.accountBySubject(subject);
  if (known !== undefined) {
    return { account: known, isNew: false };
  }
  const sameEmail = store.accountByEmail(person.email.toLowerCase());
  if (sameEmail === undefined) {
    return { account: createAccount(world, state, person, subject), isNew: true };
  }
  if (sameEmail.oidc_subject !== null) {
    throw new Panic("internal error: entered unreachable code");
  }
  store.setSubject(sameEmail, subject);
  return { account: sameEmail, isNew: false };
}

/**
 * A person comes back from the identity provider: the callback of Trieve's sign-in, with all that it does to accounts,
 * memberships and the invitation.
 */
function signIn(world: World, state: LoginState, person: Person): Answer {
  const { store } = world;
  const { account, isNew } = accountOf(world, state, person);
  const memberships = store.membershipsOf(account.id);
  const inside = memberships.some((row) => row.organization_id === state.organizationId);
  if (state.organizationId !== null && !inside && state.invitationId !== null) {
    const invitation = useInvitation(world, state, state.invitationId, person.email);
    store.addMembership(account.id, invitation.organization_id, invitation.role, invitation.scopes);
  }
  const ownsOne = memberships.length === 1 && memberships[0]?.role === 2;
  const mark = state.redirectUri.includes("?") ? "&" : "?";
  const location = `${state.redirectUri}${isNew && ownsOne ? `${mark}new_user=true` : ""}`;
  if (!/^[\x20-\x7e\t]*$/.test(location)) {
    throw textRefusal(500, "failed to parse header value");
  }
  return empty(303, { location });
}

/** What a person sees after opening a link and signing in. Status 0: the server panicked. */
export interface Landing {
  readonly status: number;
  readonly location: string | null;
  readonly body: string;
}

/** A person opens a link and signs in. */
export function openLink(world: World, link: string, person: Person): Landing {
  // A browser does not send what follows a `#`.
  const query = new URLSearchParams(link.split("#")[0]?.split("?").slice(1).join("?"));
  try {
    const { status, headers, body } = signIn(world, loginState(query, null), person);
    return { status, location: headers?.location ?? null, body: body ?? "" };
  } catch (error) {
    if (error instanceof Refusal) {
      return { status: error.answer.status, location: null, body: error.answer.body ?? "" };
    }
    if (error instanceof Panic) {
      return { status: 0, location: null, body: "" };
    }
    throw error;
  }
}
