// Functions passed to the browser run there.
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { expect } from "chai";
import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import sharp from "sharp";
import { newContext, startBrowser } from "../../support/browser";
import { portrait } from "../../support/portraits";
import { startSite, type Site, type SiteOptions } from "./harness";

/** The common steps of the page's tests: one browser for all of them, one page for each. */
export class Visit {
  private browser: Browser | undefined;
  private readonly opened: { close(): Promise<void> }[] = [];
  /** The browser's errors: those of scripts, and of the content security policy. */
  readonly complaints: string[] = [];

  async start(): Promise<void> {
    this.browser = await startBrowser();
  }

  async stop(): Promise<void> {
    await this.browser?.close();
  }

  async site(options?: SiteOptions): Promise<Site> {
    const site = await startSite(options);
    this.opened.push(site);
    return site;
  }

  /** Opens the page, by default on a computer. */
  async page(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    if (this.browser === undefined) throw new Error("The browser was not started.");
    const context = await newContext(this.browser, { viewport: { width: 1000, height: 900 }, ...options });
    this.opened.push(context);
    const page = await context.newPage();
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("console", (message) => {
      // A request that a test makes fail on purpose is also written to the console.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
        this.complaints.push(message.text());
      }
    });
    await page.goto(url);
    return page;
  }

  /** Closes everything that one test has opened; browser errors are failures. */
  async end(): Promise<void> {
    for (const thing of this.opened.splice(0).reverse()) await thing.close();
    expect(this.complaints.splice(0)).to.deep.equal([]);
  }
}

export const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

export function heading(page: Page): Promise<string> {
  return page.locator("h1").innerText();
}

/** Waits for a screen by its heading; students, too, orient themselves by the texts. */
export async function see(page: Page, text: string): Promise<void> {
  await page.getByRole("heading", { level: 1, name: text, exact: true }).waitFor();
}

export async function choose(page: Page, photo?: Buffer, name = "Ảnh thẻ.jpg"): Promise<void> {
  const buffer = photo ?? (await somePortrait());
  await page.locator("#file").setInputFiles({ name, mimeType: "image/jpeg", buffer });
}

let kept: Promise<Buffer> | undefined;
/** One portrait for all tests that just need a photo. */
export function somePortrait(): Promise<Buffer> {
  return (kept ??= portrait("A", { width: 800, rotatedExif: 6, withLocation: true }));
}

/** Replaces that photo by another. */
export function usePortrait(photo: Buffer): void {
  kept = Promise.resolve(photo);
}

/** A photo of a single colour, so that the sent photo can be identified. */
export function plain(color: "red" | "blue"): Promise<Buffer> {
  return sharp({ create: { width: 400, height: 400, channels: 3, background: color } })
    .jpeg()
    .toBuffer();
}

/** The plain photo that this was made from. */
export async function colorOf(photo: Buffer | undefined): Promise<"red" | "blue"> {
  const { dominant } = await sharp(photo).stats();
  return dominant.r > dominant.b ? "red" : "blue";
}

/** From the first screen to the sending of a photo. */
export async function upload(page: Page, studentId = "SV001", photo?: Buffer): Promise<void> {
  await fillIn(page, studentId, photo);
  await page.getByRole("button", { name: "Gửi ảnh" }).click();
}

/** From the first screen to where a photo can be sent. */
export async function fillIn(page: Page, studentId = "SV001", photo?: Buffer): Promise<void> {
  await choose(page, photo);
  await page.getByRole("button", { name: "Dùng ảnh này" }).click();
  const field = page.getByLabel("Mã sinh viên");
  if ((await field.count()) > 0) await field.fill(studentId);
  await page.getByRole("checkbox").check();
}

/** The keys of all that the browser's databases keep for the page's origin. */
export function keptBy(page: Page): Promise<readonly string[]> {
  return page.evaluate(async () => {
    const resultOf = <Result>(request: IDBRequest<Result>) =>
      new Promise<Result>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error(String(request.error)));
      });
    const kept: string[] = [];
    for (const { name } of await indexedDB.databases()) {
      const database = await resultOf(indexedDB.open(name ?? ""));
      for (const store of database.objectStoreNames) {
        kept.push(...(await resultOf(database.transaction(store).objectStore(store).getAllKeys())).map(String));
      }
      database.close();
    }
    return kept;
  });
}

/** Waits until nothing is kept; an outcome is shown a moment before its upload is forgotten. */
export async function keepsNothing(page: Page): Promise<void> {
  while ((await keptBy(page)).length > 0) await page.waitForTimeout(50);
}

/** Fails with every rule of WCAG 2.2 A and AA, and of good practice, that the current page breaks. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(async () => {
    const run = (window as unknown as { axe: typeof axe }).axe.run;
    return run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
  });
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  expect(found).to.deep.equal([]);
}
