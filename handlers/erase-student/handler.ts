import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { Rekognition } from "@aws-sdk/client-rekognition";
import type { S3 } from "@aws-sdk/client-s3";
import { deleteAvatar } from "../stores/avatars";
import { deleteDailyCounts } from "../stores/daily-counts";
import { deleteFaces, findFaces } from "../stores/faces";
import { forgetMatchesWith } from "../stores/matches";
import { deleteEveryVersion } from "../stores/photos";
import type { Sleep } from "../runtime/clients";
import { namedError } from "../runtime/errors";
import { isStudentId, studentIdRule } from "../contract/students";
import type { Handler } from "../runtime/step";
import { deleteUpload, uploadsOfStudent } from "../stores/uploads";

export interface EraseStudentInput {
  readonly studentId: string;
}

/** The receipt of an erasure: how many of each, and when. It holds nothing about the student but the requested id. */
export interface EraseReceipt {
  readonly studentId: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly faces: number;
  /** Counts versions of objects, as do all fields below. */
  readonly thumbnails: number;
  readonly originals: number;
  readonly uploadRows: number;
  readonly avatarRows: number;
}

export interface EraseStudentSettings {
  readonly uploadTable: string;
  readonly avatarTable: string;
  readonly collectionId: string;
  readonly photoBucket: string;
  /** Longer than any step's function can run. */
  readonly settleSeconds: number;
}

export interface EraseStudentClients {
  readonly dynamodb: Pick<DynamoDB, "scan" | "deleteItem" | "updateItem">;
  readonly rekognition: Pick<Rekognition, "listFaces" | "deleteFaces">;
  readonly s3: Pick<S3, "listObjectVersions" | "deleteObjects">;
  readonly now: () => Date;
  readonly sleep: Sleep;
}

/**
 * Erases everything that the pipeline holds about a student: faces, thumbnails, originals, rows, and the mention on rows
 * of students whose photo was refused for matching this one's.
 *
 * The uploads' rows are deleted first, so that a running upload loses its claim and undoes itself. If there was a row
 * or an original, the erasure is repeated after the longest time that a function can still be running. Safe to repeat;
 * a student about whom nothing is held gets a receipt of zeros.
 *
 * @throws InvalidStudentId
 */
export function eraseStudent(
  settings: EraseStudentSettings,
  clients: EraseStudentClients,
): Handler<EraseStudentInput, EraseReceipt> {
  return async ({ studentId }) => {
    if (typeof studentId !== "string" || !isStudentId(studentId)) {
      throw namedError("InvalidStudentId", `The given studentId is invalid: it must be ${studentIdRule}.`);
    }
    const first = await sweep(settings, clients, studentId);
    let { receipt } = first;
    if (first.wasBusy) {
      await clients.sleep(settings.settleSeconds * 1000);
      const second = (await sweep(settings, clients, studentId)).receipt;
      receipt = add(receipt, second);
    }
    return { studentId, at: clients.now().toISOString(), ...receipt };
  };
}

type Counts = Omit<EraseReceipt, "studentId" | "at">;

function add(a: Counts, b: Counts): Counts {
  return {
    faces: a.faces + b.faces,
    thumbnails: a.thumbnails + b.thumbnails,
    originals: a.originals + b.originals,
    uploadRows: a.uploadRows + b.uploadRows,
    avatarRows: a.avatarRows + b.avatarRows,
  };
}

async function sweep(
  settings: EraseStudentSettings,
  { dynamodb, rekognition, s3, now, sleep }: EraseStudentClients,
  studentId: string,
): Promise<{ receipt: Counts; wasBusy: boolean }> {
  let uploadRows = 0;
  let wasBusy = false;
  for await (const { uploadId, status } of uploadsOfStudent(dynamodb, settings.uploadTable, studentId)) {
    wasBusy ||= status === "processing" || status === "awaiting-upload";
    await deleteUpload(dynamodb, settings.uploadTable, uploadId);
    uploadRows += 1;
  }
  await deleteDailyCounts(dynamodb, settings.uploadTable, studentId, now());
  const originals = await deleteEveryVersion(s3, settings.photoBucket, `uploads/${studentId}/`);
  // The event of an original without a row is still on its way.
  wasBusy ||= originals > 0;
  const hadAvatar = await deleteAvatar(dynamodb, settings.avatarTable, studentId);
  const faceIds = await findFaces(rekognition, settings.collectionId, (owner) => owner.studentId === studentId);
  if (faceIds.length > 0) await deleteFaces({ rekognition, sleep }, settings.collectionId, faceIds);
  // After the faces: nothing matches them from now on.
  await forgetMatchesWith(dynamodb, settings.uploadTable, studentId);
  const thumbnails = await deleteEveryVersion(s3, settings.photoBucket, `avatars/${studentId}/`);
  const avatarRows = hadAvatar ? 1 : 0;
  return { receipt: { faces: faceIds.length, thumbnails, originals, uploadRows, avatarRows }, wasBusy };
}
