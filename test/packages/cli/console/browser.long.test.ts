import { expect } from "chai";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { newContext, startBrowser } from "../../../support/browser";
import { avatarItem, failure, startFixture, uploadItem, type Fixture } from "./fixture";

const HOSTILE = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly string[] }[];
}

describe("The console in a browser", () => {
  let browser: Browser;
  let fixture: Fixture;
  let page: Page;
  let troubles: string[];

  before(async () => {
    browser = await startBrowser();
  });
  after(() => browser.close());
  beforeEach(async () => {
    fixture = await startFixture();
    troubles = [];
  });
  afterEach(async () => {
    await page.context().close();
    await fixture.close();
  });

  async function open(path = "", options: BrowserContextOptions = {}): Promise<void> {
    const context = await newContext(browser, { viewport: { width: 1280, height: 900 }, ...options });
    page = await context.newPage();
    page.on("dialog", (dialog) => troubles.push(`dialog: ${dialog.message()}`));
    page.on("pageerror", (error) => troubles.push(`error: ${error.message}`));
    page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
    await page.goto(fixture.url + path);
  }

  function executionPath(arn: string): string {
    return `executions/${encodeURIComponent(arn.split(":execution:")[1] ?? "")}`;
  }

  /** Something of everything: accepted, refused, retried, failed, running; hostile wherever text comes from outside. */
  async function fillEverything(): Promise<Readonly<Record<string, string>>> {
    const accepted = await fixture.upload("sv0001", `${HOSTILE}.jpg`);
    await fixture.settled();
    fixture.answer("DetectFace", failure("MULTIPLE_FACES", HOSTILE));
    const rejected = await fixture.upload("sv0042");
    await fixture.settled();
    fixture.answer("DetectFace", () => ({ box: {}, confidence: 99, hostile: HOSTILE }));
    let calls = 0;
    fixture.answer("CheckDuplicate", () => {
      if (calls++ < 2) throw Object.assign(new Error("Rate exceeded"), { name: "Throttled" });
      return {};
    });
    fixture.answer("SaveMetadata", failure(HOSTILE, HOSTILE));
    fixture.answer("NotifyFailure", () => ({ outcome: "failed" }));
    const failed = await fixture.upload("sv0099");
    await fixture.settled();
    const pixel = Buffer.from("R0lGODlhAQABAIAAAP///wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==", "base64");
    fixture.thumbnails.set("avatars/sv0001/01KAPHOTO0000000000000000A/256.jpg", pixel);
    fixture.avatars.push(avatarItem("sv0001", accepted), avatarItem(HOSTILE, accepted, { thumbnails: {} }));
    fixture.uploads.push(
      uploadItem("01KA", { student_id: HOSTILE, status: "accepted", object_key: `uploads/${HOSTILE}` }),
      uploadItem("01KB", {
        student_id: "sv0042",
        status: "rejected",
        reason: "MULTIPLE_FACES",
        execution_arn: rejected,
      }),
      uploadItem("01KC", { student_id: "sv0099", status: "failed", reason: HOSTILE, execution_arn: failed }),
      uploadItem("01KD", { student_id: "sv0100", status: "processing", step: "IndexFace" }),
    );
    const mail = await fixture.mailbox.deliver({
      from: `${HOSTILE} <a@school.example>`,
      to: [HOSTILE],
      subject: HOSTILE,
      text: HOSTILE,
      html: `<h1 id="letter">A letter</h1>${HOSTILE}<script>parent.document.title = "owned"</script>`,
      attachments: [{ fileName: HOSTILE, contentType: "text/plain", content: "" }],
      origin: { service: "ses" },
    });
    fixture.writeLog("avatars-detect-face", ["START RequestId: 1", HOSTILE]);
    fixture.hold("IndexFace");
    const running = await fixture.upload("sv0100");
    while (!fixture.machines.history(running).some(({ details }) => details?.["name"] === "IndexFace")) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return {
      overview: "",
      executions: "executions",
      "accepted execution": executionPath(accepted),
      "rejected execution": executionPath(rejected),
      "failed execution": executionPath(failed),
      "running execution": executionPath(running),
      inbox: "inbox",
      mail: `inbox/${mail.id}`,
      logs: "logs",
      log: "logs/avatars-detect-face",
      "unknown page": "nothing-here",
    };
  }

  it("shows a run as it happens, from state to state to its end, without loading the page again", async () => {
    const release = fixture.hold("DetectFace");
    const arn = await fixture.upload("sv0007");
    await open(executionPath(arn));
    await page.locator(".state.running", { hasText: "DetectFace" }).waitFor();
    await page.locator(".step.running h3", { hasText: "DetectFace" }).waitFor();
    expect(await page.title()).to.match(/^Running: sv0007/);
    await page.evaluate("globalThis.isSamePage = true");
    release();
    await page.locator(".outcome", { hasText: "Accepted" }).waitFor();
    await page.locator(".state.succeeded.succeed", { hasText: "Accepted" }).waitFor();
    expect(await page.title()).to.match(/^Accepted: sv0007/);
    expect(await page.evaluate("globalThis.isSamePage")).to.equal(true);
    expect(await page.locator(".step").count()).to.equal(14);
    expect(await page.locator("[data-since]").count()).to.equal(0);
    expect(troubles).to.deep.equal([]);
  });

  it("keeps what the reader has unfolded and focused while the page changes around it", async () => {
    const release = fixture.hold("CheckDuplicate");
    const arn = await fixture.upload("sv0007");
    await open(executionPath(arn));
    const step = page.locator(".step", { has: page.locator("h3", { hasText: "CheckFormat" }) });
    await page.locator(".step.running h3", { hasText: "CheckDuplicate" }).waitFor();
    await step.locator("summary", { hasText: "Output" }).press("Enter");
    const output = step.locator('[id$="-output"] .json-text', { hasText: '"jpeg"' });
    await output.waitFor();
    release();
    await page.locator(".outcome", { hasText: "Accepted" }).waitFor();
    expect(await output.isVisible()).to.equal(true);
    expect(await page.evaluate("document.activeElement.textContent.trim()")).to.equal("Output");
  });

  it("lights on the overview the states that executions are in, and counts them", async () => {
    await open();
    await page.getByText("Nobody is registered yet").waitFor();
    const release = fixture.hold("IndexFace");
    const first = await fixture.upload("sv0001");
    await page.locator(".state.running", { hasText: "IndexFace" }).waitFor();
    await fixture.upload("sv0002");
    await page.locator(".count", { hasText: "2" }).waitFor();
    fixture.avatars.push(avatarItem("sv0001", first));
    release();
    await page.locator(".gallery", { hasText: "sv0001" }).waitFor();
    await page.locator(".state.running").waitFor({ state: "detached" });
  });

  it("lists a new execution and a new mail as they come", async () => {
    await open("executions");
    await page.getByText("No execution yet").waitFor();
    await fixture.upload("sv0033");
    await page.locator("tr", { hasText: "sv0033" }).locator(".badge", { hasText: "Accepted" }).waitFor();
    await page.goto(`${fixture.url}inbox`);
    await page.getByText("No mail yet").waitFor();
    const origin = { service: "ses" } as const;
    await fixture.mailbox.deliver({ from: "a@b", to: ["c@d"], subject: "Chúc mừng", text: "Xin chào", origin });
    await page.getByRole("link", { name: "Chúc mừng" }).click();
    await page.getByText("Xin chào").waitFor();
  });

  it("follows a log", async () => {
    fixture.writeLog("avatars-undo", ["one"]);
    await open("logs/avatars-undo");
    await page.getByText("one").waitFor();
    fixture.writeLog("avatars-undo", ["one", "two"]);
    await page.getByText("two").waitFor();
  });

  it("listens again when the connection was cut, and shows what came meanwhile", async () => {
    await open("executions");
    await page.locator('[data-live="on"]').waitFor();
    fixture.cut();
    await page.locator('[data-live="off"]', { hasText: "Reconnecting" }).waitFor();
    await fixture.upload("sv0044");
    await page.locator("tr", { hasText: "sv0044" }).waitFor();
    await page.locator('[data-live="on"]').waitFor();
  });

  it("is complete without any script", async () => {
    const arn = await fixture.upload("sv0007");
    await fixture.settled();
    await open(executionPath(arn), { javaScriptEnabled: false });
    expect(await page.locator(".step").count()).to.equal(14);
    expect(await page.locator(".state.succeeded").count()).to.be.above(10);
  });

  it("takes hostile names, subjects, errors, logs and mails as text, at first and when they are streamed", async () => {
    const paths = await fillEverything();
    await open();
    for (const path of Object.values(paths)) {
      await page.goto(fixture.url + path);
      if (path !== paths["unknown page"]) await page.locator('[data-live="on"]').waitFor();
      expect(await page.locator('img[src="x"], [onerror], script:not([src])').count(), path).to.equal(0);
      expect(await page.title(), path).not.to.equal("owned");
    }
    await page.goto(fixture.url + paths["mail"]);
    await page.frameLocator("iframe").locator("#letter").waitFor();
    expect(await page.title()).to.contain(HOSTILE);
    // Blocked in the mail's frame, as the browser reports: the script, the picture's handler, and nothing else.
    const unexpected = troubles.filter(
      (line) => !/frame is sandboxed|Content Security Policy|NotSameOrigin|404/.test(line),
    );
    expect(unexpected).to.deep.equal([]);
  });

  it("moves nothing for those who want no movement", async () => {
    const paths = await fillEverything();
    await open(paths["running execution"], { reducedMotion: "reduce" });
    const animations = "document.getAnimations().length";
    await page.locator(".state.running").first().waitFor();
    expect(await page.evaluate(animations)).to.equal(0);
    await page.emulateMedia({ reducedMotion: "no-preference" });
    expect(await page.evaluate(animations)).to.be.above(0);
  });

  it("can be read with the keyboard alone", async () => {
    const arn = await fixture.upload("sv0007");
    await fixture.settled();
    await open("executions");
    const focused = (): Promise<unknown> => page.evaluate("document.activeElement.textContent.trim()");
    await page.keyboard.press("Tab");
    expect(await focused()).to.equal("Skip to the content");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    expect(await focused()).to.equal("sv0007");
    // And it is seen where one is.
    expect(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")).to.equal("solid");
    await page.keyboard.press("Enter");
    await page.waitForURL(fixture.url + executionPath(arn));
    const state = page.getByRole("link", { name: /CheckFormat: Task, done/ });
    await state.press("Enter");
    expect(await page.evaluate("document.querySelector(':target h3').textContent")).to.equal("CheckFormat");
  });

  it("copies the command for an upload", async () => {
    await open("", { permissions: ["clipboard-read", "clipboard-write"] });
    await page.getByRole("button", { name: "Copy" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).to.match(
      /^aws --endpoint-url .* s3 cp photo\.jpg s3:/,
    );
  });

  it("shows each pipeline of a program that has several", async () => {
    await fixture.close();
    fixture = await startFixture({ pipelines: 2 });
    await open();
    expect(await page.locator("h2.pipeline").allTextContents()).to.deep.equal(["avatars", "avatars-2"]);
    const ids = (await page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")) as string[];
    expect(new Set(ids).size).to.equal(ids.length);
  });

  it("has no violation of WCAG 2.2 AA on any page, light and wide or dark and 320 pixels narrow, where nothing is cut", async () => {
    const paths = await fillEverything();
    // axe is a script that the console's own policy keeps out.
    await open("", { bypassCSP: true, reducedMotion: "reduce" });
    for (const [name, path] of Object.entries(paths)) {
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.goto(fixture.url + path);
      await page.addScriptTag({ path: require.resolve("axe-core/axe.min.js") });
      // What is folded away is to be looked at as well; a few of the many that are alike.
      await page.evaluate("[...document.querySelectorAll('details')].slice(0, 8).forEach((one) => (one.open = true))");
      for (const [colorScheme, width] of [["light", 1280] as const, ["dark", 320] as const]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
        const options = JSON.stringify({ runOnly: tags, iframes: false });
        const { violations } = (await page.evaluate(`axe.run(document, ${options})`)) as { violations: Violation[] };
        const found = violations.map(({ id, nodes }) => ({ id, at: nodes.map(({ target }) => target.join(" ")) }));
        expect(found, `${name}, ${colorScheme}, ${width} px`).to.deep.equal([]);
        const contentWidth = await page.evaluate("document.documentElement.scrollWidth");
        expect(contentWidth, `${name} at ${width} px`).to.be.at.most(width);
      }
    }
  });
});
