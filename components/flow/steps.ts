import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { steps, type SettingName } from "../../handlers/steps";
import type { AvatarTables } from "../storage/avatar-tables";
import { createImagingLayer } from "./imaging-layer";
import type { NoticeTopics } from "../notices/notice-topics";
import type { Settings } from "../settings";
import { createStepFunction, type StepFunctionContext } from "./lambda-function";

/** What the functions work on. */
export interface PipelineParts {
  readonly settings: Settings;
  readonly photoBucket: aws.s3.Bucket;
  readonly tables: AvatarTables;
  readonly collection: aws.rekognition.Collection;
  readonly topics: NoticeTopics;
}

/** Makes the function of every step, by the step's name. */
export function createStepFunctions(
  name: string,
  parts: PipelineParts,
  opts: pulumi.CustomResourceOptions,
): ReadonlyMap<string, aws.lambda.Function> {
  const context = functionContext(parts);
  const settings = settingValues(parts);
  const layer = createImagingLayer(name, opts);
  return new Map(
    steps.map((step) => {
      const environment = Object.fromEntries(step.settings.map((setting) => [setting, settings[setting]]));
      const layers = step.usesImaging === true ? [layer.arn] : [];
      return [step.name, createStepFunction(name, { ...step, environment, layers }, context, opts)];
    }),
  );
}

/** What every function of the pipeline shares. */
export function functionContext({
  settings,
  photoBucket,
  tables,
  collection,
  topics,
}: PipelineParts): StepFunctionContext {
  return {
    settings,
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

/** The value of every setting that a step can ask for. */
export function settingValues(parts: PipelineParts): Readonly<Record<SettingName, pulumi.Input<string>>> {
  const { settings, tables, collection, topics } = parts;
  const { maxBytes, maxPixels, minSide } = settings.upload;
  return {
    UPLOAD_TABLE: tables.uploads.name,
    AVATAR_TABLE: tables.avatars.name,
    COLLECTION_ID: collection.collectionId,
    SUCCESS_TOPIC_ARN: topics.success.arn,
    FAILURE_TOPIC_ARN: topics.failure.arn,
    UPLOAD_LIMITS: pulumi.jsonStringify({ maxBytes, maxPixels, minSide }),
    UPLOAD_ROW_DAYS: pulumi.interpolate`${settings.retention.uploadRowDays}`,
    FACE_RULES: pulumi.jsonStringify(faceRules(settings.face)),
    DUPLICATE_SIMILARITY: pulumi.interpolate`${settings.face.duplicateSimilarity}`,
    THUMBNAIL_RULES: pulumi.jsonStringify(settings.thumbnail),
  };
}

/** The face options that judge one face by itself. */
function faceRules({
  duplicateSimilarity: _,
  ...rules
}: Settings["face"]): Omit<Settings["face"], "duplicateSimilarity"> {
  return rules;
}
