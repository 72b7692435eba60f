import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { Rekognition } from "@aws-sdk/client-rekognition";
import type { S3 } from "@aws-sdk/client-s3";
import { getAvatar } from "../stores/avatars";
import { deleteOriginal as deleteTheOriginal } from "../stores/photos";
import type { Photo } from "../contract/flow-data";
import type { Sleep } from "../runtime/clients";
import type { Handler } from "../runtime/step";
import { removeReplaced } from "../stores/replaced";
import { beginStep } from "../stores/uploads";

export interface DeleteOriginalInput {
  readonly photo: Photo;
}

export interface DeleteOriginalOutput {
  /** The number of the student's earlier avatars that were removed. */
  readonly replaced: number;
}

export interface DeleteOriginalSettings {
  readonly uploadTable: string;
  readonly avatarTable: string;
  readonly collectionId: string;
}

export interface DeleteOriginalClients {
  readonly dynamodb: Pick<DynamoDB, "getItem" | "updateItem">;
  readonly rekognition: Pick<Rekognition, "deleteFaces">;
  readonly s3: Pick<S3, "deleteObject" | "listObjectVersions" | "deleteObjects">;
  readonly now: () => Date;
  readonly sleep: Sleep;
}

/** Deletes the uploaded object, and the face and thumbnails of the avatar that this one replaced. */
export function deleteOriginal(
  settings: DeleteOriginalSettings,
  clients: DeleteOriginalClients,
): Handler<DeleteOriginalInput, DeleteOriginalOutput> {
  return async ({ photo }) => {
    await beginStep(clients.dynamodb, settings.uploadTable, photo, "DeleteOriginal", clients.now());
    await deleteTheOriginal(clients.s3, photo);
    const avatar = await getAvatar(clients.dynamodb, settings.avatarTable, photo.studentId);
    // If a newer upload has already replaced this one, its list includes everything that this one replaced.
    if (avatar?.uploadId !== photo.uploadId) return { replaced: 0 };
    await removeReplaced(settings, clients, photo.bucket, avatar);
    return { replaced: avatar.replaces.length };
  };
}
