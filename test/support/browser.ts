import chromium from "@sparticuz/chromium";
import { chromium as playwright, type Browser, type BrowserContext, type BrowserContextOptions } from "playwright-core";

/** A Chromium installed by npm, with a camera that shows a test picture. */
export async function startBrowser(): Promise<Browser> {
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    args: [
      "--no-sandbox",
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      "--disable-dev-shm-usage",
    ],
    timeout: patience,
  });
}

/**
 * The timeout for a page, in milliseconds: longer than any busy machine takes, and shorter than mocha's timeout for a
 * test, so that a failure still names the element that did not appear.
 */
const patience = 300_000;

/** A separate context for a test's pages. */
export async function newContext(browser: Browser, options?: BrowserContextOptions): Promise<BrowserContext> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(patience);
  return context;
}
