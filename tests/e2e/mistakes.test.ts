import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { bin } from "../cli/run";
import { World } from "./world";

const file = `\
defaults:
  roles: admin
  scopes: []
limits: { maxRemovals: 5 }
members:
  - ada@example.com
  - ADA@example.com
  - grace
  - a..b@example.com
  - bob@example
  - role: admin
  - email: 7
  - email: carl@example.com
    role: Adminn
    until: 2027-02-30
    scopes: GET /api/dataset
    resend: 2
  - email: emil@example.com
    scopes: [search, "GET /api/("]
    role:
`;

const anAddress = "write an address such as ada@example.com";
const problems = [
  'members.yaml:2:3: unknown key "roles": write role',
  'members.yaml:3:11: an empty list of scopes would lock the person out: write ["POST /api/chunk/search"], or omit scopes for no restriction',
  'members.yaml:4:1: unknown key "limits": delete it, or write defaults or members',
  "members.yaml:7:5: ada@example.com is already listed at members.yaml:6:5: delete one of them",
  `members.yaml:8:5: "grace" has no @; ${anAddress}`,
  `members.yaml:9:5: "a..b@example.com" may contain only letters, digits, !#$%&*+/=?^_\`{|}~- and single dots before the @; ${anAddress}`,
  `members.yaml:10:5: "bob@example" has no valid domain after the @, such as example.com (write international domains in their xn-- form); ${anAddress}`,
  `members.yaml:11:5: email is missing: ${anAddress}`,
  `members.yaml:12:12: 7 is not a valid email address: ${anAddress}`,
  'members.yaml:14:11: "Adminn" is not a valid role: write "admin"',
  'members.yaml:15:12: "2027-02-30" is not a valid date: write the last day as YYYY-MM-DD, such as 2027-01-31',
  'members.yaml:16:13: "GET /api/dataset" is not a valid list of scopes: write ["POST /api/chunk/search"], or omit scopes for no restriction',
  'members.yaml:17:13: 2 is not a valid text for resend: write "2", in quotes',
  'members.yaml:19:14: "search" must be a method and a route, such as "POST /api/chunk/search"',
  'members.yaml:19:22: "GET /api/(" is not a valid regular expression, which is how Trieve reads it; write one such as "GET /api/chunk/{chunk_id}"',
  'members.yaml:20:5: role has no value: write "user", "admin" or "owner"',
];

describe("a roster file with sixteen different mistakes", function () {
  this.timeout(180_000);
  let world: World;
  before(async () => {
    world = await World.create({});
    writeFileSync(join(world.project.folder, "members.yaml"), file);
    await world.project.write(
      `const trieve = require("pulumi-trieve"); new trieve.TrieveRoster("team", { file: "members.yaml" });`,
    );
  });
  after(() => world.end());
  afterEach(() => expect(world.requests()).to.deep.equal([]));

  it("yields all sixteen in one `pulumi preview`, and no request", async () => {
    const { output } = await world.fail("preview");
    expect(output).to.include('TrieveRoster "team" has 16 problems:');
    const lines = output.split("\n").map((line) => line.trim());
    expect(lines.filter((line) => line.startsWith("members.yaml:"))).to.deep.equal(problems);
  });

  it("yields all sixteen in one `pulumi-trieve validate`, and no request", async () => {
    const { simulator, organization, project } = world;
    const env = {
      ...process.env,
      TRIEVE_API_URL: simulator.url,
      TRIEVE_ORGANIZATION_ID: organization.id,
      TRIEVE_API_KEY: organization.apiKey,
    };
    const validate = promisify(execFile)(process.execPath, [bin, "validate", "members.yaml"], {
      cwd: project.folder,
      env,
    });
    const { code, stdout } = await validate.then(
      () => expect.fail("validate found nothing"),
      (error: { code: number; stdout: string }) => error,
    );
    expect(code).to.equal(1);
    expect(stdout).to.equal(`${problems.join("\n")}\n`);
  });
});
