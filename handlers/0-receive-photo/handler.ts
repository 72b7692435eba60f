import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import { getAvatar } from "../stores/avatars";
import { namedError } from "../runtime/errors";
import type { Failures, FlowInput, ObjectCreatedEvent, Photo } from "../contract/flow-data";
import { readFlowInput } from "../contract/flow-input";
import { identify } from "../stores/identify";
import type { Handler } from "../runtime/step";
import { isConditionFailure, readRefusal, type Refusal } from "../stores/uploads";

export interface ReceivePhotoInput {
  readonly event: FlowInput;
  /** This execution's ARN. */
  readonly execution: string;
}

export type ReceivePhotoOutput =
  /** The upload is this execution's. */
  | { readonly claim: "claimed"; readonly photo: Photo }
  /** An earlier attempt saved the avatar and then stopped: what is left is to tidy up and to say so. */
  | { readonly claim: "saved"; readonly photo: Photo }
  /** An execution ended without a word, or refused the photo and did not come to say so: this one closes the upload. */
  | { readonly claim: "interrupted"; readonly photo: Photo; readonly failed: Failures }
  /** Another execution has, or had, the upload; or the object is no photo. */
  | { readonly claim: "already-handled" };

export interface ReceivePhotoSettings {
  readonly uploadTable: string;
  readonly avatarTable: string;
  /** How long a row is kept after it was last claimed, in days. */
  readonly rowDays: number;
}

export interface ReceivePhotoClients {
  readonly dynamodb: Pick<DynamoDB, "getItem" | "updateItem">;
  readonly now: () => Date;
}

/**
 * Claims the upload that an event is about, once: EventBridge delivers at least once, and an execution started from a
 * rule has no name that would make it unique. The claim is a conditional write on the upload's row.
 *
 * An upload that failed can be claimed again: that is how an operator starts it once more.
 */
export function receivePhoto(
  settings: ReceivePhotoSettings,
  clients: ReceivePhotoClients,
): Handler<ReceivePhotoInput, ReceivePhotoOutput> {
  return async ({ event, execution }) => {
    const { created, closes } = readFlowInput(event);
    // The console makes empty objects that stand for folders; they are no uploads.
    if (created === undefined || created.detail.object.key.endsWith("/")) return { claim: "already-handled" };
    const claimed = await claimPhoto(settings, clients, created, execution, closes?.executionArn);
    if (claimed === undefined) return { claim: "already-handled" };
    const { photo } = claimed;
    if (claimed.wasClaimed) {
      const avatar = await getAvatar(clients.dynamodb, settings.avatarTable, photo.studentId);
      if (avatar?.uploadId === photo.uploadId) return { claim: "saved", photo };
    }
    if (claimed.refusal !== undefined) {
      const { step, reason } = claimed.refusal;
      const cause = "An earlier attempt refused the photo, and stopped before that was told.";
      return { claim: "interrupted", photo, failed: { [step]: { Error: reason, Cause: cause } } };
    }
    if (closes === undefined) return { claim: "claimed", photo };
    const cause = `The execution ${closes.executionArn} ended ${closes.status} without closing the upload.`;
    return { claim: "interrupted", photo, failed: { [claimed.step]: { Error: "Interrupted", Cause: cause } } };
  };
}

/**
 * Finds out which upload the object is, and takes it; undefined when it is not to be had.
 *
 * Of two objects that were stored under one issued key at the same moment, both find the upload free. The one that
 * comes too late then looks again, and is an upload of its own.
 */
async function claimPhoto(
  settings: ReceivePhotoSettings,
  clients: ReceivePhotoClients,
  created: ObjectCreatedEvent,
  executionArn: string,
  closesArn: string | undefined,
): Promise<Claimed | undefined> {
  let before: Photo | undefined;
  for (;;) {
    const photo = await identify(clients.dynamodb, settings.uploadTable, created, executionArn);
    if (photo === undefined) throw invalidKey(created.detail.object.key);
    if (photo.uploadId === before?.uploadId) return undefined;
    const claimed = await claim(settings, clients, photo, closesArn);
    if (claimed !== undefined) return claimed;
    before = photo;
  }
}

function invalidKey(key: string): Error {
  return namedError(
    "InvalidKey",
    `The key "${key}" is not uploads/{studentId}/{file name} with a studentId of 1 to 64 of A-Z a-z 0-9 _ . -; ` +
      "copy the photo again under such a key.",
  );
}

interface Claimed {
  readonly photo: Photo;
  /** The step that the upload had come to. */
  readonly step: string;
  /** Whether an earlier attempt had it. */
  readonly wasClaimed: boolean;
  /** Why the photo is refused, if an earlier attempt came to that. */
  readonly refusal?: Refusal;
}

/**
 * Takes the upload for this execution.
 *
 * What an earlier attempt recorded (steps, face_id, confirmed) stays: Undo goes by it when the same execution is run
 * again, and a row is cleared of it when it ends.
 *
 * @returns undefined when the upload is not to be had
 */
async function claim(
  settings: ReceivePhotoSettings,
  clients: ReceivePhotoClients,
  photo: Photo,
  interruptedArn: string | undefined,
): Promise<Claimed | undefined> {
  const now = clients.now();
  // The same execution claims twice when the answer to its first claim was lost.
  const owners = interruptedArn === undefined ? ":owner" : ":owner, :interrupted";
  // An upload that failed may be tried again; one that failed before its execution ended needs no closing.
  const open = interruptedArn === undefined ? ":awaiting, :failed" : ":awaiting";
  try {
    const { Attributes: before } = await clients.dynamodb.updateItem({
      TableName: settings.uploadTable,
      Key: { upload_id: { S: photo.uploadId } },
      ConditionExpression:
        // Never another object's row, whatever became of that one.
        "attribute_not_exists(upload_id) OR ((attribute_not_exists(version_id) OR version_id = :version) AND " +
        `(#status IN (${open}) OR (#status = :processing AND execution_arn IN (${owners}))))`,
      UpdateExpression:
        "SET #status = :processing, student_id = :student, object_key = :key, version_id = :version, " +
        "execution_arn = :owner, uploaded_at = :uploaded, claimed_at = :now, created_at = if_not_exists(created_at, :now), " +
        "#step = :step, steps = if_not_exists(steps, :steps), expires_at = :expires REMOVE #reason, ended_at",
      ExpressionAttributeNames: { "#status": "status", "#reason": "reason", "#step": "step" },
      ExpressionAttributeValues: {
        ":awaiting": { S: "awaiting-upload" },
        ":processing": { S: "processing" },
        ":owner": { S: photo.executionArn },
        ":student": { S: photo.studentId },
        ":key": { S: photo.key },
        ":version": { S: photo.versionId ?? "" },
        ":uploaded": { S: photo.uploadedAt },
        ":now": { S: now.toISOString() },
        ":step": { S: "ReceivePhoto" },
        ":steps": { M: { ReceivePhoto: { S: now.toISOString() } } },
        ":expires": { N: String(Math.floor(now.getTime() / 1000) + settings.rowDays * 86_400) },
        ...(interruptedArn === undefined ? { ":failed": { S: "failed" } } : { ":interrupted": { S: interruptedArn } }),
      },
      ReturnValues: "ALL_OLD",
    });
    const status = before?.["status"]?.S;
    const refusal = before && readRefusal(before);
    return {
      photo,
      step: before?.["step"]?.S ?? "ReceivePhoto",
      wasClaimed: status === "processing" || status === "failed",
      ...(refusal ? { refusal } : {}),
    };
  } catch (error) {
    if (isConditionFailure(error)) return undefined;
    throw error;
  }
}
