import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { type Simulator, startSimulator } from "../../simulator";
import { Project } from "../e2e/cli";
import { pack } from "../e2e/package";
import { dashboard, program } from "../e2e/world";

const root = resolve(__dirname, "..", "..", "..");
const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  devDependencies: Record<string, string>;
};

/** How somebody installs the package and writes a program. */
interface Way {
  readonly install: readonly [command: string, ...args: string[]];
  readonly main: string;
  readonly program: string;
  /** Options of Pulumi's Node.js runtime. */
  readonly runtime: Record<string, unknown>;
  readonly manifest?: Record<string, unknown>;
  /** Beside the program. */
  readonly files?: Record<string, object>;
  /** What Node must be told, in the project's folder, to find packages. */
  readonly nodeOptions?: (folder: string) => string;
}

const npm = ["npm", "install", "--prefer-offline", "--no-audit", "--no-fund"] as const;
const pnpm = ["npx", "--yes", "pnpm@10", "install", "--prefer-offline"] as const;
const yarn = ["npx", "--yes", "--package=@yarnpkg/cli-dist@4", "yarn", "install"] as const;

const commonjs = {
  main: "index.js",
  program: program({ ada: { email: "ada@example.com" } }),
  runtime: { typescript: false },
};
const typescript = {
  main: "index.ts",
  program: `
    import type { Output } from "@pulumi/pulumi";
    import * as trieve from "pulumi-trieve";
    const resource = new trieve.TrieveInvitation("ada", { email: "ada@example.com", role: "user" });
    export const ada: Output<trieve.Status> = resource.status;
  `,
};
const nodenext = { target: "es2022", module: "nodenext", strict: true, types: [] };

const ways: Record<string, Way> = {
  "npm, CommonJS": { ...commonjs, install: npm },
  "npm, an ES module": {
    install: npm,
    main: "index.js",
    program: `
      import { TrieveInvitation } from "pulumi-trieve";
      export const ada = new TrieveInvitation("ada", { email: "ada@example.com" }).status;
    `,
    runtime: { typescript: false },
    manifest: { type: "module" },
  },
  "pnpm, CommonJS": { ...commonjs, install: pnpm },
  "yarn with node_modules, CommonJS": {
    ...commonjs,
    install: yarn,
    // JSON is YAML.
    files: { ".yarnrc.yml": { nodeLinker: "node-modules" } },
  },
  "yarn Plug'n'Play, CommonJS": {
    ...commonjs,
    install: yarn,
    files: { ".yarnrc.yml": { nodeLinker: "pnp", pnpEnableEsmLoader: true } },
    nodeOptions: (folder) =>
      `--require ${join(folder, ".pnp.cjs")} --loader ${pathToFileURL(join(folder, ".pnp.loader.mjs"))}`,
  },
  "npm, TypeScript as Pulumi runs it without a tsconfig": {
    ...typescript,
    install: npm,
    runtime: {},
  },
  "npm, TypeScript with `module: nodenext`": {
    ...typescript,
    install: npm,
    runtime: {},
    files: { "tsconfig.json": { compilerOptions: nodenext, files: ["index.ts"] } },
  },
  "npm, TypeScript of which Node strips the types": {
    ...typescript,
    install: npm,
    runtime: { typescript: false },
    manifest: { type: "module" },
  },
};

/** Without the settings of this package, which `npm run` hands on, and `CI`, in which a lock file must be there. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_.*|CI)$/i.test(name)),
);

describe("the package, installed in a project of its own", function () {
  this.timeout(600_000);
  let folder: string;
  let tarball: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "packages-"));
    tarball = pack(folder).file;
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [title, way] of Object.entries(ways))
    it(`works with ${title}`, async () => {
      const world = await install(way, { folder, tarball });
      try {
        await livesThrough(world);
      } finally {
        await world.end();
      }
    });

  it("has types that stop a program with a role that there is not", async () => {
    const way = { ...typescript, program: typescript.program.replace(`"user"`, `"boss"`) };
    const world = await install({ ...way, install: npm, runtime: {} }, { folder, tarball });
    try {
      const { code, output } = await world.project.up("--skip-preview");
      expect(code).not.to.equal(0);
      expect(output).to.match(/Type '"boss"' is not assignable to type/);
      expect(world.simulator.requests).to.deep.equal([]);
    } finally {
      await world.end();
    }
  });
});

interface World {
  readonly simulator: Simulator;
  readonly organizationId: string;
  readonly project: Project;
  end(): Promise<void>;
}

/** A fresh project in which somebody has installed the package, and a simulator that it is configured for. */
async function install(way: Way, from: { folder: string; tarball: string }): Promise<World> {
  const simulator = await startSimulator();
  const organization = simulator.createOrganization("acme");
  const project = await Project.create({
    main: way.main,
    program: way.program,
    runtime: way.runtime,
    manifest: {
      ...way.manifest,
      dependencies: {
        "@pulumi/pulumi": devDependencies["@pulumi/pulumi"],
        "pulumi-trieve": `file:${from.tarball}`,
      },
      devDependencies: { typescript: devDependencies.typescript },
    },
    config: {
      "trieve:organizationId": organization.id,
      "trieve:apiUrl": simulator.url,
      "trieve:redirectUri": dashboard,
    },
    secrets: { "trieve:apiKey": organization.apiKey },
    parent: from.folder,
  });
  for (const [name, content] of Object.entries(way.files ?? {}))
    writeFileSync(join(project.folder, name), JSON.stringify(content));
  const [command, ...args] = way.install;
  execFileSync(command, args, { cwd: project.folder, env: environment, stdio: "pipe" });
  if (way.nodeOptions) project.env.NODE_OPTIONS = way.nodeOptions(project.folder);
  return {
    simulator,
    organizationId: organization.id,
    project,
    async end() {
      await project.remove();
      await simulator.close();
    },
  };
}

/** Invited, nothing more to do, out again; and what the engine stores of the package is a name. */
async function livesThrough({ simulator, organizationId, project }: World): Promise<void> {
  const expectChange = async (verb: "up" | "destroy", change: string) => {
    const { code, output, changes } = await project[verb]("--skip-preview");
    expect(code, output).to.equal(0);
    expect(changes).to.deep.equal({ ada: change });
  };

  await expectChange("up", "create");
  expect(simulator.mails.map(({ to }) => to)).to.deep.equal(["ada@example.com"]);
  const { deployment } = await project.exportState();
  const ada = deployment.resources.find(({ urn }) => urn.endsWith("::ada"));
  expect(ada?.outputs?.__provider).to.equal(
    'exports.handler = () => require("pulumi-trieve/host");',
  );

  await expectChange("up", "same");
  expect(simulator.mails).to.have.lengthOf(1);

  await expectChange("destroy", "delete");
  expect(simulator.invitations(organizationId)).to.deep.equal([]);
}
