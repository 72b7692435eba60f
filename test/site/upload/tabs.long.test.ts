import { expect } from "chai";
import { choose, colorOf, fillIn, keepsNothing, keptBy, plain, see, upload, Visit } from "./steps";

const chooseHeading = "Chụp hoặc chọn ảnh của bạn";
const acceptedHeading = "Ảnh đã được duyệt!";
const busy = "Hệ thống đang bận.";

describe("The upload page in several tabs", () => {
  const visit = new Visit();
  before(() => visit.start());
  after(() => visit.stop());
  afterEach(() => visit.end());

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
});
