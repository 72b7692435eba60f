import type { Locale, Localized } from "../../handlers/contract/reasons";

/**
 * What the page says, but for the reasons and the steps' names, which the handlers' catalogues hold. `{name}` stands
 * for a value.
 */
const texts = {
  title: { vi: "Ảnh đại diện sinh viên", en: "Student avatar photo" },
  switchLanguage: { vi: "English", en: "Tiếng Việt" },
  loading: { vi: "Đang mở trang…", en: "Opening the page…" },
  notLoaded: { vi: "Chưa mở được trang", en: "The page could not be opened" },
  notLoadedHint: {
    vi: "Có thể mạng đang yếu. Hãy kiểm tra kết nối rồi thử lại.",
    en: "The connection may be weak. Check it and try again.",
  },
  tryAgain: { vi: "Thử lại", en: "Try again" },
  back: { vi: "Quay lại", en: "Back" },
  stage: { vi: "Bước {number}/3", en: "Step {number} of 3" },

  chooseHeading: { vi: "Chọn một tấm ảnh của bạn", en: "Choose a photo of yourself" },
  greeting: { vi: "Chào {name}!", en: "Hello {name}!" },
  forStudent: { vi: "Ảnh dùng cho mã sinh viên {id}.", en: "The photo is for student id {id}." },
  chooseIntro: { vi: "Chưa đến một phút là xong.", en: "It takes less than a minute." },
  takePhoto: { vi: "Chụp ảnh", en: "Take a photo" },
  chooseFile: { vi: "Chọn ảnh có sẵn", en: "Choose a file" },
  dropHint: {
    vi: "Bạn cũng có thể kéo ảnh vào đây, hoặc dán ảnh.",
    en: "You can also drop a photo here, or paste one.",
  },
  opening: { vi: "Đang mở ảnh…", en: "Opening the photo…" },
  tips: { vi: "Ảnh được duyệt nhanh khi", en: "A photo is accepted at once when" },
  tipAlone: { vi: "chỉ có mình bạn, nhìn thẳng vào máy", en: "you are alone in it and look straight ahead" },
  tipLight: { vi: "khuôn mặt đủ sáng và rõ nét", en: "your face is well lit and sharp" },
  tipBare: { vi: "bạn không đeo kính râm, khẩu trang", en: "you wear no sunglasses and no mask" },

  heicTitle: { vi: "Trình duyệt này không mở được ảnh HEIC", en: "This browser cannot open HEIC photos" },
  heicRemedy: {
    vi: "HEIC là định dạng ảnh của iPhone. Hãy mở trang này ngay trên iPhone, hoặc lưu ảnh thành JPEG rồi chọn lại.",
    en: "HEIC is the iPhone's format. Open this page on the iPhone, or save the photo as JPEG and choose that.",
  },

  cameraHeading: { vi: "Chụp ảnh", en: "Take a photo" },
  cameraHint: { vi: "Nhìn thẳng, giữ khuôn mặt trong vòng tròn.", en: "Look straight ahead, your face in the circle." },
  shutter: { vi: "Chụp", en: "Take it" },
  cancel: { vi: "Hủy", en: "Cancel" },
  noCamera: { vi: "Chưa dùng được máy ảnh", en: "The camera cannot be used" },
  noCameraHint: {
    vi: "Hãy cho phép trang này dùng máy ảnh, hoặc chọn một tấm ảnh có sẵn.",
    en: "Allow this page to use the camera, or choose a photo that you have.",
  },

  cropHeading: { vi: "Đặt khuôn mặt vào vòng tròn", en: "Put your face into the circle" },
  cropHint: {
    vi: "Kéo ảnh để di chuyển. Chỉ phần trong khung vuông được gửi đi.",
    en: "Drag the photo to move it. Only what is in the square is sent.",
  },
  cropHintTouch: {
    vi: "Kéo để di chuyển, chụm hai ngón để phóng to. Chỉ phần trong khung vuông được gửi đi.",
    en: "Drag to move, pinch to zoom. Only what is in the square is sent.",
  },
  cropLabel: { vi: "Phần ảnh sẽ được gửi", en: "The part of the photo that is sent" },
  zoom: { vi: "Phóng to", en: "Zoom" },
  left: { vi: "Sang trái", en: "Move left" },
  right: { vi: "Sang phải", en: "Move right" },
  up: { vi: "Lên trên", en: "Move up" },
  down: { vi: "Xuống dưới", en: "Move down" },
  cropDone: { vi: "Dùng ảnh này", en: "Use this photo" },
  otherPhoto: { vi: "Chọn ảnh khác", en: "Choose another photo" },

  detailsHeading: { vi: "Thông tin của bạn", en: "About you" },
  detailsHeadingInvited: { vi: "Gửi ảnh", en: "Send the photo" },
  yourPhoto: { vi: "Ảnh sẽ được gửi", en: "The photo to be sent" },
  studentId: { vi: "Mã sinh viên", en: "Student id" },
  studentIdHint: { vi: "Như trên thẻ sinh viên, ví dụ SV001.", en: "As on your student card, for example SV001." },
  studentIdMissing: { vi: "Hãy nhập mã sinh viên của bạn.", en: "Enter your student id." },
  email: { vi: "Email (không bắt buộc)", en: "E-mail (optional)" },
  emailHint: { vi: "Để nhận kết quả qua email.", en: "To get the outcome by mail." },
  consent: {
    vi: "Tôi đồng ý để {organization} xử lý ảnh và khuôn mặt của tôi như mô tả dưới đây.",
    en: "I agree that {organization} processes my photo and my face as described below.",
  },
  consentMissing: {
    vi: "Ảnh chỉ được xử lý khi bạn đồng ý. Hãy đánh dấu vào ô này.",
    en: "Your photo is processed only if you agree. Tick this box.",
  },
  send: { vi: "Gửi ảnh", en: "Send the photo" },

  privacyHeading: { vi: "Ảnh của bạn được dùng thế nào?", en: "What happens to your photo?" },
  privacyUse: {
    vi: "Ảnh được kiểm tra tự động: có đúng một khuôn mặt hay không, và khuôn mặt đó đã được sinh viên khác đăng ký hay chưa. Ảnh gốc được xóa ngay sau đó.",
    en: "It is checked by a machine: whether it shows exactly one face, and whether that face is another student's. The original is deleted right afterwards.",
  },
  privacyKeep: {
    vi: "Chỉ ảnh đại diện cỡ nhỏ và các số đo đặc trưng của khuôn mặt được giữ lại, để nhận ra ảnh trùng. Chúng không được dùng vào việc khác.",
    en: "Only the small avatar and measurements of your face are kept, to recognize duplicates. They are used for nothing else.",
  },
  privacyFault: {
    vi: "Nếu hệ thống gặp lỗi, ảnh gốc được giữ thêm khoảng {days} ngày để xử lý lại, rồi cũng được xóa.",
    en: "If something fails on our side, it is kept for about {days} days, so that it can be processed again, and then deleted as well.",
  },
  privacyErase: {
    vi: "Bạn có thể đổi ý bất cứ lúc nào và yêu cầu xóa ảnh cùng dữ liệu khuôn mặt. Cách yêu cầu: {contact}.",
    en: "You may change your mind at any time and have photo and face erased. How to ask: {contact}.",
  },
  privacyLocation: {
    vi: "Vị trí chụp và thông tin máy được gỡ khỏi ảnh ngay trên thiết bị của bạn.",
    en: "Where it was taken, and with what, is removed on your own device, before anything is sent.",
  },
  defaultOrganization: { vi: "nhà trường", en: "the school" },
  defaultContact: { vi: "liên hệ nhà trường", en: "contact the school" },
  contact: { vi: "Liên hệ:", en: "Contact:" },

  sendingHeading: { vi: "Đang gửi ảnh", en: "Sending the photo" },
  sendingHint: { vi: "Hãy giữ trang này mở trong giây lát.", en: "Keep this page open for a moment." },
  sent: { vi: "Đã gửi {percent}%", en: "{percent}% sent" },
  checkingHeading: { vi: "Đang kiểm tra ảnh", en: "Checking the photo" },
  checkingHint: {
    vi: "Thường chỉ mất vài giây. Bạn có thể đóng trang rồi mở lại sau.",
    en: "It usually takes seconds. You may close the page and come back.",
  },
  offline: {
    vi: "Mất kết nối mạng. Đừng lo, trang sẽ tự tiếp tục khi có mạng lại.",
    en: "The connection is lost. Don't worry: the page goes on by itself when it is back.",
  },
  busy: {
    vi: "Hệ thống đang bận. Đừng lo, trang sẽ tự thử lại sau ít giây.",
    en: "The service is busy. Don't worry: the page tries again by itself in a few seconds.",
  },
  slow: {
    vi: "Có lẽ nhiều bạn đang cùng gửi ảnh nên hơi lâu. Ảnh của bạn vẫn đang chờ đến lượt.",
    en: "Many photos may be on their way at once, so it takes longer. Yours is waiting for its turn.",
  },
  stateDone: { vi: "xong", en: "done" },
  stateRunning: { vi: "đang xử lý", en: "running" },
  stateWaiting: { vi: "đang chờ", en: "waiting" },
  stateRefused: { vi: "không đạt", en: "not passed" },
  stateFailed: { vi: "gặp lỗi", en: "failed" },

  acceptedHeading: { vi: "Ảnh đã được duyệt!", en: "Your photo is accepted!" },
  acceptedHint: {
    vi: "Đây là ảnh đại diện mới của bạn. Ảnh gốc đã được xóa.",
    en: "This is your new avatar. The original has been deleted.",
  },
  replacedHint: {
    vi: "Sau đó bạn đã gửi một ảnh mới hơn, và ảnh đó đang được dùng.",
    en: "You have sent a newer photo since, and that one is used.",
  },
  avatarAlt: { vi: "Ảnh đại diện mới của bạn", en: "Your new avatar" },
  anotherPhoto: { vi: "Đổi ảnh khác", en: "Use a different photo" },
  rejectedHeading: { vi: "Ảnh chưa dùng được", en: "This photo cannot be used" },
  failedHeading: { vi: "Chưa xử lý được ảnh", en: "The photo could not be processed" },
  refusedHeading: { vi: "Chưa gửi được ảnh", en: "The photo could not be sent" },
  whatToDo: { vi: "Bạn nên làm gì?", en: "What can you do?" },
  rejectedHint: { vi: "Ảnh bạn gửi đã được xóa.", en: "The photo that you sent has been deleted." },
  tryOther: { vi: "Thử ảnh khác", en: "Try another photo" },
  sendAgain: { vi: "Gửi lại ảnh này", en: "Send this photo again" },
  startOver: { vi: "Gửi ảnh khác", en: "Send another photo" },
  change: { vi: "Sửa thông tin", en: "Correct the information" },
  showSteps: { vi: "Xem từng bước kiểm tra", en: "See the steps" },
} as const satisfies Record<string, Localized>;

export type TextName = keyof typeof texts;

/** The page's texts in one language. */
export type Say = (name: TextName, values?: Readonly<Record<string, string | number>>) => string;

export function sayIn(locale: Locale): Say {
  return (name, values = {}) =>
    texts[name][locale].replace(/\{(\w+)\}/g, (_, value: string) => String(values[value] ?? ""));
}
