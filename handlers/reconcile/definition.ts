import { dynamodb, now, rekognition, s3, sfn, sleep } from "../runtime/clients";
import { defineFunction } from "../runtime/define";
import { allow, deleteThumbnailVersions, type OperatorArns } from "../runtime/grants";
import { avatarTable, collectionId, duplicateSimilarity, photoBucket, text, uploadTable } from "../runtime/settings";
import { step } from "../runtime/step";
import { reconcile } from "./handler";
import type { ReconcileClients, ReconcileSettings } from "./stock";

/** The settings that every stack shares. */
const patience = {
  graceMinutes: 15,
  // Out of the function's 15 minutes: the rest is for listing the stores and fixing the differences.
  searchSeconds: 600,
  // At most four a second, out of the five that Rekognition allows by default.
  searchPauseMilliseconds: 200,
};

type StackSettings = Omit<ReconcileSettings, keyof typeof patience>;

export const reconcileFunction = defineFunction({
  name: "Reconcile",
  handler: (settings: StackSettings, clients: ReconcileClients) =>
    reconcile({ ...settings, ...patience, functionName: process.env["AWS_LAMBDA_FUNCTION_NAME"] ?? "" }, clients),
  settings: {
    uploadTable,
    avatarTable,
    collectionId,
    photoBucket,
    stateMachineArn: text("STATE_MACHINE_ARN"),
    duplicateSimilarity,
  },
  clients: {
    dynamodb,
    rekognition,
    s3,
    sfn,
    now,
    sleep,
    print: () => (line: string) => void process.stdout.write(`${line}\n`),
  },
  around: step,
  grants: (on: OperatorArns) => [
    allow(["dynamodb:GetItem", "dynamodb:Scan", "dynamodb:UpdateItem"], [on.uploadTable]),
    allow(["dynamodb:GetItem", "dynamodb:Scan", "dynamodb:UpdateItem"], [on.avatarTable]),
    allow(
      ["rekognition:ListFaces", "rekognition:DeleteFaces", "rekognition:IndexFaces", "rekognition:SearchFaces"],
      [on.faceCollection],
    ),
    ...deleteThumbnailVersions(on),
    // IndexFaces reads the thumbnail with the caller's rights.
    allow(["s3:GetObject"], [`${on.photoBucket}/avatars/*`]),
    {
      ...allow(["s3:ListBucketVersions"], [on.photoBucket]),
      Condition: { StringLike: { "s3:prefix": "uploads/*" } },
    },
    allow(["s3:DeleteObjectVersion"], [`${on.photoBucket}/uploads/*`]),
    allow(["states:StartExecution"], [on.stateMachine]),
    allow(["states:DescribeExecution"], [on.executions]),
  ],
  // The function holds an entry for every face, object and row: about 1 KB a student.
  memorySize: 1024,
  timeout: 900,
});
