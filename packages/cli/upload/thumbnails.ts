import { getAvatar, type AvatarRow } from "../../../handlers/stores/avatars";
import { removeCopy, writeCopy } from "../target/copies";
import type { Destination } from "./clients";

/**
 * Copies an avatar's thumbnails into the data folder.
 *
 * @param data the data folder
 * @returns size in pixels to the file's path; none if the avatar is replaced or erased in the meantime
 */
export async function fetchThumbnails(
  { studentId, uploadId, thumbnails }: AvatarRow,
  data: string,
  { dynamodb, s3, avatarTable, photoBucket: Bucket }: Destination,
): Promise<Record<string, string>> {
  const sizes = Object.entries(thumbnails).sort(([a], [b]) => Number(a) - Number(b));
  try {
    const copies: [size: string, path: string][] = [];
    for (const [size, Key] of sizes) {
      const { Body } = await s3.getObject({ Bucket, Key });
      copies.push([size, writeCopy(data, Key, (await Body?.transformToByteArray()) ?? new Uint8Array())]);
    }
    // The row is deleted before the objects, so that this read notices a copy of an object that is being deleted.
    const now = await getAvatar(dynamodb, avatarTable, studentId);
    if (now?.uploadId === uploadId) return Object.fromEntries(copies);
  } catch (error) {
    if ((error as Error).name !== "NoSuchKey") throw error;
  }
  for (const [, key] of sizes) removeCopy(data, key);
  return {};
}
