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
  .description("Inspects and exports the people of a Trieve organization.")
  .version(version())
  .exitOverride()
  .showHelpAfterError("Run with --help for the commands and options.")
  .addHelpText(
    "after",
    `
Settings:
  TRIEVE_API_KEY          API key of the organization (there is no option for it)
  TRIEVE_ORGANIZATION_ID  organization, if --organization is omitted
  TRIEVE_API_URL          server, if --url is omitted (default https://api.trieve.ai)
  The config of a stack is not read. To use it:
    export TRIEVE_API_KEY=$(pulumi config get trieve:apiKey) TRIEVE_API_URL=$(pulumi config get trieve:apiUrl)
    export TRIEVE_ORGANIZATION_ID=$(pulumi config get trieve:organizationId)

Exit codes:
  0  success
  1  problems, which are printed
  2  wrong usage
  3  the server could not be reached`,
  );

withServer(command("export", "print everyone in an organization as members.yaml"))
  .option("-o, --output <file>", "write to a file")
  .option("--force", "overwrite the file if it exists")
  .option("--json", "print JSON, which is also a valid roster")
  .addOption(
    new Option("--pulumi-import", "print a file for `pulumi import --file`").conflicts("json"),
  )
  .addHelpText(
    "after",
    `
Writes a role for everyone, so that the first \`up\` with the file changes nothing. Skips people that the file cannot
list, such as the account "default", with a warning.

Example:
  pulumi-trieve export --url http://localhost:8090 > members.yaml
  pulumi-trieve export --pulumi-import -o people.json && pulumi import --file people.json`,
  )
  .action(async (options: ExportOptions) => {
    const { exportRoster } = await import("./export.js");
    code = await exportRoster(options, output);
  });

command("validate", "check a roster file, without a key or network access")
  .argument("<file>", "YAML or JSON; - for stdin")
  .option("--json", "print JSON for scripts")
  .addHelpText(
    "after",
    `
Prints every problem as file:line:column and exits with 1. Prints the number of people and exits with 0 if there are none.

Example:
  pulumi-trieve validate members.yaml`,
  )
  .action(async (file: string, options: { json?: boolean }) => {
    const { validate } = await import("./validate.js");
    code = await validate(file, options, output);
  });

withServer(command("report", "show what `up --refresh` would do with a roster file"))
  .argument("<file>", "YAML or JSON; - for stdin")
  .option("--markdown", "print Markdown for a comment on a pull request")
  .addOption(
    new Option("--html", "print one HTML page to review who has access").conflicts("markdown"),
  )
  .addOption(new Option("--json", "print JSON for scripts").conflicts(["markdown", "html"]))
  .option("--expect-no-changes", "exit with 1 if `up` would change anything")
  .addOption(
    new Option("--unmanaged <what>", "setting of the roster for people who are not in the file")
      .choices(["warn", "remove"])
      .default("warn"),
  )
  .addHelpText(
    "after",
    `
Changes nothing. Exits with 1 if the file has problems or \`up\` would fail for somebody.

Example:
  pulumi-trieve report members.yaml --markdown > comment.md
  pulumi-trieve report members.yaml --html > access.html`,
  )
  .action(async (file: string, options: ReportOptions) => {
    const { report } = await import("./report.js");
    code = await report(file, options, output);
  });

withServer(command("doctor", "check the key, its role, the organization, the server and the links"))
  .option("--json", "print JSON for scripts")
  .addHelpText(
    "after",
    `
Changes nothing and sends no email. Also reads TRIEVE_APP_URL and TRIEVE_REDIRECT_URI.

Example:
  TRIEVE_API_KEY=$(pulumi config get trieve:apiKey) pulumi-trieve doctor --url http://localhost:8090 --organization …`,
  )
  .action(async (options: ExportOptions) => {
    const { doctor } = await import("./doctor.js");
    code = await doctor(options, output);
  });

withServer(
  command("init", "create an organization key on a new server and print `pulumi config set` lines"),
  "UUID (default: that of the admin key's account)",
)
  .option("--admin-key-stdin", "read the server's admin key from stdin instead of TRIEVE_ADMIN_KEY")
  .option("--redirect-uri <url>", "URL of the dashboard, where people land after accepting")
  .option("--read-only", "create and print a read-only key for previews instead")
  .option("--json", "print the settings as JSON")
  .addHelpText(
    "after",
    `
The admin key is the server's ADMIN_API_KEY. If its account belongs to several organizations, --organization selects
one. A second environment on the same server needs its own organization, which --organization selects.
The output contains the new key. Pipe it into a shell to keep it out of the shell history.
With --read-only, a TRIEVE_API_KEY with role admin or owner is sufficient.

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
    .option("--retry-for <seconds>", "how long to retry if the server does not answer", "10");
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
