#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { join } from "node:path";

// A third of the start of a command is compiling; before Node 22.1 it stays so.
enableCompileCache?.();

import { Command, CommanderError, Option } from "commander";
import type { ExportOptions } from "./export";
import type { InitOptions } from "./init";
import { type ExitCode, exitCode, Output, UsageError } from "./output";
import type { ReportOptions } from "./report";

// Each command is loaded when it runs, so that help and completion are quick.

const output = new Output(process.stdout, process.stderr);
let code: ExitCode | undefined = exitCode.fine;

const program = new Command("pulumi-trieve")
  .description("People of a Trieve organization, beside what `pulumi up` does.")
  .version(version())
  .exitOverride()
  .showHelpAfterError("Add --help for what there is.")
  .addHelpText(
    "after",
    `
Settings:
  TRIEVE_API_KEY          key of the organization; there is no option for it
  TRIEVE_ORGANIZATION_ID  organization, unless --organization names it
  TRIEVE_API_URL          server, unless --url names it (default https://api.trieve.ai)
  A stack's config is not read: TRIEVE_API_KEY=$(pulumi config get trieve:apiKey) pulumi-trieve doctor

Exit codes:
  0  fine
  1  problems, as printed
  2  wrong use
  3  could not ask the server`,
  );

withServer(command("export", "print everybody in an organization as members.yaml"))
  .option("-o, --output <file>", "write it to a file instead")
  .option("--force", "overwrite that file")
  .option("--json", "as JSON, which is a roster as well")
  .addOption(
    new Option("--pulumi-import", "as a file for `pulumi import --file`").conflicts("json"),
  )
  .addHelpText(
    "after",
    `
Roles are written out for everybody, so that the first \`up\` of the file changes nothing. Those whom the file cannot
name, such as the account "default", are left out with a warning.

Example:
  pulumi-trieve export --url http://localhost:8090 > members.yaml
  pulumi-trieve export --pulumi-import -o people.json && pulumi import --file people.json`,
  )
  .action(async (options: ExportOptions) => {
    const { exportRoster } = await import("./export.js");
    code = await exportRoster(options, output);
  });

command("validate", "check a roster, without key or network")
  .argument("<file>", "YAML or JSON; - for stdin")
  .option("--json", "for scripts")
  .addHelpText(
    "after",
    `
Prints all problems as file:line:column and ends with 1; or the numbers of people, and ends with 0.

Example:
  pulumi-trieve validate members.yaml`,
  )
  .action(async (file: string, options: { json?: boolean }) => {
    const { validate } = await import("./validate.js");
    code = await validate(file, options, output);
  });

withServer(command("report", "compare a roster with an organization: what `up --refresh` would do"))
  .argument("<file>", "YAML or JSON; - for stdin")
  .option("--markdown", "for a comment on a pull request")
  .addOption(new Option("--html", "one page to review who has access").conflicts("markdown"))
  .addOption(new Option("--json", "for scripts").conflicts(["markdown", "html"]))
  .option("--expect-no-changes", "end with 1 if `up` would change anything")
  .addOption(
    new Option("--unmanaged <what>", "what the roster does with people who are not in the file")
      .choices(["warn", "remove"])
      .default("warn"),
  )
  .addHelpText(
    "after",
    `
Changes nothing. Ends with 1 if the file has problems or \`up\` would fail for somebody.

Example:
  pulumi-trieve report members.yaml --markdown > comment.md
  pulumi-trieve report members.yaml --html > access.html`,
  )
  .action(async (file: string, options: ReportOptions) => {
    const { report } = await import("./report.js");
    code = await report(file, options, output);
  });

withServer(command("doctor", "look at key, role, organization, server and links"))
  .option("--json", "for scripts")
  .addHelpText(
    "after",
    `
Changes nothing and sends no mail. Also reads TRIEVE_APP_URL and TRIEVE_REDIRECT_URI.

Example:
  TRIEVE_API_KEY=$(pulumi config get trieve:apiKey) pulumi-trieve doctor --url http://localhost:8090 --organization …`,
  )
  .action(async (options: ExportOptions) => {
    const { doctor } = await import("./doctor.js");
    code = await doctor(options, output);
  });

withServer(
  command("init", "new server: make an organization key, print `pulumi config set` lines"),
  "UUID (default: that of the admin key's account)",
)
  .option("--admin-key-stdin", "read the server's admin key from stdin instead of TRIEVE_ADMIN_KEY")
  .option("--redirect-uri <url>", "dashboard, where people land after accepting")
  .option("--read-only", "make a key for previews instead, which may only read, and print it")
  .option("--json", "the settings for scripts")
  .addHelpText(
    "after",
    `
The admin key is the server's ADMIN_API_KEY. Where its account is in several organizations, --organization
chooses. A second environment on the same server needs an organization of its own: name it with --organization.
What is printed holds the new key: pipe it into a shell, so that it is in no history.
With --read-only TRIEVE_API_KEY will do, if its role is admin or owner.

Example:
  pulumi-trieve init --admin-key-stdin --url http://localhost:8090 < admin-key | sh`,
  )
  .action(async (options: InitOptions) => {
    const { init } = await import("./init.js");
    code = await init(options, output);
  });

command("simulate", "run a simulated Trieve server until it is interrupted")
  .helpOption(false)
  .argument("[options...]", "see `pulumi-trieve simulate --help`")
  .allowUnknownOption()
  .action(async (_options: string[], _values: unknown, { args }: Command) => {
    const { simulate } = await import("./simulate.js");
    code = await simulate(args, output);
  });

function command(name: string, description: string): Command {
  return program.command(name).description(description);
}

function withServer(
  command: Command,
  organization = "UUID (default: TRIEVE_ORGANIZATION_ID)",
): Command {
  return command
    .option("--url <url>", "server, without /api (default: TRIEVE_API_URL)")
    .option("--organization <id>", organization)
    .option("--retry-for <seconds>", "how long to ask again a server that does not answer", "10");
}

function version(): string {
  const file = join(__dirname, "..", "..", "..", "package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

/** One line for whatever went wrong, and how the command ends. Never a stack, never a key. */
function failure(error: unknown): ExitCode {
  // Help, the version and wrong options: commander has said what there is to say.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.fine : exitCode.usage;
  const { message } = error as Error;
  output.message(`pulumi-trieve: ${message}`);
  return error instanceof UsageError ? exitCode.usage : exitCode.notAsked;
}

// Whoever reads the result may stop before its end, as `head` does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(code ?? exitCode.fine);
});

program.parseAsync().then(
  () => {
    if (code !== undefined) process.exitCode = code;
  },
  (error: unknown) => {
    process.exitCode = failure(error);
  },
);
