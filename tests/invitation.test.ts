import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { TrieveInvitation } from "../provider";

const organizationId = "6c8f3c1e-58f6-4c8e-9f2b-0f6c6a3f5d11";

describe("new TrieveInvitation", () => {
  const { prepareStackTrace, stackTraceLimit } = Error;

  beforeEach(() =>
    pulumi.runtime.setMocks({
      newResource: ({ name, inputs }) => ({ id: name, state: inputs }),
      call: ({ inputs }) => inputs,
    }),
  );
  afterEach(() => Object.assign(Error, { prepareStackTrace, stackTraceLimit }));

  // Pulumi maps each through the source maps of the program. With sixty per resource, a program of a thousand people
  // took 9 s, of which 4 were spent on these.
  it("leaves the SDK no stack traces to note but those that it shows", async () => {
    const noted: string[] = [];
    // Mocha sets it to infinity, as the SDK does to find the place of a resource.
    Error.stackTraceLimit = 10;
    Error.prepareStackTrace = (error, frames) => {
      if (frames.length > 0) noted.push(String(error));
      return "";
    };
    const ada = new TrieveInvitation("ada", { email: "ada@example.com", organizationId });
    const whileItWasMade = noted.length;
    await new Promise((resolve) => ada.urn.apply(resolve));
    expect(whileItWasMade).to.be.below(8);
  });

  it("leaves the program's own traces as they were", () => {
    const own = () => "own";
    Error.prepareStackTrace = own;
    new TrieveInvitation("ada", { email: "ada@example.com", organizationId });
    expect(Error.prepareStackTrace).to.equal(own);
    expect(Error.stackTraceLimit).to.equal(stackTraceLimit);
  });

  it("leaves the SDK the place of the resource in the program, which it looks up without a limit", () => {
    const places: string[] = [];
    Error.stackTraceLimit = 10;
    Error.prepareStackTrace = (_error, frames) => {
      places.push(frames.join("\n"));
      return places.at(-1);
    };
    new TrieveInvitation("ada", { email: "ada@example.com", organizationId });
    expect(places.join("\n")).to.include("invitation.test");
  });

  it("fails with a trace that names where the program made it", () => {
    const make = () => new TrieveInvitation("", { email: "ada@example.com", organizationId });
    let stack: string | undefined;
    try {
      make();
    } catch (error) {
      ({ stack } = error as Error);
    }
    expect(stack).to.match(/^\w*Error: .*name/);
    expect(stack).to.match(/\n +at make .*invitation\.test/);
  });

  const early = new Error("made before, with a trace of its own");
  const thrown: readonly [what: string, thrown: unknown][] = [
    ["a text", "policy says no"],
    ["nothing", undefined],
    ["an error that nobody may change", Object.freeze(new Error("policy says no"))],
    ["an error with a trace of its own", early],
  ];
  for (const [what, value] of thrown)
    it(`passes on ${what} that a transformation throws, as it is`, () => {
      const trace = early.stack;
      let caught: unknown = "nothing was thrown";
      try {
        new TrieveInvitation(
          "ada",
          { email: "ada@example.com", organizationId },
          {
            transformations: [
              () => {
                throw value;
              },
            ],
          },
        );
      } catch (error) {
        caught = error;
      }
      expect(caught).to.equal(value);
      expect(early.stack).to.equal(trace);
    });
});
