import { mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Cloud } from "pulumi-local-cloud";
import type { CloudEvent } from "pulumi-local-cloud/gateway/service";
import { isUploadId } from "../../../handlers/contract/keys";
import { isStudentId } from "../../../handlers/contract/students";
import { cannotWrite, isSystemError } from "../system-errors";
import { pipelinesOf } from "./pipeline";
import type { Target } from "./target";

/**
 * The copies of thumbnails that `avatar-pipeline process` leaves in the data folder, for programs that read files:
 *
 *   thumbnails/{studentId}/{uploadId}/{size}.jpg     of the object avatars/{studentId}/{uploadId}/{size}.jpg
 *
 * A copy exists only as long as its object: erased or replaced photos of people must not stay behind, whoever erased or
 * replaced them.
 */

function folderOf(data: string): string {
  return join(data, "thumbnails");
}

/** The path of an object's copy; undefined if the key is not a thumbnail's. */
function copyOf(data: string, key: string): string | undefined {
  const [, studentId = "", uploadId = "", name = ""] = /^avatars\/([^/]+)\/([^/]+)\/(\d+\.jpg)$/.exec(key) ?? [];
  return isStudentId(studentId) && isUploadId(uploadId) ? join(folderOf(data), studentId, uploadId, name) : undefined;
}

/**
 * Writes the copy of a thumbnail.
 *
 * @returns its path
 * @throws Error in one line if it cannot be written
 */
export function writeCopy(data: string, key: string, bytes: Uint8Array): string {
  const path = copyOf(data, key);
  if (path === undefined) throw new Error(`"${key}" is not the key of a thumbnail, avatars/STUDENT/UPLOAD/SIZE.jpg.`);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  } catch (error) {
    throw cannotWrite(path, error, "the photo is accepted all the same; fix that, and process it again for its files");
  }
  return path;
}

/** Removes an object's copy, if there is one, and the folders that this leaves empty. */
export function removeCopy(data: string, key: string): void {
  const path = copyOf(data, key);
  if (path === undefined) return;
  rmSync(path, { force: true });
  try {
    // The upload's folder, then the student's; stops at one that is not empty or missing.
    rmdirSync(dirname(path));
    rmdirSync(dirname(dirname(path)));
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
}

/** The keys of the objects that have copies: a student's, or everybody's. */
function copiedKeys(data: string, studentId?: string): readonly string[] {
  const below = (...parts: string[]): readonly string[] => {
    try {
      return readdirSync(join(folderOf(data), ...parts));
    } catch (error) {
      if (isSystemError(error) && ["ENOENT", "ENOTDIR"].includes(error.code)) return [];
      throw error;
    }
  };
  const students = studentId === undefined ? below() : [studentId];
  const keys = students.flatMap((student) =>
    below(student).flatMap((upload) => below(student, upload).map((name) => `avatars/${student}/${upload}/${name}`)),
  );
  return keys.filter((key) => copyOf(data, key) !== undefined);
}

/**
 * Erases a student in one pipeline, with the copies of its thumbnails; other pipelines' copies in the folder stay.
 *
 * @param erase erases what the pipeline itself holds
 * @returns its result, and the number of copies
 */
export async function eraseCopies<Result>(
  data: string,
  studentId: string,
  target: Target,
  erase: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly copies: number }> {
  if (copiedKeys(data, studentId).length === 0) return { result: await erase(), copies: 0 };
  const { S3 } = await import("@aws-sdk/client-s3");
  const s3 = new S3(target.clientConfig);
  const isIn = async (bucket: string, Key: string): Promise<boolean> => {
    try {
      await s3.headObject({ Bucket: bucket, Key });
      return true;
    } catch (error) {
      if ((error as Error).name === "NotFound") return false;
      throw error;
    }
  };
  try {
    const own = target.resource("photoBucket");
    let copies = 0;
    for (const key of copiedKeys(data, studentId)) if (await isIn(own, key)) copies += 1;
    const result = await erase();
    for (const key of copiedKeys(data, studentId)) {
      const held = await Promise.all(target.photoBuckets.map((bucket) => isIn(bucket, key)));
      if (!held.includes(true)) removeCopy(data, key);
    }
    // Removes the folder with any other contents once it has no copy left.
    if (copiedKeys(data, studentId).length === 0) {
      rmSync(join(folderOf(data), studentId), { recursive: true, force: true });
    }
    return { result, copies };
  } finally {
    s3.destroy();
  }
}

/** Removes the copy of an object after the event of its deletion. */
export function followDeletion(data: string, event: CloudEvent): void {
  if (event.source !== "aws.s3" || event["detail-type"] !== "Object Deleted") return;
  const { object } = event.detail as { readonly object?: { readonly key?: unknown } };
  if (typeof object?.key === "string") removeCopy(data, object.key);
}

/** Removes the copies of objects that were deleted while nothing followed the events. */
export function sweepCopies({ data, graph, buckets, s3 }: Pick<Cloud, "data" | "graph" | "buckets" | "s3">): void {
  const photoBuckets = pipelinesOf(graph)
    .map(({ photoBucket }) => photoBucket)
    .filter((bucket) => buckets.includes(bucket));
  if (photoBuckets.length === 0) return;
  for (const key of copiedKeys(data)) {
    if (!photoBuckets.some((bucket) => s3.headObject(bucket, key))) removeCopy(data, key);
  }
}
