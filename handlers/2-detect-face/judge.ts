import type { FaceDetail, Sunglasses } from "@aws-sdk/client-rekognition";
import { rejection } from "../runtime/errors";
import type { Face } from "../contract/flow-data";

/** The rules for a usable face; the component's `face` args. */
export interface FaceRules {
  /** 0–100: Rekognition's minimum confidence that there is a face, sunglasses or a cover. */
  readonly minConfidence: number;
  /** Pixels of the shorter side of the face's box in the upright photo. */
  readonly minFaceSide: number;
  /** 0–100, Rekognition's Quality. */
  readonly minSharpness: number;
  readonly minBrightness: number;
  /** Degrees to either side. */
  readonly maxYaw: number;
  readonly maxRoll: number;
  /** Degrees. A positive pitch is taken for a face that looks up: AWS documents no sign, so the defaults are equal. */
  readonly maxPitchUp: number;
  readonly maxPitchDown: number;
}

/**
 * Judges the faces found in a photo: there must be exactly one, and it must be usable.
 *
 * The refusals come in the order in which a student can fix them: the people in the picture, the distance, the light,
 * the focus, the pose, a covered face.
 *
 * @param width, height pixels of the upright photo
 */
export function judgeFaces(
  found: readonly FaceDetail[],
  { width, height }: { width: number; height: number },
  rules: FaceRules,
): Face {
  const faces = found.filter((face) => (face.Confidence ?? 0) >= rules.minConfidence);
  const face = faces[0];
  if (face?.BoundingBox === undefined) {
    throw rejection(
      "NO_FACE",
      `${found.length} faces found, none with a confidence of ${rules.minConfidence} or more.`,
    );
  }
  if (faces.length > 1) throw rejection("MULTIPLE_FACES", `${faces.length} faces found; exactly one is needed.`);
  // The search for duplicates and the collection use the largest face, whatever Rekognition's confidence is here: a
  // face on a poster would be registered in place of the student's, which would never be compared.
  if (found.some((other) => areaOf(other) > areaOf(face))) {
    throw rejection("MULTIPLE_FACES", "Something larger than the face may be a face too; exactly one is needed.");
  }
  const { Left: left = 0, Top: top = 0, Width: boxWidth = 0, Height: boxHeight = 0 } = face.BoundingBox;
  const side = Math.floor(Math.min(boxWidth * width, boxHeight * height));
  if (side < rules.minFaceSide) {
    throw rejection("FACE_TOO_SMALL", `The face is ${side} pixels wide; ${rules.minFaceSide} are needed.`);
  }
  const { Brightness: brightness = 100, Sharpness: sharpness = 100 } = face.Quality ?? {};
  if (brightness < rules.minBrightness) {
    throw rejection("FACE_TOO_DARK", `Brightness ${brightness.toFixed(1)}; ${rules.minBrightness} is needed.`);
  }
  if (sharpness < rules.minSharpness) {
    throw rejection("FACE_BLURRED", `Sharpness ${sharpness.toFixed(1)}; ${rules.minSharpness} is needed.`);
  }
  const { Yaw: yaw = 0, Pitch: pitch = 0, Roll: roll = 0 } = face.Pose ?? {};
  const isTurned =
    Math.abs(yaw) > rules.maxYaw ||
    Math.abs(roll) > rules.maxRoll ||
    pitch > rules.maxPitchUp ||
    -pitch > rules.maxPitchDown;
  if (isTurned) {
    const degrees = [yaw, pitch, roll].map((angle) => angle.toFixed(0)).join(", ");
    throw rejection(
      "FACE_TURNED_AWAY",
      `Yaw, pitch and roll are ${degrees} degrees; at most ${rules.maxYaw}, ${rules.maxPitchUp} up or ` +
        `${rules.maxPitchDown} down, and ${rules.maxRoll} are allowed.`,
    );
  }
  const isSure = (trait: Pick<Sunglasses, "Value" | "Confidence"> | undefined) =>
    trait?.Value === true && (trait.Confidence ?? 0) >= rules.minConfidence;
  if (isSure(face.Sunglasses)) throw rejection("SUNGLASSES", "The face wears sunglasses.");
  if (isSure(face.FaceOccluded)) throw rejection("FACE_COVERED", "The face is partly covered.");
  return { box: { left, top, width: boxWidth, height: boxHeight }, confidence: face.Confidence ?? 0 };
}

function areaOf({ BoundingBox: box }: FaceDetail): number {
  return (box?.Width ?? 0) * (box?.Height ?? 0);
}
