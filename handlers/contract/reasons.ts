/**
 * The catalogue of reasons: every reason for refusing a photo, plus INTERNAL for a fault of ours.
 *
 * A reason's code is the error name that a step throws, the name its state catches, the value in the tables and in the
 * APIs. People read the texts in the mails, on the page and on the command line. Nothing else in the project writes
 * such a text.
 */

/** A text in the languages that the notices and the page speak. */
export interface Localized {
  readonly vi: string;
  readonly en: string;
}

export interface Reason {
  /** The fault of the photo, as a short sentence without the final stop. */
  readonly title: Localized;
  /** The student's remedy, as full sentences. */
  readonly remedy: Localized;
}

export type Locale = keyof Localized;

export function isLocale(value: unknown): value is Locale {
  return value === "vi" || value === "en";
}

/**
 * A function, because the serializer writes out a value member by member, and a function as its text: the archives that
 * carry the texts are smaller by 2 kB.
 */
const catalogue = () => ({
  FORMAT_NOT_SUPPORTED: {
    title: { vi: "Định dạng tệp không được hỗ trợ", en: "The file format is not supported" },
    remedy: {
      vi: "Hãy dùng ảnh .jpg hoặc .png. Ảnh HEIC của iPhone: hãy mở trang này ngay trên iPhone, hoặc vào Cài đặt > Camera > Định dạng, chọn Tương thích nhất rồi chụp lại.",
      en: "Use a .jpg or .png photo. For an iPhone HEIC photo: open this page on your iPhone, or go to Settings > Camera > Formats, choose Most Compatible and take the photo again.",
    },
  },
  FORMAT_MISMATCH: {
    title: {
      vi: "Nội dung tệp không khớp với đuôi tệp (.jpg, .png)",
      en: "The file's content does not match its extension",
    },
    remedy: {
      vi: "Tệp được đặt tên như ảnh .jpg hoặc .png nhưng thực chất là loại tệp khác. Hãy chọn ảnh gốc hoặc lưu lại ảnh đúng định dạng.",
      en: "The file is named as a .jpg or .png photo but is of another kind. Choose the original photo, or save it again in the right format.",
    },
  },
  FILE_TOO_LARGE: {
    title: { vi: "Tệp quá lớn", en: "The file is too large" },
    remedy: {
      vi: "Hãy giảm kích thước ảnh hoặc chụp lại với chất lượng thấp hơn rồi tải lên lần nữa.",
      en: "Make the photo smaller, or take it again at a lower quality, then try again.",
    },
  },
  FILE_CORRUPT: {
    title: { vi: "Tệp ảnh bị hỏng hoặc không đầy đủ", en: "The photo file is damaged or incomplete" },
    remedy: {
      vi: "Hãy tải ảnh lên lại. Nếu vẫn lỗi, mở ảnh trên điện thoại, lưu thành một bản mới rồi dùng bản đó.",
      en: "Upload the photo again. If that fails too, open it on the phone, save a new copy and use that.",
    },
  },
  IMAGE_TOO_SMALL: {
    title: { vi: "Ảnh quá nhỏ", en: "The photo is too small" },
    remedy: {
      vi: "Hãy dùng ảnh gốc từ máy ảnh, không dùng ảnh thu nhỏ hay ảnh chụp màn hình.",
      en: "Use the original photo from the camera, not a thumbnail or a screenshot.",
    },
  },
  IMAGE_TOO_LARGE: {
    title: { vi: "Ảnh có quá nhiều điểm ảnh", en: "The photo has too many pixels" },
    remedy: {
      vi: "Hãy thu nhỏ ảnh (cạnh dài khoảng 4.000 điểm ảnh là đủ) rồi tải lên lại.",
      en: "Scale the photo down (a long side of about 4,000 pixels is plenty) and upload it again.",
    },
  },
  NO_FACE: {
    title: { vi: "Không tìm thấy khuôn mặt trong ảnh", en: "No face was found in the photo" },
    remedy: {
      vi: "Hãy chụp chính diện, đủ sáng, để khuôn mặt chiếm phần lớn khung hình.",
      en: "Face the camera in good light, with your face filling most of the frame.",
    },
  },
  MULTIPLE_FACES: {
    title: { vi: "Có nhiều hơn một khuôn mặt trong ảnh", en: "There is more than one face in the photo" },
    remedy: {
      vi: "Hãy chụp một mình, không để ai lọt vào phía sau.",
      en: "Make sure you're alone in the photo, with nobody in the background.",
    },
  },
  FACE_TOO_SMALL: {
    title: { vi: "Khuôn mặt quá nhỏ trong ảnh", en: "The face is too small in the photo" },
    remedy: {
      vi: "Hãy đến gần máy ảnh hơn, hoặc cắt ảnh sát khuôn mặt hơn.",
      en: "Move closer to the camera, or zoom in on your face when you crop.",
    },
  },
  FACE_BLURRED: {
    title: { vi: "Khuôn mặt bị mờ", en: "The face is blurred" },
    remedy: {
      vi: "Hãy lau ống kính, giữ máy thật chắc và chụp lại.",
      en: "Wipe the lens, hold the phone steady and take the photo again.",
    },
  },
  FACE_TOO_DARK: {
    title: { vi: "Khuôn mặt quá tối", en: "The face is too dark" },
    remedy: {
      vi: "Hãy quay mặt về phía ánh sáng, tránh để nguồn sáng ở sau lưng.",
      en: "Face the light, and make sure there's no bright light or window behind you.",
    },
  },
  FACE_TURNED_AWAY: {
    title: { vi: "Khuôn mặt không hướng thẳng vào máy ảnh", en: "The face is turned away" },
    remedy: {
      vi: "Hãy nhìn thẳng vào máy ảnh và giữ thẳng đầu.",
      en: "Look straight at the camera and keep your head level.",
    },
  },
  FACE_COVERED: {
    title: { vi: "Khuôn mặt bị che", en: "The face is covered" },
    remedy: {
      vi: "Hãy tháo khẩu trang, không để tay hay vật khác che khuôn mặt.",
      en: "Take off your mask, and keep your hands and anything else away from your face.",
    },
  },
  SUNGLASSES: {
    title: { vi: "Bạn đang đeo kính râm", en: "You are wearing sunglasses" },
    remedy: {
      vi: "Hãy tháo kính râm rồi chụp lại. Kính cận thì không sao.",
      en: "Take off your sunglasses and take the photo again. Ordinary glasses are fine.",
    },
  },
  DUPLICATE_FACE: {
    title: {
      vi: "Khuôn mặt này đã được đăng ký với một mã sinh viên khác",
      en: "This face is already registered under another student ID",
    },
    remedy: {
      vi: "Hãy kiểm tra lại mã sinh viên. Nếu mã đã đúng, hãy liên hệ nhà trường để được xem xét.",
      en: "Check your student ID. If it's right, contact the school and someone will look into it.",
    },
  },
  SUPERSEDED: {
    title: { vi: "Một ảnh mới hơn của bạn đã được sử dụng", en: "A newer photo of yours is being used" },
    remedy: {
      vi: "Bạn không cần làm gì thêm. Nếu muốn dùng ảnh này, hãy tải lên lại.",
      en: "You don't need to do anything. If you'd rather use this one, upload it again.",
    },
  },
  INTERNAL: {
    title: { vi: "Hệ thống gặp lỗi khi xử lý ảnh", en: "Something went wrong on our side" },
    remedy: {
      vi: "Lỗi này không phải do ảnh của bạn. Hãy thử lại sau ít phút; nếu vẫn lỗi, hãy báo cho nhà trường.",
      en: "This isn't a problem with your photo. Try again in a few minutes; if it still doesn't work, contact the school.",
    },
  },
});

export type ReasonCode = keyof ReturnType<typeof catalogue>;

export const reasons: Readonly<Record<ReasonCode, Reason>> = catalogue();

export const reasonCodes = Object.keys(reasons) as readonly ReasonCode[];

/** A reason's texts, for the handlers: `reasons` itself would be written out in their archives. */
export function reasonOf(code: ReasonCode): Reason {
  return catalogue()[code];
}

/**
 * Whether an error's name is a judgement on the photo: any reason but INTERNAL. It uses the codes alone: otherwise a
 * function that only asks this would carry all the texts in its archive.
 */
export function isRejection(name: string): name is Exclude<ReasonCode, "INTERNAL"> {
  return name !== "INTERNAL" && reasonCodes.some((code) => code === name);
}

/** The message for a person: title and remedy, in one language. */
export function messageOf(code: ReasonCode, locale: Locale): string {
  const { title, remedy } = reasonOf(code);
  return `${title[locale]}. ${remedy[locale]}`;
}
