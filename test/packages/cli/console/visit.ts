import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { newContext, startBrowser } from "../../../support/browser";
import { startFixture, type Fixture } from "./fixture";

/** The console in a browser: one browser for all tests of a suite, a console and a page for each test. */
export class Visit {
  private browser: Browser | undefined;
  private opened: { readonly fixture: Fixture; page?: Page } | undefined;
  /** The browser's reports since the test began: dialogs, errors, refused requests. */
  readonly troubles: string[] = [];

  /** A suite's visit, which mocha's hooks begin and end. */
  static of(): Visit {
    const visit = new Visit();
    before(async () => void (visit.browser = await startBrowser()));
    after(() => visit.browser?.close());
    beforeEach(async () => {
      visit.opened = { fixture: await startFixture() };
      visit.troubles.length = 0;
    });
    afterEach(async () => {
      await visit.opened?.page?.context().close();
      await visit.opened?.fixture.close();
    });
    return visit;
  }

  get fixture(): Fixture {
    if (this.opened === undefined) throw new Error("No test is running.");
    return this.opened.fixture;
  }

  /** Replaces the console with a new one. */
  async restart(options: Parameters<typeof startFixture>[0]): Promise<void> {
    await this.fixture.close();
    this.opened = { fixture: await startFixture(options) };
  }

  get page(): Page {
    if (this.opened?.page === undefined) throw new Error("No page was opened.");
    return this.opened.page;
  }

  /** Opens a page of the console, by its path below the console's address. */
  async open(path = "", options: BrowserContextOptions = {}): Promise<void> {
    if (this.browser === undefined || this.opened === undefined) throw new Error("No test is running.");
    const context = await newContext(this.browser, { viewport: { width: 1280, height: 900 }, ...options });
    const page = (this.opened.page = await context.newPage());
    page.on("dialog", (dialog) => this.troubles.push(`dialog: ${dialog.message()}`));
    page.on("pageerror", (error) => this.troubles.push(`error: ${error.message}`));
    page.on("console", (message) => message.type() === "error" && this.troubles.push(message.text()));
    await page.goto(this.fixture.url + path);
  }
}

/** The path of an execution's page in the console. */
export function executionPath(arn: string): string {
  return `executions/${encodeURIComponent(arn.split(":execution:")[1] ?? "")}`;
}
