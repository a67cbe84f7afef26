import { expect } from "chai";
import type { RosterEntry } from "../../provider/roster/file";
import { peopleOn, utcDay } from "../../provider/roster/people";

const ada: RosterEntry = { email: "ada@example.com", role: "owner", roleIsDefault: false };

describe("roster: whose time is over", () => {
  const cases: readonly [what: string, until: string | undefined, present: boolean][] = [
    ["no end", undefined, true],
    ["yesterday", "2027-01-30", false],
    ["today, the last day", "2027-01-31", true],
    ["tomorrow", "2027-02-01", true],
    ["last year", "2026-12-31", false],
    ["next year", "2028-01-01", true],
  ];
  for (const [what, until, present] of cases)
    it(what, () => {
      const member = { ...ada, ...(until === undefined ? {} : { until }) };
      expect(peopleOn([member], "2027-01-31")).to.deep.equal({
        present: present ? [member] : [],
        ended: present ? [] : [member],
      });
    });

  it("keeps the order of the roster", () => {
    const members = ["2027-03-01", "2027-01-01", "2027-02-01", "2026-01-01"].map((until, i) => ({
      ...ada,
      email: `person${i}@example.com`,
      until,
    }));
    const { present, ended } = peopleOn(members, "2027-02-01");
    expect([present, ended]).to.deep.equal([
      [members[0], members[2]],
      [members[1], members[3]],
    ]);
  });
});

describe("roster: the day in UTC", () => {
  const moments: readonly [at: string, day: string][] = [
    ["2027-01-31T23:59:59.999Z", "2027-01-31"],
    ["2027-02-01T00:00:00.000Z", "2027-02-01"],
    ["2027-02-01T00:30:00+01:00", "2027-01-31"],
    ["2027-01-31T23:30:00-01:00", "2027-02-01"],
  ];
  for (const [at, day] of moments) it(at, () => expect(utcDay(new Date(at))).to.equal(day));

  it("of no date is an error", () => {
    expect(() => utcDay(new Date("tomorrow"))).to.throw(RangeError);
  });
});
