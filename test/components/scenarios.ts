import type { ScriptedAnswer } from "./run-handler";

/** One call of a step's function, and how it must end: with an output, or with an error of this name. */
export interface StepScenario {
  readonly name: string;
  readonly input: unknown;
  readonly answers: Readonly<Record<string, readonly ScriptedAnswer[]>>;
  readonly ends: "output" | string;
}

const uploadId = "01KDYW0000000000000000000A";
const olderId = "01KDYV0000000000000000000B";
const newerId = "01KDYX0000000000000000000C";
const execution = "arn:aws:states:ap-southeast-1:123456789012:execution:flow:one";

const photo = {
  bucket: "photos",
  key: `uploads/SV001/${uploadId}.jpg`,
  versionId: "v1",
  etag: "e1",
  bytes: 1234,
  studentId: "SV001",
  uploadId,
  executionArn: execution,
};
const format = { format: "jpeg", width: 1000, height: 800, sha256: "00ff" };
const face = { box: { left: 0.3, top: 0.2, width: 0.4, height: 0.5 }, confidence: 99.5 };
const thumbnails = { "64": `avatars/SV001/${uploadId}/64.jpg` };

const event = {
  source: "aws.s3",
  time: "2026-01-02T03:04:05Z",
  detail: { bucket: { name: "photos" }, object: { key: photo.key, size: 1234, etag: "e1", "version-id": "v1" } },
};

const result = (value: unknown): ScriptedAnswer => ({ result: value });
const failure = (name: string, status = 400, message = name): ScriptedAnswer => ({ error: { name, message, status } });

/** A row of the uploads table, as DynamoDB gives it. */
const uploadRow = (more: Record<string, unknown> = {}) => ({
  upload_id: { S: uploadId },
  student_id: { S: "SV001" },
  status: { S: "processing" },
  execution_arn: { S: execution },
  version_id: { S: "v1" },
  steps: { M: { IndexFace: { S: "2026-01-02T03:04:05.000Z" } } },
  ...more,
});
/** A row of the avatars table. */
const avatarRow = (id = uploadId, more: Record<string, unknown> = {}) => ({
  student_id: { S: "SV001" },
  upload_id: { S: id },
  face_id: { S: "face-1" },
  thumbnails: { M: { "64": { S: thumbnails["64"] } } },
  processed_at: { S: "2026-01-01T00:00:00.000Z" },
  ...more,
});
const replaces = { L: [{ M: { upload_id: { S: olderId }, face_id: { S: "face-0" } } }] };
const versions = result({ Versions: [{ Key: `avatars/SV001/${olderId}/64.jpg`, VersionId: "v0" }] });
const condition = failure("ConditionalCheckFailedException");

/** What every step must pass on alike, whichever of its calls fails first. */
function faults(input: unknown, operation: string, others: StepScenario["answers"] = {}): readonly StepScenario[] {
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

const good = {
  Confidence: 99.9,
  BoundingBox: { Left: 0.3, Top: 0.2, Width: 0.4, Height: 0.5 },
  Quality: { Brightness: 80, Sharpness: 80 },
  Pose: { Yaw: 1, Pitch: 2, Roll: 3 },
};
const detected = (name: string, ends: string, ...faces: unknown[]): StepScenario => ({
  name,
  input: { photo, format },
  answers: { "Rekognition.detectFaces": [result({ FaceDetails: faces })] },
  ends,
});
const match = (faceId: string, owner: string, id: string) => ({
  Similarity: 99,
  Face: { FaceId: faceId, ExternalImageId: `${owner}:${id}` },
});

function jpeg({ width = 400, height = 300, scans = 1 } = {}): string {
  const frame = [0xff, 0xc0, 0, 17, 8, height >> 8, height & 255, width >> 8, width & 255, 3];
  const components = [1, 0x11, 0, 2, 0x11, 1, 3, 0x11, 1];
  const scan = [0xff, 0xda, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0, 0x55];
  const scansOf = Array.from({ length: scans }, () => scan).flat();
  return Buffer.from([0xff, 0xd8, ...frame, ...components, ...scansOf, 0xff, 0xd9]).toString("base64");
}
const checked = (name: string, ends: string, body: string, of = photo): StepScenario => ({
  name,
  input: { photo: of },
  answers: { "S3.getObject": [{ body }] },
  ends,
});

const failedState = (error: string) => ({ state: { photo }, failed: [{ DetectFace: { Error: error, Cause: "why" } }] });

/** By step: at least one call that succeeds, each reason that the step declares, and the common faults. */
export const scenarios: Readonly<Record<string, readonly StepScenario[]>> = {
  ReceivePhoto: [
    {
      name: "an upload of an issued key",
      input: { event, execution },
      answers: {
        "DynamoDB.getItem": [result({ Item: uploadRow({ status: { S: "awaiting-upload" }, version_id: undefined }) })],
        "DynamoDB.updateItem": [result({ Attributes: uploadRow({ status: { S: "awaiting-upload" } }) })],
      },
      ends: "output",
    },
    {
      name: "a plain copy, whose id is derived",
      input: {
        event: {
          ...event,
          detail: { ...event.detail, object: { ...event.detail.object, key: "uploads/SV001/ảnh + %.jpg" } },
        },
        execution,
      },
      answers: { "DynamoDB.updateItem": [result({})] },
      ends: "output",
    },
    {
      name: "a repeated event",
      input: { event, execution },
      answers: { "DynamoDB.updateItem": [condition] },
      ends: "output",
    },
    {
      name: "a photo that was refused and not told",
      input: { event, execution },
      answers: {
        "DynamoDB.updateItem": [
          result({
            Attributes: uploadRow({ refused: { M: { step: { S: "DetectFace" }, reason: { S: "NO_FACE" } } } }),
          }),
        ],
      },
      ends: "output",
    },
    {
      name: "an execution that was interrupted",
      input: {
        event: { interrupted: { executionArn: execution, status: "TIMED_OUT", input: JSON.stringify(event) } },
        execution,
      },
      answers: {
        "DynamoDB.getItem": [result({ Item: uploadRow() })],
        "DynamoDB.updateItem": [result({ Attributes: uploadRow() })],
      },
      ends: "output",
    },
    {
      name: "a key that names no student",
      input: {
        event: { ...event, detail: { ...event.detail, object: { key: "uploads/x.jpg", size: 1, etag: "e" } } },
        execution,
      },
      answers: {},
      ends: "InvalidKey",
    },
    ...faults({ event, execution }, "DynamoDB.getItem"),
  ],
  CheckFormat: [
    checked("a JPEG", "output", jpeg()),
    checked("a name of another format", "FORMAT_NOT_SUPPORTED", jpeg(), { ...photo, key: "uploads/SV001/x.gif" }),
    checked("a GIF named .jpg", "FORMAT_MISMATCH", Buffer.from("GIF89a........").toString("base64")),
    checked("a file that is too large", "FILE_TOO_LARGE", jpeg(), { ...photo, bytes: 1e9 }),
    checked("a file of too many scans", "FILE_CORRUPT", jpeg({ scans: 200 })),
    checked("a photo that is too small", "IMAGE_TOO_SMALL", jpeg({ width: 100 })),
    checked("a photo of too many pixels", "IMAGE_TOO_LARGE", jpeg({ width: 65_000, height: 65_000 })),
    {
      name: "an upload that is another's by now",
      input: { photo },
      answers: { "DynamoDB.updateItem": [condition] },
      ends: "ClaimLost",
    },
    ...faults({ photo }, "S3.getObject"),
  ],
  DetectFace: [
    detected("one good face", "output", good),
    detected("no face", "NO_FACE"),
    detected("two faces", "MULTIPLE_FACES", good, good),
    detected("a small face", "FACE_TOO_SMALL", {
      ...good,
      BoundingBox: { Left: 0, Top: 0, Width: 0.01, Height: 0.01 },
    }),
    detected("a dark face", "FACE_TOO_DARK", { ...good, Quality: { Brightness: 1, Sharpness: 80 } }),
    detected("a blurred face", "FACE_BLURRED", { ...good, Quality: { Brightness: 80, Sharpness: 1 } }),
    detected("a face turned away", "FACE_TURNED_AWAY", { ...good, Pose: { Yaw: 80, Pitch: 0, Roll: 0 } }),
    detected("sunglasses", "SUNGLASSES", { ...good, Sunglasses: { Value: true, Confidence: 99 } }),
    detected("a covered face", "FACE_COVERED", { ...good, FaceOccluded: { Value: true, Confidence: 99 } }),
    {
      name: "a file that Rekognition cannot read",
      input: { photo, format },
      answers: { "Rekognition.detectFaces": [failure("InvalidImageFormatException")] },
      ends: "FILE_CORRUPT",
    },
    {
      name: "a file that Rekognition finds too large",
      input: { photo, format },
      answers: { "Rekognition.detectFaces": [failure("ImageTooLargeException")] },
      ends: "FILE_TOO_LARGE",
    },
    ...faults({ photo, format }, "Rekognition.detectFaces"),
  ],
  CheckDuplicate: [
    {
      name: "the student's own face",
      input: { photo },
      answers: { "Rekognition.searchFacesByImage": [result({ FaceMatches: [match("face-1", "SV001", olderId)] })] },
      ends: "output",
    },
    {
      name: "another student's face",
      input: { photo },
      answers: {
        "Rekognition.searchFacesByImage": [result({ FaceMatches: [match("face-1", "SV002", olderId)] })],
        "DynamoDB.getItem": [result({}), result({ Item: avatarRow(olderId) })],
      },
      ends: "DUPLICATE_FACE",
    },
    {
      name: "a photo in which the search finds no face",
      input: { photo },
      answers: {
        "Rekognition.searchFacesByImage": [
          failure("InvalidParameterException", 400, "There are no faces in the image."),
        ],
      },
      ends: "NO_FACE",
    },
    {
      name: "a file that Rekognition cannot read",
      input: { photo },
      answers: { "Rekognition.searchFacesByImage": [failure("InvalidImageFormatException")] },
      ends: "FILE_CORRUPT",
    },
    {
      name: "a file that Rekognition finds too large",
      input: { photo },
      answers: { "Rekognition.searchFacesByImage": [failure("ImageTooLargeException")] },
      ends: "FILE_TOO_LARGE",
    },
    ...faults({ photo }, "Rekognition.searchFacesByImage"),
  ],
  CreateThumbnail: [
    {
      name: "a photo",
      input: { photo, format, face },
      answers: {
        "S3.getObject": [{ body: jpeg() }],
        "imaging.createThumbnails": [
          result([
            { size: 64, jpeg: "a JPEG" },
            { size: 256, jpeg: "a larger one" },
          ]),
        ],
      },
      ends: "output",
    },
    ...["FILE_CORRUPT", "FORMAT_NOT_SUPPORTED", "IMAGE_TOO_LARGE"].map((ends) => ({
      name: `a photo that the decoder refuses with ${ends}`,
      input: { photo, format, face },
      answers: { "S3.getObject": [{ body: jpeg() }], "imaging.createThumbnails": [failure(ends)] },
      ends,
    })),
    ...faults({ photo, format, face }, "S3.getObject"),
  ],
  IndexFace: [
    {
      name: "a new face",
      input: { photo },
      answers: { "Rekognition.indexFaces": [result({ FaceRecords: [{ Face: { FaceId: "face-1" } }] })] },
      ends: "output",
    },
    {
      name: "a face that was registered meanwhile",
      input: { photo },
      answers: {
        "Rekognition.indexFaces": [result({ FaceRecords: [{ Face: { FaceId: "face-1" } }] })],
        "Rekognition.searchFaces": [result({ FaceMatches: [match("face-2", "SV002", newerId)] })],
        "DynamoDB.getItem": [
          result({}),
          result({}),
          result({ Item: avatarRow(newerId, { face_id: { S: "face-2" } }) }),
        ],
      },
      ends: "DUPLICATE_FACE",
    },
    ...(
      [
        ["EXTREME_POSE", "FACE_TURNED_AWAY"],
        ["LOW_BRIGHTNESS", "FACE_TOO_DARK"],
        ["LOW_SHARPNESS", "FACE_BLURRED"],
        ["SMALL_BOUNDING_BOX", "FACE_TOO_SMALL"],
        ["LOW_CONFIDENCE", "NO_FACE"],
      ] as const
    ).map(([reason, ends]) => ({
      name: `a face left out for ${reason}`,
      input: { photo },
      answers: { "Rekognition.indexFaces": [result({ UnindexedFaces: [{ Reasons: [reason] }] })] },
      ends,
    })),
    ...(
      [
        ["InvalidImageFormatException", "FILE_CORRUPT"],
        ["ImageTooLargeException", "FILE_TOO_LARGE"],
      ] as const
    ).map(([name, ends]) => ({
      name: `a file that Rekognition refuses with ${name}`,
      input: { photo },
      answers: { "Rekognition.indexFaces": [failure(name)] },
      ends,
    })),
    ...faults({ photo }, "Rekognition.indexFaces"),
  ],
  SaveMetadata: [
    {
      name: "a student's first avatar",
      input: { photo, format, face, processed: [{ thumbnails }, { faceId: "face-1" }] },
      answers: {},
      ends: "output",
    },
    {
      name: "a replacement",
      input: { photo, format, face, processed: [{ thumbnails }, { faceId: "face-1" }] },
      answers: { "DynamoDB.getItem": [result({ Item: avatarRow(olderId) })] },
      ends: "output",
    },
    {
      name: "an upload older than the avatar in use",
      input: { photo, format, face, processed: [{ thumbnails }, { faceId: "face-1" }] },
      answers: { "DynamoDB.getItem": [result({ Item: avatarRow(newerId) })] },
      ends: "SUPERSEDED",
    },
    {
      name: "a row that changed while it was replaced",
      input: { photo, format, face, processed: [{ thumbnails }, { faceId: "face-1" }] },
      answers: { "DynamoDB.putItem": [condition] },
      ends: "Unavailable",
    },
    ...faults({ photo, format, face, processed: [{ thumbnails }, { faceId: "face-1" }] }, "DynamoDB.putItem"),
  ],
  DeleteOriginal: [
    { name: "a first avatar", input: { photo }, answers: {}, ends: "output" },
    {
      name: "a replacement, whose old face and thumbnails go",
      input: { photo },
      answers: {
        "DynamoDB.getItem": [result({ Item: avatarRow(uploadId, { replaces }) })],
        "S3.listObjectVersions": [versions],
      },
      ends: "output",
    },
    ...faults({ photo }, "S3.deleteObject"),
  ],
  NotifySuccess: [
    {
      name: "an accepted photo",
      input: { photo },
      answers: { "DynamoDB.getItem": [result({ Item: avatarRow() }), result({ Item: uploadRow() })] },
      ends: "output",
    },
    { name: "a student who was erased meanwhile", input: { photo }, answers: {}, ends: "AvatarGone" },
    ...faults({ photo }, "DynamoDB.getItem"),
  ],
  Undo: [
    { name: "nothing that was claimed", input: { state: {}, failed: [] }, answers: {}, ends: "output" },
    { name: "an upload that is another's by now", input: failedState("NO_FACE"), answers: {}, ends: "output" },
    {
      name: "a refused photo, whose face has no recorded id",
      input: failedState("NO_FACE"),
      answers: {
        "DynamoDB.getItem": [result({ Item: uploadRow() }), result({})],
        "Rekognition.listFaces": [result({ Faces: [{ FaceId: "face-9", ExternalImageId: `SV001:${uploadId}` }] })],
        "S3.listObjectVersions": [versions],
      },
      ends: "output",
    },
    {
      name: "a fault of ours after the avatar was saved",
      input: failedState("Unavailable"),
      answers: {
        "DynamoDB.getItem": [result({ Item: uploadRow() }), result({ Item: avatarRow(uploadId, { replaces }) })],
      },
      ends: "output",
    },
    {
      name: "a face that Rekognition does not delete",
      input: failedState("NO_FACE"),
      answers: {
        "DynamoDB.getItem": [result({ Item: uploadRow({ face_id: { S: "face-9" } }) }), result({})],
        "Rekognition.deleteFaces": [
          result({ UnsuccessfulFaceDeletions: [{ Reasons: ["ASSOCIATED_TO_AN_EXISTING_USER"] }] }),
        ],
      },
      ends: "FaceNotDeleted",
    },
    ...faults(failedState("NO_FACE"), "DynamoDB.getItem"),
  ],
  NotifyFailure: [
    {
      name: "a refused photo",
      input: { event, execution, ...failedState("NO_FACE") },
      answers: { "DynamoDB.getItem": [result({ Item: uploadRow() })] },
      ends: "output",
    },
    {
      name: "a fault of ours before the claim",
      input: { event, execution, state: {}, failed: [{ ReceivePhoto: { Error: "InvalidKey", Cause: "why" } }] },
      answers: {},
      ends: "output",
    },
    {
      name: "an object whose key names no student",
      input: {
        event: { ...event, detail: { ...event.detail, object: { ...event.detail.object, key: "uploads/photo.jpg" } } },
        execution,
        state: {},
        failed: [{ ReceivePhoto: { Error: "InvalidKey", Cause: "why" } }],
      },
      answers: {},
      ends: "output",
    },
    {
      name: "an upload that was taken meanwhile",
      input: { event, execution, ...failedState("NO_FACE") },
      answers: { "DynamoDB.getItem": [result({ Item: uploadRow() })], "DynamoDB.updateItem": [condition] },
      ends: "ClaimLost",
    },
    ...faults({ event, execution, ...failedState("NO_FACE") }, "SNS.publish", {
      "DynamoDB.getItem": [result({ Item: uploadRow() })],
    }),
  ],
};
