import type { Locale, Localized } from "../../handlers/contract/reasons";

/**
 * The page's texts, except the reasons and the steps' names, which are in the handlers' catalogues. `{name}` marks a
 * value.
 */
const texts = {
  title: { vi: "Ảnh đại diện sinh viên", en: "Student profile photo" },
  switchLanguage: { vi: "English", en: "Tiếng Việt" },
  loading: { vi: "Đang mở trang…", en: "Opening the page…" },
  notLoaded: { vi: "Chưa mở được trang", en: "This page couldn't load" },
  notLoadedHint: {
    vi: "Có thể mạng đang yếu. Hãy kiểm tra kết nối rồi thử lại.",
    en: "Your connection may be weak. Check it and try again.",
  },
  tryAgain: { vi: "Thử lại", en: "Try again" },
  back: { vi: "Quay lại", en: "Back" },
  stage: { vi: "Bước {number}/3", en: "Step {number} of 3" },

  chooseHeading: { vi: "Chụp hoặc chọn ảnh của bạn", en: "Take or choose a photo of yourself" },
  greeting: { vi: "Chào {name}!", en: "Hello {name}!" },
  forStudent: { vi: "Ảnh dùng cho mã sinh viên {id}.", en: "This photo is for student ID {id}." },
  chooseIntro: { vi: "Chưa đến một phút là xong.", en: "It takes less than a minute." },
  takePhoto: { vi: "Chụp ảnh", en: "Take a photo" },
  chooseFile: { vi: "Chọn ảnh có sẵn", en: "Choose an existing photo" },
  dropHint: {
    vi: "Bạn cũng có thể kéo ảnh vào đây, hoặc dán ảnh.",
    en: "You can also drop a photo here, or paste one.",
  },
  opening: { vi: "Đang mở ảnh…", en: "Opening the photo…" },
  tips: { vi: "Ảnh dễ được duyệt khi", en: "Your photo is most likely to be accepted if" },
  tipAlone: {
    vi: "chỉ có mình bạn, nhìn thẳng vào ống kính",
    en: "you're the only person in it, looking straight at the camera",
  },
  tipLight: { vi: "khuôn mặt đủ sáng và rõ nét", en: "your face is well lit and in focus" },
  tipBare: { vi: "bạn không đeo kính râm hay khẩu trang", en: "you're not wearing sunglasses or a mask" },

  heicTitle: { vi: "Trình duyệt này không mở được ảnh HEIC", en: "This browser can't open HEIC photos" },
  heicRemedy: {
    vi: "HEIC là định dạng ảnh của iPhone. Hãy mở trang này ngay trên iPhone, hoặc lưu ảnh thành JPEG rồi chọn lại.",
    en: "HEIC is an iPhone photo format. Open this page on your iPhone, or save the photo as a JPEG and choose that.",
  },

  oldTitle: { vi: "Trình duyệt này quá cũ", en: "This browser is too old" },
  oldRemedy: {
    vi: "Hãy cập nhật trình duyệt hoặc hệ điều hành, hoặc mở trang này trên một thiết bị khác.",
    en: "Update the browser or the operating system, or open this page on another device.",
  },

  cameraHeading: { vi: "Chụp ảnh", en: "Take a photo" },
  cameraHint: {
    vi: "Nhìn thẳng vào ống kính, giữ khuôn mặt trong vòng tròn.",
    en: "Look straight at the camera and keep your face in the circle.",
  },
  shutter: { vi: "Chụp", en: "Take photo" },
  cancel: { vi: "Hủy", en: "Cancel" },
  noCamera: { vi: "Không mở được máy ảnh", en: "We can't use your camera" },
  noCameraHint: {
    vi: "Hãy cấp quyền dùng máy ảnh cho trang này, hoặc chọn một tấm ảnh có sẵn.",
    en: "Allow this page to use the camera, or choose an existing photo.",
  },

  cropHeading: { vi: "Căn khuôn mặt vào giữa vòng tròn", en: "Position your face in the circle" },
  cropHint: {
    vi: "Kéo ảnh để di chuyển. Chỉ phần trong khung vuông được gửi đi.",
    en: "Drag the photo to move it. Only the part inside the square will be sent.",
  },
  cropHintTouch: {
    vi: "Kéo để di chuyển, dùng hai ngón tay để phóng to hoặc thu nhỏ. Chỉ phần trong khung vuông được gửi đi.",
    en: "Drag to move, pinch to zoom. Only the part inside the square will be sent.",
  },
  cropLabel: { vi: "Phần ảnh sẽ được gửi", en: "The part of the photo that will be sent" },
  zoom: { vi: "Thu phóng", en: "Zoom" },
  left: { vi: "Dịch ảnh sang trái", en: "Move the photo left" },
  right: { vi: "Dịch ảnh sang phải", en: "Move the photo right" },
  up: { vi: "Dịch ảnh lên", en: "Move the photo up" },
  down: { vi: "Dịch ảnh xuống", en: "Move the photo down" },
  edge: { vi: "Đã đến mép ảnh", en: "The edge of the photo has been reached" },
  cropDone: { vi: "Dùng ảnh này", en: "Use this photo" },
  otherPhoto: { vi: "Chọn ảnh khác", en: "Choose another photo" },

  detailsHeading: { vi: "Thông tin của bạn", en: "Your details" },
  detailsHeadingInvited: { vi: "Gửi ảnh", en: "Send photo" },
  yourPhoto: { vi: "Ảnh sẽ được gửi", en: "The photo to be sent" },
  studentId: { vi: "Mã sinh viên", en: "Student ID" },
  studentIdHint: { vi: "Như trên thẻ sinh viên, ví dụ SV001.", en: "As on your student card, for example SV001." },
  studentIdMissing: { vi: "Hãy nhập mã sinh viên của bạn.", en: "Enter your student ID." },
  email: { vi: "Email (không bắt buộc)", en: "Email (optional)" },
  emailHint: {
    vi: "Để nhận kết quả qua email. Dùng địa chỉ nhà trường cấp cho bạn: {domains}.",
    en: "We'll email you the result. Use the address your school gave you: {domains}.",
  },
  emailUnknown: {
    vi: "Nhà trường chưa có địa chỉ email của bạn, nên kết quả chỉ hiện trên trang này.",
    en: "Your school has no email address for you, so the result is shown on this page only.",
  },
  consent: {
    vi: "Tôi đồng ý cho {organization} xử lý ảnh và dữ liệu khuôn mặt của tôi như mô tả dưới đây.",
    en: "I agree to {organization} processing my photo and facial data as described below.",
  },
  consentMissing: {
    vi: "Ảnh chỉ được xử lý khi bạn đồng ý. Hãy đánh dấu vào ô này.",
    en: "We can only process your photo if you agree. Tick the box to continue.",
  },
  send: { vi: "Gửi ảnh", en: "Send photo" },

  privacyHeading: { vi: "Ảnh của bạn được dùng thế nào?", en: "What happens to your photo?" },
  privacyUse: {
    vi: "Ảnh được kiểm tra tự động: có đúng một khuôn mặt hay không, và khuôn mặt đó đã được sinh viên khác đăng ký hay chưa. Ảnh gốc được xóa ngay sau đó.",
    en: "It is checked automatically to make sure it shows exactly one face, and that the face isn't registered to another student. The original is then deleted straight away.",
  },
  privacyKeep: {
    vi: "Chỉ ảnh đại diện cỡ nhỏ và dữ liệu đặc trưng của khuôn mặt được giữ lại, để phát hiện trùng lặp. Chúng không được dùng vào việc khác.",
    en: "We keep only the small profile photo and measurements of your face, to detect duplicates. They aren't used for anything else.",
  },
  privacyFault: {
    vi: "Nếu hệ thống gặp lỗi, ảnh gốc được giữ thêm khoảng {days} ngày để xử lý lại, rồi cũng được xóa.",
    en: "If something goes wrong on our side, the original is kept for about {days} days so that it can be processed again, then deleted too.",
  },
  privacyErase: {
    vi: "Bạn có thể đổi ý bất cứ lúc nào và yêu cầu xóa ảnh cùng dữ liệu khuôn mặt. Để yêu cầu, hãy liên hệ {contact}.",
    en: "You can change your mind at any time and have your photo and facial data deleted. To ask, contact {contact}.",
  },
  privacyLocation: {
    vi: "Vị trí chụp và thông tin về thiết bị được xóa khỏi ảnh ngay trên thiết bị của bạn, trước khi gửi.",
    en: "Location and camera details are removed from the photo on your device, before anything is sent.",
  },
  defaultOrganization: { vi: "nhà trường", en: "the school" },
  defaultContact: { vi: "nhà trường", en: "the school" },
  contact: { vi: "Liên hệ:", en: "Contact:" },

  sendingHeading: { vi: "Đang gửi ảnh", en: "Sending your photo" },
  sendingHint: { vi: "Đừng đóng trang trong lúc gửi.", en: "Keep this page open while it sends." },
  sent: { vi: "Đã gửi {percent}%", en: "{percent}% sent" },
  checkingHeading: { vi: "Đang kiểm tra ảnh", en: "Checking your photo" },
  checkingHint: {
    vi: "Thường chỉ mất vài giây. Bạn có thể đóng trang rồi mở lại sau.",
    en: "This usually takes a few seconds. You can close this page and come back later.",
  },
  offline: {
    vi: "Mất kết nối mạng. Đừng lo, trang sẽ tự tiếp tục khi có mạng trở lại.",
    en: "You're offline. Don't worry, we'll carry on automatically when you're back online.",
  },
  busy: {
    vi: "Hệ thống đang bận. Đừng lo, trang sẽ tự thử lại sau ít giây.",
    en: "The service is busy. Don't worry, we'll try again automatically in a few seconds.",
  },
  slow: {
    vi: "Có lẽ nhiều bạn đang cùng gửi ảnh nên hơi lâu. Ảnh của bạn vẫn đang chờ đến lượt.",
    en: "Lots of photos may be coming in, so this is taking longer than usual. Yours is still in the queue.",
  },
  stateDone: { vi: "xong", en: "done" },
  stateRunning: { vi: "đang xử lý", en: "in progress" },
  stateWaiting: { vi: "đang chờ", en: "waiting" },
  stateRefused: { vi: "không đạt", en: "didn't pass" },
  stateFailed: { vi: "gặp lỗi", en: "failed" },

  acceptedHeading: { vi: "Ảnh đã được duyệt!", en: "Your photo has been accepted" },
  acceptedHint: {
    vi: "Đây là ảnh đại diện mới của bạn. Ảnh gốc đã được xóa.",
    en: "This is your new profile photo. The original has been deleted.",
  },
  replacedHint: {
    vi: "Sau đó bạn đã gửi một ảnh mới hơn, và ảnh đó đang được dùng.",
    en: "You've since sent a newer photo, and that one is now in use.",
  },
  avatarAlt: { vi: "Ảnh đại diện mới của bạn", en: "Your new profile photo" },
  anotherPhoto: { vi: "Đổi ảnh khác", en: "Use a different photo" },
  rejectedHeading: { vi: "Ảnh chưa đạt yêu cầu", en: "This photo can't be used" },
  failedHeading: { vi: "Chưa xử lý được ảnh", en: "Your photo couldn't be processed" },
  refusedHeading: { vi: "Chưa gửi được ảnh", en: "Your photo couldn't be sent" },
  whatToDo: { vi: "Bạn nên làm gì?", en: "What to do next" },
  rejectedHint: { vi: "Ảnh bạn gửi đã được xóa.", en: "The photo you sent has been deleted." },
  tryOther: { vi: "Thử ảnh khác", en: "Try another photo" },
  sendAgain: { vi: "Gửi lại ảnh này", en: "Send this photo again" },
  startOver: { vi: "Gửi ảnh khác", en: "Send another photo" },
  change: { vi: "Sửa thông tin", en: "Correct your details" },
  showSteps: { vi: "Xem từng bước kiểm tra", en: "See the checks" },
} as const satisfies Record<string, Localized>;

export type TextName = keyof typeof texts;

/** The page's texts in one language. */
export type Say = (name: TextName, values?: Readonly<Record<string, string | number>>) => string;

export function sayIn(locale: Locale): Say {
  return (name, values = {}) =>
    texts[name][locale].replace(/\{(\w+)\}/g, (_, value: string) => String(values[value] ?? ""));
}
