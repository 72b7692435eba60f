import type { AvatarRow } from "../../handlers/stores/avatar-row";
import type { Item } from "../../handlers/stores/dynamodb";
import type { Format, ObjectCreatedEvent, Photo } from "../../handlers/contract/flow-data";
import { externalImageId, issuedAt, makeUploadId } from "../../handlers/contract/keys";

/** Photos, events and rows as the flow makes them, at a time of their own. */
export const now = new Date("2026-03-01T08:00:00.000Z");
export const executionArn = "arn:aws:states:ap-southeast-1:000000000000:execution:flow:one";

/** An uploadId of a given second: later seconds sort later. */
export function uploadIdAt(second: number): string {
  return makeUploadId(Date.UTC(2026, 2, 1) + second * 1000, Buffer.alloc(10, second));
}

export function aPhoto(changes: Partial<Photo> = {}): Photo {
  const uploadId = changes.uploadId ?? uploadIdAt(1);
  const studentId = changes.studentId ?? "SV001";
  return {
    bucket: "photos",
    key: `uploads/${studentId}/${uploadId}.jpg`,
    versionId: "v1",
    etag: "etag",
    bytes: 1000,
    studentId,
    uploadId,
    uploadedAt: issuedAt(uploadId).toISOString(),
    executionArn,
    ...changes,
  };
}

export const aFormat: Format = { format: "jpeg", width: 1000, height: 800, sha256: "ab".repeat(32) };

/** A photo that Rekognition reads from the bucket. */
export const aPlainFormat: Format = { ...aFormat, isPlain: true };

export const aFace = { box: { left: 0.4, top: 0.3, width: 0.2, height: 0.3 }, confidence: 99.9 };

export function anEvent(
  key: string,
  changes: Partial<ObjectCreatedEvent["detail"]["object"]> = {},
): ObjectCreatedEvent {
  return {
    source: "aws.s3",
    time: "2026-03-01T07:59:59Z",
    detail: { bucket: { name: "photos" }, object: { key, size: 1000, etag: "etag", "version-id": "v1", ...changes } },
  };
}

/** A row of an upload that its execution has claimed. */
export function aClaimedRow(photo: Photo, more: Item = {}): Item {
  return {
    upload_id: { S: photo.uploadId },
    student_id: { S: photo.studentId },
    status: { S: "processing" },
    execution_arn: { S: photo.executionArn },
    version_id: { S: photo.versionId ?? "" },
    steps: { M: {} },
    ...more,
  };
}

export function anAvatar(changes: Partial<AvatarRow> = {}): AvatarRow {
  const studentId = changes.studentId ?? "SV001";
  const uploadId = changes.uploadId ?? uploadIdAt(0);
  return {
    studentId,
    uploadId,
    uploadedAt: issuedAt(uploadId).toISOString(),
    faceId: `face-of-${uploadId}`,
    thumbnails: { "64": `avatars/${studentId}/${uploadId}/64.jpg` },
    ...aFormat,
    bytes: 1000,
    face: aFace,
    processedAt: "2026-02-01T00:00:00.000Z",
    executionArn: "arn:aws:states:ap-southeast-1:000000000000:execution:flow:earlier",
    replaces: [],
    ...changes,
  };
}

/** A match of a search for faces: the face of another upload. */
export function aMatch({ studentId, uploadId }: Pick<Photo, "studentId" | "uploadId">, faceId = `face-of-${uploadId}`) {
  return { Similarity: 99, Face: { FaceId: faceId, ExternalImageId: externalImageId(studentId, uploadId) } };
}
