import { reasonOf, type Locale, type Localized, type ReasonCode } from "../contract/reasons";
import type { PipelineEvent } from "../contract/pipeline-event";

/** The letter to a student, in one language, before it becomes a message. */
export interface Letter {
  readonly subject: string;
  readonly text: string;
  /** Shows the picture `cid:avatar` if the letter comes with one. */
  readonly html: string;
}

interface Words {
  readonly subject: Localized;
  readonly lines: readonly Localized[];
}

/** The outcome and the remedy. The topics' notices address the school, this letter addresses the student. */
function wordsFor(event: PipelineEvent): Words {
  if (event.type === "avatar.accepted") {
    return {
      subject: { vi: "Ảnh đại diện của bạn đã được duyệt", en: "Your profile photo has been accepted" },
      lines: [
        {
          vi: "Ảnh của bạn đã được duyệt và được dùng làm ảnh đại diện của bạn từ nay.",
          en: "Your photo has been accepted and is your profile photo from now on.",
        },
        {
          vi: "Ảnh gốc đã được xóa. Chỉ ảnh đại diện cỡ nhỏ và dữ liệu đặc trưng của khuôn mặt được giữ lại, để phát hiện trùng lặp.",
          en: "The original has been deleted. We keep only the small profile photo and measurements of your face, to detect duplicates.",
        },
      ],
    };
  }
  const { title, remedy } = reasonOf(event.reason);
  const sentence = { vi: `${title.vi}.`, en: `${title.en}.` };
  const again = {
    vi: "Bạn có thể mở lại trang tải ảnh bất cứ lúc nào để thử lại.",
    en: "You can open the upload page again at any time to try once more.",
  };
  return event.type === "avatar.rejected"
    ? {
        subject: { vi: "Ảnh của bạn chưa đạt yêu cầu", en: "Your photo can't be used" },
        lines: isWorthRetrying(event.reason) ? [sentence, remedy, again] : [sentence, remedy],
      }
    : {
        subject: { vi: "Chưa xử lý được ảnh của bạn", en: "Your photo couldn't be processed" },
        lines: [sentence, remedy],
      };
}

/** Another photo does not help if a newer one is in use, or if the face is registered to somebody else. */
function isWorthRetrying(reason: ReasonCode): boolean {
  return reason !== "SUPERSEDED" && reason !== "DUPLICATE_FACE";
}

/** Writes the letter about an event. */
export function letterFor(event: PipelineEvent, locale: Locale, hasPicture: boolean): Letter {
  const words = wordsFor(event);
  const lines = words.lines.map((line) => line[locale]);
  // Without the file's name: the server chose it, and the student has never seen it.
  const about = { vi: `Mã sinh viên: ${event.studentId}`, en: `Student ID: ${event.studentId}` }[locale];
  const footer = {
    vi: "Đây là thư tự động, gửi đến địa chỉ email đã đăng ký cùng ảnh.",
    en: "This is an automatic message, sent to the email address given with your photo.",
  }[locale];
  const subject = words.subject[locale];
  return {
    subject,
    text: [subject, "", ...lines, "", about, "", footer, ""].join("\n"),
    html: page(subject, lines, about, footer, locale, hasPicture),
  };
}

/** Plain enough for every mail program: one column, no script, no picture from elsewhere. */
function page(
  subject: string,
  lines: readonly string[],
  about: string,
  footer: string,
  locale: Locale,
  hasPicture: boolean,
): string {
  const quiet = "margin:16px 0 0;color:#56615d;font-size:14px";
  const picture = hasPicture
    ? '<img src="cid:avatar" width="128" height="128" alt="" style="display:block;border-radius:64px;margin:0 0 16px">'
    : "";
  return (
    `<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>` +
    '<body style="margin:0;padding:24px;background:#f7f5f0;color:#1c2422;font:16px/1.5 sans-serif">' +
    '<div style="max-width:480px;margin:0 auto;padding:24px;background:#ffffff;border-radius:16px">' +
    picture +
    `<h1 style="margin:0 0 12px;font-size:20px">${escapeHtml(subject)}</h1>` +
    lines.map((line) => `<p style="margin:8px 0 0">${escapeHtml(line)}</p>`).join("") +
    `<p style="${quiet}">${escapeHtml(about)}</p><p style="${quiet}">${escapeHtml(footer)}</p>` +
    "</div></body></html>"
  );
}

function escapeHtml(text: string): string {
  return text
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
    .replace(/'/g, "&#39;");
}
