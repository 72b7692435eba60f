import { generateKeyPairSync } from "node:crypto";
import type { Page } from "playwright-core";
import { publicKeyOf } from "../../../packages/cli/commands/invite/keys";
import type { ReasonCode } from "../../../handlers/contract/reasons";
import { choose, see, upload } from "./steps";
import type { Site, SiteOptions } from "./harness";

/** Every state of the page that a student can reach; the accessibility tests and the screenshots use this list. */
export interface PageState {
  readonly name: string;
  readonly options?: SiteOptions;
  /** Brings the open page to the state. */
  readonly reach: (page: Page, site: Site) => Promise<void>;
}

const toDetails = async (page: Page) => {
  await choose(page);
  await page.getByRole("button", { name: "Dùng ảnh này" }).click();
};

const refused = (name: string, status: "rejected" | "failed", step: string, reason: ReasonCode): PageState => ({
  name,
  reach: async (page, site) => {
    site.ending = { status, step, reason };
    await upload(page);
    await see(page, status === "rejected" ? "Ảnh chưa đạt yêu cầu" : "Chưa xử lý được ảnh");
    await page.locator("summary").click();
  },
});

const publicKey = publicKeyOf(generateKeyPairSync("ed25519").privateKey);

export const pageStates: readonly PageState[] = [
  { name: "choose", reach: (page) => see(page, "Chụp hoặc chọn ảnh của bạn") },
  {
    name: "not-a-photo",
    reach: async (page) => {
      await choose(page, Buffer.from("GIF89a"));
      await page.getByRole("alert").waitFor();
    },
  },
  {
    name: "camera",
    reach: async (page) => {
      await page.getByRole("button", { name: "Chụp ảnh" }).click();
      await page.waitForFunction(() => (document.querySelector("video")?.videoWidth ?? 0) > 0);
    },
  },
  {
    name: "crop",
    reach: async (page) => {
      await choose(page);
      await see(page, "Căn khuôn mặt vào giữa vòng tròn");
    },
  },
  { name: "details", options: { mail: true, studentDomains: ["truong.edu.vn"] }, reach: toDetails },
  {
    name: "details-wrong",
    options: { mail: true, studentDomains: ["truong.edu.vn"] },
    reach: async (page) => {
      await toDetails(page);
      await page.getByLabel("Email").fill("an@");
      await page.getByRole("button", { name: "Gửi ảnh" }).click();
      await page.getByText("Hãy nhập mã sinh viên").waitFor();
    },
  },
  {
    name: "sending",
    reach: async (page) => {
      let finish = (): void => undefined;
      await page.route("**/photos", () => new Promise<void>((resolve) => (finish = resolve)));
      page.once("close", () => finish());
      await upload(page);
      await see(page, "Đang gửi ảnh");
    },
  },
  {
    name: "checking",
    reach: async (page, site) => {
      site.ending = { status: "processing", step: "CheckDuplicate" };
      await upload(page);
      await page.locator("li.running", { hasText: "Kiểm tra trùng lặp" }).waitFor();
    },
  },
  {
    name: "offline",
    reach: async (page, site) => {
      site.ending = { status: "processing", step: "DetectFace" };
      await upload(page);
      await page.locator("li.running").waitFor();
      await page.context().setOffline(true);
      await page.getByText("Mất kết nối mạng.").waitFor();
    },
  },
  {
    name: "accepted",
    reach: async (page) => {
      await upload(page);
      await see(page, "Ảnh đã được duyệt!");
      await page.waitForFunction(() => (document.querySelector(".avatar img") as HTMLImageElement).naturalWidth > 0);
    },
  },
  refused("no-face", "rejected", "DetectFace", "NO_FACE"),
  refused("duplicate", "rejected", "CheckDuplicate", "DUPLICATE_FACE"),
  refused("failed", "failed", "IndexFace", "INTERNAL"),
  {
    name: "no-invitation",
    options: { access: { mode: "invite", publicKey }, contact: "daotao@truong.edu.vn" },
    reach: (page) => see(page, "Bạn cần có liên kết mời"),
  },
];
