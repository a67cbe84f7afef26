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
   * Email address of the person. Case-insensitive, at most 100 characters, ASCII only. The check is stricter than
   * Trieve's, because some addresses that Trieve accepts stop its server. A change replaces the resource. Pulumi
   * invites the new person before it removes the old one.
   */
  email: pulumi.Input<string>;
  /**
   * `"user"`, `"admin"` or `"owner"`. If omitted, new people get `user` and existing people keep their role. Pulumi
   * then does not revert a role that somebody changes elsewhere.
   */
  role?: pulumi.Input<Role>;
  /** Marks the role as a roster's default, which never demotes a person on adoption. @internal */
  roleIsDefault?: boolean;
  /** Mark of the person's roster. Every write requires that the roster's guard was checked. @internal */
  roster?: pulumi.Input<string>;
  /**
   * Route patterns such as `"POST /api/chunk/search"`. The person can use only these routes, **and acts as owner on
   * them**. Each pattern is a regular expression that may match anywhere in `METHOD /path`. If omitted, new people
   * have no restriction and existing people keep their scopes. Scopes that an earlier program set are removed.
   */
  scopes?: pulumi.Input<pulumi.Input<string>[]>;
  /** UUID of the organization. A change replaces the resource. @default the provider's organization */
  organizationId?: pulumi.Input<string>;
  /**
   * What deleting the resource does. `"revert"` removes people whom the resource invited. Members who were adopted
   * stay, and get their original role back if it is lower. `"remove"` always removes the person and all their unused
   * invitations. Pulumi's `retainOnDelete` changes nothing on the server.
   * @default "revert"
   */
  deletionPolicy?: pulumi.Input<DeletionPolicy>;
  /** Any text. Changing it sends a pending invitation once more. Has no effect on members. */
  resendTrigger?: pulumi.Input<string>;
}

/**
 * A person in a Trieve organization, with a role. Invites new people and adopts existing members.
 * The id is `<organizationId>/<email in lower case>`, before and after the person accepts.
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
  /** Email address in lower case. */
  declare readonly email: pulumi.Output<string>;
  /** UUID of the organization. */
  declare readonly organizationId: pulumi.Output<string>;
  /** Role on the server, even if the program omits it. While `status` is `"absent"`, the role last seen or `null`. */
  declare readonly role: pulumi.Output<Role | null>;
  /** Scopes on the server; `null` means no restriction. While `status` is `"absent"`, the scopes last seen. */
  declare readonly scopes: pulumi.Output<string[] | null>;
  /**
   * `"pending"` means invited, but not accepted yet. `"member"` means a member. `"absent"` means neither, because
   * somebody removed the person or an update failed half-way. The next `up` invites them again with the role and scopes
   * they had. They become owner again only if the program sets that role.
   */
  declare readonly status: pulumi.Output<Status>;
  /** UUID of the account; `null` unless `status` is `"member"`. */
  declare readonly userId: pulumi.Output<string | null>;
  /** Time of the latest invitation, ISO 8601; `null` if there is none. */
  declare readonly invitedAt: pulumi.Output<string | null>;
  /** Start of the membership, ISO 8601; `null` unless `status` is `"member"`. */
  declare readonly joinedAt: pulumi.Output<string | null>;
  /** Whether the person was already a member when the resource was created. */
  declare readonly adopted: pulumi.Output<boolean>;
  /** Role of an adopted person when the resource was created; `null` if not adopted. */
  declare readonly originalRole: pulumi.Output<Role | null>;
  /** Link of the pending invitation, else `null`. Secret, because it lets anybody who signs in with that email join. */
  declare readonly inviteUrl: pulumi.Output<string | null>;
  /** Whether the last invitation email failed. The next `up` sends it again. */
  declare readonly mailFailed: pulumi.Output<boolean>;
  /** Distinguishes this resource from others for the same person. @internal */
  declare readonly instance: pulumi.Output<string>;

  /**
   * @param name unique in the stack. Renaming the resource removes nobody
   * @throws if another resource of the program declares the same person in the same organization
   */
  constructor(name: string, args: TrieveInvitationArgs, opts?: pulumi.CustomResourceOptions) {
    if (opts?.import !== undefined)
      throw problem(
        `TrieveInvitation "${name}": Pulumi cannot import dynamic resources. Omit \`import\`; people who are already there are adopted.`,
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
   * Looks up a member or an invited person, without managing them.
   *
   * @param id `<organizationId>/<email>`
   * @throws while the program runs, if the person is neither
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
 * Limits stack traces while a resource registers. The SDK captures about sixty for each resource and maps them to
 * sources, which dominates the run time of a program with a thousand people. Where the SDK wants to know
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

/** Declares the person at once if the values are plain, before the engine deletes anybody. */
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
