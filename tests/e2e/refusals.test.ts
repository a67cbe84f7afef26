import { expect } from "chai";
import { startSimulator } from "../../simulator";
import { Project } from "./cli";
import { World } from "./world";

describe("bad input is refused at preview, all of a resource at once, before any request", function () {
  this.timeout(180_000);
  let world: World;
  before(async () => {
    world = await World.create({});
  });
  after(() => world.end());

  // The engine stops at the first resource that is refused: one preview for each.
  const cases: { args: string; problems: string[] }[] = [
    {
      args: `{ email: "a..b@example.com", role: "boss", scopes: [".*", "GET /api/(", 7], organizationId: "acme",
        deletionPolicy: "keep", resendTrigger: 2 }`,
      problems: [
        'email "a..b@example.com" may contain only letters, digits, !#$%&*+/=?^_`{|}~- and single dots before the @',
        'role must be "user", "admin" or "owner", not "boss"',
        'scopes ".*" must be a method and a route, such as "POST /api/chunk/search"; "GET /api/(" is not a valid regular expression, which is how Trieve reads it; 7 must be a method and a route, such as "POST /api/chunk/search"',
        'organizationId "acme" is not a UUID: copy it from the dashboard',
        'deletionPolicy must be "revert" or "remove", not "keep"',
        "resendTrigger must be a string, not 2",
      ],
    },
    { args: "{}", problems: ["email is missing"] },
    // Node.js does not look at types.
    {
      args: `{ email: "ada@", rol: "admin", until: "2027-01-31" }`,
      problems: [
        'unknown key "rol": write role',
        'unknown key "until": delete it, or write email, role, scopes, organizationId, deletionPolicy or resendTrigger',
        'email "ada@" has no valid domain',
      ],
    },
  ];
  for (const { args, problems } of cases) {
    it(args.replace(/\s+/g, " "), async () => {
      await world.project.write(
        `const trieve = require("pulumi-trieve"); new trieve.TrieveInvitation("bad", ${args});`,
      );
      const { output } = await world.fail("preview");
      for (const problem of problems) expect(output).to.include(problem);
      expect(world.requests()).to.deep.equal([]);
    });
  }

  const misspelled: [program: string, problems: string[]][] = [
    [
      `new trieve.TrieveRoster("team", { members: [], breakglass: ["root@example.com"], unmanged: "remove" })`,
      [
        'TrieveRoster "team" has wrong arguments:',
        'unknown key "breakglass": write breakGlass',
        'unknown key "unmanged": write unmanaged',
      ],
    ],
    [
      `new trieve.Provider("own", { apiKey: "k", apiURL: "http://x.example" })`,
      ['Provider "own" has wrong arguments:', 'unknown key "apiURL": write apiUrl'],
    ],
    [
      `new trieve.TrieveOrganization("acme", { name: "Acme", forceDestory: true })`,
      ['unknown key "forceDestory": write forceDestroy'],
    ],
    [
      `new trieve.TrieveApiKey("ci", { name: "ci", role: "user", expires: "2027-01-31" })`,
      ['unknown key "expires": write expiresAt'],
    ],
  ];
  for (const [program, problems] of misspelled)
    it(program, async () => {
      await world.project.write(`const trieve = require("pulumi-trieve"); ${program};`);
      const { output } = await world.fail("preview");
      for (const problem of problems) expect(output).to.include(problem);
      expect(world.requests()).to.deep.equal([]);
    });

  it("but not what is unknown yet", async () => {
    await world.project.write(`
      const pulumi = require("@pulumi/pulumi");
      const trieve = require("pulumi-trieve");
      const provider = { create: async (inputs) => ({ id: "x", outs: { value: inputs.value, late: inputs.value } }) };
      class Late extends pulumi.dynamic.Resource {
        constructor(name, value) { super(provider, name, { value, late: undefined }); }
      }
      const email = new Late("email", "ada@example.com").late;
      const role = new Late("role", "admin").late;
      const organizationId = new Late("organization", "${world.organization.id}").late;
      new trieve.TrieveInvitation("ada", { email, role, organizationId, scopes: [email.apply((e) => "GET /api/" + e)] });
      new trieve.TrieveInvitation("bad", { email: "nobody", role, organizationId });`);
    const { output } = await world.fail("preview");
    expect(output).to.include('email "nobody" has no @');
    expect(output).not.to.include('email "ada');
    expect(output).to.match(/'bad' has a problem|bad.*error/);
    expect(output).not.to.match(/Invitation 'ada' has a problem/);
    expect(world.requests()).to.deep.equal([]);
  });

  it("an import, which cannot work and need not", async () => {
    await world.declare({
      ada: { email: "ada@example.com", opts: `{ import: "x" }` },
    });
    const { output } = await world.fail("preview");
    expect(output).to.include(
      'TrieveInvitation "ada": Pulumi cannot import dynamic resources. Omit `import`; people who are already there are adopted.',
    );
  });
});

describe("missing or bad settings are refused at preview, before any request", function () {
  this.timeout(180_000);
  const program = `const trieve = require("pulumi-trieve"); new trieve.TrieveInvitation("ada", { email: "ada@" });`;

  it("a misspelled key, which would send the API key to the default server", async () => {
    const typo = "trieve:appurl is not a setting: set trieve:appUrl and run `pulumi config rm";
    const world = await World.create({}, { config: { "trieve:appurl": "http://x.example" } });
    try {
      const member = '{ email: "ada@example.com" }';
      await world.project.write(`
        const trieve = require("pulumi-trieve");
        new trieve.TrieveInvitation("ada", ${member});
        new trieve.TrieveRoster("team", { members: [${member}] });`);
      expect((await world.fail("preview")).output).to.include(typo);
      expect(world.requests()).to.deep.equal([]);
    } finally {
      await world.end();
    }
  });

  it("all of them, together with what is wrong with the resource", async () => {
    const simulator = await startSimulator();
    const project = await Project.create({
      program,
      config: {
        "trieve:apiUrl": `${simulator.url}/api`,
        "trieve:mail": "never",
        "trieve:maxConcurrency": "10",
      },
    });
    try {
      const { code, output } = await project.preview();
      expect(code).not.to.equal(0);
      for (const line of [
        "apiKey is missing: run `pulumi config set --secret trieve:apiKey` or set TRIEVE_API_KEY",
        `apiUrl "${simulator.url}/api" ends with /api; write it without: ${simulator.url}`,
        "redirectUri is missing: run `pulumi config set trieve:redirectUri <URL of your dashboard, such as http://localhost:5173/>` or set TRIEVE_REDIRECT_URI",
        'mail "never" must be "required" or "optional"',
        'maxConcurrency "10" must be a whole number from 1 to 8: ten requests at once hang a Trieve server',
        "organizationId is missing: run `pulumi config set trieve:organizationId <id>`, set TRIEVE_ORGANIZATION_ID, or set it on the resource or its trieve.Provider",
        'email "ada@" has no valid domain after the @, such as example.com (write international domains in their xn-- form)',
      ])
        expect(output).to.include(line);
      expect(simulator.requests).to.deep.equal([]);
    } finally {
      await project.remove();
      await simulator.close();
    }
  });
});
