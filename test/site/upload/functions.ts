import { issueUploadFactory } from "../../../handlers/api/issue-upload/handler";
import { readStatusFactory } from "../../../handlers/api/read-status/handler";
import { mailStudentFactory } from "../../../handlers/mail-student/handler";

/** The functions beside the steps, as they were before they were serialized; named as the steps' registry names them. */
export const steps = [
  { name: "IssueUpload", factory: issueUploadFactory },
  { name: "ReadStatus", factory: readStatusFactory },
  { name: "MailStudent", factory: mailStudentFactory },
];
