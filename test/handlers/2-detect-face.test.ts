import type { FaceDetail } from "@aws-sdk/client-rekognition";
import type { S3 } from "@aws-sdk/client-s3";
import { expect } from "chai";
import sharp from "sharp";
import { detectFace, type DetectFaceClients } from "../../handlers/2-detect-face/handler";
import { judgeFaces, type FaceRules } from "../../handlers/2-detect-face/judge";
import { renderPicture } from "../../packages/imaging/index";
import { isPlain } from "../../packages/imaging/file/plain";
import { errorOf, nameOfThrown } from "../support/errors";
import { type Call, recorded, unused } from "../support/recorded";
import { aClaimedRow, aFormat, aPlainFormat, aPhoto, now } from "../support/rows";
import { startTables, type Tables, uploadTable } from "../support/with-tables";

const rules: FaceRules = {
  minConfidence: 90,
  minFaceSide: 80,
  minSharpness: 10,
  minBrightness: 20,
  maxYaw: 45,
  maxRoll: 45,
  maxPitchUp: 45,
  maxPitchDown: 30,
};

/** A face that breaks no rule in a photo of 1000 × 800. */
function aFaceDetail(changes: Partial<FaceDetail> = {}): FaceDetail {
  return {
    BoundingBox: { Left: 0.4, Top: 0.3, Width: 0.2, Height: 0.3 },
    Confidence: 99.9,
    Quality: { Brightness: 70, Sharpness: 80 },
    Pose: { Yaw: 3, Pitch: -2, Roll: 1 },
    Sunglasses: { Value: false, Confidence: 99 },
    FaceOccluded: { Value: false, Confidence: 99 },
    ...changes,
  };
}

const judged = (...faces: FaceDetail[]) => nameOfThrown(() => judgeFaces(faces, { width: 1000, height: 800 }, rules));

describe("The judgement of the faces in a photo", () => {
  it("gives the box and the confidence of the one usable face", () => {
    expect(judgeFaces([aFaceDetail()], { width: 1000, height: 800 }, rules)).to.deep.equal({
      box: { left: 0.4, top: 0.3, width: 0.2, height: 0.3 },
      confidence: 99.9,
    });
  });

  const cases: readonly (readonly [string, string, readonly FaceDetail[]])[] = [
    ["no face", "NO_FACE", []],
    ["a face nobody is sure of", "NO_FACE", [aFaceDetail({ Confidence: 89.9 })]],
    ["two faces", "MULTIPLE_FACES", [aFaceDetail(), aFaceDetail()]],
    ["a face and something that hardly is one", "no error", [aFaceDetail(), aFaceDetail({ Confidence: 60 })]],
    [
      "a face and something larger that hardly is one",
      "MULTIPLE_FACES",
      [aFaceDetail(), aFaceDetail({ Confidence: 60, BoundingBox: { Left: 0, Top: 0, Width: 0.9, Height: 0.9 } })],
    ],
    [
      "a face of 79 pixels",
      "FACE_TOO_SMALL",
      [aFaceDetail({ BoundingBox: { Left: 0, Top: 0, Width: 0.0799, Height: 0.3 } })],
    ],
    ["a face of 80 pixels", "no error", [aFaceDetail({ BoundingBox: { Left: 0, Top: 0, Width: 0.08, Height: 0.3 } })]],
    ["a dark face", "FACE_TOO_DARK", [aFaceDetail({ Quality: { Brightness: 19, Sharpness: 80 } })]],
    ["a blurred face", "FACE_BLURRED", [aFaceDetail({ Quality: { Brightness: 70, Sharpness: 9 } })]],
    ["a profile", "FACE_TURNED_AWAY", [aFaceDetail({ Pose: { Yaw: -46, Pitch: 0, Roll: 0 } })]],
    ["a head on its side", "FACE_TURNED_AWAY", [aFaceDetail({ Pose: { Yaw: 0, Pitch: 0, Roll: 50 } })]],
    ["a face that looks down", "FACE_TURNED_AWAY", [aFaceDetail({ Pose: { Yaw: 0, Pitch: -31, Roll: 0 } })]],
    ["a face that looks up as far", "no error", [aFaceDetail({ Pose: { Yaw: 0, Pitch: 31, Roll: 0 } })]],
    ["a face that looks far up", "FACE_TURNED_AWAY", [aFaceDetail({ Pose: { Yaw: 0, Pitch: 46, Roll: 0 } })]],
    [
      "sunglasses, which also cover the face",
      "SUNGLASSES",
      [aFaceDetail({ Sunglasses: { Value: true, Confidence: 95 }, FaceOccluded: { Value: true, Confidence: 95 } })],
    ],
    ["perhaps sunglasses", "no error", [aFaceDetail({ Sunglasses: { Value: true, Confidence: 60 } })]],
    ["a mask", "FACE_COVERED", [aFaceDetail({ FaceOccluded: { Value: true, Confidence: 95 } })]],
    [
      "no attributes at all",
      "no error",
      [{ BoundingBox: { Left: 0, Top: 0, Width: 0.5, Height: 0.5 }, Confidence: 99 }],
    ],
  ];
  for (const [what, outcome, faces] of cases) {
    it(`${outcome === "no error" ? "passes" : `answers ${outcome} to`} ${what}`, () => {
      expect(judged(...faces)).to.equal(outcome);
    });
  }

  it("says what was measured and what is needed", () => {
    expect(() =>
      judgeFaces([aFaceDetail({ Pose: { Yaw: 60, Pitch: 0, Roll: 0 } })], { width: 1000, height: 800 }, rules),
    ).to.throw(/60, 0, 0 degrees; at most 45/);
  });
});

describe("DetectFace", () => {
  let tables: Tables;
  before(async () => (tables = await startTables()));
  after(() => tables.close());

  async function detect(answer: () => unknown, calls: Call[] = []) {
    const photo = aPhoto();
    await tables.putUpload(aClaimedRow(photo));
    const rekognition = recorded<DetectFaceClients["rekognition"]>({ detectFaces: answer }, calls);
    const handle = detectFace(
      { uploadTable, rules },
      { dynamodb: tables.dynamodb, rekognition, ...unused, now: () => now },
    );
    return handle({ photo, format: aPlainFormat });
  }

  it("asks Rekognition once, for the version that the event named", async () => {
    const calls: Call[] = [];
    await detect(() => ({ FaceDetails: [aFaceDetail()] }), calls);
    expect(calls).to.deep.equal([
      {
        operation: "detectFaces",
        input: {
          Image: { S3Object: { Bucket: "photos", Name: aPhoto().key, Version: "v1" } },
          Attributes: ["DEFAULT", "SUNGLASSES", "FACE_OCCLUDED"],
        },
      },
    ]);
  });

  it("shows Rekognition a photo that is not plain as the thumbnails show it, by the same bytes every time", async () => {
    const photo = aPhoto();
    await tables.putUpload(aClaimedRow(photo));
    const calls: Call[] = [];
    const rekognition = recorded<DetectFaceClients["rekognition"]>(
      { detectFaces: () => ({ FaceDetails: [aFaceDetail()] }) },
      calls,
    );
    const file = await sharp({ create: { width: 300, height: 200, channels: 4, background: "#f008" } })
      .png()
      .toBuffer();
    const s3 = () => recorded<S3>({ getObject: () => ({ Body: { transformToByteArray: () => file } }) });
    const pictures = () => ({ renderPicture });
    const handle = detectFace(
      { uploadTable, rules },
      { dynamodb: tables.dynamodb, rekognition, s3, pictures, now: () => now },
    );
    for (const format of [{ ...aFormat, isPlain: false }, aFormat]) await handle({ photo, format });
    const [shown, again] = calls.map(({ input }) => (input as { Image: { Bytes: Buffer } }).Image.Bytes);
    if (shown === undefined) throw new Error("Rekognition was shown nothing.");
    expect(isPlain(shown)).to.equal(true);
    expect(shown.equals(again ?? Buffer.alloc(0))).to.equal(true);
    const { channels } = await sharp(shown).stats();
    // Half transparent red, on white.
    channels.forEach(({ mean }, n) => expect(mean).to.be.closeTo([255, 119, 119][n] ?? 0, 3));
  });

  const errors: readonly (readonly [string, string])[] = [
    ["InvalidImageFormatException", "FILE_CORRUPT"],
    ["ImageTooLargeException", "FILE_TOO_LARGE"],
    ["AccessDeniedException", "AccessDeniedException"],
    ["ThrottlingException", "ThrottlingException"],
  ];
  for (const [name, expected] of errors) {
    it(`turns ${name} into ${expected}`, async () => {
      const failing = detect(() => {
        throw Object.assign(new Error("no"), { name });
      });
      expect((await errorOf(failing)).name).to.equal(expected);
    });
  }
});
