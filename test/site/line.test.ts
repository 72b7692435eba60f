import { expect } from "chai";
import { choose, see, upload, Visit } from "./steps";

const chooseHeading = "Chọn một tấm ảnh của bạn";
const acceptedHeading = "Ảnh đã được duyệt!";

describe("The upload page on a line that fails", function () {
  this.timeout(60_000);
  const visit = new Visit();
  before(() => visit.start());
  after(() => visit.stop());
  afterEach(() => visit.end());

  it("waits offline before sending and goes on by itself", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    await choose(page);
    await page.getByRole("button", { name: "Dùng ảnh này" }).click();
    await page.getByLabel("Mã sinh viên").fill("SV001");
    await page.getByRole("checkbox").check();
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
    await page.getByText("Mất kết nối mạng.").waitFor();
    site.broken = undefined;
    await see(page, acceptedHeading);
    expect(site.received).to.have.length(1);
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
    await page.getByText("Mất kết nối mạng.").waitFor();
    await page.reload();
    await page.getByText("Mất kết nối mạng.").waitFor();
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
