import { expect } from "chai";
import * as quirks from "../../provider/trieve/quirks";

/** What Trieve says, as recorded, and which of the questions it answers. */
const messages: readonly [message: string, meanings: readonly string[]][] = [
  ["Error sending email.", ["mailFailed"]],
  ["User with email ada@x.example is already in the organization", ["alreadyMember"]],
  ["User with email ada@x.example has already been invited", ["alreadyInvited"]],
  ["User with email a\nb@x.example has already been invited", ["alreadyInvited"]],
  ["Error getting invitation.", ["invitationGone"]],
  ["Error loading user role", ["membershipGone"]],
  ["Error loading user by itself for get_user_by_id_query", ["accountGone", "keyWithoutAccount"]],
  [
    "The user who you would like to update the role of must be added to the specified org first before their role can be updated",
    ["accountGone"],
  ],
  ["Error getting invitations.", []],
  ["Error sending email", []],
  ["Error loading users", []],
  ["Error inserting invitation.", []],
  ["Invalid email", []],
  ["Can not invite yourself", []],
  ["Can not invite user with higher role than yours", []],
  ["You are not a member of this organization", []],
  ["User with email ada@x.example has already been invited, it seems", []],
  ["", []],
];

const questions = {
  mailFailed: quirks.mailFailed,
  alreadyMember: quirks.alreadyMember,
  alreadyInvited: quirks.alreadyInvited,
  invitationGone: quirks.invitationGone,
  membershipGone: quirks.membershipGone,
  accountGone: quirks.accountGone,
  keyWithoutAccount: quirks.keyWithoutAccount,
};

describe("quirks: messages", () => {
  for (const [message, meanings] of messages)
    it(`${JSON.stringify(message)} means ${meanings.join(" and ") || "nothing in particular"}`, () =>
      expect(
        Object.entries(questions).flatMap(([name, is]) => (is(message) ? [name] : [])),
      ).to.deep.equal(meanings));
});

describe("quirks: the link of an invitation", () => {
  const rows: readonly [redirectUri: string, encoded: string][] = [
    ["http://d.example/", "http%3A%2F%2Fd.example%2F"],
    ["http://d.example/?a=1&b=2#c", "http%3A%2F%2Fd.example%2F%3Fa%3D1%26b%3D2%23c"],
    ["http://d.example/?a=1+1", "http%3A%2F%2Fd.example%2F%3Fa%3D1%2B1"],
  ];
  for (const [redirectUri, encoded] of rows)
    it(`to ${redirectUri}`, () => {
      const link = quirks.invitationLink("http://t.example/api", "i1", "o1", redirectUri);
      expect(link).to.equal(
        `http://t.example/api/auth?inv_code=i1&organization_id=o1&redirect_uri=${encoded}`,
      );
      expect(new URL(link).searchParams.get("redirect_uri")).to.equal(redirectUri);
    });
});
