import { randomBytes } from "node:crypto";
import { dynamodb, now, s3, ses } from "../runtime/clients";
import { defineFunction } from "../runtime/define";
import { allow, type MailArns } from "../runtime/grants";
import { defaultLocale, text, uploadTable, type Setting } from "../runtime/settings";
import { mailStudent } from "./handler";

/** The table that counts the mails to an address; undefined with invitations, whose addresses are the school's own. */
const mailCountTable: Setting<string | undefined> = {
  from: "ACCESS",
  also: ["MAIL_COUNT_TABLE"],
  read: (mode, setting) => (mode === "open" ? setting("MAIL_COUNT_TABLE") : undefined),
};

export const mailStudentFunction = defineFunction({
  name: "MailStudent",
  handler: mailStudent,
  settings: { uploadTable, sender: text("SENDER"), defaultLocale, mailCountTable },
  clients: { dynamodb, s3, ses, now, boundary: () => () => randomBytes(12).toString("hex") },
  grants: (on: MailArns) => {
    // The topics are in the pipeline's own account and region, and so is the identity.
    const [, partition, , region, account] = on.successTopic.split(":");
    const identities = `arn:${partition}:ses:${region}:${account}`;
    return [
      // The event source mapping reads the queue with the function's rights.
      allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], [on.mailQueue]),
      allow(["dynamodb:GetItem", "dynamodb:UpdateItem"], [on.uploadTable]),
      ...(on.mailCountTable === undefined ? [] : [allow(["dynamodb:UpdateItem"], [on.mailCountTable])]),
      allow(["s3:GetObject"], [`${on.photoBucket}/avatars/*`]),
      // A message with a picture is a raw one, which has its own action. SES checks the verified identity (the address,
      // its domain or a parent domain) and, in the sandbox, the recipient's as well: so any identity is allowed. If
      // that identity has a default configuration set, SES checks the set too, although the message names none: so any
      // set is allowed.
      {
        ...allow(
          ["ses:SendEmail", "ses:SendRawEmail"],
          [`${identities}:identity/*`, `${identities}:configuration-set/*`],
        ),
        Condition: { StringEquals: { "ses:FromAddress": on.sender } },
      },
    ];
  },
  memorySize: 256,
  timeout: 30,
});
