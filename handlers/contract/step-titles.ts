import type { Localized } from "./reasons";

/** The names of the steps for people: in the notices, on the page and on the command line. */
const stepTitles: Readonly<Record<string, Localized>> = {
  ReceivePhoto: { vi: "Nhận ảnh", en: "Receiving the photo" },
  CheckFormat: { vi: "Kiểm tra định dạng", en: "Checking the format" },
  DetectFace: { vi: "Tìm khuôn mặt", en: "Finding the face" },
  CheckDuplicate: { vi: "Kiểm tra trùng lặp", en: "Looking for duplicates" },
  CreateThumbnail: { vi: "Tạo ảnh đại diện", en: "Making the profile photo" },
  IndexFace: { vi: "Đăng ký khuôn mặt", en: "Registering the face" },
  SaveMetadata: { vi: "Lưu thông tin", en: "Saving the record" },
  DeleteOriginal: { vi: "Xóa ảnh gốc", en: "Deleting the original" },
  NotifySuccess: { vi: "Gửi thông báo", en: "Sending the notice" },
  Undo: { vi: "Hoàn tác", en: "Undoing" },
};

/** A step's title; its name if it has none, as for a state that somebody added. */
export function stepTitle(name: string): Localized {
  return stepTitles[name] ?? { vi: name, en: name };
}
