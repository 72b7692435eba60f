import type { SNS } from "@aws-sdk/client-sns";
import { studentIdCharacters } from "../contract/students";
import type { AcceptedEvent, PipelineEvent, RefusedEvent } from "../contract/pipeline-event";
import { reasonOf, type Localized, type ReasonCode } from "../contract/reasons";
import { stepTitle } from "../contract/step-titles";

export interface Notice {
  /** Below 100 characters, no line breaks: SNS's rule. */
  readonly subject: string;
  readonly text: string;
}

/** An event's text for people. */
export function noticeOf(event: PipelineEvent): Notice {
  if (event.type === "avatar.accepted") return acceptedNotice(event);
  return event.key === undefined ? refusedNotice(event) : nobodysNotice(event, event.key);
}

function acceptedNotice(event: AcceptedEvent): Notice {
  const sizes = Object.keys(event.thumbnails)
    .map(Number)
    .sort((a, b) => a - b)
    .join(", ");
  return {
    subject: subject("Ảnh đại diện đã được duyệt / Profile photo accepted", event.studentId),
    text: lines(
      `Ảnh đại diện của sinh viên ${event.studentId} đã được duyệt.`,
      `Tệp: ${event.fileName}`,
      `Thời điểm: ${event.processedAt} (UTC)`,
      `Kích thước: ${sizes} điểm ảnh`,
      "Ảnh gốc đã được xóa.",
      "",
      "---",
      "",
      `The profile photo of student ${event.studentId} was accepted.`,
      `File: ${event.fileName}`,
      `Time: ${event.processedAt} (UTC)`,
      `Sizes: ${sizes} pixels`,
      "The original photo has been deleted.",
      "",
      `Upload: ${event.uploadId}`,
    ),
  };
}

/** Remedies that ask the student to contact the school, in words for the school. */
const remediesForSchool: Partial<Record<ReasonCode, Localized>> = {
  DUPLICATE_FACE: {
    vi: "Kiểm tra mã sinh viên. Nếu mã đã đúng, hãy gặp sinh viên: có thể là anh chị em giống nhau, hoặc ảnh đã được gửi dưới mã của người khác. Xóa đăng ký sai rồi cho sinh viên gửi lại.",
    en: "Check the student ID. If it is right, see the student: it may be a sibling who looks alike, or the face was registered under another ID. Erase the wrong registration and have the student upload again.",
  },
  INTERNAL: {
    vi: "Lỗi này không phải do ảnh. Hãy báo bộ phận kỹ thuật; sinh viên có thể gửi lại sau ít phút.",
    en: "This isn't a problem with the photo. The operator finds the fault in the execution below; the student can upload again in a few minutes.",
  },
};

function refusedNotice(event: RefusedEvent): Notice {
  const isRejected = event.type === "avatar.rejected";
  const { title, remedy: remedyOfStudent } = reasonOf(event.reason);
  const remedy = remediesForSchool[event.reason] ?? remedyOfStudent;
  const step = stepTitle(event.step);
  return {
    subject: subject(
      isRejected ? "Ảnh không được duyệt / Photo not accepted" : "Lỗi xử lý ảnh / Photo processing failed",
      event.studentId,
    ),
    text: lines(
      isRejected
        ? `Ảnh của sinh viên ${event.studentId} không được duyệt.`
        : `Không xử lý được ảnh của sinh viên ${event.studentId}.`,
      `Tệp: ${event.fileName}`,
      `Bước: ${step.vi}`,
      `Lý do: ${title.vi}`,
      `Cần làm: ${remedy.vi}`,
      "",
      "---",
      "",
      isRejected
        ? `The photo of student ${event.studentId} was not accepted.`
        : `The photo of student ${event.studentId} could not be processed.`,
      `File: ${event.fileName}`,
      `Step: ${step.en}`,
      `Reason: ${title.en}`,
      `What to do: ${remedy.en}`,
      "",
      `Upload: ${event.uploadId}`,
      // Leads the operator to the history: only a fault of ours needs it.
      ...(isRejected ? [] : [`Execution: ${event.executionArn}`]),
    ),
  };
}

/**
 * The notice of an object whose key names no student: the reason's own words are for students, and no student reads it.
 */
function nobodysNotice({ step, uploadId, executionArn }: RefusedEvent, key: string): Notice {
  const { vi, en } = stepTitle(step);
  const form = "uploads/{studentId}/{name}.jpg";
  const ids = `1–64: ${studentIdCharacters}`;
  return {
    subject: "Ảnh không thuộc về sinh viên nào / Photo of no student",
    text: lines(
      "Một ảnh đã được chép vào kho nhưng đường dẫn (key) của ảnh không cho biết ảnh của sinh viên nào.",
      `Đường dẫn (key): ${oneLine(key)}`,
      `Bước: ${vi}`,
      `Quy tắc: ${form} (hoặc .jpeg, .png); studentId: ${ids}`,
      "Cần làm: chép lại ảnh với đường dẫn đúng quy tắc, rồi xóa ảnh ở đường dẫn trên.",
      "",
      "---",
      "",
      "A photo was stored under a key that names no student.",
      `Key: ${oneLine(key)}`,
      `Step: ${en}`,
      `Rule: ${form} (or .jpeg, .png); studentId: ${ids}`,
      "What to do: store the photo again under such a key, and delete the one above.",
      "",
      `Upload: ${uploadId}`,
      `Execution: ${executionArn}`,
    ),
  };
}

function lines(...text: string[]): string {
  return text.join("\n") + "\n";
}

/** A studentId has up to 64 characters, so that title and id stay below SNS's 100. */
function subject(title: string, studentId: string): string {
  const room = 99 - title.length - 2;
  const id = studentId.length <= room ? studentId : studentId.slice(0, room - 1) + "…";
  return `${title}: ${id}`;
}

/** Publishes an event to a topic, with the text for e-mail subscribers. */
export async function publish(sns: Pick<SNS, "publish">, topicArn: string, event: PipelineEvent): Promise<void> {
  const { subject: Subject, text } = noticeOf(event);
  const attribute = (value: string) => ({ DataType: "String", StringValue: value });
  await sns.publish({
    TopicArn: topicArn,
    Subject,
    MessageStructure: "json",
    Message: JSON.stringify({ default: JSON.stringify(event), email: text }),
    MessageAttributes: {
      type: attribute(event.type),
      student_id: attribute(event.studentId),
      ...("reason" in event ? { reason: attribute(event.reason) } : {}),
    },
  });
}

/** A key's file name, made fit for one line of a mail: line breaks and control characters become spaces. */
export function displayName(key: string): string {
  return oneLine(key.slice(key.lastIndexOf("/") + 1));
}

function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- exactly these are meant
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ");
}
