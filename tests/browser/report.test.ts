import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import type { Page } from "playwright-core";
import { run, World } from "../cli/run";
import { accessibleRoles, describeInChromium, overflow, picture, violations } from "./browser";

const phone = { width: 390, height: 844 };
const desktop = { width: 1280, height: 900 };

const clock = resolve(__dirname, "..", "..", "..", "tests", "browser", "clock.mjs");
const fixedId = "6c8f3c1e-58f6-4c8e-9f2b-0f6c6a3f5d11";
const fixedUrl = "https://trieve.example.com";

const roster = `
defaults: { role: user }
members:
  - { email: ada@example.com, role: owner }
  - { email: alan@example.com, note: research }
  - { email: barbara@example.com, role: admin, note: platform team }
  - { email: edsger@example.com, note: no longer an admin }
  - { email: grace@example.com, role: owner, note: founder }
  - { email: hedy@example.com, role: admin }
  - { email: john@example.com, note: starts in July }
  - { email: katherine@example.com }
  - { email: margaret@example.com, scopes: ["POST /api/chunk/search", "GET /api/chunk/{chunk_id}"] }
  - { email: robin@example.com, until: 2026-06-26, note: "contractor, ticket OPS-12" }
  - { email: sam@example.com, until: 2026-12-31, note: "contractor, ticket OPS-31" }
  - { email: sophie@example.com, until: 2026-03-31 }
`;

describeInChromium("pulumi-trieve report --html", (browser) => {
  let world: World;
  beforeEach(async () => {
    world = await World.start();
  });
  afterEach(() => world.close());

  /** All kinds of people, as of 30 June 2026. */
  const populate = () => {
    const { simulator, id } = world;
    const at = (day: string) => new Date(`${day}T08:30:00Z`);
    simulator.removeMember(id, "owner@x.example");
    simulator.addMember(id, "Ada@example.com", "owner", null, at("2025-01-13"));
    simulator.addMember(id, "grace@example.com", "owner", null, at("2025-01-13"));
    simulator.addMember(id, "barbara@example.com", "user", null, at("2025-03-03"));
    simulator.addMember(id, "edsger@example.com", "admin", null, at("2025-09-22"));
    simulator.addMember(id, "alan@example.com", "user", null, at("2025-11-05"));
    const scopes = ["POST /api/chunk/search"];
    simulator.addMember(id, "margaret@example.com", "user", scopes, at("2026-02-09"));
    simulator.addMember(id, "sam@example.com", "user", scopes, at("2026-04-01"));
    simulator.addMember(id, "robin@example.com", "user", null, at("2026-01-12"));
    simulator.addMember(id, "old-build-bot@example.com", "admin", null, at("2025-01-14"));
    simulator.addInvitation(id, "katherine@example.com", "user", null, at("2026-05-28"));
    simulator.addInvitation(id, "hedy@example.com", "user", null, at("2026-06-29"));
    simulator.addInvitation(id, "friend@example.net", "user", null, at("2026-06-02"));
  };

  /** The report of the real command line, at the time of `clock.mjs` and with an organization that has a name to it. */
  const report = async (text = roster) => {
    const file = world.file(text);
    const env = { ...world.env, NODE_OPTIONS: `--import ${pathToFileURL(clock)}` };
    const { code, stdout, stderr } = await run(["report", file, "--html"], { env });
    expect(stderr).to.equal("");
    const html = stdout
      .replaceAll(world.id, fixedId)
      .replaceAll(world.simulator.url, fixedUrl)
      .replaceAll(`${world.folder}/`, "");
    return { code, url: `${pathToFileURL(world.file(html, "report.html"))}` };
  };

  /** Cells of each row, as read. */
  const rows = (page: Page) =>
    page
      .locator("tbody tr")
      .evaluateAll<string[], { cells: { innerText: string }[] }>((all) =>
        all.map((row) =>
          Array.from(row.cells, ({ innerText }) => innerText.replace(/\s+/g, " ").trim()).join(
            " | ",
          ),
        ),
      );

  it("shows who is in, and what the next `up` would do", async () => {
    populate();
    const { code, url } = await report();
    expect(code).to.equal(1);
    const page = await browser.open({ viewport: desktop, deviceScaleFactor: 1.5 });
    await page.goto(url);
    expect(await page.title()).to.equal(`Access to Trieve organization ${fixedId}`);
    expect(await rows(page)).to.deep.equal([
      "Changes 6",
      "edsger@example.com no longer an admin | member since 2025-09-22 | admin | unrestricted | yes | ! refused: is admin, and a default role never lowers anyone; write the role on their own line",
      "robin@example.com contractor, ticket OPS-12 | member since 2026-01-12 | user | unrestricted | yes, until 2026-06-26 | - remove user: 2026-06-26 was their last day",
      "barbara@example.com platform team | member since 2025-03-03 | user | unrestricted | yes | ~ role user → admin",
      "margaret@example.com | member since 2026-02-09 | user | POST /api/chunk/search | yes | ~ scopes 1 → 2 POST /api/chunk/search GET /api/chunk/{chunk_id}",
      "hedy@example.com | pending for 1 day, since 2026-06-29 | user | unrestricted | yes | +- invite again: role user → admin (pending since 2026-06-29)",
      "john@example.com starts in July | not there | – | – | yes | + invite as user",
      "Not in the file 2",
      "friend@example.net | pending for 28 days, since 2026-06-02 | user | unrestricted | no | unchanged, unless the last up declared them",
      "old-build-bot@example.com | member since 2025-01-14 | admin | unrestricted | no | unchanged, unless the last up declared them",
      "No change 6",
      "katherine@example.com | pending for 33 days, since 2026-05-28 | user | unrestricted | yes | nothing",
      "ada@example.com | member since 2025-01-13 | owner | unrestricted | yes | nothing",
      "alan@example.com research | member since 2025-11-05 | user | unrestricted | yes | nothing",
      "grace@example.com founder | member since 2025-01-13 | owner | unrestricted | yes | nothing",
      "sam@example.com contractor, ticket OPS-31 | member since 2026-04-01 | user | POST /api/chunk/search not in the file | yes, until 2026-12-31 | nothing",
      "sophie@example.com | not there | – | – | yes, until 2026-03-31 | nothing",
    ]);
    expect(await page.locator("dl").first().innerText()).to.equal(
      [
        ["Organization", fixedId],
        ["Server", fixedUrl],
        ["File", "members.yaml"],
        ["Time", "2026-06-30 09:15 UTC"],
      ]
        .flat()
        .join("\n"),
    );
    expect((await page.locator("dl").last().innerText()).replace(/\n(\d+)/g, " $1")).to.equal(
      "members 9\nof them owners 2\npending 3\nnot in the file 2\nchanges 6",
    );
    await picture(page, "report.png");
  });

  for (const viewport of [phone, desktop]) {
    for (const colorScheme of ["light", "dark"] as const) {
      it(`is accessible and fits at ${viewport.width} pixels, ${colorScheme}`, async () => {
        populate();
        world.simulator.addMember(world.id, `${"long".repeat(30)}@x.example`, "user", [
          `GET /api/${"chunk".repeat(40)}`,
        ]);
        const { url } = await report();
        const page = await browser.open({ viewport, colorScheme });
        await page.goto(url);
        expect(await violations(page)).to.deep.equal([]);
        expect(await overflow(page)).to.equal(0);
      });
    }
  }

  it("is a table to a screen reader also where it looks like cards", async () => {
    populate();
    const { url } = await report();
    const roles = async (viewport: typeof phone) => {
      const page = await browser.open({ viewport });
      await page.goto(url);
      const all = await accessibleRoles(page);
      const parts = ["table", "row", "columnheader", "rowheader", "cell"];
      return parts.map((role) => `${all.get(role)} ${role}`);
    };
    const table = ["1 table", "18 row", "6 columnheader", "17 rowheader", "70 cell"];
    expect(await roles(desktop)).to.deep.equal(table);
    expect(await roles(phone)).to.deep.equal(table);
  });

  it("prints in black on white, with everybody and nothing cut off", async () => {
    populate();
    const { url } = await report();
    const page = await browser.open({ colorScheme: "dark" });
    await page.goto(url);
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString("latin1");
    expect(pdf).to.match(/^%PDF-/);
    expect(pdf.match(/\/Type \/Page\b/g)).to.have.length(2);
    // A4 across; below, the same without its margins at 96 pixels an inch.
    expect(pdf).to.include("/MediaBox [0 0 841.91998 594.95996]");
    await page.emulateMedia({ media: "print" });
    await page.setViewportSize({ width: 1031, height: 703 });
    expect(await overflow(page)).to.equal(0);
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).to.equal(
      "rgb(255, 255, 255)",
    );
  });

  it("loads nothing, runs nothing, and leads nowhere", async () => {
    populate();
    const { url } = await report();
    const page = await browser.open();
    await page.goto(url);
    expect(browser.requests).to.deep.equal([url]);
    expect(await page.locator("script, a, form, iframe, object").count()).to.equal(0);
    const policy = await page.locator("meta[http-equiv]").getAttribute("content");
    expect(policy).to.match(
      /^default-src 'none'; style-src 'sha256-[^']+'; img-src data:; base-uri 'none'; form-action 'none'$/,
    );
  });

  it("shows hostile text as what it is, and hidden characters as escapes", async () => {
    const hostile = `<script>alert(1)</script>"'&<img src=x onerror=alert(2)>`;
    world.simulator.addMember(world.id, `\u202e${hostile}`, "user", [`${hostile}\u0007`]);
    const note = JSON.stringify(`</th></table>${hostile}`);
    const { url } = await report(`members: [{ email: a&b@x.example, note: ${note} }]`);
    const page = await browser.open();
    await page.goto(url);
    const all = await rows(page);
    expect(all).to.include(
      `a&b@x.example </th></table>${hostile} | not there | – | – | yes | + invite as user`,
    );
    const [person, , , scopes] = all.at(-1)?.split(" | ") ?? [];
    expect([person, scopes]).to.deep.equal([`\\u202e${hostile}`, `${hostile}\\u0007`]);
    expect(await page.locator("script, img, [onerror]").count()).to.equal(0);
  });

  it("shows what is wrong with a file instead, and asks no server", async () => {
    const { code, url } = await report("members: [a, { email: b@x.example, role: '<b>' }]");
    expect(code).to.equal(1);
    const page = await browser.open({ viewport: phone });
    await page.goto(url);
    expect(await page.getByRole("heading").innerText()).to.equal("Problems in members.yaml");
    expect(await page.getByRole("listitem").allInnerTexts()).to.deep.equal([
      'members.yaml:1:11: "a" has no @; write an address such as ada@example.com',
      'members.yaml:1:42: "<b>" is not a valid role: write "user", "admin" or "owner"',
    ]);
    expect(await violations(page)).to.deep.equal([]);
    expect(await overflow(page)).to.equal(0);
    expect(world.requests()).to.deep.equal([]);
  });

  it("says so if there is nobody", async () => {
    world.simulator.removeMember(world.id, "owner@x.example");
    const { code, url } = await report("members: []");
    expect(code).to.equal(0);
    const page = await browser.open();
    await page.goto(url);
    expect(await page.getByRole("table").count()).to.equal(0);
    expect(await page.getByText("Nobody in the file").isVisible()).to.equal(true);
    expect(await violations(page)).to.deep.equal([]);
  });
});
