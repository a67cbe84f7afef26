import { expect } from "chai";
import { dashboard, World } from "./world";

const ada = { email: "ada@example.com", role: "admin" };
const bob = { email: "bob@example.com" };

describe("API keys", function () {
  this.timeout(180_000);
  let world: World;
  beforeEach(async () => {
    world = await World.create({ ada, bob });
  });
  afterEach(() => world.end());

  it("rotate without a diff, and an old one that `refresh` still sends has two ways out", async () => {
    await world.succeed("up");
    const rotated = world.simulator.createKey(world.organization.id, "admin");
    await world.project.run("config", "set", "--secret", "trieve:apiKey", rotated);
    world.simulator.revokeKey(world.organization.apiKey);

    const refused = await world.fail("refresh");
    expect(refused.output).to.include(
      `Could not list the invitations in organization ${world.organization.id} at ${world.simulator.url}: the server answered 401 (Unauthorized). The API key is wrong, expired or revoked. For \`pulumi up\`, set trieve:apiKey to a valid key. \`pulumi refresh\` and \`pulumi destroy\` send the key that the last \`up\` recorded. For them, set TRIEVE_API_KEY=<new key> or add --run-program.`,
    );
    // Once for each resource, and not also among what the provider prints.
    const [, diagnostics = ""] = refused.output.split("Diagnostics:");
    expect(diagnostics.match(/answered 401/g)).to.have.lengthOf(refused.failed.length);
    world.project.env.TRIEVE_API_KEY = rotated;
    await world.succeed("refresh");
    delete world.project.env.TRIEVE_API_KEY;
    await world.fail("refresh");
    await world.succeed("refresh", "--run-program");

    const up = await world.succeed("up");
    expect(up.changes).to.deep.equal({ ada: "same", bob: "same" });
    await world.succeed("refresh");
    expect(world.writes()).to.deep.equal(["invite", "invite"]);
  });

  it("of two organizations in one program stay apart, whatever the environment says", async () => {
    const { simulator } = world;
    const [east, west] = [
      simulator.createOrganization("east"),
      simulator.createOrganization("west"),
    ] as const;
    world.project.env.TRIEVE_API_KEY = world.organization.apiKey;
    world.project.env.TRIEVE_ORGANIZATION_ID = world.organization.id;
    const provider = ({ id, name, apiKey }: typeof east) =>
      `const ${name} = new trieve.Provider("${name}", { apiKey: pulumi.secret("${apiKey}"), organizationId: "${id}",
         apiUrl: "${simulator.url}", redirectUri: "${dashboard}" });`;
    const inEast = { ...ada, opts: "{ provider: east }" };
    const inWest = { ...ada, opts: "{ provider: west }" };
    await world.declare({ inEast, inWest }, [east, west].map(provider).join("\n"));
    await world.succeed("up");
    expect(world.people(east.id)).to.deep.equal({ "ada@example.com": "admin, pending" });
    expect(world.people(west.id)).to.deep.equal({ "ada@example.com": "admin, pending" });
    expect(world.people()).to.deep.equal({});
    const keys = world
      .requests()
      .map(({ organizationId, keyText }) => `${organizationId} ${keyText}`);
    expect(new Set(keys)).to.deep.equal(
      new Set([`${east.id} ${east.apiKey}`, `${west.id} ${west.apiKey}`]),
    );

    // A key that was revoked: an explicit provider takes nothing from the environment, and says what helps.
    simulator.revokeKey(east.apiKey);
    const { output } = await world.fail("refresh");
    expect(output).to.include("For `pulumi up`, set a valid key on the trieve.Provider.");
    expect(output).not.to.include("TRIEVE_API_KEY");
    const renewed = { ...east, apiKey: simulator.createKey(east.id, "owner") };
    await world.declare({ inEast, inWest }, [renewed, west].map(provider).join("\n"));
    await world.succeed("destroy", "--run-program");
    expect([world.people(east.id), world.people(west.id)]).to.deep.equal([{}, {}]);
  });

  it("and invitation links are nowhere to be read: state, outputs, messages, logs", async () => {
    const { simulator, organization, project } = world;
    const read: string[] = [];
    const keep = (text: string) => read.push(text);
    await project.write(`
      const trieve = require("pulumi-trieve");
      const ada = new trieve.TrieveInvitation("ada", ${JSON.stringify(ada)});
      const bob = new trieve.TrieveInvitation("bob", ${JSON.stringify(bob)});
      exports.link = ada.inviteUrl; exports.status = bob.status;`);
    keep((await world.succeed("up", "-v=9", "--logtostderr")).output);
    const links = simulator.mails.flatMap((mail) => mail.links);
    const ids = simulator.invitations(organization.id).map(({ id }) => id);
    expect([links.length, ids.length]).to.deep.equal([2, 2]);
    const outputs = await project.outputs();
    expect(outputs.link, "with the key of the stack it is there").to.include(
      ids.find((id) => String(outputs.link).includes(id)) ?? "no id",
    );

    keep((await world.succeed("refresh", "-v=9", "--logtostderr")).output);
    keep(JSON.stringify(await project.exportState()));
    keep((await project.run("stack", "output", "--json")).output);
    const state = await project.exportState("--show-secrets");
    for (const { outputs: recorded } of state.deployment.resources)
      if (recorded?.__provider) keep(String(recorded.__provider));
    const fault = simulator.fault({ route: "listMembers", times: 9, effect: { status: 403 } });
    keep((await world.fail("refresh", "-v=9", "--logtostderr")).output);
    fault.remove();
    keep((await world.succeed("destroy", "-v=9", "--logtostderr")).output);

    const key = organization.apiKey;
    const secrets = [
      key,
      Buffer.from(key).toString("base64"),
      encodeURIComponent(`Bearer ${key}`),
      ...links,
      ...ids,
    ];
    const betraying = read
      .flatMap(ours)
      .filter((line) => secrets.some((secret) => line.includes(secret)));
    expect(betraying).to.deep.equal([]);
  });
});

/** At -v=9 engine and SDK log all that they pass about; what a provider process prints is among the messages. */
function ours(text: string): string[] {
  return (
    text
      .split("\n")
      // As long as it has nothing else to print, the CLI prints dots.
      .map((line) => line.replace(/^@ \w+\.+/, ""))
      .filter((line) => !line.startsWith('{"time"') || /eventSink::(Info|Warn|Error)/.test(line))
  );
}
