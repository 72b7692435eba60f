import type { Subject, Words } from "pulumi-local-cloud/console/program";
import { readFlowInput } from "../../../handlers/contract/flow-input";
import { parseUploadKey } from "../../../handlers/contract/keys";
import { isRejection, reasons, type ReasonCode } from "../../../handlers/contract/reasons";
import { stepTitle } from "../../../handlers/contract/step-titles";

/** The console's words for avatars. */
export const words: Words = {
  title: "AvatarPipeline",
  subjectHead: "Photo",
  noExecutions: "No execution yet. Upload a photo: it starts one.",
  noMails: "No mail yet. Upload a photo: its outcome comes as a mail.",
  inboxLead: "The mails that AWS would have sent: to the topics' e-mail subscribers, and to students.",
  subjectOf: photoOf,
  judgement: (error) => (isRejection(error) ? reasons[error].title.en : undefined),
  stateTitle(name) {
    const title = stepTitle(name).en;
    return title === name ? undefined : title;
  },
};

/** Student and file of the object that an execution's input names, even if the execution closes another's upload. */
function photoOf(input: string): Subject {
  const key = readFlowInput(parse(input)).created?.detail.object.key;
  if (key === undefined) return {};
  return { name: parseUploadKey(key)?.studentId, detail: key.slice(key.lastIndexOf("/") + 1) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The title of a reason in the table; the code itself if the catalogue does not have it. */
export function reasonText(code: string): string {
  return Object.hasOwn(reasons, code) ? reasons[code as ReasonCode].title.en : code;
}
