import { dynamodb, now, s3, sfn } from "../runtime/clients";
import { defineFunction } from "../runtime/define";
import { allow, type OperatorArns } from "../runtime/grants";
import type { MissedClients, MissedSettings } from "../reconcile/originals";
import { photoBucket, text, uploadTable } from "../runtime/settings";
import { step } from "../runtime/step";
import { startMissed } from "./handler";

/**
 * Minutes after which a photo without an execution counts as missed. An event takes seconds; a crowd that exceeds
 * Lambda's limit for longer only causes executions that end in `AlreadyHandled`.
 */
const grace = { graceMinutes: 10 };

export const startMissedFunction = defineFunction({
  name: "StartMissed",
  handler: (
    settings: Omit<MissedSettings, keyof typeof grace>,
    clients: MissedClients & { readonly print: (line: string) => void },
  ) => startMissed({ ...settings, ...grace, functionName: process.env["AWS_LAMBDA_FUNCTION_NAME"] ?? "" }, clients),
  settings: { uploadTable, photoBucket, stateMachineArn: text("STATE_MACHINE_ARN") },
  clients: { dynamodb, s3, sfn, now, print: () => (line: string) => void process.stdout.write(`${line}\n`) },
  around: step,
  grants: (on: OperatorArns) => [
    allow(["dynamodb:GetItem"], [on.uploadTable]),
    {
      ...allow(["s3:ListBucketVersions"], [on.photoBucket]),
      Condition: { StringLike: { "s3:prefix": "uploads/*" } },
    },
    allow(["states:StartExecution"], [on.stateMachine]),
  ],
  memorySize: 256,
  timeout: 300,
});
