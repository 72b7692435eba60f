import { expect } from "chai";
import sharp from "sharp";
import { emailDomainRule } from "../../../handlers/contract/problems";
import { reasonCodes, reasons, type ReasonCode } from "../../../handlers/contract/reasons";
import { couple, portrait } from "../../support/portraits";
import { choose, fillIn, heading, phone, see, somePortrait, upload, Visit } from "./steps";

const chooseHeading = "Chụp hoặc chọn ảnh của bạn";
const acceptedHeading = "Ảnh đã được duyệt!";
const rejectedHeading = "Ảnh chưa đạt yêu cầu";

describe("The upload page", () => {
  const visit = new Visit();
  before(() => visit.start());
  after(() => visit.stop());
  afterEach(() => visit.end());

  it("takes a photo from choosing to the accepted avatar", async () => {
    const site = await visit.site();
    const page = await visit.page(site.url);
    await see(page, chooseHeading);
    await upload(page);
    await see(page, acceptedHeading);
    const avatar = page.getByAltText("Ảnh đại diện mới của bạn");
    await page.waitForFunction(() => (document.querySelector(".avatar img") as HTMLImageElement).naturalWidth === 512);
    expect(await avatar.getAttribute("src")).to.match(/\/photos\/avatars\/SV001\/[0-9A-Z]{26}\/512\.jpg\?X-Amz-/);
    expect(site.received.map(({ key }) => key)[0]).to.match(/^uploads\/SV001\/[0-9A-Z]{26}\.jpg$/);
  });

  it("sends an upright square JPEG of at most 2,048 pixels, without where and with what it was taken", async () => {
    const site = await visit.site();
    const page = await visit.page(site.url);
    const photo = await portrait("A", { width: 3000, rotatedExif: 6, withLocation: true });
    expect((await sharp(photo).metadata()).exif).not.to.equal(undefined);
    await upload(page, "SV001", photo);
    await see(page, acceptedHeading);
    const sent = site.received[0]?.bytes ?? Buffer.alloc(0);
    const { format, width, height, exif, orientation } = await sharp(sent).metadata();
    expect({ format, width, height }).to.deep.equal({ format: "jpeg", width: 2048, height: 2048 });
    expect(exif).to.equal(undefined);
    expect(orientation).to.equal(undefined);
    expect(sent.includes("GPS")).to.equal(false);
    expect(sent.length).to.be.below(photo.length / 2);
    // The same pixels as the upright original's, where the page first puts the square.
    const upright = sharp(await sharp(photo).rotate().toBuffer());
    const side = (await upright.metadata()).width;
    const tall = (await upright.metadata()).height;
    const top = Math.round(Math.max(0, 0.4 * tall - side / 2));
    const expected = await upright.extract({ left: 0, top, width: side, height: side }).resize(64, 64).raw().toBuffer();
    const actual = await sharp(sent).resize(64, 64).raw().toBuffer();
    const difference =
      actual.reduce((sum, value, at) => sum + Math.abs(value - (expected[at] ?? 0)), 0) / actual.length;
    expect(difference).to.be.below(4);
  });

  const refusals: readonly (readonly [ReasonCode, string])[] = [
    ["NO_FACE", "DetectFace"],
    ["MULTIPLE_FACES", "DetectFace"],
    ["FACE_BLURRED", "DetectFace"],
    ["SUNGLASSES", "DetectFace"],
    ["DUPLICATE_FACE", "CheckDuplicate"],
    ["FILE_CORRUPT", "CheckFormat"],
  ];
  it("explains each refusal and lets another photo be tried, and offers nothing of this one to it", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    for (const [reason, step] of refusals) {
      site.ending = { status: "rejected", step, reason };
      await upload(page, "SV007");
      await see(page, rejectedHeading);
      await page.getByText(`${reasons[reason].title.vi}.`).waitFor();
      await page.getByText(reasons[reason].remedy.vi).waitFor();
      await page.getByRole("button", { name: "Thử ảnh khác" }).click();
      await see(page, chooseHeading);
    }
    site.ending = { status: "accepted" };
    await choose(page);
    await page.getByRole("button", { name: "Dùng ảnh này" }).click();
    // The next photo may be another student's, who has agreed to nothing yet.
    expect(await page.getByLabel("Mã sinh viên").inputValue()).to.equal("");
    expect(await page.getByRole("checkbox").isChecked()).to.equal(false);
    await page.getByLabel("Mã sinh viên").fill("SV007");
    await page.getByRole("checkbox").check();
    await page.getByRole("button", { name: "Gửi ảnh" }).click();
    await see(page, acceptedHeading);
  });

  it("says every reason in both languages, and shows no step that was not taken", async () => {
    const site = await visit.site({ stepMilliseconds: 1, contact: "daotao@truong.edu.vn" });
    const page = await visit.page(site.url);
    site.ending = { status: "rejected", step: "CheckDuplicate", reason: "DUPLICATE_FACE" };
    await upload(page);
    await see(page, rejectedHeading);
    await page.getByText("Liên hệ: daotao@truong.edu.vn").waitFor();
    await page.locator("summary").click();
    expect(await page.locator("ol.steps li").count()).to.equal(4);
    expect(await page.locator("li.failed").innerText()).to.include("không đạt");
    const uploadId = /([0-9A-Z]{26})\.jpg$/.exec(site.received[0]?.key ?? "")?.[1] ?? "";
    const row = (await site.tables.upload(uploadId)) ?? {};
    for (const reason of reasonCodes) {
      const status = reason === "INTERNAL" ? "failed" : "rejected";
      await site.tables.putUpload({ ...row, status: { S: status }, reason: { S: reason } });
      await page.reload();
      for (const [locale, other] of [
        ["vi", "English"],
        ["en", "Tiếng Việt"],
      ] as const) {
        await page.getByText(`${reasons[reason].title[locale]}.`, { exact: true }).waitFor();
        await page.getByText(reasons[reason].remedy[locale], { exact: true }).waitFor();
        await page.getByRole("button", { name: other }).click();
      }
    }
  });

  it("sends one photo however often the button is tapped", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    await fillIn(page);
    site.ending = { status: "failed", step: "IndexFace", reason: "INTERNAL" };
    const tapThrice = (name: string) =>
      page.getByRole("button", { name }).evaluate((button: HTMLButtonElement) => {
        for (let i = 0; i < 3; i += 1) button.click();
      });
    await tapThrice("Gửi ảnh");
    await see(page, "Chưa xử lý được ảnh");
    expect(site.received).to.have.length(1);
    site.ending = { status: "accepted" };
    await tapThrice("Gửi lại ảnh này");
    await see(page, acceptedHeading);
    expect(site.received).to.have.length(2);
  });

  it("follows the browser's back and forward buttons, and ends no upload by them", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    await choose(page);
    await page.getByRole("button", { name: "Dùng ảnh này" }).click();
    await page.getByLabel("Mã sinh viên").fill("SV001");
    await page.goBack();
    await see(page, "Căn khuôn mặt vào giữa vòng tròn");
    await page.goBack();
    await see(page, chooseHeading);
    await page.goForward();
    await see(page, "Căn khuôn mặt vào giữa vòng tròn");
    await page.getByRole("button", { name: "Dùng ảnh này" }).click();
    expect(await page.getByLabel("Mã sinh viên").inputValue()).to.equal("SV001");
    await page.getByRole("checkbox").check();
    site.ending = { status: "processing", step: "DetectFace" };
    await page.getByRole("button", { name: "Gửi ảnh" }).click();
    await page.locator("li.running", { hasText: "Tìm khuôn mặt" }).waitFor();
    await page.goBack();
    site.ending = { status: "accepted" };
    await see(page, acceptedHeading);
    await page.goBack();
    await see(page, chooseHeading);
    expect(site.received).to.have.length(1);
  });

  it("sends the same photo again after a fault that was not the photo's", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    site.ending = { status: "failed", step: "IndexFace", reason: "INTERNAL" };
    await upload(page);
    await see(page, "Chưa xử lý được ảnh");
    site.ending = { status: "accepted" };
    await page.getByRole("button", { name: "Gửi lại ảnh này" }).click();
    await see(page, acceptedHeading);
    const [first, second] = site.received;
    expect(first?.key).not.to.equal(second?.key);
    expect(first?.bytes.equals(second?.bytes ?? Buffer.alloc(0))).to.equal(true);
  });

  it("replaces an accepted photo by another", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    await upload(page);
    await see(page, acceptedHeading);
    await page.getByRole("button", { name: "Đổi ảnh khác" }).click();
    await upload(page, "SV001", await portrait("B", { width: 500 }));
    await see(page, acceptedHeading);
    const avatars = await site.tables.avatar("SV001");
    expect(avatars?.["upload_id"]?.S).to.equal(/([0-9A-Z]{26})\.jpg$/.exec(site.received[1]?.key ?? "")?.[1]);
  });

  it("shows the steps as they happen", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    site.ending = { status: "processing", step: "CheckDuplicate" };
    await upload(page);
    await page.locator("li.running", { hasText: "Kiểm tra trùng lặp" }).waitFor();
    expect(await page.locator("li.done").allInnerTexts()).to.have.length(3);
    expect(await page.locator("li.waiting").allInnerTexts()).to.have.length(5);
    expect(await page.locator("#announcer").innerText()).to.equal("Kiểm tra trùng lặp");
    site.ending = { status: "accepted" };
    await see(page, acceptedHeading);
  });

  it("sends what the square holds after zooming and moving", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    // Two people side by side: the square is moved to the left one.
    const photo = await couple();
    const { width, height } = await sharp(photo).metadata();
    await choose(page, photo);
    await page.getByLabel("Thu phóng").fill("2");
    for (let i = 0; i < 40; i += 1) await page.getByRole("button", { name: "Dịch ảnh sang phải" }).click();
    await page.getByRole("button", { name: "Dùng ảnh này" }).click();
    await page.getByLabel("Mã sinh viên").fill("SV001");
    await page.getByRole("checkbox").check();
    await page.getByRole("button", { name: "Gửi ảnh" }).click();
    await see(page, acceptedHeading);
    const side = Math.round(Math.min(width, height) / 2);
    const sent = await sharp(site.received[0]?.bytes).metadata();
    expect(sent.width).to.equal(Math.min(2048, side));
    const left = await sharp(photo)
      .extract({ left: 0, top: Math.round((height - side) / 2), width: side, height: side })
      .resize(32, 32)
      .raw()
      .toBuffer();
    const actual = await sharp(site.received[0]?.bytes).resize(32, 32).raw().toBuffer();
    const difference = actual.reduce((sum, value, at) => sum + Math.abs(value - (left[at] ?? 0)), 0) / actual.length;
    expect(difference).to.be.below(6);
  });

  it("can be used by keyboard alone", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    await see(page, chooseHeading);
    /** Presses Tab until the element of that name has the focus. */
    const tabTo = async (name: string) => {
      for (let i = 0; i < 25; i += 1) {
        await page.keyboard.press("Tab");
        const focused = await page.evaluate(() => {
          const element = document.activeElement as HTMLElement | null;
          const label = element?.id ? document.querySelector(`label[for="${element.id}"]`) : null;
          return (label?.textContent ?? element?.getAttribute("aria-label") ?? element?.textContent ?? "").trim();
        });
        if (focused.startsWith(name)) return;
      }
      throw new Error(`Tab does not reach ${name}.`);
    };
    await tabTo("Chọn ảnh có sẵn");
    const chooser = page.waitForEvent("filechooser");
    // From the answer to this event, the browser knows not to open the dialog.
    await page.evaluate(() => 0);
    await page.keyboard.press("Enter");
    await (await chooser).setFiles({ name: "a.jpg", mimeType: "image/jpeg", buffer: await somePortrait() });
    await see(page, "Căn khuôn mặt vào giữa vòng tròn");
    expect(await page.evaluate(() => document.activeElement?.tagName)).to.equal("H1");
    await tabTo("Thu phóng");
    await page.keyboard.press("ArrowRight");
    await tabTo("Dịch ảnh lên");
    await page.keyboard.press("Space");
    await tabTo("Dùng ảnh này");
    await page.keyboard.press("Enter");
    await see(page, "Thông tin của bạn");
    await tabTo("Gửi ảnh");
    await page.keyboard.press("Enter");
    // The first wrong field has the focus, and shows the reason.
    const described = await page.evaluate(() => {
      const ids = document.activeElement?.getAttribute("aria-describedby")?.split(" ") ?? [];
      return ids.map((id) => document.getElementById(id)?.textContent).join(" ");
    });
    expect(described).to.include("Hãy nhập mã sinh viên của bạn.");
    await page.keyboard.type("SV001");
    await tabTo("Tôi đồng ý");
    await page.keyboard.press("Space");
    await tabTo("Gửi ảnh");
    await page.keyboard.press("Enter");
    await see(page, acceptedHeading);
    expect(await page.evaluate(() => document.activeElement?.textContent)).to.equal(acceptedHeading);
  });

  it("speaks English when asked, on every screen, and remembers it", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    await page.getByRole("button", { name: "English" }).click();
    await see(page, "Take or choose a photo of yourself");
    expect(await page.evaluate(() => document.documentElement.lang)).to.equal("en");
    await choose(page);
    await see(page, "Position your face in the circle");
    await page.getByRole("button", { name: "Tiếng Việt" }).click();
    await see(page, "Căn khuôn mặt vào giữa vòng tròn");
    await page.getByRole("button", { name: "English" }).click();
    await page.getByRole("button", { name: "Use this photo" }).click();
    await page.getByLabel("Student ID").fill("SV001");
    await page.getByRole("checkbox").check();
    site.ending = { status: "rejected", step: "DetectFace", reason: "NO_FACE" };
    await page.getByRole("button", { name: "Send photo" }).click();
    await see(page, "This photo can't be used");
    await page.getByText("No face was found in the photo.").waitFor();
    await page.getByRole("button", { name: "Tiếng Việt" }).click();
    await see(page, rejectedHeading);
    await page.getByRole("button", { name: "English" }).click();
    await page.reload();
    await see(page, "This photo can't be used");
  });

  it("fits 320 pixels and a phone, with targets for fingers", async () => {
    // Names without a natural line break.
    const organization = "TruongDaiHocKhoaHocXaHoiVaNhanVanThanhPhoHoChiMinh";
    const site = await visit.site({ stepMilliseconds: 1, organization, contact: `anh@${organization}.edu.vn` });
    const page = await visit.page(site.url, { ...phone, viewport: { width: 320, height: 640 } });
    const check = async () => {
      const { overflow, small } = await page.evaluate(() => ({
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        small: [...document.querySelectorAll("button, summary, input:not([hidden]):not([type=checkbox])")]
          .map((element) => ({ name: element.textContent, height: element.getBoundingClientRect().height }))
          .filter(({ height }) => height < 44),
      }));
      expect(overflow, await heading(page)).to.be.at.most(0);
      expect(small, await heading(page)).to.deep.equal([]);
    };
    await see(page, chooseHeading);
    await check();
    await choose(page);
    await see(page, "Căn khuôn mặt vào giữa vòng tròn");
    await check();
    await page.getByRole("button", { name: "Dùng ảnh này" }).tap();
    await see(page, "Thông tin của bạn");
    await check();
    await page.getByRole("button", { name: "Gửi ảnh" }).tap();
    await check();
    await page.getByLabel("Mã sinh viên").fill("SV001");
    await page.getByRole("checkbox").tap();
    site.ending = { status: "rejected", step: "CheckDuplicate", reason: "DUPLICATE_FACE" };
    await page.getByRole("button", { name: "Gửi ảnh" }).tap();
    await see(page, rejectedHeading);
    await check();
  });

  it("works without HTTPS too, where browsers offer less, as over S3's website endpoint", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page("about:blank");
    const [own, far] = [new URL(site.url).origin, "http://photos.school.example"];
    await page.context().route(`${far}/**`, async (route) => {
      const response = await route.fetch({ url: route.request().url().replace(far, own) });
      const isText = /json/.test(response.headers()["content-type"] ?? "");
      await route.fulfill({ response, ...(isText ? { body: (await response.text()).replaceAll(own, far) } : {}) });
    });
    await page.goto(site.url.replace(own, far));
    expect(await page.evaluate(() => isSecureContext)).to.equal(false);
    await upload(page);
    await see(page, acceptedHeading);
    expect(site.received).to.have.length(1);
  });

  it("asks for an address only where mail is sent, and refuses one that is none", async () => {
    const studentDomains = ["truong.edu.vn"];
    const site = await visit.site({
      stepMilliseconds: 1,
      mail: true,
      studentDomains,
      contact: "viết thư cho anh@truong.edu.vn",
    });
    const page = await visit.page(site.url);
    await choose(page);
    await page.getByRole("button", { name: "Dùng ảnh này" }).click();
    await page.getByText("viết thư cho anh@truong.edu.vn").waitFor();
    await page.getByLabel("Mã sinh viên").fill("SV 001");
    await page.getByLabel("Email").fill("an@");
    await page.getByRole("checkbox").check();
    await page.getByRole("button", { name: "Gửi ảnh" }).click();
    await page.getByText("không có khoảng trắng").waitFor();
    await page.getByText("Địa chỉ email không hợp lệ.").waitFor();
    await page.getByLabel("Mã sinh viên").fill("SV001");
    await page.getByLabel("Email").fill("an@gmail.com");
    await page.getByRole("button", { name: "Gửi ảnh" }).click();
    await page.getByText(emailDomainRule.vi).waitFor();
    await page.getByLabel("Email").fill("an@truong.edu.vn");
    await page.getByRole("button", { name: "Gửi ảnh" }).click();
    await see(page, acceptedHeading);
  });
});
