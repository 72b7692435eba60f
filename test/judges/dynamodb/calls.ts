import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import fc from "fast-check";
import type { Photo } from "../../../handlers/contract/flow-data";
import type { AvatarRow } from "../../../handlers/stores/avatar-row";
import * as avatars from "../../../handlers/stores/avatars";
import * as uploads from "../../../handlers/stores/uploads";
import { aPhoto } from "../../support/rows";

export interface Tables {
  readonly dynamodb: DynamoDB;
  readonly uploadTable: string;
  readonly avatarTable: string;
}

/** One call of a store's function, on whichever tables. */
export interface Call {
  readonly name: string;
  run(tables: Tables): Promise<unknown>;
}

const now = new Date("2026-03-01T08:00:00.000Z");
const later = new Date("2026-03-02T08:00:00.000Z");
const arn = (name: string) => `arn:aws:states:ap-southeast-1:000000000000:execution:flow:${name}`;

interface Chosen {
  readonly upload: string;
  readonly other: string;
  readonly student: string;
  readonly execution: string;
  readonly version: string;
  readonly face: string;
  readonly flag: boolean;
}

/** Few values, so that calls meet each other's rows. */
const chosen = (sequence: number): fc.Arbitrary<Chosen> => {
  const upload = fc.constantFrom(`U${sequence}A`, `U${sequence}B`);
  return fc.record({
    upload,
    other: upload,
    student: fc.constantFrom(`S${sequence}A`, `S${sequence}B`),
    execution: fc.constantFrom(arn("one"), arn("two")),
    version: fc.constantFrom("v1", "v2"),
    face: fc.constantFrom("face-1", "face-2"),
    flag: fc.boolean(),
  });
};

const photoOf = ({ upload, student, execution, version }: Chosen): Photo =>
  aPhoto({
    uploadId: upload,
    studentId: student,
    executionArn: execution,
    versionId: version,
    key: `uploads/${student}/${upload}.jpg`,
    uploadedAt: now.toISOString(),
  });

const rowOf = ({ upload, other, student, face, execution, flag }: Chosen): AvatarRow => ({
  studentId: student,
  uploadId: upload,
  uploadedAt: now.toISOString(),
  faceId: face,
  thumbnails: { "64": `avatars/${student}/${upload}/64.jpg` },
  format: "jpeg",
  width: 1000,
  height: 800,
  bytes: 1234,
  sha256: "00ff",
  face: { box: { left: 0.1, top: 0.25, width: 0.5, height: 1e-3 }, confidence: 99.98765 },
  processedAt: now.toISOString(),
  executionArn: execution,
  replaces: flag ? [{ uploadId: other, faceId: face }] : [],
});

type Make = (given: Chosen) => (tables: Tables) => Promise<unknown>;

const writes: Readonly<Record<string, Make>> = {
  addAwaited:
    ({ upload, student, flag }) =>
    ({ dynamodb, uploadTable }) =>
      uploads.addAwaited(dynamodb, uploadTable, {
        uploadId: upload,
        studentId: student,
        createdAt: now,
        rowDays: 30,
        email: flag ? "lan@school.example" : undefined,
        locale: "vi",
      }),
  claimUpload:
    (given) =>
    ({ dynamodb, uploadTable }) =>
      uploads.claimUpload(dynamodb, uploadTable, photoOf(given), {
        interruptedArn: given.flag ? arn("one") : undefined,
        now,
        rowDays: 30,
      }),
  beginStep:
    (given) =>
    ({ dynamodb, uploadTable }) =>
      uploads.beginStep(dynamodb, uploadTable, photoOf(given), "IndexFace", now, {
        forgetFace: given.flag,
        ...(given.face === "face-1" ? { insteadOf: given.other } : {}),
      }),
  recordFace:
    (given) =>
    ({ dynamodb, uploadTable }) =>
      uploads.recordFace(dynamodb, uploadTable, photoOf(given), given.face),
  confirmUpload:
    (given) =>
    ({ dynamodb, uploadTable }) =>
      uploads.confirmUpload(dynamodb, uploadTable, photoOf(given)),
  yieldTo:
    ({ upload, other }) =>
    ({ dynamodb, uploadTable }) =>
      uploads.yieldTo(dynamodb, uploadTable, upload, other),
  withdrawConfirmation:
    (given) =>
    ({ dynamodb, uploadTable }) =>
      uploads.withdrawConfirmation(dynamodb, uploadTable, photoOf(given)),
  recordRefusal:
    (given) =>
    ({ dynamodb, uploadTable }) =>
      uploads.recordRefusal(dynamodb, uploadTable, photoOf(given), { step: "DetectFace", reason: "NO_FACE" }),
  closeAccepted:
    (given) =>
    ({ dynamodb, uploadTable }) =>
      uploads.closeAccepted(dynamodb, uploadTable, photoOf(given), later.toISOString()),
  closeRefused:
    (given) =>
    ({ dynamodb, uploadTable }) =>
      uploads.closeRefused(dynamodb, uploadTable, photoOf(given), {
        outcome: given.flag ? "failed" : "rejected",
        step: "DetectFace",
        reason: "NO_FACE",
        at: later.toISOString(),
        rowDays: 30,
      }),
  recordMail:
    ({ upload }) =>
    ({ dynamodb, uploadTable }) =>
      uploads.recordMail(dynamodb, uploadTable, upload, "avatar.accepted"),
  deleteUpload:
    ({ upload }) =>
    ({ dynamodb, uploadTable }) =>
      uploads.deleteUpload(dynamodb, uploadTable, upload),
  replaceAvatar:
    (given) =>
    async ({ dynamodb, avatarTable }) => {
      const before = await avatars.getAvatar(dynamodb, avatarTable, given.student);
      const seen = given.flag || before === undefined ? before : { ...before, faceId: given.face };
      return avatars.replaceAvatar(dynamodb, avatarTable, rowOf(given), seen);
    },
  strikeReplaced:
    (given) =>
    ({ dynamodb, avatarTable }) =>
      avatars.strikeReplaced(dynamodb, avatarTable, rowOf(given)),
  replaceFace:
    (given) =>
    ({ dynamodb, avatarTable }) =>
      avatars.replaceFace(dynamodb, avatarTable, rowOf(given), "face-3"),
  markSearched:
    (given) =>
    ({ dynamodb, avatarTable }) =>
      avatars.markSearched(dynamodb, avatarTable, rowOf(given), now),
  deleteAvatar:
    ({ student }) =>
    ({ dynamodb, avatarTable }) =>
      avatars.deleteAvatar(dynamodb, avatarTable, student),
};

const reads: Readonly<Record<string, Make>> = {
  getUpload:
    ({ upload }) =>
    ({ dynamodb, uploadTable }) =>
      uploads.getUpload(dynamodb, uploadTable, upload),
  getAvatar:
    ({ student }) =>
    ({ dynamodb, avatarTable }) =>
      avatars.getAvatar(dynamodb, avatarTable, student),
  uploadsOfStudent:
    ({ student }) =>
    async ({ dynamodb, uploadTable }) => {
      const found: string[] = [];
      for await (const row of uploads.uploadsOfStudent(dynamodb, uploadTable, student)) found.push(row.uploadId);
      return found.sort();
    },
};

/** The functions that the sequences call. */
export const names = [...Object.keys(writes), ...Object.keys(reads)];

/** A sequence of calls whose rows no other sequence touches. */
export function callsOf(sequence: number, seed: number): readonly Call[] {
  const all = Object.entries({ ...writes, ...reads });
  // A claim comes first and often: nearly every other write depends on one.
  const weighted = [
    ...all,
    ...all.filter(([name]) => name === "claimUpload"),
    ...all.filter(([name]) => name === "replaceAvatar"),
  ];
  const call = fc
    .tuple(fc.constantFrom(...weighted), chosen(sequence))
    .map(([[name, make], given]): Call => ({ name, run: make(given) }));
  return (
    fc.sample(fc.array(call, { minLength: 12, maxLength: 12 }), { numRuns: 1, seed: seed * 10_000 + sequence })[0] ?? []
  );
}
