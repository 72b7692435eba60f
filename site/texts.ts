import type { Locale, Localized } from "../handlers/lib/reasons";

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
  stage: { vi: "Bước {number} trên 3", en: "Step {number} of 3" },

  chooseHeading: { vi: "Chọn một tấm ảnh của bạn", en: "Choose a photo of yourself" },
  greeting: { vi: "Chào {name}!", en: "Hello {name}!" },
  forStudent: { vi: "Ảnh dùng cho mã sinh viên {id}.", en: "The photo is for student id {id}." },
  chooseIntro: { vi: "Chỉ mất chưa đến một phút.", en: "It takes less than a minute." },
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
  tipBare: { vi: "không có kính râm, khẩu trang", en: "there are no sunglasses and no mask" },

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
  studentIdWrong: {
    vi: "Mã sinh viên chỉ gồm chữ cái không dấu, chữ số, dấu chấm và gạch ngang, không có khoảng trắng.",
    en: "A student id has only letters A–Z, digits, full stops and hyphens, and no spaces.",
  },
  email: { vi: "Email (không bắt buộc)", en: "E-mail (optional)" },
  emailHint: { vi: "Để nhận kết quả qua thư.", en: "To get the outcome by mail." },
  emailWrong: {
    vi: "Địa chỉ email chưa đúng. Ví dụ: ten@truong.edu.vn.",
    en: "The address is not valid. Example: name@school.edu.",
  },
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
    vi: "Ảnh được kiểm tra tự động: có đúng một khuôn mặt hay không, và khuôn mặt đó đã được sinh viên khác đăng ký hay chưa. Ảnh gốc bị xóa ngay sau đó.",
    en: "It is checked by a machine: whether it shows exactly one face, and whether that face is another student's. The original is deleted right afterwards.",
  },
  privacyKeep: {
    vi: "Chỉ ảnh đại diện cỡ nhỏ và các số đo đặc trưng của khuôn mặt được giữ lại, để nhận ra ảnh trùng. Chúng không được dùng vào việc khác.",
    en: "Only the small avatar and measurements of your face are kept, to recognize duplicates. They are used for nothing else.",
  },
  privacyErase: {
    vi: "Muốn xóa ảnh và dữ liệu khuôn mặt, bạn chỉ cần yêu cầu: {contact}. Bạn có quyền đổi ý bất cứ lúc nào.",
    en: "To have photo and face erased, it is enough to ask: {contact}. You may change your mind at any time.",
  },
  privacyLocation: {
    vi: "Vị trí chụp và thông tin máy được gỡ khỏi ảnh ngay trên thiết bị của bạn.",
    en: "Where it was taken, and with what, is removed on your own device, before anything is sent.",
  },
  defaultOrganization: { vi: "nhà trường", en: "the school" },
  defaultContact: { vi: "liên hệ nhà trường", en: "contact the school" },

  sendingHeading: { vi: "Đang gửi ảnh", en: "Sending the photo" },
  sendingHint: { vi: "Hãy giữ trang này mở trong giây lát.", en: "Keep this page open for a moment." },
  sent: { vi: "Đã gửi {percent} %", en: "{percent} % sent" },
  checkingHeading: { vi: "Đang kiểm tra ảnh", en: "Checking the photo" },
  checkingHint: {
    vi: "Thường chỉ mất vài giây. Bạn có thể đóng trang rồi mở lại sau.",
    en: "It usually takes seconds. You may close the page and come back.",
  },
  offline: {
    vi: "Mất kết nối mạng. Đừng lo, trang sẽ tự tiếp tục khi có mạng lại.",
    en: "The connection is lost. Don't worry: the page goes on by itself when it is back.",
  },
  slow: {
    vi: "Đang có nhiều bạn cùng gửi ảnh nên hơi lâu. Ảnh của bạn vẫn đang chờ đến lượt.",
    en: "Many photos are being sent at once, so it takes longer. Yours is waiting for its turn.",
  },
  stateDone: { vi: "xong", en: "done" },
  stateRunning: { vi: "đang làm", en: "running" },
  stateWaiting: { vi: "đang chờ", en: "waiting" },
  stateFailed: { vi: "không đạt", en: "not passed" },
  stateSkipped: { vi: "bỏ qua", en: "skipped" },

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
  tryOther: { vi: "Thử ảnh khác", en: "Try another photo" },
  sendAgain: { vi: "Gửi lại ảnh này", en: "Send this photo again" },
  change: { vi: "Sửa thông tin", en: "Correct the information" },
  showSteps: { vi: "Xem từng bước kiểm tra", en: "See the steps" },

  inviteMissing: { vi: "Bạn cần liên kết mời", en: "You need an invitation" },
  inviteMissingHint: {
    vi: "Hãy mở trang này bằng liên kết mà nhà trường gửi riêng cho bạn.",
    en: "Open this page with the link that the school has sent you.",
  },
  inviteBroken: { vi: "Liên kết mời không đọc được", en: "The invitation cannot be read" },
  inviteBrokenHint: {
    vi: "Có lẽ liên kết bị sao chép thiếu. Hãy bấm lại đúng liên kết trong thư của nhà trường.",
    en: "The link is probably cut off. Open the link in the school's message again, all of it.",
  },
  inviteExpired: { vi: "Liên kết mời đã hết hạn", en: "The invitation has expired" },
  inviteExpiredHint: { vi: "Hãy xin nhà trường một liên kết mới.", en: "Ask the school for a new link." },
} as const satisfies Record<string, Localized>;

export type TextName = keyof typeof texts;

/** The page's texts in one language. */
export type Say = (name: TextName, values?: Readonly<Record<string, string | number>>) => string;

export function sayIn(locale: Locale): Say {
  return (name, values = {}) =>
    texts[name][locale].replace(/\{(\w+)\}/g, (_, value: string) => String(values[value] ?? ""));
}
