import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { Rekognition } from "@aws-sdk/client-rekognition";
import type { S3 } from "@aws-sdk/client-s3";
import { getAvatar } from "../stores/avatars";
import { deleteFaces, findFaces } from "../stores/faces";
import { deleteOriginal, deleteThumbnails } from "../stores/photos";
import type { Failures, FlowInput, Photo } from "../contract/flow-data";
import { readFlowInput } from "../contract/flow-input";
import { identify, nameless } from "../stores/identify";
import type { Sleep } from "../runtime/clients";
import type { Handler } from "../runtime/step";
import { removeReplaced } from "../stores/replaced";
import { getUpload, recordRefusal, withdrawConfirmation, type UploadRow } from "../stores/uploads";
import { verdictOf } from "../contract/verdict";

export interface UndoInput {
  /** The execution's own input. */
  readonly event: FlowInput;
  readonly execution: string;
  /** The machine's state; without a photo if ReceivePhoto failed, which may have claimed the upload before that. */
  readonly state: { readonly photo?: Photo };
  /** All errors that the machine caught on the way here. */
  readonly failed: readonly Failures[];
}

export interface UndoOutput {
  /**
   * False if the upload now belongs to another execution: then this one has nothing to undo and no notice to publish.
   */
  readonly owned: boolean;
}

export interface UndoSettings {
  readonly uploadTable: string;
  readonly avatarTable: string;
  readonly collectionId: string;
}

export interface UndoClients {
  readonly dynamodb: Pick<DynamoDB, "getItem" | "updateItem">;
  readonly rekognition: Pick<Rekognition, "deleteFaces" | "listFaces">;
  readonly s3: Pick<S3, "deleteObject" | "listObjectVersions" | "deleteObjects">;
  readonly sleep: Sleep;
}

/**
 * Removes everything that this upload created, and nothing else. Undo uses the rows and the names that every object and
 * face carries, not the steps' output: a step that died has none. Safe to repeat.
 *
 * An upload that has been saved is the student's avatar and stays; the avatars that it replaced are removed. The
 * original is deleted if the photo was refused, and stays if the fault is ours, so that it can be processed again.
 */
export function undo(settings: UndoSettings, clients: UndoClients): Handler<UndoInput, UndoOutput> {
  return async ({ event, execution, state, failed }) => {
    const photo = state.photo ?? (await claimedPhoto(settings, clients, event, execution));
    if (photo === undefined) return { owned: true };
    const row = await getUpload(clients.dynamodb, settings.uploadTable, photo.uploadId);
    // No row at all means that the student was erased in the meantime: then nothing may be left either.
    if (row !== undefined && row.executionArn !== photo.executionArn) return { owned: false };
    const avatar = await getAvatar(clients.dynamodb, settings.avatarTable, photo.studentId);
    if (avatar?.uploadId === photo.uploadId) {
      await removeReplaced(settings, clients, photo.bucket, avatar);
      return { owned: true };
    }
    const faceIds = await facesToRemove(settings, clients, photo.uploadId, row);
    // Never the face of the avatar in use: the same bytes may have got the same face.
    const removable = faceIds.filter((faceId) => faceId !== avatar?.faceId);
    // Withdraws the confirmation before deleting the face: from then on another student may register it.
    if (row?.confirmed === true && row.status === "processing") {
      await withdrawConfirmation(clients.dynamodb, settings.uploadTable, photo);
    }
    if (removable.length > 0) await deleteFaces(clients, settings.collectionId, removable);
    await deleteThumbnails(clients.s3, photo.bucket, photo.studentId, photo.uploadId);
    const verdict = verdictOf(failed);
    if (verdict.outcome === "rejected") {
      // Recorded first: a replayed execution finds no photo left to judge.
      if (row !== undefined) {
        await recordRefusal(clients.dynamodb, settings.uploadTable, photo, verdict);
      }
      await deleteOriginal(clients.s3, photo);
    }
    return { owned: true };
  };
}

/**
 * The upload of an execution that claimed it and failed before it could say so; undefined if it did not claim it.
 *
 * Deletes a surplus object, which ReceivePhoto could not.
 */
async function claimedPhoto(
  settings: UndoSettings,
  { dynamodb, s3 }: UndoClients,
  event: FlowInput,
  execution: string,
): Promise<Photo | undefined> {
  const { created } = readFlowInput(event);
  if (created === undefined) return undefined;
  const photo = await identify(dynamodb, settings.uploadTable, created, execution);
  if (photo === "surplus") await deleteOriginal(s3, nameless(created, "", execution));
  if (typeof photo === "string") return undefined;
  const row = await getUpload(dynamodb, settings.uploadTable, photo.uploadId);
  return row?.executionArn === execution ? photo : undefined;
}

async function facesToRemove(
  settings: UndoSettings,
  { rekognition }: UndoClients,
  uploadId: string,
  row: UploadRow | undefined,
): Promise<readonly string[]> {
  if (row?.faceId !== undefined) return [row.faceId];
  // IndexFace began and left no id: either it created no face, or it died before it recorded the id.
  const mayHaveIndexed = row === undefined || row.steps["IndexFace"] !== undefined;
  return mayHaveIndexed ? findFaces(rekognition, settings.collectionId, (owner) => owner.uploadId === uploadId) : [];
}
