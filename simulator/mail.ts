import { Panic, refusal } from "./answer";
import { pause } from "./pause";

/** A mail that was sent. */
export interface Mail {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly to: string;
  readonly subject: string;
  /** `added`: the address has an account already, which is a member by now. */
  readonly kind: "invitation" | "added";
  readonly organizationId: string;
  readonly links: string[];
}

const subject = "You have been invited to join a Trieve organization!";

/**
 * Whether lettre takes an address. Trieve lets more through than this, writes the row, and then panics here:
 * dots at the ends or doubled, blanks, commas, a local part over 64 bytes, empty or hyphen-edged domain labels.
 */
function mailboxIsValid(email: string): boolean {
  const at = email.lastIndexOf("@");
  const local = email.slice(0, at);
  const domain = email.slice(at + 1);
  const atoms = /^[\w!#$%&'*+/=?^`{|}~\u0080-\uffff-]+(\.[\w!#$%&'*+/=?^`{|}~\u0080-\uffff-]+)*$/;
  return (
    at > 0 &&
    Buffer.byteLength(local) <= 64 &&
    Buffer.byteLength(domain) <= 254 &&
    atoms.test(local) &&
    atoms.test(domain) &&
    domain.split(".").every((label) => label.length <= 63 && !/^-|-$/.test(label))
  );
}

/** The link for somebody without an account. Nothing is encoded. */
export function invitationLink(
  appUrl: string,
  invitationId: string,
  organizationId: string,
  redirectUri: string,
): string {
  return `${appUrl}/auth?inv_code=${invitationId}&organization_id=${organizationId}&redirect_uri=${redirectUri}`;
}

/** The link for an existing account: `org` goes right before the query, so `https://host` makes `https://hostorg?`. */
export function memberLink(redirectUri: string): string {
  const [before, query = ""] = redirectUri.split("?");
  return `${before}org?${query}`;
}

/** The mail server. */
export class PostOffice {
  /** Off: every mail is refused. */
  works = true;
  readonly mails: Mail[] = [];

  constructor(public delayMs: number) {}

  /**
   * Sends a mail, after the row is written; what goes wrong here does not take the row back.
   *
   * @throws {Panic} for an address that the mail library does not take.
   */
  async send(
    mail: Pick<Mail, "to" | "kind" | "organizationId" | "links">,
    fails: boolean,
  ): Promise<void> {
    if (!mailboxIsValid(mail.to)) {
      throw new Panic("Invalid email address");
    }
    await pause(this.delayMs);
    if (!this.works || fails) {
      throw refusal(400, "Error sending email.");
    }
    this.mails.push({ at: Date.now(), subject, ...mail });
  }
}
