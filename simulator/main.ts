import { parseArgs } from "node:util";
import { inboxPath } from "./inbox";
import { startSimulator } from "./index";

const help = `A Trieve server for demos and tests. It keeps everything in memory.

  --port <number>      port to listen on, 0 for any (default 8090)
  --admin-key <text>   ADMIN_API_KEY of the server (default "admin")
  --no-hang            do not lock up at ten requests at once with organization keys
  --help               this text

While it runs:
  GET  /simulator/inbox/          for people: read mails, accept invitations, see who is in
  GET  /simulator/mails           mails sent so far
  GET  /simulator/requests        requests so far
  GET  /simulator/state           hung, requests in flight, mail server
  POST /simulator/accept          {"link", "email", "name"?, "subject"?}: a person opens a link and signs in
  POST /simulator/fault           {"route", "effect", "times"?, "email"?}: something goes wrong, such as {"mailFails": true}
`;

/** The arguments, or what is wrong with them. */
function readArguments(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: "string", default: "8090" },
      "admin-key": { type: "string", default: "admin" },
      "no-hang": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535) {
    throw new TypeError(`--port ${values.port}: expected a number from 0 to 65535`);
  }
  return { port, adminKey: values["admin-key"], hangs: !values["no-hang"], help: values.help };
}

/**
 * The program: runs until it is interrupted.
 *
 * @returns the exit code, or nothing while the server runs.
 */
export async function main(args: string[]): Promise<number | undefined> {
  let options: ReturnType<typeof readArguments>;
  try {
    options = readArguments(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${help}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  const simulator = await startSimulator(options);
  const { id, apiKey } = simulator.createOrganization("demo");
  process.stdout.write(
    `Trieve simulator at ${simulator.url}\norganization ${id}\nkey          ${apiKey}\nadmin key    ${options.adminKey} (organization "default")\ninbox        ${simulator.url}${inboxPath}\n`,
  );
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void simulator.close());
  }
  return undefined;
}

if (require.main === module) {
  void main(process.argv.slice(2)).then(
    (code) => {
      process.exitCode = code;
    },
    (error: Error) => {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    },
  );
}
