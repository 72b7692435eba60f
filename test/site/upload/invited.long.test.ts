import { expect } from "chai";
import { generateKeyPairSync } from "node:crypto";
import { access, an, linkTo, tomorrow } from "./invitations";
import { see, upload, Visit } from "./steps";

const chooseHeading = "Chụp hoặc chọn ảnh của bạn";
const invalidHeading = "Liên kết mời không hợp lệ";

describe("The upload page of a school that invites", () => {
  const visit = new Visit();
  before(() => visit.start());
  after(() => visit.stop());
  afterEach(() => visit.end());

  const foreign = generateKeyPairSync("ed25519").privateKey;
  const changed = (link: string) => {
    const claims = { sub: "SV002", exp: tomorrow };
    return link.replace(/\.[^.]+(?=\.[^.]+$)/, `.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`);
  };

  it("says at once that a link was changed or that another key signed it, and whom to ask", async () => {
    const site = await visit.site({ access, contact: "daotao@truong.edu.vn" });
    for (const link of [linkTo(site.url, an, foreign), changed(linkTo(site.url))]) {
      const page = await visit.page(link);
      await see(page, invalidHeading);
      expect(await page.getByRole("link").getAttribute("href")).to.equal("mailto:daotao@truong.edu.vn");
      expect(await page.locator("main button").count()).to.equal(0);
      await page.getByRole("button", { name: "English" }).click();
      await see(page, "The invitation is not valid");
    }
  });

  it("leaves it to the API where the browser cannot tell, and then offers nothing that is of no use", async () => {
    const site = await visit.site({ access });
    const page = await visit.page("about:blank");
    await page.addInitScript(() => {
      crypto.subtle.importKey = () => Promise.reject(new DOMException("", "NotSupportedError"));
    });
    await page.goto(changed(linkTo(site.url)));
    await upload(page);
    await page.getByRole("alert").getByText(invalidHeading).waitFor();
    expect(await page.locator("main button").count()).to.equal(0);
    await page.getByRole("button", { name: "English" }).click();
    await page.getByRole("alert").getByText("The invitation is not valid").waitFor();
    expect(site.received).to.have.length(0);
  });

  it("goes by the server's clock, not by a phone's that is wrong", async () => {
    const site = await visit.site({ access });
    const page = await visit.page("about:blank");
    await page.clock.setFixedTime(Date.now() + 30 * 86_400_000);
    await page.goto(linkTo(site.url));
    await see(page, chooseHeading);
  });

  it("does not go on with another student's upload", async () => {
    const site = await visit.site({ access, stepMilliseconds: 1 });
    const page = await visit.page(linkTo(site.url));
    site.ending = { status: "processing", step: "DetectFace" };
    await upload(page);
    await page.locator("li.running").waitFor();
    const next = await page.context().newPage();
    await next.goto(linkTo(site.url, { ...an, studentId: "SV002", name: "Trần Thị Bình" }));
    await next.getByText("Chào Trần Thị Bình!").waitFor();
    await see(next, chooseHeading);
  });
});
