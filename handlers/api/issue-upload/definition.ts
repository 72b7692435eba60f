import { randomBytes } from "node:crypto";
import { dynamodb, now } from "../../runtime/clients";
import { defineFunction } from "../../runtime/define";
import { allow, type PipelineArns } from "../../runtime/grants";
import { defaultLocale, json, number, photoBucket, rowDays, uploadTable } from "../../runtime/settings";
import { access } from "../invitation";
import { signerFrom } from "../presign";
import { issueUpload, type IssueUploadClients, type IssueUploadSettings } from "./handler";

export const issueUploadFunction = defineFunction({
  name: "IssueUpload",
  handler: (settings: Omit<IssueUploadSettings, "functionName">, clients: IssueUploadClients) =>
    issueUpload({ ...settings, functionName: process.env["AWS_LAMBDA_FUNCTION_NAME"] ?? "" }, clients),
  settings: {
    uploadTable,
    photoBucket,
    limits: json("UPLOAD_LIMITS"),
    expirySeconds: number("UPLOAD_EXPIRY_SECONDS"),
    rowDays,
    dailyLimits: json("DAILY_LIMITS"),
    defaultLocale,
    access,
    studentDomains: json("STUDENT_DOMAINS"),
  },
  clients: {
    dynamodb,
    signer: () => () => signerFrom(process.env),
    now,
    random: () => () => randomBytes(10),
    print: () => (line: string) => void process.stdout.write(`${line}\n`),
  },
  grants: (on: PipelineArns) => [
    allow(["dynamodb:PutItem", "dynamodb:UpdateItem"], [on.uploadTable]),
    // Not called by the function: the form that it signs stores the photo with the function's rights.
    allow(["s3:PutObject"], [`${on.photoBucket}/uploads/*`]),
  ],
  memorySize: 256,
  // The function responds in milliseconds; a browser that waits longer should retry the request.
  timeout: 10,
});
