import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { Provider, TrieveApiKey, TrieveOrganization } from "../../provider";

interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

const organizationId = "6c8f3c1e-58f6-4c8e-9f2b-0f6c6a3f5d11";

const settled = <T>(output: pulumi.Output<T>): Promise<T> =>
  new Promise((resolve) => output.apply((value) => resolve(value as T)));

class Group extends pulumi.ComponentResource {
  constructor(name: string) {
    super("test:index:Group", name);
  }
}

describe("a program that makes an environment", () => {
  let registered: Registered[];

  beforeEach(() => {
    registered = [];
    pulumi.runtime.setMocks({
      newResource: ({ type, name, inputs }) => {
        registered.push({ type, name, inputs });
        return { id: `id of ${name}`, state: { ...inputs, apiKey: "tr-made" } };
      },
      call: ({ inputs }) => inputs,
    });
  });

  const tagOf = async (key: TrieveApiKey, name: string) => {
    await settled(key.urn);
    return registered.find((one) => one.name === name)?.inputs.tag;
  };

  it("registers them by types and calls that never change", async () => {
    const organization = new TrieveOrganization("dev", { name: "dev" });
    const key = new TrieveApiKey("key", {
      organizationId: organization.id,
      name: "pulumi",
      role: "owner",
    });
    new Provider("members", { apiKey: key.apiKey, organizationId: organization.id });
    await settled(key.urn);
    expect(registered.map(({ type, inputs }) => [type, inputs.__provider])).to.deep.include.members(
      [
        [
          "pulumi-nodejs:dynamic/trieve:Organization",
          'exports.handler = () => require("pulumi-trieve/host").organization;',
        ],
        [
          "pulumi-nodejs:dynamic/trieve:ApiKey",
          'exports.handler = () => require("pulumi-trieve/host").apiKey;',
        ],
      ],
    );
    expect(await settled(key.organizationId)).to.equal("id of dev");
  });

  it("marks each key by its place in the program, the same in every run", async () => {
    const make = (name: string, parent?: pulumi.Resource) =>
      new TrieveApiKey(
        name,
        { organizationId, name: "pulumi", role: "user" },
        parent ? { parent } : {},
      );
    const first = await tagOf(make("a"), "a");
    registered = [];
    const again = await tagOf(make("a"), "a");
    registered = [];
    const other = await tagOf(make("b"), "b");
    registered = [];
    const within = await tagOf(make("a", new Group("group")), "a");
    expect(first).to.match(/^[0-9a-f]{8}$/);
    expect(again).to.equal(first);
    expect(new Set([first, other, within])).to.have.lengthOf(3);
  });

  it("cannot import or look up a key, nor import an organization", () => {
    const args = { organizationId, name: "pulumi", role: "user" } as const;
    for (const opts of [{ import: "x" }, { id: "x" }])
      expect(() => new TrieveApiKey("key", args, opts)).to.throw(
        /^TrieveApiKey "key": an existing key cannot be imported, because Trieve shows the text of a key only once\./,
      );
    expect(() => new TrieveOrganization("dev", { name: "dev" }, { import: "x" })).to.throw(
      /^TrieveOrganization "dev": Pulumi cannot import dynamic resources\. Use one that is there with TrieveOrganization\.get/,
    );
  });
});
