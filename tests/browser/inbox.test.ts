import { expect } from "chai";
import type { Page } from "playwright-core";
import { eachTest } from "../simulator/world";
import { describeInChromium, overflow, picture, violations } from "./browser";

const phone = { width: 390, height: 844 };
const desktop = { width: 1280, height: 900 };

const hostile = `<script>alert(1)</script>"'&<img src=x onerror=alert(2)>`;

describeInChromium("the simulator's inbox", (browser) => {
  const world = eachTest();
  const inbox = () => `${world.simulator.url}/simulator/inbox/`;
  const invite = (email: string, more: Record<string, unknown> = {}) =>
    world.invite(email, {
      app_url: `${world.simulator.url}/api`,
      redirect_uri: inbox(),
      ...more,
    });

  /** Rows of an organization's table, as read. */
  const people = (page: Page, organization: string) =>
    page
      .getByRole("table", { name: organization })
      .locator("tbody tr")
      .evaluateAll<string[], { cells: { innerText: string }[] }>((rows) =>
        rows.map((row) =>
          Array.from(row.cells, ({ innerText }) => innerText.replace(/\s+/g, " ")).join(" | "),
        ),
      );

  it("says so while there is no mail", async () => {
    const page = await browser.open();
    await page.goto(inbox());
    expect(await page.getByText("No mail yet").isVisible()).to.equal(true);
    expect(await people(page, "acme")).to.deep.equal(["owner@acme.example | owner | member"]);
  });

  it("takes a person from the mail to the membership", async () => {
    await invite("ada@example.com", { user_role: 1 });
    await invite("bob@example.com", { scopes: ["POST /api/chunk/search"] });
    const page = await browser.open({
      viewport: { width: 1000, height: 700 },
      deviceScaleFactor: 2,
    });
    await page.goto(inbox());
    expect(await people(page, "acme")).to.deep.equal([
      "owner@acme.example | owner | member",
      "ada@example.com | admin | pending",
      "bob@example.com only POST /api/chunk/search | user | pending",
    ]);
    const mails = page.locator("summary");
    expect(await mails.first().innerText()).to.match(/^bob@example.com\npending\n/);
    await mails.last().click();
    expect(await page.locator("details[open]").innerText()).to.include(
      "You have been invited to join acme as admin.",
    );
    await page.getByRole("link", { name: "Accept as ada@example.com" }).click();
    expect(await page.getByLabel("E-mail").inputValue()).to.equal("ada@example.com");
    await page.getByLabel("Name").fill("Ada");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL(inbox());
    expect(await people(page, "acme")).to.deep.equal([
      "owner@acme.example | owner | member",
      "ada@example.com | admin | member",
      "bob@example.com only POST /api/chunk/search | user | pending",
    ]);
    expect(await mails.last().innerText()).to.match(/^ada@example.com\naccepted\n/);
    expect(world.simulator.members(world.organization.id)).to.have.length(2);

    await page.locator("summary").first().click();
    await page.evaluate(
      "for (const time of document.querySelectorAll('time')) time.textContent = '2026-06-30 09:15 UTC'",
    );
    await picture(page, "inbox.png");
  });

  it("needs nothing but a keyboard", async () => {
    await invite("ada@example.com");
    const page = await browser.open();
    await page.goto(inbox());
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    // Chromium drops keys that come before a page's first paint, and focuses a field only then.
    const painted = () =>
      page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
    const focused = () => page.evaluate<string>("document.activeElement.innerText");
    await painted();
    await press("Tab");
    expect(await focused()).to.match(/^ada@example.com/);
    await press("Enter", "Tab");
    expect(await focused()).to.equal("Accept as ada@example.com");
    await press("Enter");
    await page.waitForURL(/sign-in/);
    await painted();
    await press("Tab", "A", "d", "a", "Enter");
    await page.waitForURL(inbox());
    expect(await people(page, "acme")).to.include("ada@example.com | user | member");
  });

  it("tells who was added at once, and whose invitation is gone", async () => {
    const { simulator, organization } = world;
    simulator.createAccount("there@example.com");
    await invite("there@example.com");
    await invite("gone@example.com");
    simulator.deleteInvitations(organization.id, "gone@example.com");
    const page = await browser.open();
    await page.goto(inbox());
    const mails = page.locator("summary");
    expect(await mails.first().innerText()).to.match(/^gone@example.com\nwithdrawn\n/);
    expect(await mails.last().innerText()).to.match(/^there@example.com\nadded at once\n/);
    await mails.last().click();
    await page.getByRole("link", { name: "Open the dashboard as there@example.com" }).click();
    expect(new URL(page.url()).pathname).to.equal("/simulator/inbox/org");
    expect(await people(page, "acme")).to.include("there@example.com | user | member");
  });

  it("shows hostile names as what they are", async () => {
    const { simulator } = world;
    const email = `${hostile}@x.example`;
    const { id } = simulator.createOrganization(hostile, { owner: email });
    simulator.addInvitation(id, email, "user", [hostile]);
    await invite("a&b@example.com", { app_url: "javascript:alert(1)//", redirect_uri: hostile });
    await invite("c@example.com", { app_url: `https://t.example/"><script>alert(3)</script>` });
    const page = await browser.open();
    await page.goto(inbox());
    for (const summary of await page.locator("summary").all()) await summary.click();
    expect(await people(page, hostile)).to.deep.equal([
      `${email} | owner | member`,
      `${email} only ${hostile} | user | pending`,
    ]);
    expect(await page.locator("script, img, [onerror]").count()).to.equal(0);
    expect(
      await page
        .getByRole("link")
        .evaluateAll<string[], { href: string }>((links) =>
          links.map(({ href }) => new URL(href).protocol),
        ),
    ).to.deep.equal(["https:"]);
    expect(await page.getByText("leads to no web page").innerText()).to.include(
      "javascript:alert(1)",
    );
  });

  for (const viewport of [phone, desktop]) {
    for (const colorScheme of ["light", "dark"] as const) {
      it(`is accessible and fits at ${viewport.width} pixels, ${colorScheme}`, async () => {
        const { simulator, organization } = world;
        simulator.addMember(organization.id, `${"long".repeat(30)}@x.example`);
        simulator.createOrganization("Ünïcode 組織 ".repeat(20));
        await invite("ada@example.com", { scopes: [`GET /api/${"chunk".repeat(40)}`] });
        await invite(`${"b".repeat(60)}@example.com`);
        simulator.deleteInvitations(organization.id, "ada@example.com");
        await invite("ada@example.com");
        simulator.accept(simulator.mails.at(-1)?.links[0] ?? "", { email: "ada@example.com" });
        const page = await browser.open({ viewport, colorScheme });
        await page.goto(inbox());
        expect(await violations(page)).to.deep.equal([]);
        expect(await overflow(page)).to.equal(0);
        await page.goto(simulator.mails[0]?.links[0] ?? "");
        expect(new URL(page.url()).pathname).to.equal("/simulator/sign-in");
        expect(await violations(page)).to.deep.equal([]);
        expect(await overflow(page)).to.equal(0);
      });
    }
  }

  it("asks for nothing beside itself, and Trieve's side hears nothing of it", async () => {
    const page = await browser.open();
    await page.goto(`${world.simulator.url}/simulator/inbox`);
    expect(browser.requests).to.deep.equal([inbox().slice(0, -1), inbox()]);
    expect(world.simulator.requests).to.deep.equal([]);
  });
});
