import { expect } from "chai";
import { crc32 } from "node:zlib";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { reasons, type ReasonCode } from "../../../handlers/contract/reasons";
import { noFace, tiny, truncated } from "../../support/portraits";
import { damagedJpegs, damagedPngs } from "../../packages/imaging/file/damages";
import { choose, colorOf, fillIn, heading, phone, plain, see, somePortrait, upload, Visit } from "./steps";

const chooseHeading = "Chụp hoặc chọn ảnh của bạn";
const cropHeading = "Căn khuôn mặt vào giữa vòng tròn";
const acceptedHeading = "Ảnh đã được duyệt!";

describe("The upload page checks a file before it is sent:", () => {
  const visit = new Visit();
  before(() => visit.start());
  after(() => visit.stop());
  afterEach(() => visit.end());

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
      await see(page, cropHeading);
    });
  }

  it("opens whatever the pipeline accepts of photos that are damaged where no viewer minds", async () => {
    const site = await visit.site();
    const photo = await sharp(await noFace())
      .resize(300)
      .jpeg()
      .toBuffer();
    const drawing = await sharp(await noFace())
      .resize(300)
      .png()
      .toBuffer();
    for (const { name, file } of [...damagedJpegs(photo), ...damagedPngs(drawing)]) {
      const page = await visit.page(site.url);
      await choose(page, file);
      await see(page, cropHeading).catch((error: unknown) => {
        throw new Error(`The page refuses a photo with ${name}.`, { cause: error });
      });
      await page.close();
    }
  });

  it("has iPhones hand over JPEG, and hides HEIC photos on no other phone", async () => {
    const site = await visit.site();
    const acceptOf = async (userAgent: string) =>
      (await visit.page(site.url, { ...phone, userAgent })).locator("#file").getAttribute("accept");
    expect(await acceptOf("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)")).to.equal("image/jpeg,image/png");
    expect(await acceptOf("Mozilla/5.0 (Linux; Android 15; SM-S921B)")).to.include("image/heic");
  });

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

describe("The upload page takes a photo", () => {
  const visit = new Visit();
  before(() => visit.start());
  after(() => visit.stop());
  afterEach(() => visit.end());

  it("that was dropped", async () => {
    const site = await visit.site();
    const page = await visit.page(site.url);
    await see(page, chooseHeading);
    await give(page, "drop", await somePortrait());
    await see(page, cropHeading);
  });

  it("that was dropped last, however long the one before takes to open", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    await see(page, chooseHeading);
    await openSlowly(page);
    await give(page, "drop", await plain("red"));
    await give(page, "drop", await plain("blue"));
    await see(page, cropHeading);
    await page.waitForTimeout(slowMilliseconds);
    await page.getByRole("button", { name: "Dùng ảnh này" }).click();
    await page.getByLabel("Mã sinh viên").fill("SV001");
    await page.getByRole("checkbox").check();
    await page.getByRole("button", { name: "Gửi ảnh" }).click();
    await see(page, acceptedHeading);
    expect(await colorOf(site.received[0]?.bytes)).to.equal("blue");
  });

  it("no more once the student has gone back", async () => {
    const site = await visit.site();
    const page = await visit.page(site.url);
    await choose(page);
    await see(page, cropHeading);
    await openSlowly(page);
    await give(page, "drop", await plain("red"));
    await see(page, "Đang mở ảnh…");
    await page.goBack();
    await see(page, chooseHeading);
    await page.waitForTimeout(slowMilliseconds);
    expect(await heading(page)).to.equal(chooseHeading);
  });

  it("and does not send it once the student has gone back", async () => {
    const site = await visit.site();
    const page = await visit.page(site.url);
    await fillIn(page);
    await page.evaluate((milliseconds) => {
      const { toBlob } = HTMLCanvasElement.prototype;
      HTMLCanvasElement.prototype.toBlob = function (...args) {
        setTimeout(() => toBlob.apply(this, args), milliseconds);
      };
    }, slowMilliseconds);
    await page.getByRole("button", { name: "Gửi ảnh" }).click();
    await page.goBack();
    await see(page, cropHeading);
    await page.waitForTimeout(2 * slowMilliseconds);
    expect(await heading(page)).to.equal(cropHeading);
    expect(site.received).to.have.length(0);
  });

  it("but none as long as it is asking what became of the last one", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    await upload(page);
    await see(page, acceptedHeading);
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const asked = page.waitForRequest("**/_api/uploads/*");
    await page.route("**/_api/uploads/*", async (route) => {
      await held;
      return route.continue();
    });
    await page.reload();
    await asked;
    await give(page, "drop", await plain("red"));
    await page.waitForTimeout(slowMilliseconds);
    goOn();
    await see(page, acceptedHeading);
  });

  it("that was pasted", async () => {
    const site = await visit.site();
    const page = await visit.page(site.url);
    await see(page, chooseHeading);
    await give(page, "paste", await noFace());
    await see(page, cropHeading);
  });

  it("with the computer's camera", async () => {
    const site = await visit.site();
    const page = await visit.page(site.url);
    await page.getByRole("button", { name: "Chụp ảnh" }).click();
    await page.waitForFunction(() => (document.querySelector("video")?.videoWidth ?? 0) > 0);
    await page.getByRole("button", { name: "Chụp", exact: true }).click();
    await see(page, cropHeading);
    expect(await page.locator("dialog").count()).to.equal(0);
  });

  it("or says how to go on when the camera may not be used", async () => {
    const site = await visit.site();
    const page = await visit.page(site.url);
    await page.evaluate(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));
    });
    await page.getByRole("button", { name: "Chụp ảnh" }).click();
    await page.getByRole("alert").getByText("Không mở được máy ảnh").waitFor();
  });
});

const slowMilliseconds = 500;

/** Delays the next photo, as a large one is on an old phone. */
async function openSlowly(page: Page): Promise<void> {
  await page.evaluate((milliseconds) => {
    const { createImageBitmap: open } = window;
    window.createImageBitmap = async (...args: unknown[]) => {
      window.createImageBitmap = open;
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      return open(args[0] as Blob);
    };
  }, slowMilliseconds);
}

/** A PNG of a few bytes whose header says 30,000 × 30,000. */
async function hugePng(): Promise<Buffer> {
  const background = { r: 0, g: 0, b: 0 };
  const png = await sharp({ create: { width: 200, height: 200, channels: 3, background } })
    .png()
    .toBuffer();
  png.writeUInt32BE(30_000, 16);
  png.writeUInt32BE(30_000, 20);
  // A header with a wrong checksum is damaged, and its size cannot be trusted.
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}

/** Drops or pastes a file, with the browser's events. */
async function give(page: Page, event: "drop" | "paste", file: Buffer): Promise<void> {
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
