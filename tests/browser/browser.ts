import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { AxeResults } from "axe-core";
import { expect } from "chai";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { advice, findChromium } from "./chromium";

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const axe = require.resolve("axe-core/axe.min.js");
const images = resolve(__dirname, "..", "..", "..", "docs", "images");

/** Opens pages that are watched, each with a profile of its own. */
export class Chromium {
  #browser: Browser | undefined;
  #troubles: string[] = [];
  #requests: string[] = [];

  async start() {
    this.#browser = await chromium.launch({ executablePath: findChromium(), args: flags });
  }

  async stop() {
    await this.#browser?.close();
  }

  /** An empty page; dialogs, errors and requests of it are kept. */
  async open(options: BrowserContextOptions = {}): Promise<Page> {
    if (!this.#browser) throw new Error("the browser has not been started");
    const context = await this.#browser.newContext({ reducedMotion: "reduce", ...options });
    const page = await context.newPage();
    page.on("console", (message) => this.#troubles.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => this.#troubles.push(error.message));
    page.on("dialog", (dialog) => this.#troubles.push(`dialog: ${dialog.message()}`));
    page.on("request", (request) => this.#requests.push(request.url()));
    return page;
  }

  /** Closes all pages, in which nothing may have gone wrong. */
  async closePages() {
    const troubles = this.#troubles;
    this.#troubles = [];
    this.#requests = [];
    for (const context of this.#browser?.contexts() ?? []) await context.close();
    expect(troubles).to.deep.equal([]);
  }

  /** What all pages have asked for, in order. */
  get requests(): readonly string[] {
    return this.#requests;
  }
}

/** A suite with a browser; where there is none, its tests are skipped and the title says what to install. */
export function describeInChromium(title: string, suite: (browser: Chromium) => void) {
  const found = findChromium() !== undefined;
  const describeIf = found ? describe : describe.skip;
  describeIf(found ? title : `${title} (skipped: ${advice})`, function () {
    this.timeout(120_000);
    const browser = new Chromium();
    before(() => browser.start());
    afterEach(() => browser.closePages());
    after(() => browser.stop());
    suite(browser);
  });
}

/** What axe finds wrong with a page, as it looks now. */
export async function violations(page: Page): Promise<string[]> {
  await page.context().addInitScript({ path: axe });
  await page.reload();
  await page.evaluate(
    "for (const details of document.querySelectorAll('details')) details.open = true",
  );
  const { violations, passes } = await page.evaluate<AxeResults>("axe.run()");
  expect(passes).not.to.have.length(0);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

/** By how many pixels a page is wider than its window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate<number>(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
}

/** Roles in the tree that Chromium gives to screen readers, and how often each is there. */
export async function accessibleRoles(page: Page): Promise<Map<string, number>> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  const counts = new Map<string, number>();
  for (const { ignored, role } of nodes)
    if (!ignored) counts.set(role?.value, (counts.get(role?.value) ?? 0) + 1);
  return counts;
}

/** Makes a picture of the documentation anew, if asked to: see `npm run docs:screenshots`. */
export async function picture(page: Page, name: string) {
  if (!process.env.DOCS_SCREENSHOTS) return;
  mkdirSync(images, { recursive: true });
  await page.screenshot({ path: join(images, name), fullPage: true });
}
