import * as pulumi from "@pulumi/pulumi";
import { isKnown } from "../deployment/engine";
import { Declaration, declareLater } from "../deployment/meeting";
import { dynamicType, storedProvider } from "../dynamic/stored";
import type { DeletionPolicy, Status } from "../lifecycle/state";
import type { Role } from "../trieve/model";
import { mendable, problem } from "./problem";
import { Provider, providerOf } from "./provider";

/** Arguments of {@link TrieveInvitation}. */
export interface TrieveInvitationArgs {
  /**
   * Whom to have in the organization. Case does not matter; 100 characters at most. Checked more strictly than by
   * Trieve, which stops at some addresses that it accepts. A change replaces: the new person is invited first, the
   * old one removed after.
   */
  email: pulumi.Input<string>;
  /**
   * `"user"`, `"admin"` or `"owner"`. Left out: a new person is invited as user, somebody who is there already keeps
   * their role, and a role changed elsewhere is not changed back.
   */
  role?: pulumi.Input<Role>;
  /** Set by rosters: the role is a default, and lowers nobody who is found with a higher one. @internal */
  roleIsDefault?: boolean;
  /** Set by rosters: their mark, without whose guard nothing is done to the person. @internal */
  roster?: pulumi.Input<string>;
  /**
   * Route patterns such as `"POST /api/chunk/search"`. Only these are allowed, **and on these the person acts as
   * owner**. Patterns are regular expressions that may match anywhere in `METHOD /path`. Left out: no restriction for
   * a new person, and somebody who is there keeps theirs, unless the program had set them.
   */
  scopes?: pulumi.Input<pulumi.Input<string>[]>;
  /** UUID. A change replaces. @default the provider's organization */
  organizationId?: pulumi.Input<string>;
  /**
   * What deleting the resource does. `"revert"`: what this resource did is undone; somebody found as a member stays,
   * and their role is put back only if that lowers it. `"remove"`: membership and unused invitations go, whoever made
   * them. To leave everything as it is use Pulumi's `retainOnDelete`.
   * @default "revert"
   */
  deletionPolicy?: pulumi.Input<DeletionPolicy>;
  /** Any change sends a pending invitation once more. So does a change of its role or scopes, and nothing else. */
  resendTrigger?: pulumi.Input<string>;
}

/**
 * A person who is in a Trieve organization, with a role: invited if they are not there yet, adopted if they are.
 * Its id is `<organizationId>/<email in lower case>`, before and after they accept.
 *
 * @example
 * ```ts
 * import * as trieve from "pulumi-trieve";
 *
 * const ada = new trieve.TrieveInvitation("ada", { email: "ada@example.com", role: "admin" });
 * export const adaIs = ada.status;
 * ```
 */
export class TrieveInvitation extends pulumi.CustomResource {
  /** In lower case. */
  declare readonly email: pulumi.Output<string>;
  /** UUID. */
  declare readonly organizationId: pulumi.Output<string>;
  /** As it is at the server, also where the program does not say. While absent: as last seen, `null` if never. */
  declare readonly role: pulumi.Output<Role | null>;
  /** As they are at the server; `null`: no restriction. While absent: as last seen. */
  declare readonly scopes: pulumi.Output<string[] | null>;
  /**
   * `"pending"`: invited, not accepted. `"member"`: in. `"absent"`: neither, as a refresh found them or an update that
   * failed half-way left them; the next `up` brings them back with the rights they had, but never as owner.
   */
  declare readonly status: pulumi.Output<Status>;
  /** UUID of the account; `null` while pending. */
  declare readonly userId: pulumi.Output<string | null>;
  /** ISO 8601; `null` for somebody who was never invited. */
  declare readonly invitedAt: pulumi.Output<string | null>;
  /** ISO 8601; `null` while pending. */
  declare readonly joinedAt: pulumi.Output<string | null>;
  /** Found as a member: this resource did not bring them in. */
  declare readonly adopted: pulumi.Output<boolean>;
  /** The role they were found with; `null` if not adopted. */
  declare readonly originalRole: pulumi.Output<Role | null>;
  /** Link of the pending invitation, else `null`. Secret: whoever signs in with that address there is in. */
  declare readonly inviteUrl: pulumi.Output<string | null>;
  /** The last mail failed and is owed; the next `up` sends it. */
  declare readonly mailFailed: pulumi.Output<boolean>;
  /** Marks this resource among those of the same person. Of no use to programs. @internal */
  declare readonly instance: pulumi.Output<string>;

  /**
   * @param name unique in the stack; renaming it costs nobody their access
   * @throws if another resource of the program declares the same person in the same organization
   */
  constructor(name: string, args: TrieveInvitationArgs, opts?: pulumi.CustomResourceOptions) {
    if (opts?.import !== undefined)
      throw problem(
        `TrieveInvitation "${name}": Pulumi cannot import dynamic resources, and there is no need to. Leave \`import\` out: somebody who is there already is adopted as they are.`,
      );
    const restoreTraces = withoutTraces();
    try {
      super(
        dynamicType("Invitation"),
        name,
        {
          role: undefined,
          scopes: undefined,
          organizationId: undefined,
          status: undefined,
          userId: undefined,
          invitedAt: undefined,
          joinedAt: undefined,
          adopted: undefined,
          originalRole: undefined,
          inviteUrl: undefined,
          mailFailed: undefined,
          instance: undefined,
          ...args,
          __provider: storedProvider.person,
        },
        pulumi.mergeOptions(opts, { additionalSecretOutputs: ["inviteUrl"] }),
      );
    } finally {
      restoreTraces();
    }
    // One that is only looked up is declared by nobody here.
    if (opts?.id === undefined) declarePersonOf(this, name, args);
  }

  /**
   * Looks up a person who is in the organization or invited, without managing them.
   *
   * @param id `<organizationId>/<email>`
   * @throws while the program runs, if they are neither
   */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    opts?: pulumi.CustomResourceOptions,
  ): TrieveInvitation {
    return new TrieveInvitation(name, {} as TrieveInvitationArgs, { ...opts, id });
  }
}

/**
 * For each resource the SDK notes sixty stack traces and has them mapped to sources, of which it shows none unless a
 * promise is lost. In a program of a thousand people that takes longer than all else together. Where it wants to know
 * the place of a resource in the program, it sets the limit to infinity; what is thrown has its trace made later.
 */
function withoutTraces(): () => void {
  const { prepareStackTrace } = Error;
  Error.prepareStackTrace = (error, frames) => {
    if (Error.stackTraceLimit !== Number.POSITIVE_INFINITY) return "";
    return prepareStackTrace?.(error, frames) ?? [error, ...frames].join("\n    at ");
  };
  return () => {
    Error.prepareStackTrace = prepareStackTrace as NonNullable<typeof prepareStackTrace>;
  };
}

/** At once where the values are plain, so that it is known before the engine deletes anybody. */
function declarePersonOf(
  resource: TrieveInvitation,
  name: string,
  args: TrieveInvitationArgs,
): void {
  const provider = providerOf(resource);
  const organizationId =
    args.organizationId ??
    (provider instanceof Provider
      ? provider.organizationId
      : (new pulumi.Config("trieve").get("organizationId") ?? process.env.TRIEVE_ORGANIZATION_ID));
  const declaration = new Declaration(name);
  const declareIn = (organization: unknown, email: unknown) => {
    // What is wrong with them is said by the check, with everything else.
    if (typeof organization !== "string" || typeof email !== "string") return undefined;
    const person = `${organization.trim().toLowerCase()}/${email.trim().toLowerCase()}`;
    return mendable(() => declaration.byArguments(person));
  };
  pulumi
    .all([resource.id, resource.instance])
    .apply(([person, instance]) => mendable(() => declaration.asRegistered(person, instance)));
  if (typeof organizationId === "string" && typeof args.email === "string") {
    const other = declareIn(organizationId, args.email);
    if (other !== undefined) throw problem(other);
    return;
  }
  const declared = pulumi.all([organizationId, args.email]).apply(([organization, email]) => {
    const other = declareIn(organization, email);
    if (other !== undefined) throw problem(other);
  });
  declareLater(isKnown(declared));
}
