import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reasons } from "../../../handlers/contract/reasons";
import { couple, portrait } from "../../support/portraits";
import { ended, serve, type Serving } from "../../support/child-process";
import { phone, see, upload, Visit } from "./steps";

describe("The upload page in front of the whole pipeline, in the local mode", () => {
  const visit = new Visit();
  let folder: string;
  let pipeline: Serving | undefined;
  let url: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "avatar-flow-"));
    pipeline = await serve(["--data", join(folder, "data")]);
    url = /Upload page\s+(http\S+)/.exec(pipeline.output().stdout)?.[1] ?? "";
    await visit.start();
  });
  after(async () => {
    await visit.stop();
    if (pipeline !== undefined) {
      const end = ended(pipeline);
      pipeline.child.kill("SIGINT");
      await end;
    }
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => visit.end());

  it("accepts a student's photo, refuses it to another, and lets the student replace it", async () => {
    const page = await visit.page(url, phone);
    await upload(page, "SV001", await portrait("A", { rotatedExif: 6 }));
    await see(page, "Ảnh đã được duyệt!");
    await page.waitForFunction(() => (document.querySelector(".avatar img") as HTMLImageElement).naturalWidth === 512);

    const other = await visit.page(url, phone);
    await upload(other, "SV002", await portrait("A", { mirrored: true }));
    await see(other, "Ảnh chưa đạt yêu cầu");
    await other.getByText(`${reasons.DUPLICATE_FACE.title.vi}.`).waitFor();
    await other.locator("summary").click();
    expect(await other.locator("li.done").count()).to.equal(3);
    expect(await other.locator("li.failed").innerText()).to.include("Kiểm tra trùng lặp");

    await page.getByRole("button", { name: "Đổi ảnh khác" }).click();
    await upload(page, "SV001", await portrait("A", { recrop: true }));
    await see(page, "Ảnh đã được duyệt!");
  });

  it("refuses a photo of two people, and accepts the one who is left when the square is moved", async () => {
    const page = await visit.page(url);
    // The square in the middle has half of each.
    await upload(page, "SV003", await couple("B", "D"));
    await see(page, "Ảnh chưa đạt yêu cầu");
    await page.getByRole("button", { name: "Thử ảnh khác" }).click();
    await page
      .locator("#file")
      .setInputFiles({ name: "a.jpg", mimeType: "image/jpeg", buffer: await couple("B", "D") });
    const toTheRight = page.getByRole("button", { name: "Dịch ảnh sang phải" });
    for (let i = 0; i < 20; i += 1) await toTheRight.click();
    await page.getByLabel("Thu phóng").fill("1.25");
    for (let i = 0; i < 20; i += 1) await toTheRight.click();
    await page.getByRole("button", { name: "Dùng ảnh này" }).click();
    await page.getByLabel("Mã sinh viên").fill("SV003");
    await page.getByRole("checkbox").check();
    await page.getByRole("button", { name: "Gửi ảnh" }).click();
    await see(page, "Ảnh đã được duyệt!");
  });
});
