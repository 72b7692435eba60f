import { expect } from "chai";
import type { Page } from "playwright-core";
import { choose, colorOf, fillIn, keepsNothing, keptBy, plain, see, upload, Visit } from "./steps";

const chooseHeading = "Chụp hoặc chọn ảnh của bạn";
const acceptedHeading = "Ảnh đã được duyệt!";
const hour = 3_600_000;
const busy = "Hệ thống đang bận.";

describe("The upload page on a line that fails", () => {
  const visit = new Visit();
  before(() => visit.start());
  after(() => visit.stop());
  afterEach(() => visit.end());

  it("waits offline before sending and goes on by itself", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    await fillIn(page);
    await page.context().setOffline(true);
    await page.getByRole("button", { name: "Gửi ảnh" }).click();
    await page.getByText("Mất kết nối mạng.").waitFor();
    expect(site.received).to.have.length(0);
    await page.context().setOffline(false);
    await see(page, acceptedHeading);
    expect(site.received).to.have.length(1);
  });

  it("waits offline while the photo is checked", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    site.ending = { status: "processing", step: "DetectFace" };
    await upload(page);
    await page.locator("li.running").waitFor();
    await page.context().setOffline(true);
    await page.getByText("Mất kết nối mạng.").waitFor();
    site.ending = { status: "accepted" };
    await page.context().setOffline(false);
    await see(page, acceptedHeading);
  });

  it("outlasts an API that is broken for a while", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    site.broken = "api";
    await upload(page);
    await page.getByText(busy).waitFor();
    site.broken = undefined;
    await see(page, acceptedHeading);
    expect(site.received).to.have.length(1);
  });

  for (const [clock, hours] of [
    ["right", 0],
    ["an hour behind", -1],
  ] as const) {
    it(`gets a new form when the first one has expired on the way, by a phone whose clock is ${clock}`, async () => {
      const site = await visit.site({ stepMilliseconds: 1 });
      const page = await visit.page("about:blank");
      await page.clock.install({ time: Date.now() + hours * hour });
      await page.goto(site.url);
      const statuses: number[] = [];
      page.on("response", (response) => response.url().endsWith("/photos") && statuses.push(response.status()));
      await page.route(
        "**/photos",
        async (route) => {
          site.passed += hour;
          // Not forwarded: that would use up the page's own timeout for a silent connection.
          await page.clock.setSystemTime(Date.now() + (hours + 1) * hour);
          return route.continue();
        },
        { times: 1 },
      );
      await upload(page);
      await see(page, acceptedHeading);
      expect(statuses).to.deep.equal([403, 201]);
      expect(site.received).to.have.length(1);
    });
  }

  it("keeps to its form by a phone whose clock is ahead, as long as the form is good", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page("about:blank");
    await page.clock.install({ time: Date.now() + hour });
    await page.goto(site.url);
    let forms = 0;
    page.on("request", (request) => request.url().endsWith("/_api/uploads") && (forms += 1));
    await page.route("**/photos", (route) => route.abort(), { times: 1 });
    await upload(page);
    await see(page, acceptedHeading);
    expect(forms).to.equal(1);
  });

  it("does not send a photo twice whose answer was lost", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    let lost = 0;
    await page.route("**/photos", async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      await route.fetch();
      lost += 1;
      return route.abort("connectionreset");
    });
    await upload(page);
    await see(page, acceptedHeading);
    expect(lost).to.equal(1);
    expect(site.received).to.have.length(1);
  });

  it("goes on after a reload, whether the photo had been sent or not", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    site.broken = "api";
    await upload(page);
    await page.getByText(busy).waitFor();
    await page.reload();
    await page.getByText(busy).waitFor();
    site.ending = { status: "processing", step: "DetectFace" };
    site.broken = undefined;
    await page.locator("li.running", { hasText: "Tìm khuôn mặt" }).waitFor();
    await page.reload();
    await page.locator("li.running", { hasText: "Tìm khuôn mặt" }).waitFor();
    site.ending = { status: "accepted" };
    await see(page, acceptedHeading);
    expect(site.received).to.have.length(1);
    // The tab keeps the outcome; a new one, which may be the next student's, does not.
    await page.reload();
    await see(page, acceptedHeading);
    const next = await page.context().newPage();
    await next.goto(site.url);
    await see(next, chooseHeading);
  });

  it("goes on in a new tab when the one that sent was closed", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    site.broken = "api";
    await upload(page);
    await page.getByText(busy).waitFor();
    const next = await page.context().newPage();
    await page.close();
    await next.goto(site.url);
    await next.getByText(busy).waitFor();
    site.broken = undefined;
    await see(next, acceptedHeading);
    expect(site.received).to.have.length(1);
    await keepsNothing(next);
  });

  it("sends the photos of two tabs, each its own, also after a reload of both", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const first = await visit.page(site.url);
    const second = await first.context().newPage();
    await second.goto(site.url);
    site.broken = "api";
    await upload(first, "SV001", await plain("red"));
    await upload(second, "SV002", await plain("blue"));
    for (const tab of [first, second]) await tab.getByText(busy).waitFor();
    for (const tab of [first, second]) await tab.reload();
    for (const tab of [first, second]) await tab.getByText(busy).waitFor();
    site.broken = undefined;
    for (const tab of [first, second]) await see(tab, acceptedHeading);
    const received = await Promise.all(
      site.received.map(async ({ key, bytes }) => `${key.split("/")[1]} ${await colorOf(bytes)}`),
    );
    expect(received.sort()).to.deep.equal(["SV001 red", "SV002 blue"]);
    await keepsNothing(first);
  });

  it("leaves another tab's upload alone when one has come to its end", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const first = await visit.page(site.url);
    const second = await first.context().newPage();
    await second.goto(site.url);
    let isDown = true;
    await second.route("**/photos", (route) => (isDown ? route.abort() : route.continue()));
    await upload(second, "SV002");
    await second.getByText("Mất kết nối mạng.").waitFor();
    await upload(first, "SV001");
    await see(first, acceptedHeading);
    // A tab's own outcome has priority over another tab's upload.
    await first.reload();
    await see(first, acceptedHeading);
    await second.reload();
    await see(second, "Đang gửi ảnh");
    isDown = false;
    await see(second, acceptedHeading);
    expect(site.received.map(({ key }) => key.split("/")[1])).to.deep.equal(["SV001", "SV002"]);
  });

  it("shows no upload any more that another tab has given up", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    await page.context().route("**/photos", (route) => route.abort());
    await upload(page);
    await page.getByText("Mất kết nối mạng.").waitFor();
    const other = await page.context().newPage();
    await other.goto(site.url);
    await other.getByText("Mất kết nối mạng.").waitFor();
    await page.getByRole("button", { name: "Hủy" }).click();
    await see(page, chooseHeading);
    await see(other, chooseHeading);
    expect(await keptBy(other)).to.deep.equal([]);
  });

  it("sends a photo once that two tabs have in hand, and shows its outcome in both", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    let posts = 0;
    await page.context().route("**/photos", async (route) => {
      if (route.request().method() === "POST") posts += 1;
      await held;
      return route.continue();
    });
    site.ending = { status: "processing", step: "DetectFace" };
    await upload(page);
    const other = await page.context().newPage();
    await other.goto(site.url);
    await see(other, "Đang gửi ảnh");
    await other.waitForFunction(async () => (await navigator.locks.query()).pending?.length === 1);
    goOn();
    for (const tab of [page, other]) await tab.locator("li.running", { hasText: "Tìm khuôn mặt" }).waitFor();
    site.ending = { status: "accepted" };
    for (const tab of [page, other]) await see(tab, acceptedHeading);
    expect(posts).to.equal(1);
    expect(site.received).to.have.length(1);
  });

  it("lets an upload be given up that does not come through", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    site.broken = "api";
    await upload(page);
    await page.getByText(busy).waitFor();
    await page.getByRole("button", { name: "Hủy" }).click();
    await see(page, chooseHeading);
    site.broken = undefined;
    await page.reload();
    await see(page, chooseHeading);
    expect(site.received).to.have.length(0);
  });

  it("sends nothing any more once an upload was given up, whatever was waited for just then", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    for (const waitedFor of ["form", "status"] as const) {
      const page = await visit.page(site.url);
      let asked = (): void => undefined;
      const isAsked = new Promise<void>((resolve) => (asked = resolve));
      let goOn = (): void => undefined;
      const held = new Promise<void>((resolve) => (goOn = resolve));
      await page.route(waitedFor === "form" ? "**/_api/uploads" : "**/_api/uploads/*", async (route) => {
        asked();
        await held;
        return route.continue();
      });
      // The status is requested if it is unknown whether a photo has arrived.
      if (waitedFor === "status") await page.route("**/photos", (route) => route.abort(), { times: 1 });
      await upload(page);
      await isAsked;
      await page.getByRole("button", { name: "Hủy" }).click();
      await see(page, chooseHeading);
      // The next photo need not wait for this one.
      await page.waitForFunction(async () => (await navigator.locks.query()).held?.length === 0);
      goOn();
      await page.waitForTimeout(1000);
      expect(await keptBy(page)).to.deep.equal([]);
      await page.reload();
      await see(page, chooseHeading);
    }
    expect(site.received).to.have.length(0);
  });

  it("lets another photo be sent while one is checked for too long", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    site.ending = { status: "processing", step: "DetectFace" };
    await upload(page);
    await page.locator("li.running").waitFor();
    const another = page.getByRole("button", { name: "Gửi ảnh khác" });
    expect(await another.isVisible()).to.equal(false);
    site.broken = "api";
    await page.getByText(busy).waitFor();
    await another.click();
    await see(page, chooseHeading);
  });

  it("keeps the photo, its square and what was entered when the phone drops the page", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    await choose(page);
    await page.getByLabel("Thu phóng").fill("1.5");
    await page.reload();
    await see(page, "Căn khuôn mặt vào giữa vòng tròn");
    expect(await page.getByLabel("Thu phóng").inputValue()).to.equal("1.5");
    await page.getByRole("button", { name: "Dùng ảnh này" }).click();
    await page.getByLabel("Mã sinh viên").fill("SV001");
    await page.reload();
    await see(page, "Thông tin của bạn");
    expect(await page.getByLabel("Mã sinh viên").inputValue()).to.equal("SV001");
    // A new tab may be the next student's.
    const next = await page.context().newPage();
    await next.goto(site.url);
    await see(next, chooseHeading);
    await page.getByRole("checkbox").check();
    await page.getByRole("button", { name: "Gửi ảnh" }).click();
    await see(page, acceptedHeading);
  });

  it("keeps the photos of two tabs apart until they are sent", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const first = await visit.page(site.url);
    await fillIn(first, "SV001", await plain("red"));
    const second = await first.context().newPage();
    await second.goto(site.url);
    await fillIn(second, "SV002", await plain("blue"));
    // A third tab discards only its own upload.
    const third = await first.context().newPage();
    await third.goto(site.url);
    await choose(third);
    await see(third, "Căn khuôn mặt vào giữa vòng tròn");
    await third.goBack();
    await see(third, chooseHeading);
    for (const [tab, studentId, color] of [
      [first, "SV001", "red"],
      [second, "SV002", "blue"],
    ] as const) {
      await tab.reload();
      await see(tab, "Thông tin của bạn");
      expect(await tab.getByLabel("Mã sinh viên").inputValue()).to.equal(studentId);
      await tab.getByRole("button", { name: "Gửi ảnh" }).click();
      await see(tab, acceptedHeading);
      const { key, bytes } = site.received.at(-1) ?? { key: "", bytes: undefined };
      expect([key.split("/")[1], await colorOf(bytes)]).to.deep.equal([studentId, color]);
    }
    await keepsNothing(third);
  });

  /** Opens the page in a new tab after so much time. */
  async function openLater(page: Page, milliseconds: number): Promise<Page> {
    const next = await page.context().newPage();
    await next.clock.setFixedTime(Date.now() + milliseconds);
    await next.goto(page.url());
    return next;
  }

  it("deletes the photo that a closed tab has not sent, once the page is opened an hour later", async () => {
    const site = await visit.site();
    const page = await visit.page(site.url);
    await fillIn(page);
    const soon = await openLater(page, 0.9 * hour);
    await page.close();
    await see(soon, chooseHeading);
    expect(await keptBy(soon)).to.have.length(1);
    const late = await openLater(soon, 1.1 * hour);
    await see(late, chooseHeading);
    expect(await keptBy(late)).to.deep.equal([]);
  });

  it("keeps an older one for the tab that is still there", async () => {
    const site = await visit.site();
    const page = await visit.page(site.url);
    await fillIn(page);
    await page.clock.setFixedTime(Date.now() + 5 * hour);
    await page.reload();
    await see(page, "Thông tin của bạn");
  });

  it("deletes an upload of yesterday for which nobody has come back, also when the page lets nobody in", async () => {
    const site = await visit.site();
    const page = await visit.page(site.url);
    site.broken = "api";
    await upload(page);
    await page.getByText(busy).waitFor();
    const soon = await openLater(page, 23 * hour);
    await page.close();
    await soon.getByText(busy).waitFor();
    await soon.route("**/settings.json", async (route) => {
      const settings = (await (await route.fetch()).json()) as object;
      return route.fulfill({ json: { ...settings, access: "invite" } });
    });
    await soon.clock.setFixedTime(Date.now() + 25 * hour);
    await soon.reload();
    await see(soon, "Bạn cần có liên kết mời");
    expect(await keptBy(soon)).to.deep.equal([]);
  });

  it("says that it is opening as long as its settings are on their way", async () => {
    const site = await visit.site();
    const page = await visit.page("about:blank");
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    await page.route("**/settings.json", async (route) => {
      await held;
      return route.continue();
    });
    await page.goto(site.url);
    await page.getByText("Đang mở trang…").waitFor();
    goOn();
    await see(page, chooseHeading);
  });

  it("says so when the page itself cannot be loaded, and tries again", async () => {
    const site = await visit.site();
    const page = await visit.page("about:blank");
    let isDown = true;
    await page.route("**/settings.json", (route) => (isDown ? route.abort() : route.continue()));
    await page.goto(site.url);
    await see(page, "Chưa mở được trang");
    isDown = false;
    await page.getByRole("button", { name: "Thử lại" }).click();
    await see(page, chooseHeading);
  });
});
