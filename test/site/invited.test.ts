import { expect } from "chai";
import { generateKeyPairSync } from "node:crypto";
import { publicKeyOf, signInvitation } from "../../local/commands/invite";
import { choose, see, Visit } from "./steps";

const chooseHeading = "Chọn một tấm ảnh của bạn";
const acceptedHeading = "Ảnh đã được duyệt!";

describe("The upload page of a school that invites", function () {
  this.timeout(60_000);
  const visit = new Visit();
  before(() => visit.start());
  after(() => visit.stop());
  afterEach(() => visit.end());

  const { privateKey } = generateKeyPairSync("ed25519");
  const access = { mode: "invite" as const, publicKey: publicKeyOf(privateKey) };
  const tomorrow = Math.floor(Date.now() / 1000) + 86_400;
  const an = { studentId: "SV001", name: "Nguyễn Văn An", email: "an@truong.edu.vn", expires: tomorrow };
  const linkTo = (url: string, invitation = an, key = privateKey) => `${url}#invite=${signInvitation(invitation, key)}`;

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

  it("lets nobody in without a link, with a broken one or with one that has expired", async () => {
    const site = await visit.site({ access });
    await see(await visit.page(site.url), "Bạn cần liên kết mời");
    await see(await visit.page(linkTo(site.url).slice(0, -100)), "Liên kết mời không đọc được");
    await see(await visit.page(linkTo(site.url, { ...an, expires: 1 })), "Liên kết mời đã hết hạn");
  });

  it("refuses a link that was changed or that another key signed", async () => {
    const site = await visit.site({ access });
    const other = generateKeyPairSync("ed25519").privateKey;
    const page = await visit.page(linkTo(site.url, an, other));
    await choose(page);
    await page.getByRole("button", { name: "Dùng ảnh này" }).click();
    await page.getByRole("checkbox").check();
    await page.getByRole("button", { name: "Gửi ảnh" }).click();
    await page.getByRole("alert").getByText("Liên kết mời không hợp lệ").waitFor();
    expect(site.received).to.have.length(0);
  });

  it("does not go on with another student's upload", async () => {
    const site = await visit.site({ access, stepMilliseconds: 1 });
    const page = await visit.page(linkTo(site.url));
    site.ending = { status: "processing", step: "DetectFace" };
    await choose(page);
    await page.getByRole("button", { name: "Dùng ảnh này" }).click();
    await page.getByRole("checkbox").check();
    await page.getByRole("button", { name: "Gửi ảnh" }).click();
    await page.locator("li.running").waitFor();
    const next = await page.context().newPage();
    await next.goto(linkTo(site.url, { ...an, studentId: "SV002", name: "Trần Thị Bình" }));
    await next.getByText("Chào Trần Thị Bình!").waitFor();
    await see(next, chooseHeading);
  });
});
