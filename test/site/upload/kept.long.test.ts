import { expect } from "chai";
import type { Page } from "playwright-core";
import { choose, fillIn, keptBy, see, upload, Visit } from "./steps";

const chooseHeading = "Chụp hoặc chọn ảnh của bạn";
const acceptedHeading = "Ảnh đã được duyệt!";
const hour = 3_600_000;
const busy = "Hệ thống đang bận.";

describe("The upload page across reloads and returns", () => {
  const visit = new Visit();
  before(() => visit.start());
  after(() => visit.stop());
  afterEach(() => visit.end());

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
});
