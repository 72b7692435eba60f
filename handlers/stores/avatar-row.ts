import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { Box, ThumbnailKeys } from "../contract/flow-data";
import type { Item } from "./dynamodb";

/** A student's avatar in use. */
export interface AvatarRow {
  readonly studentId: string;
  readonly uploadId: string;
  /** The upload's time, ISO 8601, UTC: it decides which of two photos is newer. See `replacingAt`. */
  readonly uploadedAt: string;
  readonly faceId: string;
  readonly thumbnails: ThumbnailKeys;
  readonly format: string;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly face: { readonly box: Box; readonly confidence: number };
  /** ISO 8601, UTC. */
  readonly processedAt: string;
  readonly executionArn: string;
  /**
   * The time at which a reconciliation found nobody else with the face, ISO 8601, UTC; absent until one has searched.
   */
  readonly searchedAt?: string | undefined;
  /** Uploads of the same student whose face and thumbnails are still to be removed. */
  readonly replaces: readonly Replaced[];
}

export interface Replaced {
  readonly uploadId: string;
  readonly faceId: string;
}

const s = (value: string): AttributeValue => ({ S: value });
const n = (value: number): AttributeValue => ({ N: String(value) });

/** The item of a new avatar: no run has searched for its face yet. */
export function writeAvatarRow(row: AvatarRow): Item {
  const { box } = row.face;
  return {
    student_id: s(row.studentId),
    upload_id: s(row.uploadId),
    uploaded_at: s(row.uploadedAt),
    face_id: s(row.faceId),
    thumbnails: { M: Object.fromEntries(Object.entries(row.thumbnails).map(([size, key]) => [size, s(key)])) },
    format: s(row.format),
    width: n(row.width),
    height: n(row.height),
    bytes: n(row.bytes),
    sha256: s(row.sha256),
    face: {
      M: {
        box: { M: { left: n(box.left), top: n(box.top), width: n(box.width), height: n(box.height) } },
        confidence: n(row.face.confidence),
      },
    },
    processed_at: s(row.processedAt),
    execution_arn: s(row.executionArn),
    ...(row.replaces.length > 0 && {
      replaces: { L: row.replaces.map((old) => ({ M: { upload_id: s(old.uploadId), face_id: s(old.faceId) } })) },
    }),
  };
}

export function readAvatarRow(item: Item): AvatarRow {
  const text = (from: Item | undefined, name: string) => from?.[name]?.S ?? "";
  const number = (from: Item | undefined, name: string) => Number(from?.[name]?.N ?? 0);
  const face = item["face"]?.M;
  const box = face?.["box"]?.M;
  return {
    studentId: text(item, "student_id"),
    uploadId: text(item, "upload_id"),
    uploadedAt: text(item, "uploaded_at"),
    faceId: text(item, "face_id"),
    thumbnails: Object.fromEntries(
      Object.entries(item["thumbnails"]?.M ?? {}).map(([size, key]) => [size, key.S ?? ""]),
    ),
    format: text(item, "format"),
    width: number(item, "width"),
    height: number(item, "height"),
    bytes: number(item, "bytes"),
    sha256: text(item, "sha256"),
    face: {
      box: {
        left: number(box, "left"),
        top: number(box, "top"),
        width: number(box, "width"),
        height: number(box, "height"),
      },
      confidence: number(face, "confidence"),
    },
    processedAt: text(item, "processed_at"),
    executionArn: text(item, "execution_arn"),
    ...(item["searched_at"]?.S !== undefined && { searchedAt: item["searched_at"].S }),
    replaces: (item["replaces"]?.L ?? []).map((old) => ({
      uploadId: text(old.M, "upload_id"),
      faceId: text(old.M, "face_id"),
    })),
  };
}
