import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { AvatarPipeline, type SiteAccess, type SiteLocale } from "avatar-pipeline";
import { parse } from "yaml";

const config = new pulumi.Config();
refuseMisspelt();

const pipeline = new AvatarPipeline("avatars", {
  notifications: {
    successEmails: config.getObject<string[]>("successEmails"),
    failureEmails: config.getObject<string[]>("failureEmails"),
    sender: config.get("sender") || undefined,
    studentDomains: config.getObject<string[]>("studentDomains"),
    operatorEmails: config.getObject<string[]>("operatorEmails"),
  },
  face: { duplicateSimilarity: config.getNumber("duplicateSimilarity") },
  thumbnail: { sizes: config.getObject<number[]>("thumbnailSizes") },
  upload: { maxBytes: config.getNumber("maxUploadBytes") },
  site: {
    enabled: config.getBoolean("site"),
    https: config.getBoolean("https"),
    locale: config.get<SiteLocale>("locale"),
    access: config.get<SiteAccess>("access"),
    invitationKey: config.get("invitationKey") || undefined,
    organization: config.get("organization") || undefined,
    contact: config.get("contact") || undefined,
  },
  retention: {
    uploadRowDays: config.getNumber("uploadRowDays"),
    originalDays: config.getNumber("originalDays"),
    logDays: config.getNumber("logDays"),
    keepData: config.getBoolean("keepData"),
  },
  encryption: {
    kmsKeyArn: config.get("kmsKeyArn") || undefined,
    formerKmsKeyArns: config.getObject<string[]>("formerKmsKeyArns"),
  },
  audit: { enabled: config.getBoolean("audit"), days: config.getNumber("auditDays") },
  tags: { project: pulumi.getProject(), stack: pulumi.getStack() },
});

export const siteUrl = pipeline.siteUrl;
export const apiUrl = pipeline.apiUrl;
export const photoBucket = pipeline.photoBucket.bucket;
export const avatarTable = pipeline.avatarTable.name;
export const uploadTable = pipeline.uploadTable.name;
export const faceCollectionId = pipeline.faceCollectionId;
export const stateMachineArn = pipeline.stateMachineArn;
export const successTopicArn = pipeline.successTopicArn;
export const failureTopicArn = pipeline.failureTopicArn;
export const operatorTopicArn = pipeline.operatorTopicArn;
export const dashboardName = pipeline.dashboardName;
export const deadLetterQueueUrl = pipeline.deadLetterQueueUrl;
// Empty without a sender: Pulumi warns of an undefined output at every deployment.
export const mailDeadLetterQueueUrl = pipeline.mailDeadLetterQueueUrl ?? "";
export const reconcileFunctionName = pipeline.reconcileFunctionName;
export const eraseStudentFunctionName = pipeline.eraseStudentFunctionName;

/** Pulumi checks the types of the settings declared in Pulumi.yaml, but silently ignores an undeclared name. */
function refuseMisspelt(): void {
  const project = parse(readFileSync(join(__dirname, "Pulumi.yaml"), "utf8")) as { config: object };
  const known = Object.keys(project.config);
  const given = Object.keys(pulumi.runtime.allConfig()).filter((key) => key.startsWith(`${config.name}:`));
  const misspelt = given.filter((key) => !known.includes(key.slice(config.name.length + 1)));
  if (misspelt.length === 0) return;
  throw new pulumi.RunError(
    `The stack's configuration has ${misspelt.join(", ")}, which nothing reads; remove it with ` +
      `pulumi config rm ${misspelt[0]}, or write it as one of ${known.join(", ")}.`,
  );
}
