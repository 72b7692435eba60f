import { expect } from "chai";
import { generateKeyPairSync } from "node:crypto";
import sharp from "sharp";
import { signInvitation, publicKeyOf } from "../../local/commands/invite";
import { reasons, type ReasonCode } from "../../handlers/lib/reasons";
import { couple, noFace, portrait, tiny, truncated } from "../photos";
import { choose, heading, phone, see, somePortrait, upload, Visit } from "./steps";

const chooseHeading = "Chọn một tấm ảnh của bạn";
const acceptedHeading = "Ảnh đã được duyệt!";
const rejectedHeading = "Ảnh chưa dùng được";

describe("The upload page", function () {
  this.timeout(60_000);
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
    const side = (await upright.metadata()).width ?? 0;
    const tall = (await upright.metadata()).height ?? 0;
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
  it("explains each refusal and lets another photo be tried, with what was entered kept", async () => {
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
    expect(await page.getByLabel("Mã sinh viên").inputValue()).to.equal("SV007");
    expect(await page.getByRole("checkbox").isChecked()).to.equal(true);
    await page.getByRole("button", { name: "Gửi ảnh" }).click();
    await see(page, acceptedHeading);
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

  describe("on a line that fails", () => {
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

  describe("checks a file before it is sent:", () => {
    const heicMessage = "Trình duyệt này không mở được ảnh HEIC";
    const title = (reason: ReasonCode) => reasons[reason].title.vi;
    const files: readonly (readonly [string, () => Promise<Buffer> | Buffer, string])[] = [
      [
        "a GIF named .jpg",
        () =>
          sharp(Buffer.alloc(90_000), { raw: { width: 300, height: 100, channels: 3 } })
            .gif()
            .toBuffer(),
        title("FORMAT_NOT_SUPPORTED"),
      ],
      ["a text named .jpg", () => Buffer.from("not a photo"), title("FORMAT_NOT_SUPPORTED")],
      ["an empty file", () => Buffer.alloc(0), title("FILE_CORRUPT")],
      ["a photo that was cut off", () => truncated(), title("FILE_CORRUPT")],
      ["a photo that is too small", () => tiny(), title("IMAGE_TOO_SMALL")],
      ["a small file that claims 900 megapixels", hugePng, title("IMAGE_TOO_LARGE")],
      [
        "a HEIC, which this browser cannot open",
        () => Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1"),
        heicMessage,
      ],
    ];
    for (const [what, make, message] of files) {
      it(what, async () => {
        const site = await visit.site();
        const page = await visit.page(site.url);
        await choose(page, await make());
        await page.getByRole("alert").getByText(message, { exact: true }).waitFor();
        expect(await heading(page)).to.equal(chooseHeading);
        await choose(page);
        await see(page, "Đặt khuôn mặt vào vòng tròn");
      });
    }

    it("a PNG named .jpg is good enough, and what is transparent in it becomes white", async () => {
      const site = await visit.site({ stepMilliseconds: 1 });
      const page = await visit.page(site.url);
      const clear = { width: 400, height: 400, channels: 4 as const, background: { r: 0, g: 0, b: 0, alpha: 0 } };
      await upload(page, "SV001", await sharp({ create: clear }).png().toBuffer());
      await see(page, acceptedHeading);
      const { dominant } = await sharp(site.received[0]?.bytes).stats();
      expect(dominant).to.deep.equal({ r: 248, g: 248, b: 248 });
    });
  });

  describe("takes a photo", () => {
    it("that was dropped", async () => {
      const site = await visit.site();
      const page = await visit.page(site.url);
      await see(page, chooseHeading);
      await give(page, "drop", await somePortrait());
      await see(page, "Đặt khuôn mặt vào vòng tròn");
    });

    it("that was pasted", async () => {
      const site = await visit.site();
      const page = await visit.page(site.url);
      await see(page, chooseHeading);
      await give(page, "paste", await noFace());
      await see(page, "Đặt khuôn mặt vào vòng tròn");
    });

    it("with the computer's camera", async () => {
      const site = await visit.site();
      const page = await visit.page(site.url);
      await page.getByRole("button", { name: "Chụp ảnh" }).click();
      await page.waitForFunction(() => (document.querySelector("video")?.videoWidth ?? 0) > 0);
      await page.getByRole("button", { name: "Chụp", exact: true }).click();
      await see(page, "Đặt khuôn mặt vào vòng tròn");
      expect(await page.locator("dialog").count()).to.equal(0);
    });

    it("or says how to go on when the camera may not be used", async () => {
      const site = await visit.site();
      const page = await visit.page(site.url);
      await page.evaluate(() => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));
      });
      await page.getByRole("button", { name: "Chụp ảnh" }).click();
      await page.getByRole("alert").getByText("Chưa dùng được máy ảnh").waitFor();
    });
  });

  it("sends what the square holds after zooming and moving", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    // Two people beside each other: the square is moved to the one at the left.
    const photo = await couple();
    const { width = 0, height = 0 } = await sharp(photo).metadata();
    await choose(page, photo);
    await page.getByLabel("Phóng to").fill("2");
    for (let i = 0; i < 40; i += 1) await page.getByRole("button", { name: "Sang phải" }).click();
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
    /** Goes on with Tab until the element of that name has the focus. */
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
    // By the answer to this the browser knows that the dialog is not to be opened.
    await page.evaluate(() => 0);
    await page.keyboard.press("Enter");
    await (await chooser).setFiles({ name: "a.jpg", mimeType: "image/jpeg", buffer: await somePortrait() });
    await see(page, "Đặt khuôn mặt vào vòng tròn");
    expect(await page.evaluate(() => document.activeElement?.tagName)).to.equal("H1");
    await tabTo("Phóng to");
    await page.keyboard.press("ArrowRight");
    await tabTo("Lên trên");
    await page.keyboard.press("Space");
    await tabTo("Dùng ảnh này");
    await page.keyboard.press("Enter");
    await see(page, "Thông tin của bạn");
    await tabTo("Gửi ảnh");
    await page.keyboard.press("Enter");
    // The first field that is wrong has the focus, and says why.
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
    await see(page, "Choose a photo of yourself");
    expect(await page.evaluate(() => document.documentElement.lang)).to.equal("en");
    await choose(page);
    await see(page, "Put your face into the circle");
    await page.getByRole("button", { name: "Tiếng Việt" }).click();
    await see(page, "Đặt khuôn mặt vào vòng tròn");
    await page.getByRole("button", { name: "English" }).click();
    await page.getByRole("button", { name: "Use this photo" }).click();
    await page.getByLabel("Student id").fill("SV001");
    await page.getByRole("checkbox").check();
    site.ending = { status: "rejected", step: "DetectFace", reason: "NO_FACE" };
    await page.getByRole("button", { name: "Send the photo" }).click();
    await see(page, "This photo cannot be used");
    await page.getByText("No face was found in the photo.").waitFor();
    await page.getByRole("button", { name: "Tiếng Việt" }).click();
    await see(page, rejectedHeading);
    await page.getByRole("button", { name: "English" }).click();
    await page.reload();
    await see(page, "This photo cannot be used");
  });

  it("fits 320 pixels and a phone, with targets for fingers", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
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
    await see(page, "Đặt khuôn mặt vào vòng tròn");
    await check();
    await page.getByRole("button", { name: "Dùng ảnh này" }).tap();
    await page.getByRole("button", { name: "Gửi ảnh" }).tap();
    await check();
    await page.getByLabel("Mã sinh viên").fill("SV001");
    await page.getByRole("checkbox").tap();
    site.ending = { status: "rejected", step: "CheckDuplicate", reason: "DUPLICATE_FACE" };
    await page.getByRole("button", { name: "Gửi ảnh" }).tap();
    await see(page, rejectedHeading);
    await check();
  });

  it("asks for an address only where mail is sent, and refuses one that is none", async () => {
    const site = await visit.site({ stepMilliseconds: 1, mail: true, contact: "viết thư cho anh@truong.edu.vn" });
    const page = await visit.page(site.url);
    await choose(page);
    await page.getByRole("button", { name: "Dùng ảnh này" }).click();
    await page.getByText("viết thư cho anh@truong.edu.vn").waitFor();
    await page.getByLabel("Mã sinh viên").fill("SV 001");
    await page.getByLabel("Email").fill("an@");
    await page.getByRole("checkbox").check();
    await page.getByRole("button", { name: "Gửi ảnh" }).click();
    await page.getByText("không có khoảng trắng").waitFor();
    await page.getByText("Địa chỉ email chưa đúng.").waitFor();
    await page.getByLabel("Mã sinh viên").fill("SV001");
    await page.getByLabel("Email").fill("an@truong.edu.vn");
    await page.getByRole("button", { name: "Gửi ảnh" }).click();
    await see(page, acceptedHeading);
  });

  describe("of a school that invites", () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    const access = { mode: "invite" as const, publicKey: publicKeyOf(privateKey) };
    const tomorrow = Math.floor(Date.now() / 1000) + 86_400;
    const an = { studentId: "SV001", name: "Nguyễn Văn An", email: "an@truong.edu.vn", expires: tomorrow };
    const linkTo = (url: string, invitation = an, key = privateKey) =>
      `${url}#invite=${signInvitation(invitation, key)}`;

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
});

/** A PNG of a few bytes whose header says 30,000 × 30,000. */
async function hugePng(): Promise<Buffer> {
  const background = { r: 0, g: 0, b: 0 };
  const png = await sharp({ create: { width: 200, height: 200, channels: 3, background } })
    .png()
    .toBuffer();
  png.writeUInt32BE(30_000, 16);
  png.writeUInt32BE(30_000, 20);
  return png;
}

/** Drops or pastes a file, as the browser would tell the page of it. */
async function give(page: import("playwright-core").Page, event: "drop" | "paste", file: Buffer): Promise<void> {
  await page.evaluate(
    ([type, base64]) => {
      const bytes = Uint8Array.from(atob(base64 ?? ""), (character) => character.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], "photo.jpg", { type: "image/jpeg" }));
      const init = { bubbles: true, cancelable: true };
      document.body.dispatchEvent(
        type === "drop"
          ? new DragEvent("drop", { ...init, dataTransfer: data })
          : new ClipboardEvent("paste", { ...init, clipboardData: data }),
      );
    },
    [event, file.toString("base64")],
  );
}
