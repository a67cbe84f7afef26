import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { TrieveInvitation, TrieveRoster } from "../../provider";

/** A user's own unit tests: the program under Pulumi's mocks, several times in one process. */
describe("a program under mocks", () => {
  for (const preview of [true, false]) {
    it(`makes its people in every test anew, in ${preview ? "previews" : "updates"}`, async () => {
      for (const _test of ["first", "second"]) {
        await pulumi.runtime.setMocks(
          {
            newResource: ({ name, inputs }) => ({
              id: `${name}-id`,
              state: { ...inputs, status: "pending" },
            }),
            call: ({ inputs }) => inputs,
          },
          "project",
          "stack",
          preview,
        );
        const ada = new TrieveInvitation("ada", {
          email: "ada@example.com",
          organizationId: "6c8f3c1e-58f6-4c8e-9f2b-0f6c6a3f5d11",
        });
        const team = new TrieveRoster("team", {
          members: ["bob@example.com"],
          organizationId: "6c8f3c1e-58f6-4c8e-9f2b-0f6c6a3f5d11",
        });
        const told = await new Promise((resolve) =>
          pulumi.all([ada.status, team.counts]).apply(resolve),
        );
        expect(told).to.deep.equal(["pending", { member: 0, pending: 1 }]);
      }
    });
  }

  it("is told in one line of a file that is not there", () => {
    expect(() => new TrieveRoster("team", { file: "nobody.yaml" })).to.throw(
      pulumi.RunError,
      /^TrieveRoster "team": there is no file \/.*\/nobody\.yaml$/,
    );
  });
});
