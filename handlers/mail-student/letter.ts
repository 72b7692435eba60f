import { reasons, type Locale, type Localized } from "../contract/reasons";
import type { PipelineEvent } from "../contract/pipeline-event";

/** What a student is told, in one language, before it becomes a message. */
export interface Letter {
  readonly subject: string;
  readonly text: string;
  /** Shows the picture `cid:avatar` where the letter comes with one. */
  readonly html: string;
}

interface Words {
  readonly subject: Localized;
  readonly lines: readonly Localized[];
}

/** What happened, and what to do. The topics' notices speak to the school; this speaks to the student. */
function wordsFor(event: PipelineEvent): Words {
  if (event.type === "avatar.accepted") {
    return {
      subject: { vi: "Ảnh đại diện của bạn đã được duyệt", en: "Your avatar photo is accepted" },
      lines: [
        {
          vi: "Ảnh của bạn đã được duyệt và từ nay là ảnh đại diện của bạn.",
          en: "Your photo is accepted and is your avatar from now on.",
        },
        {
          vi: "Ảnh gốc đã được xóa. Chỉ ảnh đại diện cỡ nhỏ và các số đo đặc trưng của khuôn mặt được giữ lại, để nhận ra ảnh trùng.",
          en: "The original has been deleted. Only the small avatar and measurements of your face are kept, to recognize duplicates.",
        },
      ],
    };
  }
  const { title, remedy } = reasons[event.reason];
  const sentence = { vi: `${title.vi}.`, en: `${title.en}.` };
  const again = {
    vi: "Bạn có thể mở lại trang tải ảnh bất cứ lúc nào để thử lại.",
    en: "You can open the upload page again at any time to try once more.",
  };
  return event.type === "avatar.rejected"
    ? {
        subject: { vi: "Ảnh của bạn chưa dùng được", en: "Your photo cannot be used" },
        // There is nothing to be tried again where a newer photo is used.
        lines: event.reason === "SUPERSEDED" ? [sentence, remedy] : [sentence, remedy, again],
      }
    : {
        subject: { vi: "Chưa xử lý được ảnh của bạn", en: "Your photo could not be processed" },
        lines: [sentence, remedy],
      };
}

/** Writes the letter about an event. */
export function letterFor(event: PipelineEvent, locale: Locale, hasPicture: boolean): Letter {
  const words = wordsFor(event);
  const lines = words.lines.map((line) => line[locale]);
  // Not the file's name: the server gave it, and the student has never seen it.
  const about = { vi: `Mã sinh viên: ${event.studentId}`, en: `Student id: ${event.studentId}` }[locale];
  const footer = {
    vi: "Thư này được gửi tự động đến địa chỉ được ghi cùng ảnh của bạn.",
    en: "This message was sent by a machine, to the address that was given with your photo.",
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
