import { expect } from "chai";
import {
  type Attempt,
  type Failure,
  hanging,
  refusedWith,
  TrieveError,
  unanswered,
  unexpected,
} from "../../provider/trieve/errors";

const server = "http://t.example";
const list = { what: "list the members", organizationId: "o1", server };
const me = { what: "check the API key", server };

const refused = (attempt: Attempt, status: number, message: string, retryAfterMs = 0) =>
  refusedWith(attempt, status, message, { keyAdvice: "Rotate it." }, retryAfterMs);

interface Row {
  it: string;
  kind: Failure;
  error: TrieveError;
  message: string;
  outcome: "not executed" | "unknown";
  transient: boolean;
}

const could = "Could not list the members in organization o1 at http://t.example: ";
const tryAgain = "Try again. If it keeps failing, check the server and any proxy in front of it.";
const serverTrouble =
  "The server, or a proxy in front of it, failed. Try again, and check the server's log.";
const nothingChanged = "Nothing was changed. Check the server's log for details.";
const certificate =
  "The server's certificate is not trusted. For a private certificate authority, set NODE_EXTRA_CA_CERTS to its certificate file.";

const definite = { outcome: "not executed", transient: false } as const;
const passing = { outcome: "unknown", transient: true } as const;

const rows: readonly Row[] = [
  {
    it: "401",
    kind: "KeyRejected",
    error: refused(list, 401, ""),
    message: `${could}the server answered 401 (Unauthorized). The API key is wrong, expired or revoked. Rotate it.`,
    ...definite,
  },
  {
    it: "a question about the key alone names no organization",
    kind: "KeyRejected",
    error: refused(me, 401, ""),
    message:
      "Could not check the API key at http://t.example: the server answered 401 (Unauthorized). The API key is wrong, expired or revoked. Rotate it.",
    ...definite,
  },
  {
    it: "403",
    kind: "NotAllowed",
    error: refused(list, 403, "Forbidden"),
    message: `${could}the server answered 403 (Forbidden). The API key belongs to another organization, has a role below admin, or is restricted by scopes. Removing an owner requires a key with role owner. Use a key of this organization with a sufficient role.`,
    ...definite,
  },
  {
    it: "403 with no message",
    kind: "NotAllowed",
    error: refused(list, 403, ""),
    message: `${could}the server answered 403 (no message). The API key belongs to another organization, has a role below admin, or is restricted by scopes. Removing an owner requires a key with role owner. Use a key of this organization with a sufficient role.`,
    ...definite,
  },
  {
    it: "404",
    kind: "NotFound",
    error: refused(list, 404, "Not Found: Organization not found"),
    message: `${could}the server answered 404 (Not Found: Organization not found). The organization was deleted, or its id belongs to another server. Check the organization id and the server's URL.`,
    ...definite,
  },
  {
    it: "404 with no message",
    kind: "NotFound",
    error: refused(list, 404, ""),
    message: `${could}the server answered 404 with no message. No Trieve API answers at that URL. Use the server's base URL, without \`/api\`.`,
    ...definite,
  },
  {
    it: "400 for a role above that of the key",
    kind: "Declined",
    error: refused(list, 400, "Can not invite user with higher role than yours"),
    message: `${could}the server answered 400 (Can not invite user with higher role than yours). A key can grant roles up to its own. Use a key with a higher role, or declare a lower role.`,
    ...definite,
  },
  {
    it: "400 for a member's role above that of the key",
    kind: "Declined",
    error: refused(
      list,
      400,
      "Can not grant a user a higher role than that of the requesting user's",
    ),
    message: `${could}the server answered 400 (Can not grant a user a higher role than that of the requesting user's). A key can grant roles up to its own. Use a key with a higher role, or declare a lower role.`,
    ...definite,
  },
  {
    it: "400 for oneself",
    kind: "Declined",
    error: refused(list, 400, "Can not invite yourself"),
    message: `${could}the server answered 400 (Can not invite yourself). The API key belongs to this account. Use an organization key, or remove this person from the program.`,
    ...definite,
  },
  {
    it: "400 for an address",
    kind: "Declined",
    error: refused(list, 400, "Invalid email"),
    message: `${could}the server answered 400 (Invalid email). Trieve does not accept this address. Correct it.`,
    ...definite,
  },
  {
    it: "any other 400",
    kind: "Declined",
    error: refused(list, 400, "Error loading users"),
    message: `${could}the server answered 400 (Error loading users). ${nothingChanged}`,
    ...definite,
  },
  {
    it: "413 with no message",
    kind: "Declined",
    error: refused(list, 413, ""),
    message: `${could}the server answered 413 (no message). ${nothingChanged}`,
    ...definite,
  },
  {
    it: "408",
    kind: "ServerFailed",
    error: refused(list, 408, ""),
    message: `${could}the server answered 408. The server is overloaded or its mail server is slow. Try again later.`,
    ...passing,
  },
  {
    it: "503 with a message",
    kind: "ServerFailed",
    error: refused(list, 503, "Down", 7000),
    message: `${could}the server answered 503 (Down). ${serverTrouble}`,
    ...passing,
  },
  {
    it: "refused",
    kind: "NoAnswer",
    error: unanswered(list, "connect ECONNREFUSED 127.0.0.1:1", "ECONNREFUSED"),
    message: `${could}connect ECONNREFUSED 127.0.0.1:1. Check that the server is running and that the URL is correct.`,
    outcome: "not executed",
    transient: true,
  },
  {
    it: "no such host",
    kind: "NoAnswer",
    error: unanswered(list, "getaddrinfo ENOTFOUND t.example", "ENOTFOUND"),
    message: `${could}getaddrinfo ENOTFOUND t.example. The host name is unknown. Check the server's URL.`,
    ...definite,
  },
  {
    it: "no name server",
    kind: "NoAnswer",
    error: unanswered(list, "getaddrinfo EAI_AGAIN t.example", "EAI_AGAIN"),
    message: `${could}getaddrinfo EAI_AGAIN t.example. ${tryAgain}`,
    outcome: "not executed",
    transient: true,
  },
  {
    it: "not connected in time",
    kind: "NoAnswer",
    error: unanswered(list, "no connection within 10 s", "CONNECT_TIMEOUT"),
    message: `${could}no connection within 10 s. ${tryAgain}`,
    outcome: "not executed",
    transient: true,
  },
  ...["ERR_TLS_CERT_ALTNAME_INVALID", "CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT"].map(
    (code) => ({
      it: `a certificate (${code})`,
      kind: "NoAnswer" as const,
      error: unanswered(list, "bad certificate", code),
      message: `${could}bad certificate. ${certificate}`,
      outcome: "unknown" as const,
      transient: false,
    }),
  ),
  ...["ECONNRESET", "EPIPE", "TIMEOUT", undefined].map((code) => ({
    it: `the connection (${code})`,
    kind: "NoAnswer" as const,
    error: unanswered(list, "it broke", code),
    message: `${could}it broke. ${tryAgain}`,
    ...passing,
  })),
  {
    it: "too large: it will not shrink",
    kind: "NoAnswer",
    error: unanswered(list, "the answer is too large", "TOO_LARGE"),
    message: `${could}the answer is too large. Check that the URL is that of a Trieve server.`,
    outcome: "unknown",
    transient: false,
  },
  {
    it: "hangs",
    kind: "ServerHangs",
    error: hanging(list, 30_000),
    message: `${could}no answer within 30 s, while the health check still answers. The server hangs. About ten concurrent requests with organization keys, from all clients together, cause this. Restart the server, then run the command again.`,
    outcome: "unknown",
    transient: false,
  },
  {
    it: "not Trieve",
    kind: "UnexpectedAnswer",
    error: unexpected(list, 200, "not JSON"),
    message: `${could}the server's answer (200) is not what Trieve sends (not JSON). The answer was ignored. Check that the URL is that of a Trieve server, with no sign-in page or proxy in front of it.`,
    outcome: "unknown",
    transient: false,
  },
  {
    it: "not Trieve, but perhaps only cut short",
    kind: "UnexpectedAnswer",
    error: unexpected(list, 200, "not JSON", true),
    message: `${could}the server's answer (200) is not what Trieve sends (not JSON). The answer was ignored. Check that the URL is that of a Trieve server, with no sign-in page or proxy in front of it.`,
    ...passing,
  },
];

describe("errors", () => {
  for (const { it: name, kind, error, message, outcome, transient } of rows)
    it(`${kind}: ${name}`, () => {
      expect(error).to.be.instanceOf(TrieveError);
      expect(error.name).to.equal(kind);
      expect(error.message).to.equal(message);
      expect([error.outcome, error.transient]).to.deep.equal([outcome, transient]);
    });

  it("keep what the server said, and how long it asked to wait", () => {
    expect(refused(list, 418, "a\nb")).to.include({ serverMessage: "a\nb", retryAfterMs: 0 });
    expect(refused(list, 503, "", 7000)).to.include({ retryAfterMs: 7000 });
    expect(unanswered(list, "it broke", "EPIPE")).to.include({ code: "EPIPE" });
  });

  describe("show what a server says on a terminal, safely", () => {
    const said: readonly [it: string, message: string, shown: string][] = [
      ["line ends", "one\r\ntwo", "one two"],
      ["escape sequences", "\u001b[31mred\u001b[0m", "[31mred [0m"],
      ["text that turns direction", "a\u202eb", "a b"],
      ["isolates, which turn it too", "a\u2066b\u2069c", "a b c"],
      ["what shows as nothing", "a\u200bb\u3164c\ufe0fd\u{e0041}e\u00adf", "a b c d e f"],
      ["halves of characters", "a\ud800b", "a b"],
      ["other line ends", "a\u2028b\u0085c", "a b c"],
      ["blanks around", "  a  ", "a"],
      ["nothing else", "\u0007\u0000", "no message"],
      ["300 characters", "x".repeat(300), "x".repeat(300)],
      ["more than that", "x".repeat(301), `${"x".repeat(300)}…`],
    ];
    for (const [name, message, shown] of said)
      it(name, () =>
        expect(refused(list, 400, message).message).to.equal(
          `${could}the server answered 400 (${shown}). ${nothingChanged}`,
        ),
      );
  });
});
