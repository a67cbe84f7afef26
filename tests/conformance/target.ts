import { execFile } from "node:child_process";
import { type Simulator, startSimulator } from "../../simulator";

/** Somebody as the identity provider describes them. */
export interface Person {
  readonly email: string;
  readonly name: string;
  /** The identity provider's own id of them. */
  readonly subject: string;
}

/** How it went when somebody opened a link and signed in. */
export interface Landing {
  readonly accepted: boolean;
  /** What the server, or the hook, said: for messages only. */
  readonly said: string;
}

/** A Trieve server, and the way to be somebody there. */
export interface Target {
  /** Without a slash at the end. */
  readonly url: string;
  readonly adminKey: string;
  /** Somebody opens the link of an invitation and signs in. */
  readonly accept: (link: string, person: Person) => Promise<Landing>;
  /** Links in the mails to an address, oldest first. Missing where nobody can read the mails. */
  readonly linksMailedTo?: (email: string) => Promise<string[]>;
  /** What is done with the simulator itself is done only where it runs in this process. */
  readonly simulator?: Simulator;
  close(): Promise<void>;
}

/** Where the environment says that a server is. */
export interface Settings {
  readonly url: string;
  readonly adminKey: string;
  readonly acceptCommand: string;
  readonly mailsCommand?: string;
}

/**
 * The server that the environment names; undefined: the simulator.
 *
 * `TRIEVE_API_URL` alone names none: it also configures the provider, and whoever has it in their shell does not mean
 * to run tests on that server.
 *
 * @throws if the environment says a part of what is needed
 */
export function readSettings(
  env: Readonly<Record<string, string | undefined>>,
): Settings | undefined {
  const { TRIEVE_API_URL, TRIEVE_ADMIN_KEY, TRIEVE_ACCEPT_COMMAND, TRIEVE_MAILS_COMMAND } = env;
  if (!TRIEVE_ADMIN_KEY && !TRIEVE_ACCEPT_COMMAND && !TRIEVE_MAILS_COMMAND) {
    return undefined;
  }
  if (!TRIEVE_API_URL || !TRIEVE_ADMIN_KEY || !TRIEVE_ACCEPT_COMMAND) {
    throw new Error(
      "To run on a server set TRIEVE_API_URL, TRIEVE_ADMIN_KEY and TRIEVE_ACCEPT_COMMAND, all three; see tests/conformance/README.md.",
    );
  }
  const url = TRIEVE_API_URL.replace(/\/+$/, "");
  if (!URL.canParse(url) || url.endsWith("/api")) {
    throw new Error(`TRIEVE_API_URL ${TRIEVE_API_URL}: expected a URL, without /api`);
  }
  return {
    url,
    adminKey: TRIEVE_ADMIN_KEY,
    acceptCommand: TRIEVE_ACCEPT_COMMAND,
    ...(TRIEVE_MAILS_COMMAND ? { mailsCommand: TRIEVE_MAILS_COMMAND } : {}),
  };
}

/** Runs a hook: a command line, with more arguments after its own. */
function run(
  command: string,
  args: string[],
  url: string,
): Promise<{ code: number; output: string }> {
  const options = { timeout: 60_000, env: { ...process.env, TRIEVE_API_URL: url } };
  return new Promise((resolve, reject) => {
    execFile("/bin/sh", ["-c", `${command} "$@"`, "sh", ...args], options, (error, out, err) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === "number") {
        resolve({ code, output: `${out}${err}`.trim() });
      } else {
        reject(error);
      }
    });
  });
}

function server({ url, adminKey, acceptCommand, mailsCommand }: Settings): Target {
  return {
    url,
    adminKey,
    accept: async (link, { email, name, subject }) => {
      const { code, output } = await run(acceptCommand, [link, email, name, subject], url);
      // A hook that is broken must not pass for a server that refuses.
      if (code > 1) {
        throw new Error(`${acceptCommand}: exit code ${code}, expected 0 or 1\n${output}`);
      }
      return { accepted: code === 0, said: output };
    },
    ...(mailsCommand === undefined
      ? {}
      : {
          linksMailedTo: async (email: string) => {
            const { code, output } = await run(mailsCommand, [email], url);
            if (code !== 0) {
              throw new Error(`${mailsCommand}: exit code ${code}\n${output}`);
            }
            return output.split("\n").filter(Boolean);
          },
        }),
    close: async () => {},
  };
}

async function simulator(): Promise<Target> {
  const adminKey = "the-admin-key-of-the-conformance-suite";
  const simulator = await startSimulator({ adminKey });
  return {
    url: simulator.url,
    adminKey,
    accept: async (link, person) => {
      const { status, location, body } = simulator.accept(link, person);
      return { accepted: status === 303, said: `${status} ${location ?? body}` };
    },
    linksMailedTo: async (email) =>
      simulator.mails.filter(({ to }) => to === email).flatMap(({ links }) => links),
    simulator,
    close: () => simulator.close(),
  };
}

/** The server to run on; undefined: a simulator in this process. */
export const settings = readSettings(process.env);

export function openTarget(): Promise<Target> {
  return settings === undefined ? simulator() : Promise.resolve(server(settings));
}
