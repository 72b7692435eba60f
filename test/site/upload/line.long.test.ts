import { expect } from "chai";
import { fillIn, keptBy, see, upload, Visit } from "./steps";

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
