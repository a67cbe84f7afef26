import { expect } from "chai";
import type { Client } from "../../provider/trieve/client";
import { Directory, personKey } from "../../provider/trieve/directory";
import type { Invitation, MemberRow } from "../../provider/trieve/model";

const forEver = Number.POSITIVE_INFINITY;

const invitation = (email: string, id = "i1"): Invitation => ({
  id,
  email,
  used: false,
  role: "user",
  scopes: null,
  createdAt: "2026-01-01T00:00:00Z",
});
const member = (email: string, userId = "u1"): MemberRow => ({
  userId,
  email,
  role: "user",
  scopes: null,
  joinedAt: "2026-01-01T00:00:00Z",
});

/** A promise and what settles it. */
function deferred<T = void>() {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** What has run by itself by now. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

class FakeServer {
  invitations: Invitation[] = [];
  members: MemberRow[] = [];
  counts = { invitations: 0, members: 0, account: 0 };
  /** Thrown by the next question of that kind. */
  fails: Partial<Record<"invitations" | "members" | "account", Error>> = {};
  /** Until then lists take. */
  gate: Promise<unknown> = Promise.resolve();

  readonly directory = new Directory(
    {
      listInvitations: () => this.#answer("invitations", () => [...this.invitations]),
      listMembers: () => this.#answer("members", () => [...this.members]),
      account: () => this.#answer("account", () => ({ userId: "u1", email: "ada@x.example" })),
    } as unknown as Client,
    "o1",
  );

  async #answer<T>(kind: keyof FakeServer["counts"], read: () => T): Promise<T> {
    this.counts[kind] += 1;
    const error = this.fails[kind];
    delete this.fails[kind];
    const answer = read();
    await this.gate;
    if (error) throw error;
    return answer;
  }

  get lists(): [invitations: number, members: number] {
    return [this.counts.invitations, this.counts.members];
  }
}

describe("directory: looking somebody up", () => {
  it("in whatever case, with all rows", async () => {
    const server = new FakeServer();
    const rows = [invitation("Ada@X.example"), invitation("ada@x.example", "i2")];
    server.invitations = [...rows, invitation("bob@x.example", "i3")];
    server.members = [member("ADA@x.example"), member("eve@x.example", "u2")];
    for (const email of ["ada@x.example", "aDa@X.EXAMPLE"])
      expect(await server.directory.look(email, forEver)).to.deep.equal({
        invitations: rows,
        members: [member("ADA@x.example")],
      });
    expect(personKey("aDa@X.EXAMPLE")).to.equal("ada@x.example");
  });

  it("nobody", async () => {
    expect(await new FakeServer().directory.look("ada@x.example", forEver)).to.deep.equal({
      invitations: [],
      members: [],
    });
  });

  it("many at once share two lists, and so do later ones", async () => {
    const server = new FakeServer();
    const { directory } = server;
    await Promise.all(
      Array.from({ length: 1000 }, (_, i) => directory.look(`${i}@x.example`, 60_000)),
    );
    await directory.look("late@x.example", 60_000);
    expect(server.lists).to.deep.equal([1, 1]);
  });

  it("lists that began too long ago are read again", async () => {
    const server = new FakeServer();
    await server.directory.look("a@x.example", 60_000);
    await settle();
    await server.directory.look("a@x.example", 1);
    expect(server.lists).to.deep.equal([2, 2]);
  });

  it("afresh: never an earlier list", async () => {
    const server = new FakeServer();
    await server.directory.look("ada@x.example", forEver);
    server.invitations = [invitation("ada@x.example")];
    expect((await server.directory.look("ada@x.example", forEver)).invitations).to.deep.equal([]);
    expect((await server.directory.lookAfresh("ada@x.example")).invitations).to.have.length(1);
    expect((await server.directory.look("ada@x.example", forEver)).invitations).to.have.length(1);
    expect(server.lists).to.deep.equal([2, 2]);
  });

  it("afresh: members as well, and nobody", async () => {
    const server = new FakeServer();
    server.members = [member("Ada@x.example")];
    expect(await server.directory.lookAfresh("ada@x.example")).to.deep.equal({
      invitations: [],
      members: [member("Ada@x.example")],
    });
    expect(await server.directory.lookAfresh("bob@x.example")).to.deep.equal({
      invitations: [],
      members: [],
    });
  });

  it("the invitations alone: the long list is not read", async () => {
    const server = new FakeServer();
    server.invitations = [invitation("Ada@x.example")];
    expect(await server.directory.invitationsAfresh("ada@x.example")).to.have.length(1);
    expect(await server.directory.invitationsAfresh("bob@x.example")).to.have.length(0);
    expect(server.lists).to.deep.equal([2, 0]);
  });

  it("whoever has accepted since the members were listed: that list is read again", async () => {
    const server = new FakeServer();
    await server.directory.look("bob@x.example", forEver);
    await settle();
    server.invitations = [{ ...invitation("ada@x.example"), used: true }];
    server.members = [member("ada@x.example")];
    await server.directory.invitationsAfresh("bob@x.example");
    for (let i = 0; i < 2; i++) {
      const { members } = await server.directory.look("ada@x.example", forEver);
      expect(members).to.have.length(1);
      expect(server.lists).to.deep.equal([2, 2]);
    }
  });

  // The second saw that the list had been read again, and still went by what it had from the older one.
  it("two who have accepted since, looked up together: neither goes by the older list", async () => {
    const server = new FakeServer();
    await server.directory.look("eve@x.example", forEver);
    await settle();
    const emails = ["ada@x.example", "bob@x.example"];
    server.invitations = emails.map((email) => ({ ...invitation(email), used: true }));
    server.members = emails.map((email) => member(email));
    await server.directory.invitationsAfresh("eve@x.example");
    const looks = await Promise.all(emails.map((email) => server.directory.look(email, forEver)));
    expect(looks.map(({ members }) => members.length)).to.deep.equal([1, 1]);
    expect(server.lists).to.deep.equal([2, 2]);
  });

  it("everybody", async () => {
    const server = new FakeServer();
    server.members = [
      member("ada@x.example"),
      member("Ada@x.example", "u2"),
      member("bob@x.example", "u3"),
    ];
    const everybody = await server.directory.membersAfresh();
    expect(everybody.map(({ userId }) => userId)).to.have.members(["u1", "u2", "u3"]);
    expect(server.lists).to.deep.equal([0, 1]);
  });
});

describe("directory: a list that failed proves nothing", () => {
  for (const list of ["invitations", "members"] as const) {
    it(`all who wait for the ${list} get the error, the next asks again`, async () => {
      const server = new FakeServer();
      server.fails[list] = new Error("down");
      const looks = [1, 2, 3].map((i) => server.directory.look(`${i}@x.example`, forEver));
      const results = await Promise.allSettled(looks);
      expect(results.map(({ status }) => status)).to.deep.equal([
        "rejected",
        "rejected",
        "rejected",
      ]);
      await server.directory.look("1@x.example", forEver);
      expect(server.counts[list]).to.equal(2);
    });

    it(`afresh the same (${list})`, async () => {
      const server = new FakeServer();
      server.fails[list] = new Error("down");
      // Two wait for one list, as two writes end.
      const write = () => server.directory.write(async () => {});
      const looks = [1, 2].map((i) =>
        write().then(() => server.directory.lookAfresh(`${i}@x.example`)),
      );
      const results = await Promise.allSettled(looks);
      expect(results.map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
      await server.directory.lookAfresh("1@x.example");
      expect(server.counts[list]).to.equal(2);
    });
  }

  it("one that failed late does not take a newer one away", async () => {
    const server = new FakeServer();
    const gate = deferred();
    server.gate = gate.promise;
    server.fails.members = new Error("down");
    const old = server.directory.membersAfresh();
    await settle();
    server.gate = Promise.resolve();
    await server.directory.look("a@x.example", -1);
    gate.resolve();
    await old.catch(() => {});
    await server.directory.look("a@x.example", forEver);
    expect(server.lists).to.deep.equal([1, 2]);
  });
});

describe("directory: confirmation by group", () => {
  /** Starts writes, each of which asks afresh when it is done. */
  function startWrites(
    { directory }: FakeServer,
    count: number,
    kind: "invite" | "write" = "invite",
  ) {
    return Array.from({ length: count }, () => {
      const write = deferred();
      const confirmed = directory[kind](() => write.promise)
        .catch(() => {})
        .then(() => directory.invitationsAfresh("ada@x.example"));
      return { ...write, confirmed };
    });
  }

  it("a list begins when three wait for it for each invitation that is unfinished", async () => {
    const server = new FakeServer();
    const gate = deferred();
    server.gate = gate.promise;
    const writes = startWrites(server, 8);
    for (const [i, write] of writes.entries()) {
      await settle();
      // Six of eight wait, and two may still come.
      expect(server.lists, `before write ${i} ends`).to.deep.equal([i < 6 ? 0 : 1, 0]);
      write.resolve();
    }
    await settle();
    expect(server.lists, "while the first is being read").to.deep.equal([1, 0]);
    gate.resolve();
    await Promise.all(writes.map(({ confirmed }) => confirmed));
    expect(server.lists).to.deep.equal([2, 0]);
  });

  it("writes that end together share one list", async () => {
    const server = new FakeServer();
    const writes = startWrites(server, 8);
    for (const write of writes) write.resolve();
    await Promise.all(writes.map(({ confirmed }) => confirmed));
    expect(server.lists).to.deep.equal([1, 0]);
  });

  it("writes whose operation wants no list hold up nobody", async () => {
    const server = new FakeServer();
    const [first] = startWrites(server, 1);
    const others = Array.from({ length: 3 }, () => {
      const write = deferred();
      void server.directory.write(() => write.promise);
      return write;
    });
    first?.resolve();
    await settle();
    expect(server.lists).to.deep.equal([0, 0]);
    for (const write of others) write.resolve();
    await first?.confirmed;
    expect(server.lists).to.deep.equal([1, 0]);
  });

  it("a list waits for all other writes, which are quick", async () => {
    const server = new FakeServer();
    const [last, ...first] = startWrites(server, 8, "write");
    for (const write of first) write.resolve();
    await settle();
    expect(server.lists).to.deep.equal([0, 0]);
    last?.resolve();
    await last?.confirmed;
    expect(server.lists).to.deep.equal([1, 0]);
  });

  it("one email that takes long holds up none of four", async () => {
    const server = new FakeServer();
    const [slow, ...others] = startWrites(server, 4);
    for (const write of others) write.resolve();
    await Promise.all(others.map(({ confirmed }) => confirmed));
    expect(server.lists).to.deep.equal([1, 0]);
    slow?.resolve();
    await slow?.confirmed;
    expect(server.lists).to.deep.equal([2, 0]);
  });

  it("all of them see what they wrote", async () => {
    const server = new FakeServer();
    const [last, ...first] = startWrites(server, 4);
    server.invitations = [invitation("ada@x.example")];
    for (const write of first) write.resolve();
    for (const { confirmed } of first) expect(await confirmed).to.have.length(1);
    server.invitations = [];
    last?.resolve();
    expect(await last?.confirmed).to.have.length(0);
  });

  it("a write that fails counts as done", async () => {
    const server = new FakeServer();
    const [first, second] = startWrites(server, 2);
    first?.resolve();
    second?.reject(new Error("refused"));
    await Promise.all([first?.confirmed, second?.confirmed]);
    expect(server.lists).to.deep.equal([1, 0]);
  });

  it("a write that ends while the list is on its way gets one of its own", async () => {
    const server = new FakeServer();
    const gate = deferred();
    server.gate = gate.promise;
    const [first] = startWrites(server, 1);
    first?.resolve();
    await settle();
    const [later] = startWrites(server, 1);
    later?.resolve();
    await settle();
    gate.resolve();
    await Promise.all([first?.confirmed, later?.confirmed]);
    expect(server.lists).to.deep.equal([2, 0]);
  });

  it("what a write returns or throws is handed on", async () => {
    const { directory } = new FakeServer();
    expect(await directory.write(async () => 7)).to.equal(7);
    const refused = new Error("refused");
    expect(await directory.write(() => Promise.reject(refused)).catch((e) => e)).to.equal(refused);
  });
});

describe("directory: whose key", () => {
  it("is asked once", async () => {
    const server = new FakeServer();
    const [a, b] = await Promise.all([
      server.directory.keyAccount(),
      server.directory.keyAccount(),
    ]);
    expect([a, b, server.counts.account]).to.deep.equal([
      { userId: "u1", email: "ada@x.example" },
      { userId: "u1", email: "ada@x.example" },
      1,
    ]);
  });

  it("after a failure again", async () => {
    const server = new FakeServer();
    server.fails.account = new Error("down");
    expect(await server.directory.keyAccount().catch((error: Error) => error.message)).to.equal(
      "down",
    );
    expect((await server.directory.keyAccount())?.userId).to.equal("u1");
    expect(server.counts.account).to.equal(2);
  });
});
