import { expect } from "chai";
import { plan, situationOf } from "../../provider/cli/comparison";
import type { Everybody } from "../../provider/lifecycle/everybody";
import { forecast, lowersAnybody } from "../../provider/lifecycle/forecast";
import { observe } from "../../provider/lifecycle/observe";
import { checkMembers } from "../../provider/roster/file";
import type { Role } from "../../provider/trieve/model";

const joinedAt = "2026-01-01T00:00:00Z";
const member = (email: string, role: Role, userId = email) => ({
  userId,
  email,
  role,
  scopes: null,
  joinedAt,
});

/** Members by address, each with the rows given. */
function everybody(...rows: ReturnType<typeof member>[]): Everybody {
  const emails = [...new Set(rows.map(({ email }) => email))];
  return new Map(
    emails.map((email) => [
      email,
      observe({ invitations: [], members: rows.filter((row) => row.email === email) }),
    ]),
  );
}

function planned(
  members: unknown[],
  server: Everybody,
  keyAccount?: string,
  unmanaged: "warn" | "remove" = "warn",
) {
  const roster = checkMembers({ members }).members ?? [];
  const situation = situationOf(roster, server, "2026-06-01", unmanaged);
  return {
    asks: lowersAnybody(situation),
    people: plan(roster, forecast(situation, keyAccount)).map(
      ({ email, change, refusal }) => `${email} ${change}${refusal ? `: ${refusal.reason}` : ""}`,
    ),
  };
}

describe("the comparison of a report", () => {
  const server = everybody(member("a@x.example", "owner"), member("b@x.example", "owner"));
  const a = (role: Role) => ({ email: "a@x.example", role });
  const b = (role: Role) => ({ email: "b@x.example", role });

  it("asks for nothing more where nobody is lowered", () => {
    expect(planned([a("owner"), b("owner")], server).asks).to.equal(false);
    expect(planned([a("user"), b("owner")], server).asks).to.equal(true);
    expect(planned([{ ...a("owner"), until: "2026-05-31" }, b("owner")], server).asks).to.equal(
      true,
    );
  });

  it("keeps the account of the key as it is", () => {
    const { people } = planned([a("user"), b("admin")], server, "a@x.example");
    expect(people).to.deep.equal([
      "a@x.example refused: the API key belongs to this account",
      "b@x.example update",
    ]);
  });

  it("keeps the last owner, also of those whose time is over", () => {
    const { people } = planned([a("user"), { ...b("owner"), until: "2026-05-31" }], server);
    expect(people).to.deep.equal([
      "b@x.example refused: no other owner would be left",
      "a@x.example update",
    ]);
  });

  it("counts today as a day in", () => {
    const { people } = planned([a("owner"), { ...b("owner"), until: "2026-06-01" }], server);
    expect(people).to.deep.equal(["a@x.example unchanged", "b@x.example unchanged"]);
  });

  it("lowers nobody by a default, whose role does not count as given up then", () => {
    const { people } = planned(["a@x.example", b("user")], server);
    expect(people).to.deep.equal([
      "a@x.example refused: is owner, and a default role never lowers anyone; write the role on their own line",
      "b@x.example update",
    ]);
  });

  it("removes those whom the file does not name if the roster does, but for whom a guard keeps in", () => {
    const strangers = everybody(
      member("a@x.example", "owner"),
      member("default", "owner"),
      member("e@x.example", "user"),
      member("k@x.example", "admin"),
    );
    const { asks, people } = planned(["b@x.example"], strangers, "k@x.example", "remove");
    expect(asks).to.equal(true);
    expect(people).to.deep.equal([
      "a@x.example remove",
      "e@x.example remove",
      "b@x.example invite",
      "k@x.example unmanaged: the API key belongs to this account",
    ]);
  });

  it("levels the rows of one account", () => {
    const torn = everybody(member("a@x.example", "owner"), member("a@x.example", "user"));
    expect(planned([a("owner")], torn).people).to.deep.equal(["a@x.example update"]);
  });

  it("counts an owner of the same run before those who are lowered", () => {
    const one = everybody(member("a@x.example", "owner"), member("c@x.example", "user"));
    const { people } = planned([a("user"), { email: "c@x.example", role: "owner" }], one);
    expect(people).to.deep.equal(["a@x.example update", "c@x.example update"]);
  });
});
