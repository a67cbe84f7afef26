import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { forgetNames, leaveNames, namesLeft } from "../../provider/deployment/named";
import { meetingFolder } from "../../provider/folder";
import { ownMeetingFolder } from "../lifecycle/world";

const key = "urn:pulumi:dev::acme::trieve:index:Roster::team";
const here = { key, server: "http://localhost:8090", organizationId: "org-1" };

describe("whom a preview has named", () => {
  ownMeetingFolder();
  const file = () => join(meetingFolder(), readdirSync(meetingFolder())[0] ?? "");

  it("is left for the run that follows, where only this user can read it", () => {
    leaveNames({ ...here, emails: ["a@x.example"] });
    expect(namesLeft(here)).to.deep.equal(["a@x.example"]);
    expect(statSync(file()).mode & 0o077).to.equal(0);
    leaveNames({ ...here, emails: [] });
    expect(namesLeft(here), "the last preview counts").to.deep.equal([]);
  });

  it("is nobody in another stack, organization or server", () => {
    leaveNames({ ...here, emails: ["a@x.example"] });
    for (const other of [
      { key: key.replace("dev", "prod") },
      { organizationId: "org-2" },
      { server: "https://api.trieve.ai" },
    ])
      expect(namesLeft({ ...here, ...other })).to.equal(undefined);
  });

  it("is nobody after an hour, or when a later preview took it back", () => {
    leaveNames({ ...here, emails: ["a@x.example"] });
    const left = JSON.parse(readFileSync(file(), "utf8"));
    writeFileSync(file(), JSON.stringify({ ...left, at: left.at - 3_600_000 }));
    expect(namesLeft(here)).to.equal(undefined);
    leaveNames({ ...here, emails: ["a@x.example"] });
    forgetNames(key);
    expect(namesLeft(here)).to.equal(undefined);
  });
});
