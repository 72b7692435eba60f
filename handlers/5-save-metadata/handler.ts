import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import { getAvatar, replaceAvatar, type AvatarRow } from "../stores/avatars";
import { namedError, rejection } from "../runtime/errors";
import type { Face, Format, Photo } from "../contract/flow-data";
import type { CreateThumbnailOutput } from "../4a-create-thumbnail/handler";
import type { IndexFaceOutput } from "../4b-index-face/handler";
import { isNewer, replacingAt } from "../contract/keys";
import { unavailable, type Handler } from "../runtime/step";
import { beginStep } from "../stores/uploads";

export interface SaveMetadataInput {
  readonly photo: Photo;
  readonly format: Format;
  readonly face: Face;
  /** The outputs of the two branches of Process, in the order of the branches. */
  readonly processed: readonly [CreateThumbnailOutput, IndexFaceOutput];
}

export interface SaveMetadataOutput {
  /** ISO 8601, UTC. */
  readonly processedAt: string;
}

export interface SaveMetadataSettings {
  readonly uploadTable: string;
  readonly avatarTable: string;
}

export interface SaveMetadataClients {
  readonly dynamodb: Pick<DynamoDB, "getItem" | "putItem" | "updateItem">;
  readonly now: () => Date;
}

/**
 * Makes the upload the student's avatar: this one write decides. Before it, nothing of an earlier avatar is touched;
 * after it, the upload is never undone.
 *
 * The row is replaced only if it is still the one that was read, and never by an older upload.
 */
export function saveMetadata(
  settings: SaveMetadataSettings,
  clients: SaveMetadataClients,
): Handler<SaveMetadataInput, SaveMetadataOutput> {
  return async ({ photo, format, face, processed: [{ thumbnails }, { faceId }] }) => {
    const { uploadTable, avatarTable } = settings;
    const seen = await getAvatar(clients.dynamodb, avatarTable, photo.studentId);
    const seenId = seen?.uploadId ?? nobody;
    const { insteadOf } = await beginStep(clients.dynamodb, uploadTable, photo, "SaveMetadata", clients.now(), {
      insteadOf: seenId,
    });
    // An earlier attempt left its mark: the row read before that mark may be older than the attempt's write.
    const before = insteadOf === seenId ? seen : await getAvatar(clients.dynamodb, avatarTable, photo.studentId);
    // The response to an earlier attempt was lost.
    if (before?.uploadId === photo.uploadId) return { processedAt: before.processedAt };
    if (before !== undefined && !mayReplace(photo, before, insteadOf)) {
      throw rejection("SUPERSEDED", `The student's avatar is upload ${before.uploadId}, which is as new or newer.`);
    }
    const avatar: AvatarRow = {
      studentId: photo.studentId,
      uploadId: photo.uploadId,
      uploadedAt: before === undefined ? photo.uploadedAt : replacingAt(photo.uploadedAt, before.uploadedAt),
      faceId,
      thumbnails,
      ...format,
      bytes: photo.bytes,
      face,
      processedAt: clients.now().toISOString(),
      executionArn: photo.executionArn,
      replaces: before === undefined ? [] : [{ uploadId: before.uploadId, faceId: before.faceId }, ...before.replaces],
    };
    if (!(await replaceAvatar(clients.dynamodb, avatarTable, avatar, before))) {
      // Another upload of the student was saved between the read and the write: the next attempt reads it.
      throw namedError(unavailable, "The student's row changed while it was being replaced; retry.");
    }
    return { processedAt: avatar.processedAt };
  };
}

/** The value of `instead_of` for a student without an avatar; never an upload's id. */
const nobody = "-";

/**
 * Whether an upload may replace the avatar. Of two uploads within a second, the one saved later does, but only if the
 * current avatar is the one that its first attempt saw: otherwise an attempt may have been saved and replaced since,
 * and the upload's face and thumbnails be gone. All attempts use what the first one saw, so that all decide alike.
 */
function mayReplace(photo: Photo, before: AvatarRow, insteadOf: string | undefined): boolean {
  return before.uploadId === insteadOf
    ? !isNewer(before.uploadedAt, photo.uploadedAt)
    : isNewer(photo.uploadedAt, before.uploadedAt);
}
