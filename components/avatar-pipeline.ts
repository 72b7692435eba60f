import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { createAlarms } from "./oversight/alarms";
import type { AvatarPipelineArgs } from "./args";
import { createAuditTrail } from "./oversight/audit-trail";
import { createAvatarTables } from "./storage/avatar-tables";
import { createDashboard } from "./oversight/dashboard";
import { createFaceCollection } from "./storage/face-collection";
import { createNoticeTopics } from "./notices/notice-topics";
import { createOperations } from "./oversight/operations";
import { createOperatorTopic } from "./oversight/operator-topic";
import { createPhotoBucket } from "./storage/photo-bucket";
import { readAvatarsPolicy } from "./storage/read-avatars-policy";
import { checkRegion } from "./region";
import { readSettings } from "./settings";
import { createStateMachine } from "./flow/state-machine";
import { createStepFunctions } from "./flow/steps";
import { createStudentMail } from "./notices/student-mail";
import { createUploadRule } from "./flow/upload-rule";
import { createUploadPage } from "./page/upload-site";

/**
 * Turns a photo uploaded by a student into one valid, unique, well-cropped avatar.
 *
 * A photo is accepted when it is a JPEG or PNG that shows exactly one clear face which is not another student's. It is
 * then cropped to thumbnails and recorded, its original is deleted, and all subscribers are notified.
 *
 * @example
 * const avatars = new AvatarPipeline("avatars", {
 *   notifications: { failureEmails: ["registry@school.example"] },
 * });
 * export const page = avatars.siteUrl;
 */
export class AvatarPipeline extends pulumi.ComponentResource {
  /** The bucket: originals below `uploads/{studentId}/`, thumbnails below `avatars/{studentId}/{uploadId}/`. */
  public readonly photoBucket: aws.s3.Bucket;
  /** The table of avatars in use, one row per student; key `student_id`. */
  public readonly avatarTable: aws.dynamodb.Table;
  /** The table of uploads with each one's progress and outcome; key `upload_id`. */
  public readonly uploadTable: aws.dynamodb.Table;
  /** The id of the Rekognition collection of registered faces. */
  public readonly faceCollectionId: pulumi.Output<string>;
  /** The ARN of the state machine; its executions show each photo's progress and outcome. */
  public readonly stateMachineArn: pulumi.Output<string>;
  /** The ARN of the topic that gets one message for each accepted photo. */
  public readonly successTopicArn: pulumi.Output<string>;
  /** The ARN of the topic that gets one message for each photo that was refused or could not be processed. */
  public readonly failureTopicArn: pulumi.Output<string>;
  /** The URL of the queue of events that could not start the machine within a day. */
  public readonly deadLetterQueueUrl: pulumi.Output<string>;
  /** The URL of the queue of notices whose mail to the student failed; absent without `notifications.sender`. */
  public readonly mailDeadLetterQueueUrl?: pulumi.Output<string> | undefined;
  /**
   * An IAM policy document, as JSON, that allows reading avatars and nothing else: the rows of `avatarTable` by student
   * and the thumbnails. For your own role: `new aws.iam.RolePolicy("read-avatars", { role, policy })`.
   */
  public readonly readAvatarsPolicy: pulumi.Output<string>;
  /** The ARN of the topic of the alarms. */
  public readonly operatorTopicArn: pulumi.Output<string>;
  /** The name of the CloudWatch dashboard. */
  public readonly dashboardName: pulumi.Output<string>;
  /** The name of the function that compares the stores and fixes differences. */
  public readonly reconcileFunctionName: pulumi.Output<string>;
  /** The name of the function that erases a student. */
  public readonly eraseStudentFunctionName: pulumi.Output<string>;

  /** The address of the upload page; absent without `site.enabled`. */
  public readonly siteUrl?: pulumi.Output<string> | undefined;
  /** The address of the HTTP API behind the page, without a trailing slash; absent without `site.enabled`. */
  public readonly apiUrl?: pulumi.Output<string> | undefined;

  /**
   * @param name letters, digits and hyphens; the names of all resources begin with it
   * @throws pulumi.ResourceError if an option's value breaks its rule or the region has no Rekognition, before any resource is declared
   */
  constructor(name: string, args: AvatarPipelineArgs = {}, opts: pulumi.ComponentResourceOptions = {}) {
    super("avatar-pipeline:index:AvatarPipeline", name, { ...args }, opts);
    const own = { parent: this };
    checkRegion(this);
    const settings = readSettings(name, args, this);

    const photoBucket = createPhotoBucket(name, settings, own);
    const tables = createAvatarTables(name, settings, own);
    const collection = createFaceCollection(name, settings, own);
    const topics = createNoticeTopics(name, { settings, sibling: tables.avatars.arn }, own);
    const parts = { settings, photoBucket, tables, collection, topics };
    const functions = createStepFunctions(name, parts, own);
    const stateMachine = createStateMachine(name, { settings, functions }, own);
    const rule = createUploadRule(name, { settings, photoBucket, stateMachine }, own);
    const operations = createOperations(name, { ...parts, stateMachine }, own);
    const operatorTopic = createOperatorTopic(name, { settings, sibling: stateMachine.arn }, own);
    const { sender } = settings;
    const mail = sender === undefined ? undefined : createStudentMail(name, { ...parts, sender }, own);
    const page = settings.site.enabled ? createUploadPage(name, parts, own) : undefined;
    const watched = { settings, operatorTopic, stateMachine, rule, operations, mail, page };
    const alarms = createAlarms(name, watched, own);
    const dashboard = createDashboard(name, { ...watched, topics, functions, alarms }, own);
    if (settings.audit.enabled) createAuditTrail(name, parts, own);

    this.photoBucket = photoBucket;
    this.avatarTable = tables.avatars;
    this.uploadTable = tables.uploads;
    this.faceCollectionId = collection.collectionId;
    this.stateMachineArn = stateMachine.arn;
    this.successTopicArn = topics.success.arn;
    this.failureTopicArn = topics.failure.arn;
    this.deadLetterQueueUrl = rule.deadLetters.url;
    this.mailDeadLetterQueueUrl = mail?.deadLetters.url;
    this.readAvatarsPolicy = readAvatarsPolicy(parts);
    this.operatorTopicArn = operatorTopic.arn;
    this.dashboardName = dashboard.dashboardName;
    this.reconcileFunctionName = operations.reconcile.name;
    this.eraseStudentFunctionName = operations.eraseStudent.name;
    this.siteUrl = page?.siteUrl;
    this.apiUrl = page?.apiUrl;
    this.registerOutputs({
      photoBucket: this.photoBucket,
      avatarTable: this.avatarTable,
      uploadTable: this.uploadTable,
      faceCollectionId: this.faceCollectionId,
      stateMachineArn: this.stateMachineArn,
      successTopicArn: this.successTopicArn,
      failureTopicArn: this.failureTopicArn,
      deadLetterQueueUrl: this.deadLetterQueueUrl,
      mailDeadLetterQueueUrl: this.mailDeadLetterQueueUrl,
      readAvatarsPolicy: this.readAvatarsPolicy,
      operatorTopicArn: this.operatorTopicArn,
      dashboardName: this.dashboardName,
      reconcileFunctionName: this.reconcileFunctionName,
      eraseStudentFunctionName: this.eraseStudentFunctionName,
      siteUrl: this.siteUrl,
      apiUrl: this.apiUrl,
    });
  }
}
