import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { meetingFolder } from "../../provider/folder";
import { ownMeetingFolder } from "../lifecycle/world";

describe("the folder in which processes meet, beside other users of the machine", () => {
  const { path: ownFolder } = ownMeetingFolder();
  const path = () => join(ownFolder(), `pulumi-trieve-${process.geteuid?.()}`);
  const refused = /is not a private folder of this user\. Remove it, or set TMPDIR/;
  beforeEach(() => rmSync(path(), { recursive: true, force: true }));

  it("is made for this user alone", () => {
    expect(dirname(meetingFolder())).to.equal(ownFolder());
    expect(statSync(meetingFolder()).mode & 0o777).to.equal(0o700);
  });

  it("is not a link that somebody else has laid there", () => {
    const elsewhere = mkdtempSync(join(tmpdir(), "elsewhere-"));
    symlinkSync(elsewhere, path());
    expect(meetingFolder).to.throw(refused);
    rmSync(elsewhere, { recursive: true });
  });

  it("is not a file", () => {
    writeFileSync(path(), "");
    expect(meetingFolder).to.throw();
  });

  for (const mode of [0o750, 0o705, 0o777, 0o770])
    it(`is not one that others may enter (${mode.toString(8)})`, () => {
      mkdirSync(path());
      chmodSync(path(), mode);
      expect(meetingFolder).to.throw(refused);
    });
});
