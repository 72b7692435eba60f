import { expect } from "chai";
import { generateKeyPairSync } from "node:crypto";
import { access, an, linkTo } from "./invitations";
import { choose, see, Visit } from "./steps";

const chooseHeading = "Chụp hoặc chọn ảnh của bạn";
const acceptedHeading = "Ảnh đã được duyệt!";
const invalidHeading = "Liên kết mời không hợp lệ";

describe("The upload page of a school that invites", () => {
  const visit = new Visit();
  before(() => visit.start());
  after(() => visit.stop());
  afterEach(() => visit.end());

  it("knows the student by the link", async () => {
    const site = await visit.site({ access, mail: true, stepMilliseconds: 1 });
    const page = await visit.page(linkTo(site.url));
    await page.getByText("Chào Nguyễn Văn An! Ảnh dùng cho mã sinh viên SV001.").waitFor();
    await choose(page);
    await page.getByRole("button", { name: "Dùng ảnh này" }).click();
    expect(await page.getByLabel("Mã sinh viên").count()).to.equal(0);
    expect(await page.getByLabel("Email").count()).to.equal(0);
    await page.getByRole("checkbox").check();
    await page.getByRole("button", { name: "Gửi ảnh" }).click();
    await see(page, acceptedHeading);
  });

  it("says that the result is on the page alone where the school has no address for the student", async () => {
    const site = await visit.site({ access, mail: true, studentDomains: ["truong.edu.vn"], stepMilliseconds: 1 });
    const page = await visit.page(linkTo(site.url, { ...an, email: "" }));
    await choose(page);
    await page.getByRole("button", { name: "Dùng ảnh này" }).click();
    await page.getByText("Nhà trường chưa có địa chỉ email của bạn").waitFor();
    expect(await page.getByLabel("Email").count()).to.equal(0);
    await page.getByRole("checkbox").check();
    await page.getByRole("button", { name: "Gửi ảnh" }).click();
    await see(page, acceptedHeading);
  });

  it("lets nobody in without a link, with a broken one or with one that has expired", async () => {
    const site = await visit.site({ access });
    await see(await visit.page(site.url), "Bạn cần có liên kết mời");
    await see(await visit.page(linkTo(site.url).slice(0, -100)), invalidHeading);
    await see(await visit.page(linkTo(site.url, { ...an, expires: 1 })), "Liên kết mời đã hết hạn");
  });

  it("takes the link out of the address and the history, and finds it again after a reload", async () => {
    const site = await visit.site({ access, stepMilliseconds: 1 });
    const page = await visit.page(linkTo(site.url));
    await see(page, chooseHeading);
    expect(page.url()).to.equal(site.url);
    await page.reload();
    await see(page, chooseHeading);
    // A tab of its own, as that of the next person at the machine, has no invitation.
    const other = await page.context().newPage();
    await other.goto(site.url);
    await see(other, "Bạn cần có liên kết mời");
    // A new link counts more than the one that the tab has kept.
    await page.goto(linkTo(site.url, an, generateKeyPairSync("ed25519").privateKey));
    await see(page, invalidHeading);
    expect(page.url()).to.equal(site.url);
  });

  it("leaves the link in the address where the browser keeps nothing, so that a reload works", async () => {
    const site = await visit.site({ access });
    const page = await visit.page("about:blank");
    await page.addInitScript(() => {
      Object.defineProperty(window, "sessionStorage", {
        get() {
          throw new DOMException("", "SecurityError");
        },
      });
    });
    const link = linkTo(site.url);
    await page.goto(link);
    await see(page, chooseHeading);
    expect(page.url()).to.equal(link);
    await page.reload();
    await see(page, chooseHeading);
  });
});
