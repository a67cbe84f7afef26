import { existsSync } from "node:fs";
import { expect } from "chai";
import { Project, type State } from "./cli";

/** A program with dynamic resources of its own: nothing of this package is under test here. */
function program(people: Record<string, string>, wait = 0): string {
  return `
    const pulumi = require("@pulumi/pulumi");
    const provider = {
      async create(inputs) {
        await new Promise((resolve) => setTimeout(resolve, ${wait}));
        if (inputs.role === "refused") throw new Error("this role is refused");
        return { id: inputs.name, outs: inputs };
      },
      async diff(id, olds, news) {
        return { changes: olds.role !== news.role, replaces: news.role === "moved" ? ["role"] : [] };
      },
      async update(id, olds, news) { return { outs: news }; },
    };
    class Person extends pulumi.dynamic.Resource {
      constructor(name, role) { super(provider, name, { name, role }, {}, "test", "Person"); }
    }
    for (const [name, role] of Object.entries(${JSON.stringify(people)})) {
      exports[name] = new Person(name, role).role;
    }
    const config = new pulumi.Config("trieve");
    exports.settings = {
      apiUrl: config.get("apiUrl"), apiKey: config.get("apiKey"),
      leaked: Object.keys(process.env).filter((key) => key.startsWith("TRIEVE_")),
    };`;
}

describe("the e2e harness", function () {
  this.timeout(120_000);
  let project: Project;

  before(async () => {
    process.env.TRIEVE_TEST_LEAK = "of the caller";
    project = await Project.create({
      program: program({ ada: "admin", bob: "user" }),
      config: { "trieve:apiUrl": "http://127.0.0.1:1" },
      secrets: { "trieve:apiKey": "tr-secret" },
      env: { TRIEVE_TEST_GIVEN: "by the test" },
    });
  });

  after(async () => {
    delete process.env.TRIEVE_TEST_LEAK;
    await project.remove();
    expect(existsSync(project.folder)).to.equal(false);
  });

  it("previews without doing", async () => {
    const result = await project.preview();
    expect(result.code, result.output).to.equal(0);
    expect(result.changes).to.deep.equal({ ada: "create", bob: "create" });
    expect((await project.exportState()).deployment.resources ?? []).to.deep.equal([]);
  });

  it("brings up a program, with the settings of the test alone", async () => {
    const result = await project.up();
    expect(result.code, result.output).to.equal(0);
    expect(result.changes).to.deep.equal({ ada: "create", bob: "create" });
    expect(await project.outputs()).to.deep.equal({
      ada: "admin",
      bob: "user",
      settings: {
        apiUrl: "http://127.0.0.1:1",
        apiKey: "tr-secret",
        leaked: ["TRIEVE_TEST_GIVEN"],
      },
    });
  });

  it("shows that nothing changes", async () => {
    expect((await project.up()).changes).to.deep.equal({ ada: "same", bob: "same" });
  });

  it("tells update, replacement, deletion and creation apart", async () => {
    await project.write(program({ ada: "user", bob: "moved" }));
    expect((await project.up()).changes).to.deep.equal({ ada: "update", bob: "replace" });
    await project.write(program({ ada: "user", cid: "user" }));
    expect((await project.up()).changes).to.deep.equal({
      ada: "same",
      bob: "delete",
      cid: "create",
    });
  });

  it("names what failed", async () => {
    await project.write(program({ ada: "user", cid: "user", dan: "refused" }));
    const result = await project.up();
    expect(result.code).not.to.equal(0);
    expect(result.failed).to.deep.equal(["dan"]);
    expect(result.output).to.contain("this role is refused");
    // Whether the engine still gets to the others is a race.
    expect(result.changes).not.to.have.property("dan");
  });

  it("exports the state", async () => {
    const { resources } = (await project.exportState()).deployment;
    const ada = resources.find((resource) => resource.urn.endsWith("::ada"));
    expect(ada).to.include({ id: "ada", type: "pulumi-nodejs:dynamic/test:Person" });
    expect(ada?.outputs).to.include({ name: "ada", role: "user" });
  });

  it("refreshes", async () => {
    const result = await project.refresh();
    expect(result.code, result.output).to.equal(0);
    expect(result.changes).to.deep.equal({ ada: "same", cid: "same" });
  });

  it("kills the CLI in the middle, which leaves pending operations and a locked stack", async () => {
    await project.write(program({ ada: "user", cid: "user", eve: "user" }, 1e9));
    const running = project.start("up", "--yes", "--skip-preview");
    await settled(project, "eve");
    running.kill("SIGKILL");
    expect((await running.result).code).to.equal(null);
    expect(pendingIn(await project.exportState())).to.include("eve");
    expect((await project.up()).output).to.contain("locked");
    expect((await project.run("cancel", "--yes")).code).to.equal(0);
  });

  it("destroys", async () => {
    const result = await project.destroy();
    expect(result.code, result.output).to.equal(0);
    expect(result.changes).to.deep.equal({ ada: "delete", cid: "delete" });
  });
});

/**
 * Waits until this resource is under way and nothing else is written: the file backend writes in place, so a state that
 * is read meanwhile may be half a one, and a kill may leave that. Asking is slow enough; mocha's time limit ends it.
 */
async function settled(project: Project, name: string): Promise<void> {
  let before: string | undefined;
  for (;;) {
    const state = await project.exportState().catch(() => undefined);
    const text = JSON.stringify(state);
    if (state !== undefined && pendingIn(state).includes(name) && text === before) return;
    before = text;
  }
}

function pendingIn({ deployment }: State): string[] {
  const operations = deployment.pending_operations ?? [];
  return operations.map((operation) => operation.resource.urn.split("::").pop() as string);
}
