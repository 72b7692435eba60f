import * as pulumi from "@pulumi/pulumi";
import { AvatarPipeline, type SiteAccess, type SiteLocale } from "avatar-pipeline";

const config = new pulumi.Config();

const pipeline = new AvatarPipeline("avatars", {
  notifications: {
    successEmails: config.getObject<string[]>("successEmails"),
    failureEmails: config.getObject<string[]>("failureEmails"),
    sender: config.get("sender") || undefined,
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
  encryption: { kmsKeyArn: config.get("kmsKeyArn") || undefined },
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
export const reconcileFunctionName = pipeline.reconcileFunctionName;
export const eraseStudentFunctionName = pipeline.eraseStudentFunctionName;
