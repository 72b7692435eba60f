import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { settleSeconds } from "../handlers/functions";
import { stepPhases } from "../handlers/machine";
import type { FunctionContext } from "./flow/lambda-function";
import type { NoticeTopics } from "./notices/notice-topics";
import type { Settings } from "./settings";
import type { AvatarTables } from "./storage/avatar-tables";

/** The resources that the functions work on. */
export interface PipelineParts {
  readonly settings: Settings;
  readonly photoBucket: aws.s3.Bucket;
  readonly tables: AvatarTables;
  readonly collection: aws.rekognition.Collection;
  readonly topics: NoticeTopics;
  /** Set once the machine is built from the steps. */
  readonly stateMachine?: aws.sfn.StateMachine;
}

/** The values that every function of the pipeline shares. */
export function functionContext(parts: PipelineParts): FunctionContext {
  const { settings, photoBucket, tables, collection, topics } = parts;
  return {
    settings,
    variables: variablesOf(parts),
    arns: {
      photoBucket: photoBucket.arn,
      uploadTable: tables.uploads.arn,
      avatarTable: tables.avatars.arn,
      faceCollection: collection.arn,
      successTopic: topics.success.arn,
      failureTopic: topics.failure.arn,
    },
  };
}

/** The environment variables of the functions. */
function variablesOf(parts: PipelineParts): FunctionContext["variables"] {
  const { settings, photoBucket, tables, collection, topics, stateMachine } = parts;
  const { maxBytes, maxPixels, minSide, expirySeconds, maxPerStudentAndDay, maxPerDayIfOpen } = settings.upload;
  return {
    UPLOAD_TABLE: tables.uploads.name,
    AVATAR_TABLE: tables.avatars.name,
    PHOTO_BUCKET: photoBucket.bucket,
    COLLECTION_ID: collection.collectionId,
    STATE_MACHINE_ARN: stateMachine?.arn,
    SUCCESS_TOPIC_ARN: topics.success.arn,
    FAILURE_TOPIC_ARN: topics.failure.arn,
    UPLOAD_LIMITS: pulumi.jsonStringify({ maxBytes, maxPixels, minSide }),
    DAILY_LIMITS: pulumi.jsonStringify({ perStudent: maxPerStudentAndDay, ifOpen: maxPerDayIfOpen }),
    UPLOAD_ROW_DAYS: pulumi.interpolate`${settings.retention.uploadRowDays}`,
    FACE_RULES: pulumi.jsonStringify(faceRules(settings.face)),
    DUPLICATE_SIMILARITY: pulumi.interpolate`${settings.face.duplicateSimilarity}`,
    THUMBNAIL_RULES: pulumi.jsonStringify(settings.thumbnail),
    SETTLE_SECONDS: String(settleSeconds),
    UPLOAD_EXPIRY_SECONDS: pulumi.interpolate`${expirySeconds}`,
    STEP_PHASES: JSON.stringify(stepPhases()),
    DEFAULT_LOCALE: settings.site.locale,
    ACCESS: settings.site.access,
    INVITATION_KEY: settings.site.invitationKey,
    SENDER: settings.sender,
    STUDENT_DOMAINS: pulumi.jsonStringify(settings.studentDomains),
    // Known to the function of the mail alone.
    MAIL_COUNT_TABLE: undefined,
  };
}

/** The face options that judge one face by itself. */
function faceRules({
  duplicateSimilarity: _,
  ...rules
}: Settings["face"]): Omit<Settings["face"], "duplicateSimilarity"> {
  return rules;
}
