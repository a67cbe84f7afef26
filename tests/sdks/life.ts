import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Simulator, startSimulator } from "../../simulator";
import { hermeticEnvironment } from "../e2e/cli";
import { dashboard, peopleOf } from "../e2e/world";
import { installPlugin } from "./plugin";
import { type Program, run, type Verb } from "./program";

type People = Readonly<Record<string, { readonly email: string; readonly role: string }>>;

const ada = { email: "ada@example.com", role: "admin" };
const bob = { email: "bob@example.com", role: "user" };

/** The life of people whom a program in this language declares, inline in the Automation API. */
export function livesThrough(language: string, program: Program): void {
  describe(`people in an inline ${language} program with the generated SDK`, function () {
    this.timeout(180_000);
    let folder: string;
    let env: Record<string, string>;
    let simulator: Simulator;
    let organization: { id: string; apiKey: string };

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), "sdk-"));
      env = hermeticEnvironment(join(folder, ".pulumi"));
      installPlugin(env);
      simulator = await startSimulator();
      organization = simulator.createOrganization("acme");
    });
    after(async () => {
      rmSync(folder, { recursive: true, force: true });
      await simulator.close();
    });

    const people = () => peopleOf(simulator, organization.id);
    const writes = () => simulator.requests.filter(({ method }) => method !== "GET").length;
    const deploy = (verb: Verb, declared: People) => {
      const cwd = join(folder, "program");
      mkdirSync(cwd, { recursive: true });
      const settings = {
        "trieve:apiKey": organization.apiKey,
        "trieve:organizationId": organization.id,
        "trieve:apiUrl": simulator.url,
        "trieve:redirectUri": dashboard,
        people: JSON.stringify(declared),
      };
      return run(program, verb, settings, { cwd, env });
    };

    it("are invited by no preview", async () => {
      const { changes } = await deploy("preview", { ada, bob });
      expect(changes).to.deep.equal({ create: 3 });
      expect(people()).to.deep.equal({});
      expect(writes()).to.equal(0);
    });

    it("are invited by `up`", async () => {
      const { changes, outputs } = await deploy("up", { ada, bob });
      expect(changes).to.deep.equal({ create: 3 });
      expect(outputs).to.deep.equal({ ada: "pending", bob: "pending" });
      expect(people()).to.deep.equal({
        "ada@example.com": "admin, pending",
        "bob@example.com": "user, pending",
      });
      expect(simulator.mails.map(({ to }) => to)).to.have.members([ada.email, bob.email]);
    });

    it("are left alone by the next `up`", async () => {
      const before = writes();
      const { changes } = await deploy("up", { ada, bob });
      expect(changes).to.deep.equal({ same: 3 });
      expect(writes()).to.equal(before);
    });

    it("get another role when the program says so", async () => {
      const { changes } = await deploy("up", { ada, bob: { ...bob, role: "owner" } });
      expect(changes).to.deep.equal({ same: 2, update: 1 });
      expect(people()).to.deep.equal({
        "ada@example.com": "admin, pending",
        "bob@example.com": "owner, pending",
      });
    });

    it("leave with `destroy`", async () => {
      const { changes } = await deploy("destroy", {});
      expect(changes).to.deep.equal({ delete: 3 });
      expect(people()).to.deep.equal({});
    });
  });
}
