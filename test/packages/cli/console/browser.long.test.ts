import { expect } from "chai";
import { avatarItem, failure, uploadItem } from "./fixture";
import { executionPath, Visit } from "./visit";

const hostileText = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly string[] }[];
}

describe("The console in a browser", () => {
  const visit = Visit.of();

  /**
   * One upload of each kind: accepted, refused, retried, failed, running; with hostile text wherever it comes from
   * outside.
   */
  async function fillEverything(): Promise<Readonly<Record<string, string>>> {
    const accepted = await visit.fixture.upload("sv0001", `${hostileText}.jpg`);
    await visit.fixture.settled();
    visit.fixture.answer("DetectFace", failure("MULTIPLE_FACES", hostileText));
    const rejected = await visit.fixture.upload("sv0042");
    await visit.fixture.settled();
    visit.fixture.answer("DetectFace", () => ({ box: {}, confidence: 99, hostile: hostileText }));
    let calls = 0;
    visit.fixture.answer("CheckDuplicate", () => {
      if (calls++ < 2) throw Object.assign(new Error("Rate exceeded"), { name: "Throttled" });
      return {};
    });
    visit.fixture.answer("SaveMetadata", failure(hostileText, hostileText));
    visit.fixture.answer("NotifyFailure", () => ({ outcome: "failed" }));
    const failed = await visit.fixture.upload("sv0099");
    await visit.fixture.settled();
    const pixel = Buffer.from("R0lGODlhAQABAIAAAP///wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==", "base64");
    visit.fixture.thumbnails.set("avatars/sv0001/01KAPHOTO0000000000000000A/256.jpg", pixel);
    visit.fixture.avatars.push(avatarItem("sv0001", accepted), avatarItem(hostileText, accepted, { thumbnails: {} }));
    visit.fixture.uploads.push(
      uploadItem("01KA", { student_id: hostileText, status: "accepted", object_key: `uploads/${hostileText}` }),
      uploadItem("01KB", {
        student_id: "sv0042",
        status: "rejected",
        reason: "MULTIPLE_FACES",
        execution_arn: rejected,
      }),
      uploadItem("01KC", { student_id: "sv0099", status: "failed", reason: hostileText, execution_arn: failed }),
      uploadItem("01KD", { student_id: "sv0100", status: "processing", step: "IndexFace" }),
    );
    const mail = await visit.fixture.mailbox.deliver({
      from: `${hostileText} <a@school.example>`,
      to: [hostileText],
      subject: hostileText,
      text: hostileText,
      html: `<h1 id="letter">A letter</h1>${hostileText}<script>parent.document.title = "owned"</script>`,
      attachments: [{ fileName: hostileText, contentType: "text/plain", content: "" }],
      origin: { service: "ses" },
    });
    visit.fixture.writeLog("avatars-detect-face", ["START RequestId: 1", hostileText]);
    visit.fixture.hold("IndexFace");
    const running = await visit.fixture.upload("sv0100");
    while (!visit.fixture.machines.history(running).some(({ details }) => details?.["name"] === "IndexFace")) {
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

  it("keeps what the reader has unfolded and focused while the page changes around it", async () => {
    const release = visit.fixture.hold("CheckDuplicate");
    const arn = await visit.fixture.upload("sv0007");
    await visit.open(executionPath(arn));
    const step = visit.page.locator(".step", { has: visit.page.locator("h3", { hasText: "CheckFormat" }) });
    await visit.page.locator(".step.running h3", { hasText: "CheckDuplicate" }).waitFor();
    await step.locator("summary", { hasText: "Output" }).press("Enter");
    const output = step.locator('[id$="-output"] .json-text', { hasText: '"jpeg"' });
    await output.waitFor();
    release();
    await visit.page.locator(".outcome", { hasText: "Accepted" }).waitFor();
    expect(await output.isVisible()).to.equal(true);
    expect(await visit.page.evaluate("document.activeElement.textContent.trim()")).to.equal("Output");
  });

  it("lights on the overview the states that executions are in, and counts them", async () => {
    await visit.open();
    await visit.page.getByText("Nobody is registered yet").waitFor();
    const release = visit.fixture.hold("IndexFace");
    const first = await visit.fixture.upload("sv0001");
    await visit.page.locator(".state.running", { hasText: "IndexFace" }).waitFor();
    await visit.fixture.upload("sv0002");
    await visit.page.locator(".count", { hasText: "2" }).waitFor();
    visit.fixture.avatars.push(avatarItem("sv0001", first));
    release();
    await visit.page.locator(".gallery", { hasText: "sv0001" }).waitFor();
    await visit.page.locator(".state.running").waitFor({ state: "detached" });
  });

  it("lists a new execution and a new mail as they come", async () => {
    await visit.open("executions");
    await visit.page.getByText("No execution yet").waitFor();
    await visit.fixture.upload("sv0033");
    await visit.page.locator("tr", { hasText: "sv0033" }).locator(".badge", { hasText: "Accepted" }).waitFor();
    await visit.page.goto(`${visit.fixture.url}inbox`);
    await visit.page.getByText("No mail yet").waitFor();
    const origin = { service: "ses" } as const;
    await visit.fixture.mailbox.deliver({ from: "a@b", to: ["c@d"], subject: "Chúc mừng", text: "Xin chào", origin });
    await visit.page.getByRole("link", { name: "Chúc mừng" }).click();
    await visit.page.getByText("Xin chào").waitFor();
  });

  it("follows a log", async () => {
    visit.fixture.writeLog("avatars-undo", ["one"]);
    await visit.open("logs/avatars-undo");
    await visit.page.getByText("one").waitFor();
    visit.fixture.writeLog("avatars-undo", ["one", "two"]);
    await visit.page.getByText("two").waitFor();
  });

  it("listens again when the connection was cut, and shows what came meanwhile", async () => {
    await visit.open("executions");
    await visit.page.locator('[data-live="on"]').waitFor();
    visit.fixture.cut();
    await visit.page.locator('[data-live="off"]', { hasText: "Reconnecting" }).waitFor();
    await visit.fixture.upload("sv0044");
    await visit.page.locator("tr", { hasText: "sv0044" }).waitFor();
    await visit.page.locator('[data-live="on"]').waitFor();
  });

  it("is complete without any script", async () => {
    const arn = await visit.fixture.upload("sv0007");
    await visit.fixture.settled();
    await visit.open(executionPath(arn), { javaScriptEnabled: false });
    expect(await visit.page.locator(".step").count()).to.equal(14);
    expect(await visit.page.locator(".state.succeeded").count()).to.be.above(10);
  });

  it("takes hostile names, subjects, errors, logs and mails as text, at first and when they are streamed", async () => {
    const paths = await fillEverything();
    await visit.open();
    for (const path of Object.values(paths)) {
      await visit.page.goto(visit.fixture.url + path);
      if (path !== paths["unknown page"]) await visit.page.locator('[data-live="on"]').waitFor();
      expect(await visit.page.locator('img[src="x"], [onerror], script:not([src])').count(), path).to.equal(0);
      expect(await visit.page.title(), path).not.to.equal("owned");
    }
    await visit.page.goto(`${visit.fixture.url}${paths["mail"]}`);
    await visit.page.frameLocator("iframe").locator("#letter").waitFor();
    expect(await visit.page.title()).to.contain(hostileText);
    // The browser reports exactly these as blocked in the mail's frame: the script and the picture's handler.
    const unexpected = visit.troubles.filter(
      (line) => !/frame is sandboxed|Content Security Policy|NotSameOrigin|404/.test(line),
    );
    expect(unexpected).to.deep.equal([]);
  });

  it("moves nothing for those who want no movement", async () => {
    const paths = await fillEverything();
    await visit.open(paths["running execution"], { reducedMotion: "reduce" });
    const animations = "document.getAnimations().length";
    await visit.page.locator(".state.running").first().waitFor();
    expect(await visit.page.evaluate(animations)).to.equal(0);
    await visit.page.emulateMedia({ reducedMotion: "no-preference" });
    expect(await visit.page.evaluate(animations)).to.be.above(0);
  });

  it("can be read with the keyboard alone", async () => {
    const arn = await visit.fixture.upload("sv0007");
    await visit.fixture.settled();
    await visit.open("executions");
    const focused = (): Promise<unknown> => visit.page.evaluate("document.activeElement.textContent.trim()");
    await visit.page.keyboard.press("Tab");
    expect(await focused()).to.equal("Skip to the content");
    await visit.page.keyboard.press("Enter");
    await visit.page.keyboard.press("Tab");
    expect(await focused()).to.equal("sv0007");
    // The focus is visible.
    expect(await visit.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")).to.equal("solid");
    await visit.page.keyboard.press("Enter");
    await visit.page.waitForURL(visit.fixture.url + executionPath(arn));
    const state = visit.page.getByRole("link", { name: /CheckFormat: Task, done/ });
    await state.press("Enter");
    expect(await visit.page.evaluate("document.querySelector(':target h3').textContent")).to.equal("CheckFormat");
  });

  it("copies the command for an upload", async () => {
    await visit.open("", { permissions: ["clipboard-read", "clipboard-write"] });
    await visit.page.getByRole("button", { name: "Copy" }).click();
    await visit.page.getByRole("button", { name: "Copied" }).waitFor();
    expect(await visit.page.evaluate("navigator.clipboard.readText()")).to.match(
      /^aws --endpoint-url .* s3 cp photo\.jpg s3:/,
    );
  });

  it("shows each pipeline of a program that has several", async () => {
    await visit.restart({ pipelines: 2 });
    await visit.open();
    expect(await visit.page.locator("h2.pipeline").allTextContents()).to.deep.equal(["avatars", "avatars-2"]);
    const ids = await visit.page.evaluate<string[]>("[...document.querySelectorAll('[id]')].map((e) => e.id)");
    expect(new Set(ids).size).to.equal(ids.length);
  });

  it("has no violation of WCAG 2.2 AA on any page, light and wide or dark and 320 pixels narrow, where nothing is cut", async () => {
    const paths = await fillEverything();
    // axe is a script that the console's own policy blocks.
    await visit.open("", { bypassCSP: true, reducedMotion: "reduce" });
    for (const [name, path] of Object.entries(paths)) {
      await visit.page.setViewportSize({ width: 1280, height: 900 });
      await visit.page.goto(visit.fixture.url + path);
      await visit.page.addScriptTag({ path: require.resolve("axe-core/axe.min.js") });
      // Unfolds collapsed parts, so that they are checked as well; a few of the many similar ones.
      await visit.page.evaluate(
        "[...document.querySelectorAll('details')].slice(0, 8).forEach((one) => (one.open = true))",
      );
      for (const [colorScheme, width] of [["light", 1280] as const, ["dark", 320] as const]) {
        await visit.page.emulateMedia({ colorScheme });
        await visit.page.setViewportSize({ width, height: 900 });
        const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
        const options = JSON.stringify({ runOnly: tags, iframes: false });
        const { violations } = await visit.page.evaluate<{ violations: Violation[] }>(`axe.run(document, ${options})`);
        const found = violations.map(({ id, nodes }) => ({ id, at: nodes.map(({ target }) => target.join(" ")) }));
        expect(found, `${name}, ${colorScheme}, ${width} px`).to.deep.equal([]);
        const contentWidth = await visit.page.evaluate("document.documentElement.scrollWidth");
        expect(contentWidth, `${name} at ${width} px`).to.be.at.most(width);
      }
    }
  });
});
