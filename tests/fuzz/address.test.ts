import { expect } from "chai";
import fc from "fast-check";
import { checkArguments, emailProblem } from "../../provider/lifecycle/check";
import { expectPlain, fuzz, mutated, nasty, nastyWords } from "./fuzz";

const organizationId = "01234567-89ab-cdef-0123-456789abcdef";

/** Each of these has stopped a real server after it was stored, or is refused by it. */
const stopsServers = [
  "a..b@x.com",
  ".a@x.com",
  "a.@x.com",
  "a@x.com.",
  "a@x..com",
  "a@-x.com",
  "a@x-.com",
  "a@x.com junk",
  "a@x.com, b@y.com",
  "a@x.com\nBcc: z@y.com",
  `${"a".repeat(65)}@x.com`,
  "o'brien@x.com",
  "o’brien@x.com",
  "é@x.com",
  "\u212aate@x.com",
  '"q"@x.com',
  "a@@x.com",
  "a b@x.com",
  "a@[127.0.0.1]",
  "a@127.0.0.1",
  "a@b",
  "a@x_y.com",
  "a@exämple.com",
  `a@${"b".repeat(64)}.com`,
  "",
];

const label = fc.stringMatching(/^[a-z0-9]{1,8}$/);
const plain = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 3 }), fc.array(label, { minLength: 1 }))
  .map(([local, domain]) => `${local.join(".")}@${domain.slice(0, 4).join(".")}.example`);
const near = mutated(
  fc.oneof(plain, fc.emailAddress(), fc.constantFrom(...stopsServers)),
  fc.oneof(fc.constantFrom(...nastyWords, ".", "-", "@", " ", ",", "'", "\u212a", "\u017f"), nasty),
);

/** What is known to be mailed and stored, said without a regular expression of ours. */
function expectSafe(email: string): void {
  const ofOnly = (text: string, characters: string) =>
    [...text].every((character) => characters.includes(character));
  const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  expect(email.length, "the server's column").to.be.at.most(100);
  const [local = "", domain = "", ...more] = email.split("@");
  expect(more, "one @").to.deep.equal([]);
  expect(local.length, "what a mail server takes").to.be.within(1, 64);
  for (const part of local.split(".")) {
    expect(part, "no dots at the ends or side by side").not.to.equal("");
    expect(ofOnly(part, `${letters}0123456789!#$%&*+/=?^_\`{|}~-`), part).to.equal(true);
  }
  const labels = domain.split(".");
  expect(labels.length, "names").to.be.above(1);
  for (const name of labels) {
    expect(name.length, "a name").to.be.within(1, 63);
    expect(ofOnly(name, `${letters}0123456789-`), name).to.equal(true);
    expect(name.startsWith("-") || name.endsWith("-"), name).to.equal(false);
  }
  expect(ofOnly(labels.at(-1)?.[0] ?? "", letters), "no number at the end").to.equal(true);
}

describe("fuzz: addresses", () => {
  for (const email of stopsServers)
    it(`${JSON.stringify(email)} is refused`, () => {
      expect(emailProblem(email)).to.be.a("string");
    });

  fuzz("plain ones are accepted", 300, plain, (email) => {
    expect(emailProblem(email)).to.equal(undefined);
    expectSafe(email);
  });

  fuzz(
    "whatever is accepted is safe to send",
    5_000,
    fc.oneof(near, nasty, fc.string()),
    (email) => {
      if (emailProblem(email) === undefined) expectSafe(email);
    },
  );

  fuzz(
    "a resource sends no other one, and says in one line what is wrong",
    2_000,
    fc.record(
      {
        email: fc.oneof(near, fc.jsonValue()),
        role: fc.oneof(fc.constantFrom("user", "admin", "owner"), nasty, fc.jsonValue()),
        scopes: fc.oneof(fc.array(nasty), fc.jsonValue()),
        organizationId: fc.oneof(fc.constant(organizationId), nasty, fc.jsonValue()),
        deletionPolicy: fc.oneof(fc.constantFrom("revert", "remove"), nasty),
        resendTrigger: fc.oneof(nasty, fc.jsonValue()),
      },
      { requiredKeys: ["email"] },
    ),
    (args) => {
      const { inputs, problems } = checkArguments(args, organizationId);
      if (inputs) expectSafe(inputs.email);
      else expect(problems).not.to.deep.equal([]);
      for (const problem of problems) expectPlain(problem.slice(0, 1_900));
    },
  );
});
