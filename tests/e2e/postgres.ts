import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chownSync, existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** Where packages put PostgreSQL's programs, most of them not on PATH. */
const usualFolders = [
  "/usr/lib/postgresql/*/bin",
  "/usr/libexec/postgresql*",
  "/usr/pgsql-*/bin",
  "/usr/local/pgsql/bin",
  "/{opt/homebrew,usr/local,home/linuxbrew/.linuxbrew}/opt/postgresql*/bin",
  "/Applications/Postgres.app/Contents/Versions/latest/bin",
];

/** A folder with `initdb`, `postgres` and `psql`. */
export function findPostgres(): string | undefined {
  return [...(process.env.PATH ?? "").split(delimiter), ...globSync(usualFolders)].find((folder) =>
    ["initdb", "postgres", "psql"].every((program) => existsSync(join(folder, program))),
  );
}

/** There is no PostgreSQL, and tests cannot have one. */
export class NoPostgres extends Error {
  override readonly name = "NoPostgres";
  constructor(why: string) {
    super(
      `no PostgreSQL found (${why}). \`apt-get install postgresql\` or \`brew install postgresql\` brings one.`,
    );
  }
}

/**
 * Installs Debian's package where that is ours to do: as root on a CI machine.
 *
 * @throws NoPostgres if it is not, or if there is no apt or no mirror
 */
export function installPostgres(): string {
  if (process.env.CI !== "true" || process.getuid?.() !== 0)
    throw new NoPostgres("it is installed here as root with CI=true only");
  try {
    apt("update");
    apt("install", "--no-install-recommends", "postgresql");
  } catch (error) {
    throw new NoPostgres((error as Error).message);
  }
  const folder = findPostgres();
  if (folder === undefined) throw new Error("Debian's package brought no initdb.");
  return folder;
}

function apt(...args: string[]): void {
  execFileSync("apt-get", ["--yes", "--quiet", ...args], {
    // A run level in which the package does not start a server of its own.
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" },
    stdio: ["ignore", "ignore", "pipe"],
  });
}

/** A throw-away PostgreSQL server. */
export class Postgres {
  private constructor(
    readonly url: string,
    private readonly programs: string,
    private readonly folder: string,
    private readonly server: ChildProcess,
  ) {}

  /** @param programs the folder with `initdb` */
  static async start(programs: string): Promise<Postgres> {
    const folder = mkdtempSync(join(tmpdir(), "postgres-"));
    const password = randomBytes(16).toString("hex");
    const passwordFile = join(folder, "password");
    writeFileSync(passwordFile, password, { mode: 0o600 });
    const account = serverAccount();
    if (account)
      for (const path of [folder, passwordFile]) chownSync(path, account.uid, account.gid);
    const options = { ...account, cwd: folder };

    const data = join(folder, "data");
    const access = ["--username=pulumi", "--auth=scram-sha-256", `--pwfile=${passwordFile}`];
    execFileSync(
      join(programs, "initdb"),
      [`--pgdata=${data}`, ...access, "--locale=C", "--encoding=UTF8", "--no-sync"],
      { ...options, stdio: ["ignore", "ignore", "pipe"] },
    );
    const port = await freePort();
    const server = spawn(
      join(programs, "postgres"),
      ["-D", data, "-h", "127.0.0.1", "-p", `${port}`, "-k", folder],
      { ...options, stdio: ["ignore", "ignore", "pipe"] },
    );
    await accepting(server);
    const url = `postgres://pulumi:${password}@127.0.0.1:${port}/postgres?sslmode=disable`;
    return new Postgres(url, programs, folder, server);
  }

  /** Rows of a query with one column. */
  query(sql: string): string[] {
    const psql = join(this.programs, "psql");
    const options = ["--no-psqlrc", "--tuples-only", "--no-align", "--command", sql];
    return execFileSync(psql, [this.url, ...options], { encoding: "utf8" })
      .trim()
      .split("\n");
  }

  async stop(): Promise<void> {
    const ended = once(this.server, "exit");
    this.server.kill("SIGINT"); // without waiting for clients
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** PostgreSQL refuses to run as root. */
function serverAccount(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

function accepting(server: ChildProcess): Promise<void> {
  let log = "";
  return new Promise((resolve, reject) => {
    server.stderr?.setEncoding("utf8").on("data", (text: string) => {
      log += text;
      if (log.includes("ready to accept connections")) resolve();
    });
    server.on("error", reject);
    server.on("exit", () => reject(new Error(`PostgreSQL did not start:\n${log}`)));
  });
}
