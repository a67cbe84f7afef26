import { writeFile } from "node:fs/promises";
import { Document, isMap } from "yaml";
import { defined } from "../defined";
import { emailProblem } from "../lifecycle/check";
import { decideEnsure, wantedOf } from "../lifecycle/decide";
import { listEverybody, type Present, presentOf } from "../lifecycle/everybody";
import { standingOf } from "../lifecycle/observe";
import { idOf } from "../lifecycle/state";
import { printable } from "../printable";
import { checkMembers } from "../roster/file";
import { count } from "../roster/words";
import type { Access } from "../settings";
import type { Role } from "../trieve/model";
import { connect, readAccess, type ServerOptions } from "./connection";
import { type ExitCode, exitCode, type Output, UsageError } from "./output";

export interface ExportOptions extends ServerOptions {
  readonly output?: string;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly pulumiImport?: boolean;
}

/** A person as the file names them. */
interface ExportedMember {
  readonly email: string;
  readonly role: Role;
  readonly scopes?: readonly string[];
}

interface LeftOut {
  readonly email: string;
  readonly why: string;
}

/** Prints everybody in an organization as a roster, or for Pulumi to import, so that the first `up` changes nothing. */
export async function exportRoster(options: ExportOptions, output: Output): Promise<ExitCode> {
  const access = readAccess(options, process.env);
  const client = connect(access, options);
  const people = await output.during(
    `Reading the lists of organization ${access.organizationId}`,
    async () => presentOf(await listEverybody(client, access.organizationId)),
  );
  const lines: ExportedMember[] = [];
  const leftOut: LeftOut[] = [];
  for (const [email, person] of people) {
    const line = lineOf(email, person);
    const why = objection(line, person);
    if (why === undefined) lines.push(line);
    else leftOut.push({ email: spelling(person), why });
  }
  for (const { email, why } of leftOut) output.warn(`skipped ${quoted(email)}: ${why}`);
  const text = textOf(options, lines, leftOut, access);
  if (options.output === undefined) output.result(text);
  else await write(options.output, text, options.force === true);
  const pending = people.filter(([, { phase }]) => phase === "pending").length;
  output.message(
    `${count(lines.length, "person", "people")}${options.output === undefined ? "" : ` in ${options.output}`}, ${leftOut.length} left out; ${pending} pending.`,
  );
  return exitCode.fine;
}

function textOf(
  { json, pulumiImport }: ExportOptions,
  lines: readonly ExportedMember[],
  leftOut: readonly LeftOut[],
  access: Access,
): string {
  if (pulumiImport) return jsonOf(importOf(lines, access));
  return json ? jsonOf({ members: lines }) : yamlOf(lines, leftOut, access);
}

function jsonOf(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** What `pulumi import --file` takes. */
function importOf(lines: readonly ExportedMember[], { organizationId }: Access): object {
  return {
    resources: lines.map(({ email }) => ({
      type: "trieve:index:Invitation",
      name: email,
      id: idOf({ organizationId, email }),
    })),
  };
}

function lineOf(email: string, person: Present): ExportedMember {
  const { role, scopes } = standingOf(person);
  return defined({ email, role, scopes: scopes && [...scopes] });
}

/** Why the file cannot have this line, or why it would not leave the person as they are; undefined if it is fine. */
function objection(line: ExportedMember, person: Present): string | undefined {
  const address = emailProblem(line.email);
  if (address !== undefined) return address;
  if (line.scopes?.length === 0)
    return "has an empty list of scopes, which the file cannot express";
  if (line.scopes?.some((scope) => printable(scope) !== scope))
    return "a scope contains invisible characters";
  const { members, problems } = checkMembers({ members: [line] });
  const [member] = members ?? [];
  if (member === undefined) return [...new Set(problems.map(({ text }) => text))].join("; ");
  if (member.email !== line.email) return "the file cannot express this address";
  if (decideEnsure(wantedOf(member, undefined), person, false, person).decision === "done")
    return undefined;
  return "has several memberships with different roles or scopes; choose one and write the line";
}

/** As the server has it, case included. */
function spelling(person: Present): string {
  return person.phase === "pending" ? person.newest.email : person.memberships[0].email;
}

function quoted(text: string): string {
  return printable(JSON.stringify(text));
}

function yamlOf(
  lines: readonly ExportedMember[],
  leftOut: readonly LeftOut[],
  { organizationId, apiUrl }: Access,
): string {
  const document = new Document({ members: lines }, { aliasDuplicateObjects: false });
  document.commentBefore = [
    ` Everybody in organization ${organizationId} at ${apiUrl}.`,
    ...leftOut.map(({ email, why }) => ` Left out: ${quoted(email)}: ${printable(why)}`),
  ].join("\n");
  if (isMap(document.contents)) document.contents.spaceBefore = true;
  return document.toString({ lineWidth: 0 });
}

async function write(path: string, text: string, force: boolean) {
  try {
    await writeFile(path, text, { flag: force ? "w" : "wx" });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(
      code === "EEXIST"
        ? `${path} already exists; add --force to overwrite it`
        : `cannot write ${path}: ${message}`,
    );
  }
}
