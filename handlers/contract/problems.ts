import { messageOf, type Locale, type Localized, type ReasonCode } from "./reasons";
import type { ProblemDetails } from "./api";

/**
 * The catalogue of the reasons why the API refuses a request, behind its problem details (RFC 9457). The reasons for
 * refusing a photo are in contract/reasons; a field that breaks one of those rules names the reason.
 */
interface Problem {
  readonly status: number;
  /** Short, the same for every occurrence. */
  readonly title: Localized;
  /** The remedy. */
  readonly detail: Localized;
}

const catalogue = {
  "malformed-json": {
    status: 400,
    title: { vi: "Yêu cầu không đúng định dạng", en: "The request is malformed" },
    detail: {
      vi: "Nội dung yêu cầu phải là một đối tượng JSON. Hãy gửi lại.",
      en: "The body must be one JSON object. Send it again.",
    },
  },
  "body-too-large": {
    status: 413,
    title: { vi: "Yêu cầu quá lớn", en: "The request is too large" },
    detail: {
      vi: "Nội dung yêu cầu chỉ gồm vài trường ngắn, không chứa ảnh. Ảnh được gửi sau, bằng biểu mẫu nhận được.",
      en: "The body holds a few short fields and no photo. The photo is sent afterwards, with the form in the answer.",
    },
  },
  "invalid-request": {
    status: 422,
    title: { vi: "Có thông tin chưa đúng", en: "Some of the information is not valid" },
    detail: { vi: "Hãy sửa các mục được nêu rồi gửi lại.", en: "Correct the fields that are named and send it again." },
  },
  "invitation-missing": {
    status: 401,
    title: { vi: "Bạn cần có liên kết mời", en: "You need an invitation" },
    detail: {
      vi: "Hãy mở trang này bằng liên kết mà nhà trường gửi riêng cho bạn.",
      en: "Open this page using the link your school sent you.",
    },
  },
  "invitation-invalid": {
    status: 403,
    title: { vi: "Liên kết mời không hợp lệ", en: "The invitation is not valid" },
    detail: {
      vi: "Liên kết có thể bị sao chép thiếu hoặc đã bị thay đổi. Hãy mở lại đúng liên kết trong thư của nhà trường.",
      en: "The link may be incomplete. Open the full link from your school's message again.",
    },
  },
  "invitation-expired": {
    status: 403,
    title: { vi: "Liên kết mời đã hết hạn", en: "The invitation has expired" },
    detail: { vi: "Hãy xin nhà trường một liên kết mới.", en: "Ask the school for a new link." },
  },
  "invitation-foreign": {
    status: 403,
    title: { vi: "Liên kết mời dành cho sinh viên khác", en: "This link belongs to another student" },
    detail: {
      vi: "Mỗi liên kết chỉ dùng cho một sinh viên. Hãy dùng liên kết của chính bạn.",
      en: "Each link is for one student. Use the one that was sent to you.",
    },
  },
  "upload-not-found": {
    status: 404,
    title: { vi: "Không tìm thấy lần tải lên này", en: "This upload was not found" },
    detail: {
      vi: "Lần tải lên có thể đã quá cũ. Hãy tải ảnh lên lại.",
      en: "It may be too old. Upload the photo again.",
    },
  },
  "student-limit": {
    status: 429,
    title: { vi: "Bạn đã gửi quá nhiều ảnh hôm nay", en: "Too many photos today" },
    detail: {
      vi: "Hôm nay mã sinh viên này đã hết lượt gửi ảnh. Hãy quay lại sau {hours} giờ nữa; nếu cần gấp, hãy mang ảnh đến nhà trường.",
      en: "This student ID has used all of today's uploads. Come back in {hours} hours, or bring the photo to your school if it can't wait.",
    },
  },
  "pipeline-limit": {
    status: 429,
    title: { vi: "Hôm nay trang đã nhận đủ ảnh", en: "This page can't take more photos today" },
    detail: {
      vi: "Trang đã nhận đủ số ảnh của một ngày. Hãy quay lại sau {hours} giờ nữa.",
      en: "The page has taken as many photos as it may in a day. Come back in {hours} hours.",
    },
  },
  unavailable: {
    status: 503,
    title: { vi: "Hệ thống đang bận", en: "The service is busy" },
    detail: { vi: "Hãy thử lại sau vài giây.", en: "Try again in a few seconds." },
  },
  internal: {
    status: 500,
    title: { vi: "Hệ thống gặp lỗi", en: "Something went wrong on our side" },
    detail: {
      vi: "Hãy thử lại sau ít phút; nếu vẫn lỗi, hãy báo cho nhà trường.",
      en: "Try again in a few minutes; if it still doesn't work, contact the school.",
    },
  },
} as const satisfies Record<string, Problem>;

const typePrefix = "urn:avatar-pipeline:problem:";

export type ProblemName = keyof typeof catalogue;

export const problems: Readonly<Record<ProblemName, Problem>> = catalogue;

/** The rule of each field of the body, in words for people. */
export const fieldRules = {
  studentId: {
    vi: "Mã sinh viên chỉ gồm chữ cái không dấu, chữ số và các dấu . - _, không có khoảng trắng, tối đa 64 ký tự.",
    en: "Use only letters (a–z), numbers, full stops, hyphens and underscores, without spaces, at most 64 characters.",
  },
  fileName: {
    vi: "Tên tệp có từ 1 đến 255 ký tự.",
    en: "A file name has 1 to 255 characters.",
  },
  contentType: {
    vi: "Kiểu nội dung phải là image/jpeg cho .jpg và .jpeg, image/png cho .png.",
    en: "The content type is image/jpeg for .jpg and .jpeg, image/png for .png.",
  },
  bytes: {
    vi: "Kích thước tệp phải là một số nguyên dương, tính bằng byte.",
    en: "The file's size is a positive whole number of bytes.",
  },
  email: {
    vi: "Địa chỉ email không hợp lệ. Ví dụ đúng: ten@truong.edu.vn.",
    en: "The email address is not valid. A valid one looks like name@school.edu.",
  },
  locale: { vi: "Ngôn ngữ phải là vi hoặc en.", en: "The language is vi or en." },
} as const satisfies Record<string, Localized>;

/** The rule of an address if the school has not given it with an invitation. */
export const emailDomainRule: Localized = {
  vi: "Hãy dùng địa chỉ email do nhà trường cấp, hoặc để trống.",
  en: "Use the email address your school gave you, or leave it empty.",
};

/** The problem that a `type` of problem details names; undefined if it is not one of ours. */
export function problemNamed(type: string | undefined): ProblemName | undefined {
  const name = type?.startsWith(typePrefix) ? type.slice(typePrefix.length) : "";
  return Object.keys(problems).find((known): known is ProblemName => known === name);
}

export type FieldName = keyof typeof fieldRules;

/** The fault of one field. */
export interface FieldError {
  readonly field: FieldName;
  /** The reason of the catalogue that the photo would be refused for; absent if the field's own rule is broken. */
  readonly reason?: ReasonCode;
  /** Set if the value is well formed, but breaks another rule than the field's own: that one's text. */
  readonly rule?: Localized;
}

/**
 * The problem details of one refusal.
 *
 * @param refused.retryAfter seconds; the words give hours, since that is what a person waits for
 */
export function problemOf(
  name: ProblemName,
  locale: Locale,
  { errors, retryAfter }: { readonly errors?: readonly FieldError[]; readonly retryAfter?: number | undefined } = {},
): ProblemDetails {
  const { status, title, detail } = problems[name];
  const hours = Math.ceil((retryAfter ?? 86_400) / 3600);
  return {
    type: typePrefix + name,
    title: title[locale],
    status,
    detail: detail[locale].replace("{hours}", String(hours)),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(errors === undefined
      ? {}
      : {
          errors: errors.map(({ field, reason, rule = fieldRules[field] }) => ({
            field,
            ...(reason === undefined ? {} : { reason }),
            message: reason === undefined ? rule[locale] : messageOf(reason, locale),
          })),
        }),
  };
}
