import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { adminKey, all, Nothing, roster, untouched, urns } from "./from-nothing";

const nobodyToAsk =
  "This run creates the organization or the API key of the roster, so this preview cannot show who is already there.";

describe("an environment from nothing", function () {
  this.timeout(300_000);
  let world: Nothing;
  const keys = () => world.simulator.keys(world.organizationId);
  /** Texts of all keys that there have been. */
  const texts: string[] = [];

  before(async () => {
    world = await Nothing.create();
  });
  after(() => world.end());

  it("is foretold without a request, and the preview says once that nobody can be asked", async () => {
    const { changes, output } = await world.succeed("preview");
    expect(changes).to.include(all("create"));
    const [, diagnostics = ""] = output.split("Diagnostics:");
    expect(diagnostics.split(nobodyToAsk)).to.have.lengthOf(2);
    expect(world.routes()).to.deep.equal([]);
  });

  it("is made by one `up`: organization, key, and everybody invited", async () => {
    const { changes } = await world.succeed("up");
    expect(changes).to.include(all("create"));
    world.expectEnvironment();
    const routes = world.routes();
    expect(routes.slice(0, 5)).to.deep.equal([
      "me",
      "createOrganization",
      "listKeys",
      "createKey",
      "listKeys",
    ]);
    expect(routes.filter((route) => route === "invite")).to.have.lengthOf(roster.length);
    const outputs = await world.project.outputs();
    expect(outputs).to.include({
      organizationId: world.organizationId,
      apiKey: keys()[0]?.text,
    });
    texts.push(String(outputs.apiKey));
    expect(await world.statusWith(texts[0] ?? "")).to.equal(200);
  });

  it("stays as it is: a second `up` asks nothing", async () => {
    const { changes } = await world.succeed("up");
    expect(changes).to.include(untouched);
    expect(world.routes()).to.deep.equal([]);
    const preview = await world.succeed("preview", "--expect-no-changes");
    expect(preview.output).not.to.include(nobodyToAsk);
    expect(world.routes().sort()).to.deep.equal(["listInvitations", "listMembers"]);
  });

  it("is refreshed by one question for the organization, one list of keys and two of people", async () => {
    await world.succeed("refresh");
    expect(world.routes().sort()).to.deep.equal([
      "getOrganization",
      "listInvitations",
      "listKeys",
      "listMembers",
    ]);
  });

  it("gets another name in place", async () => {
    const id = world.organizationId;
    await world.declare({ name: "test" });
    const { changes } = await world.succeed("up");
    expect(changes).to.include({ ...untouched, organization: "update" });
    expect(world.routes()).to.deep.equal(["updateOrganization"]);
    expect(world.organizations()).to.deep.equal([{ id, name: "test" }]);
  });

  it("gets another key, which changes nobody; the old one is dead after", async () => {
    await world.declare({ name: "test", rotateTrigger: "1" });
    const { changes } = await world.succeed("up");
    expect(changes).to.include({ ...untouched, key: "replace" });
    expect(world.routes()).to.deep.equal(["listKeys", "createKey", "listKeys", "deleteKey"]);
    world.expectEnvironment("test");
    texts.push(keys()[0]?.text ?? "");
    expect(await Promise.all(texts.map((key) => world.statusWith(key)))).to.deep.equal([401, 200]);
    await world.succeed("refresh");
    expect((await world.succeed("up")).changes).to.include(untouched);
  });

  it("gets another key by --replace as well, of which the engine tells the key nothing", async () => {
    world.routes();
    await world.succeed("up", "--replace", urns.key);
    expect(world.routes()).to.deep.equal([
      "listKeys",
      "createKey",
      "listKeys",
      "deleteKey",
      "deleteKey",
    ]);
    world.expectEnvironment("test");
    texts.push(keys()[0]?.text ?? "");
    expect(await Promise.all(texts.map((key) => world.statusWith(key)))).to.deep.equal([
      401, 401, 200,
    ]);
  });

  it("is changed back when somebody renames it in the dashboard", async () => {
    await fetch(`${world.simulator.url}/api/organization`, {
      method: "PUT",
      headers: {
        Authorization: adminKey,
        "TR-Organization": world.organizationId,
        "Content-Type": "application/json",
      },
      body: JSON.stringify({ name: "by hand" }),
    });
    const { changes } = await world.succeed("up", "--refresh");
    expect(changes).to.include({ organization: "update", key: "same" });
    world.expectEnvironment("test");
  });

  it("whose key somebody has deleted says what to do, and that works", async () => {
    world.simulator.revokeKey(keys()[0]?.text ?? "");
    const { output, code } = await world.run("refresh", "--yes");
    expect(code, output).not.to.equal(0);
    expect(output).to.include("the server answered 401 (Unauthorized).");
    expect(output).to.include(
      "If a TrieveApiKey created it, run `pulumi refresh --target <its URN>`, unless a refresh has already dropped it, then `pulumi up`.",
    );
    await world.succeed("refresh", "--target", urns.key);
    const { changes } = await world.succeed("up");
    expect(changes).to.include({ ...untouched, key: "create" });
    world.expectEnvironment("test");
    texts.push(keys()[0]?.text ?? "");
    await world.succeed("refresh");
  });

  it("that somebody has deleted says what to do, and that works", async () => {
    world.simulator.deleteOrganization(world.organizationId);
    const { output } = await world.fail("refresh");
    expect(output).to.include("the server answered 404 (Not Found: Organization not found).");
    expect(output).to.include(
      "If a TrieveOrganization created it, run `pulumi state delete --force --target-dependents <URN of the trieve.Provider>`, `pulumi refresh`, then `pulumi up`.",
    );
    const { provider } = urns;
    await world.succeed("state", "delete", "--yes", "--force", "--target-dependents", provider);
    await world.succeed("refresh");
    const mailsBefore = world.simulator.mails.length;
    await world.succeed("up");
    world.expectEnvironment("test", mailsBefore);
    texts.push(keys()[0]?.text ?? "");
    await world.succeed("preview", "--refresh", "--expect-no-changes");
  });

  it("has its keys nowhere but in an encrypted output", async () => {
    world.printed.push(
      JSON.stringify(await world.project.exportState()),
      (await world.project.run("stack", "output", "--json")).output,
      (await world.project.run("stack")).output,
      ...filesIn(world.project.folder),
    );
    expect(texts).to.have.lengthOf(5);
    const secrets = [...texts, adminKey].flatMap((key) => [
      key,
      Buffer.from(key).toString("base64").replace(/=+$/, ""),
      encodeURIComponent(`Bearer ${key}`),
    ]);
    const betraying = world.printed.flatMap((text) =>
      secrets.flatMap((secret) => {
        const at = text.indexOf(secret);
        return at < 0 ? [] : [text.slice(Math.max(0, at - 200), at)];
      }),
    );
    expect(betraying, "what stands before a key").to.deep.equal([]);
    expect((await world.project.outputs()).apiKey).to.equal(texts.at(-1));
    const { deployment } = await world.project.exportState("--show-secrets");
    const holding = deployment.resources
      .filter(({ outputs }) => JSON.stringify(outputs ?? {}).includes(texts.at(-1) ?? "?"))
      .map(({ urn }) => urn.split("::").at(-1));
    expect(holding.sort()).to.deep.equal(["dev", "e2e-test", "key"]);
  });
});

/** What is in all files of a folder, as text; without what the SDK tells those who ask for its debugging messages. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((file) => join(folder, file))
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file, "latin1"))
    .map((text) => text.replace(/^.*"severity":"debug".*$/gm, ""));
}

describe("to destroy an environment", function () {
  this.timeout(300_000);
  let world: Nothing;
  before(async () => {
    world = await Nothing.create();
    await world.succeed("up");
  });
  after(() => world.end());

  it("is refused until it is meant, and touches nothing", async () => {
    world.routes();
    await world.fail("destroy");
    expect(world.routes().filter((route) => !route.startsWith("list"))).to.deep.equal([]);
    world.expectEnvironment();
  });

  it("leaves an organization that holds a dataset, and says how to go on", async () => {
    const id = world.organizationId;
    world.simulator.addDataset(id, "docs");
    await world.declare({ maxRemovals: "100%" });
    await world.succeed("up");
    const { output } = await world.fail("destroy");
    expect(output).to.include(
      `Refused to delete organization "dev" (${id}) at ${world.simulator.url}: it holds 1 dataset. Delete them first; or set \`forceDestroy: true\` and run \`pulumi up\`, then delete it.`,
    );
    expect(world.organizations()).to.deep.equal([{ id, name: "dev" }]);
    expect(world.people()).to.deep.equal({});
    expect(world.simulator.keys(id)).to.deep.equal([]);
  });

  it("takes its datasets along where that is meant", async () => {
    await world.declare({ maxRemovals: "100%", forceDestroy: true });
    await world.succeed("up");
    await world.succeed("destroy");
    expect(world.organizations()).to.deep.equal([]);
    const { deployment } = await world.project.exportState();
    expect(deployment.resources ?? []).to.deep.equal([]);
  });

  it("and to make it again is to begin from nothing", async () => {
    const mailsBefore = world.simulator.mails.length;
    await world.declare({});
    await world.succeed("up");
    world.expectEnvironment("dev", mailsBefore);
  });
});
