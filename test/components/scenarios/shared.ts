import type { ScriptedAnswer } from "../run-handler";

/** One call of a step's function, and how it must end: with "output", or with an error of this name. */
export interface StepScenario {
  readonly name: string;
  readonly input: unknown;
  readonly answers: Readonly<Record<string, readonly ScriptedAnswer[]>>;
  readonly ends: string;
}

export const uploadId = "01KDYW0000000000000000000A";
export const olderId = "01KDYV0000000000000000000B";
export const newerId = "01KDYX0000000000000000000C";
export const execution = "arn:aws:states:ap-southeast-1:123456789012:execution:flow:one";

export const photo = {
  bucket: "photos",
  key: `uploads/SV001/${uploadId}.jpg`,
  versionId: "v1",
  etag: "e1",
  bytes: 1234,
  studentId: "SV001",
  uploadId,
  uploadedAt: "2026-01-02T03:04:00.000Z",
  executionArn: execution,
};
export const format = { format: "jpeg", width: 1000, height: 800, sha256: "00ff", isPlain: true };
export const face = { box: { left: 0.3, top: 0.2, width: 0.4, height: 0.5 }, confidence: 99.5 };
export const thumbnails = { "64": `avatars/SV001/${uploadId}/64.jpg` };

export const event = {
  source: "aws.s3",
  time: "2026-01-02T03:04:05Z",
  detail: { bucket: { name: "photos" }, object: { key: photo.key, size: 1234, etag: "e1", "version-id": "v1" } },
};

export const result = (value: unknown): ScriptedAnswer => ({ result: value });
export const failure = (name: string, status = 400, message = name): ScriptedAnswer => ({
  error: { name, message, status },
});

/** A row of the uploads table, as DynamoDB returns it. */
export const uploadRow = (more: Record<string, unknown> = {}) => ({
  upload_id: { S: uploadId },
  student_id: { S: "SV001" },
  status: { S: "processing" },
  execution_arn: { S: execution },
  version_id: { S: "v1" },
  steps: { M: { IndexFace: { S: "2026-01-02T03:04:05.000Z" } } },
  ...more,
});
/** A row of the avatars table. */
export const avatarRow = (id = uploadId, more: Record<string, unknown> = {}) => ({
  student_id: { S: "SV001" },
  upload_id: { S: id },
  uploaded_at: { S: id < uploadId ? "2026-01-01T00:00:00.000Z" : "2026-01-03T00:00:00.000Z" },
  face_id: { S: "face-1" },
  thumbnails: { M: { "64": { S: thumbnails["64"] } } },
  processed_at: { S: "2026-01-01T00:00:00.000Z" },
  ...more,
});
export const replaces = { L: [{ M: { upload_id: { S: olderId }, face_id: { S: "face-0" } } }] };
export const versions = result({ Versions: [{ Key: `avatars/SV001/${olderId}/64.jpg`, VersionId: "v0" }] });
export const condition = failure("ConditionalCheckFailedException");

/** The errors that every step must pass on, whichever of its calls fails first. */
export function faults(
  input: unknown,
  operation: string,
  others: StepScenario["answers"] = {},
): readonly StepScenario[] {
  return [
    ["a throttled call", failure("ProvisionedThroughputExceededException"), "Throttled"],
    ["a service that is down", failure("InternalServerError", 500), "Unavailable"],
    ["a call that is not allowed", failure("AccessDeniedException", 403), "AccessDeniedException"],
  ].map(([name, answer, ends]) => ({
    name: name as string,
    input,
    answers: { ...others, [operation]: [answer as ScriptedAnswer] },
    ends: ends as string,
  }));
}

/** What happens to a photo that is not plain before Rekognition sees it. */
export function shown(input: object, rest: StepScenario["answers"]): readonly StepScenario[] {
  const odd = { ...input, format: { ...format, isPlain: false } };
  const body = { body: jpeg() };
  return [
    {
      name: "a photo that is not plain",
      input: odd,
      answers: { "S3.getObject": [body], "imaging.renderPicture": [result("a JPEG")], ...rest },
      ends: "output",
    },
    ...["FORMAT_NOT_SUPPORTED", "IMAGE_TOO_LARGE"].map((ends) => ({
      name: `a photo that is not plain and that the decoder refuses with ${ends}`,
      input: odd,
      answers: { "S3.getObject": [body], "imaging.renderPicture": [failure(ends)] },
      ends,
    })),
    ...faults(odd, "S3.getObject"),
  ];
}

export const match = (faceId: string, owner: string, id: string) => ({
  Similarity: 99,
  Face: { FaceId: faceId, ExternalImageId: `${owner}:${id}` },
});

export function jpeg({ width = 400, height = 300, scans = 1 } = {}): string {
  const frame = [0xff, 0xc0, 0, 17, 8, height >> 8, height & 255, width >> 8, width & 255, 3];
  const components = [1, 0x11, 0, 2, 0x11, 1, 3, 0x11, 1];
  const scan = [0xff, 0xda, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0, 0x55];
  const scansOf = Array.from({ length: scans }, () => scan).flat();
  return Buffer.from([0xff, 0xd8, ...frame, ...components, ...scansOf, 0xff, 0xd9]).toString("base64");
}
export const failedState = (error: string) => ({
  state: { photo },
  failed: [{ DetectFace: { Error: error, Cause: "why" } }],
});
