// docs/images/up.svg: what a real `pulumi up` of a roster shows on a terminal, against the simulator.
// `tools/run.mjs picture` prepares what this needs: the build, and `pulumi` and a supported Node on PATH.

import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "./paths.mjs";
import { capture } from "./process.mjs";
import { picture, screen } from "./terminal.mjs";

const require = createRequire(import.meta.url);
const { startSimulator } = require("../dist/simulator/index.js");
const { Project } = require("../dist/tests/e2e/cli.js");

const program = `
  const { TrieveRoster } = require("pulumi-trieve");
  exports.counts = new TrieveRoster("team", { file: "members.yaml" }).counts;
`;

const before = `members:
  - { email: root@example.com, role: owner }
  - { email: grace@example.com, role: admin }
  - { email: mallory@example.com }
`;

const after = `members:
  - { email: root@example.com, role: owner }
  - { email: grace@example.com, role: owner }
  - { email: ada@example.com, role: admin }
  - { email: carol@example.com, scopes: ["POST /api/chunk/search"] }
`;

const size = { columns: 120, rows: 80 };

/** An `up` in which two people come, one goes, and one gets another role. */
async function up() {
  const simulator = await startSimulator();
  const { id, apiKey } = simulator.createOrganization("acme", { owner: "root@example.com" });
  simulator.addMember(id, "grace@example.com", "admin");
  simulator.addMember(id, "mallory@example.com", "user");
  const project = await Project.create({
    program,
    name: "people",
    config: {
      "trieve:apiUrl": simulator.url,
      "trieve:organizationId": id,
      "trieve:redirectUri": "http://localhost:5173/",
    },
    secrets: { "trieve:apiKey": apiKey },
  });
  const write = (members) => writeFileSync(join(project.folder, "members.yaml"), members);
  try {
    write(before);
    await project.up();
    write(after);
    // On a terminal, which `script` gives it, Pulumi shows a tree that it draws again and again.
    const command = `stty cols ${size.columns} rows ${size.rows}; pulumi up --yes`;
    const mac = process.platform === "darwin";
    const terminal = mac
      ? ["-q", "/dev/null", "sh", "-c", command]
      : ["-qec", command, "/dev/null"];
    const output = await capture("script", terminal, {
      cwd: project.folder,
      env: { ...project.env, TERM: "xterm-256color" },
    });
    return await screen(output, size);
  } finally {
    await project.remove();
    await simulator.close();
  }
}

const [file = join(root, "docs", "images", "up.svg")] = process.argv.slice(2);
const prompt = [[{ text: "$ pulumi up --yes" }]];
writeFileSync(file, picture("pulumi up", [...prompt, ...(await up())]));
