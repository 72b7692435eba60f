// Functions passed to the browser run there.
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { expect } from "chai";
import { choose, fillIn, phone, see, upload, Visit } from "./steps";

const chooseHeading = "Chụp hoặc chọn ảnh của bạn";
const cropHeading = "Căn khuôn mặt vào giữa vòng tròn";
const acceptedHeading = "Ảnh đã được duyệt!";

describe("The upload page at its edges", () => {
  const visit = new Visit();
  before(() => visit.start());
  after(() => visit.stop());
  afterEach(() => visit.end());

  it("works where cookies are blocked, and with them every storage", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page("about:blank");
    await page.addInitScript(() => {
      for (const name of ["localStorage", "sessionStorage", "indexedDB"]) {
        Object.defineProperty(window, name, {
          get: () => {
            throw new DOMException("Access is denied for this document.", "SecurityError");
          },
        });
      }
    });
    await page.goto(site.url);
    await see(page, chooseHeading);
    await upload(page);
    await see(page, acceptedHeading);
  });

  it("keeps photo and upload over a reload where Blobs cannot be kept, as in WebKit's private windows", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page("about:blank");
    await page.addInitScript(() => {
      const put = IDBObjectStore.prototype.put;
      const holdsBlob = (value: unknown): boolean =>
        value instanceof Blob || (typeof value === "object" && value !== null && Object.values(value).some(holdsBlob));
      IDBObjectStore.prototype.put = function (this: IDBObjectStore, value: unknown, key?: IDBValidKey) {
        if (holdsBlob(value)) throw new DOMException("BlobURLs are not yet supported.", "UnknownError");
        return put.call(this, value, key);
      };
    });
    await page.goto(site.url);
    await fillIn(page, "SV001");
    await page.reload();
    await see(page, "Thông tin của bạn");
    expect(await page.getByLabel("Mã sinh viên").inputValue()).to.equal("SV001");
    await page.context().setOffline(true);
    await page.getByRole("button", { name: "Gửi ảnh" }).click();
    await see(page, "Đang gửi ảnh");
    await page.context().setOffline(false);
    await page.reload();
    await see(page, acceptedHeading);
    expect(site.received).to.have.length(1);
  });

  it("says so in place of a blank page where the browser cannot run it", async () => {
    const site = await visit.site();
    const page = await visit.page("about:blank");
    // A browser too old for the script's syntax runs nothing of it.
    await page.route(/main-.*\.js$/, (route) =>
      route.fulfill({ contentType: "text/javascript", body: "/* nothing that this browser understands */" }),
    );
    await page.goto(site.url);
    await page.getByRole("heading", { name: "Chưa mở được trang" }).waitFor();
    await page.getByText("Your browser may be too old").waitFor();
  });

  it("blames the browser and not the photo where it cannot decode photos", async () => {
    const site = await visit.site();
    const page = await visit.page("about:blank");
    await page.addInitScript(() => Reflect.deleteProperty(window, "createImageBitmap"));
    await page.goto(site.url);
    await choose(page);
    await page.getByRole("alert").getByText("Trình duyệt này quá cũ").waitFor();
  });

  it("offers nothing of one student to the next, who drops a photo onto the outcome", async () => {
    const site = await visit.site({ stepMilliseconds: 1 });
    const page = await visit.page(site.url);
    await upload(page, "SV001");
    await see(page, acceptedHeading);
    await page.getByRole("button", { name: "Đổi ảnh khác" }).click();
    await choose(page);
    await page.getByRole("button", { name: "Dùng ảnh này" }).click();
    expect(await page.getByLabel("Mã sinh viên").inputValue()).to.equal("");
    expect(await page.getByRole("checkbox").isChecked()).to.equal(false);
  });

  const screens = [
    ["a phone on its side", { ...phone, viewport: { width: 667, height: 375 } }],
    ["a laptop at 200 %", { viewport: { width: 640, height: 400 } }],
    ["a small phone with the browser's bars", { ...phone, viewport: { width: 375, height: 553 } }],
    ["a low laptop", { viewport: { width: 1366, height: 650 } }],
  ] as const;
  for (const [what, options] of screens) {
    it(`shows the whole square on ${what}, and nothing lies over it`, async () => {
      const site = await visit.site();
      const page = await visit.page(site.url, options);
      await choose(page);
      await see(page, cropHeading);
      const hidden = await page.evaluate(() => {
        const frame = document.querySelector(".frame") as HTMLElement;
        frame.scrollIntoView({ block: "nearest" });
        const { left, top, width, height } = frame.getBoundingClientRect();
        // Inside the rounded corners.
        const shares = [0.05, 0.25, 0.5, 0.75, 0.95];
        return shares.flatMap((x) =>
          shares.filter((y) => {
            const seen = document.elementFromPoint(left + x * width, top + y * height);
            return seen === null || !frame.contains(seen);
          }),
        ).length;
      });
      expect(hidden).to.equal(0);
    });
  }

  it("shows the buttons that move the photo on a low laptop, without scrolling", async () => {
    const site = await visit.site();
    const page = await visit.page(site.url, { viewport: { width: 1366, height: 650 } });
    await choose(page);
    await see(page, cropHeading);
    for (const name of ["Dịch ảnh sang trái", "Dịch ảnh lên", "Dịch ảnh xuống", "Dùng ảnh này"]) {
      const box = await page.getByRole("button", { name }).boundingBox();
      expect((box?.y ?? Infinity) + (box?.height ?? 0), name).to.be.at.most(650);
    }
  });

  it("says when the edge of the photo is reached, and nothing of the last screen on the next", async () => {
    const site = await visit.site();
    const page = await visit.page(site.url);
    await choose(page);
    await see(page, cropHeading);
    const said = page.locator("#announcer");
    const left = page.getByRole("button", { name: "Dịch ảnh sang phải" });
    expect(await said.textContent()).to.equal("");
    // The square is as wide as the photo: it cannot move sideways.
    await left.click();
    expect(await said.textContent()).to.equal("Đã đến mép ảnh");
    await page.getByRole("button", { name: "Dùng ảnh này" }).click();
    await see(page, "Thông tin của bạn");
    expect(await said.textContent()).to.equal("");
  });

  it("keeps errors and what was opened when the language is switched", async () => {
    const site = await visit.site();
    const page = await visit.page(site.url);
    await choose(page);
    await page.getByRole("button", { name: "Dùng ảnh này" }).click();
    await page.locator("details summary").click();
    await page.getByRole("button", { name: "Gửi ảnh" }).click();
    await page.getByText("Hãy nhập mã sinh viên của bạn.").waitFor();
    const isOpen = await page.locator("details").evaluate((details) => (details as HTMLDetailsElement).open);
    await page.getByRole("button", { name: "English" }).click();
    await page.getByText("Enter your student ID.").waitFor();
    const stillOpen = await page.locator("details").evaluate((details) => (details as HTMLDetailsElement).open);
    expect(stillOpen).to.equal(isOpen);
  });
});
