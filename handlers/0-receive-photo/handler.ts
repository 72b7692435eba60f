import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { S3 } from "@aws-sdk/client-s3";
import { studentIdRule } from "../contract/students";
import { getAvatar } from "../stores/avatars";
import { namedError } from "../runtime/errors";
import type { Failures, FlowInput, ObjectCreatedEvent, Photo } from "../contract/flow-data";
import { readFlowInput } from "../contract/flow-input";
import { derivedId, identify, nameless } from "../stores/identify";
import { deleteOriginal } from "../stores/photos";
import type { Handler } from "../runtime/step";
import { claimUpload, type UploadRow } from "../stores/uploads";

export interface ReceivePhotoInput {
  readonly event: FlowInput;
  /** This execution's ARN. */
  readonly execution: string;
}

export type ReceivePhotoOutput =
  /** The upload belongs to this execution. */
  | { readonly claim: "claimed"; readonly photo: Photo }
  /** An earlier attempt saved the avatar and then stopped: only the cleanup and the notice are left. */
  | { readonly claim: "saved"; readonly photo: Photo }
  /**
   * An execution ended without a notice, or refused the photo and failed before the notice: this one closes the upload.
   */
  | { readonly claim: "interrupted"; readonly photo: Photo; readonly failed: Failures }
  /** Another execution has, or had, the upload; or the object is no upload, and is gone. */
  | { readonly claim: "already-handled" };

export interface ReceivePhotoSettings {
  readonly uploadTable: string;
  readonly avatarTable: string;
  /** The days for which a row is kept after its last claim. */
  readonly rowDays: number;
}

export interface ReceivePhotoClients {
  readonly dynamodb: Pick<DynamoDB, "getItem" | "updateItem">;
  readonly s3: Pick<S3, "deleteObject">;
  readonly now: () => Date;
}

/**
 * Claims the upload of an event exactly once: EventBridge delivers at least once, and an execution started by a rule
 * has no name that would make it unique. The claim is a conditional write on the upload's row.
 *
 * An upload that failed can be claimed again: an operator restarts it that way.
 *
 * An object under an issued key that is not its upload's photo is deleted here, before anything is paid for.
 */
export function receivePhoto(
  settings: ReceivePhotoSettings,
  clients: ReceivePhotoClients,
): Handler<ReceivePhotoInput, ReceivePhotoOutput> {
  return async ({ event, execution }) => {
    const { created, closes } = readFlowInput(event);
    // The S3 console creates empty objects as folders; they are not uploads.
    if (created === undefined || created.detail.object.key.endsWith("/")) return { claim: "already-handled" };
    const claimed = await claimPhoto(settings, clients, created, execution, closes?.executionArn);
    if (claimed === undefined) return { claim: "already-handled" };
    const { photo, before } = claimed;
    // An earlier attempt claimed it.
    if (before?.status === "processing" || before?.status === "failed") {
      const avatar = await getAvatar(clients.dynamodb, settings.avatarTable, photo.studentId);
      if (avatar?.uploadId === photo.uploadId) return { claim: "saved", photo };
    }
    if (before?.refusal !== undefined) {
      const { step, reason } = before.refusal;
      const cause = "An earlier attempt refused the photo, and stopped before that was reported.";
      return { claim: "interrupted", photo, failed: { [step]: { Error: reason, Cause: cause } } };
    }
    if (closes === undefined) return { claim: "claimed", photo };
    const cause = `The execution ${closes.executionArn} ended ${closes.status} without closing the upload.`;
    return {
      claim: "interrupted",
      photo,
      failed: { [before?.step ?? "ReceivePhoto"]: { Error: "Interrupted", Cause: cause } },
    };
  };
}

/**
 * Identifies the object's upload and claims it; undefined if it has ended or belongs to another execution, or if the
 * object is no upload.
 *
 * If two objects are stored under one issued key at the same moment, both find the upload free. The one whose claim
 * fails is identified again, and found to be surplus.
 */
async function claimPhoto(
  { uploadTable, rowDays }: ReceivePhotoSettings,
  { dynamodb, s3, now }: ReceivePhotoClients,
  created: ObjectCreatedEvent,
  executionArn: string,
  interruptedArn: string | undefined,
): Promise<{ readonly photo: Photo; readonly before: UploadRow | undefined } | undefined> {
  let taken: Photo | undefined;
  for (;;) {
    const photo = await identify(dynamodb, uploadTable, created, executionArn);
    if (photo === "no-student") throw invalidKey(created);
    if (photo === "surplus") {
      await deleteOriginal(s3, nameless(created, "", executionArn));
      return undefined;
    }
    if (photo.uploadId === taken?.uploadId) return undefined;
    const before = await claimUpload(dynamodb, uploadTable, photo, { interruptedArn, now: now(), rowDays });
    if (before !== false) return { photo, before };
    taken = photo;
  }
}

/** Names the upload alone: the key may name a person, and the notice that follows shows it to whoever can fix it. */
function invalidKey(created: ObjectCreatedEvent): Error {
  return namedError(
    "InvalidKey",
    `The key of upload ${derivedId(created)} is not uploads/{studentId}/{file name} with a studentId of ${studentIdRule}; ` +
      "copy the photo again under such a key.",
  );
}
