import type { ImageHeader } from "avatar-imaging/file/header";
import type { Box, DetectedFace } from "./faces/engine";
import { chosenOf, type Input } from "./input";
import type { StoredFace } from "./collection";

/** The model version of new collections on AWS today. */
export const faceModelVersion = "7.0";

const attributes = [
  "DEFAULT",
  "ALL",
  "AGE_RANGE",
  "BEARD",
  "EMOTIONS",
  "EYE_DIRECTION",
  "EYEGLASSES",
  "EYES_OPEN",
  "FACE_OCCLUDED",
  "GENDER",
  "MOUTH_OPEN",
  "MUSTACHE",
  "SMILE",
  "SUNGLASSES",
] as const;

export type Attribute = (typeof attributes)[number];

/** The face attributes asked for in `Attributes` or `DetectionAttributes`. */
export function attributesOf(input: Input, name: string): readonly Attribute[] {
  return chosenOf(input, name, attributes);
}

/**
 * A FaceDetail: box, confidence, five landmarks, pose and quality always; all thirty landmarks with ALL; Sunglasses
 * with ALL or SUNGLASSES. The other attributes are left out even if requested: nothing here measures them.
 */
export function faceDetail(face: DetectedFace, asked: readonly Attribute[]): Record<string, unknown> {
  const all = asked.includes("ALL");
  const landmarks = all ? face.landmarks : face.landmarks.slice(0, 5);
  const { pose, quality, sunglasses } = face;
  return {
    BoundingBox: boundingBox(face.box),
    Confidence: face.confidence,
    Landmarks: landmarks.map(({ type, x, y }) => ({ Type: type, X: x, Y: y })),
    Pose: { Roll: pose.roll, Yaw: pose.yaw, Pitch: pose.pitch },
    Quality: { Brightness: quality.brightness, Sharpness: quality.sharpness },
    ...(all || asked.includes("SUNGLASSES")
      ? { Sunglasses: { Value: sunglasses.value, Confidence: sunglasses.confidence } }
      : {}),
  };
}

export function boundingBox({ left, top, width, height }: Box): Record<string, number> {
  return { Width: width, Height: height, Left: left, Top: top };
}

/** A Face, as a collection keeps it. */
export function storedFace(face: StoredFace): Record<string, unknown> {
  return {
    FaceId: face.faceId,
    BoundingBox: boundingBox(face.box),
    ImageId: face.imageId,
    ...(face.externalImageId === undefined ? {} : { ExternalImageId: face.externalImageId }),
    Confidence: face.confidence,
    IndexFacesModelVersion: faceModelVersion,
  };
}

const filters = ["NONE", "AUTO", "LOW", "MEDIUM", "HIGH"] as const;

export type QualityFilter = (typeof filters)[number];

export function qualityFilterOf(input: Input, fallback: QualityFilter): QualityFilter {
  const [chosen] = chosenOf({ QualityFilter: [input["QualityFilter"] ?? fallback] }, "QualityFilter", filters);
  return chosen ?? fallback;
}

/**
 * The thresholds of the filters; AWS does not publish its own. AUTO accepts the same as LOW: photos arrive here after
 * they have passed the pipeline's own, stricter limits.
 */
const bars = {
  LOW: { brightness: 10, sharpness: 10, confidence: 80, angle: 70, pixels: 30 },
  MEDIUM: { brightness: 20, sharpness: 30, confidence: 90, angle: 55, pixels: 40 },
  HIGH: { brightness: 30, sharpness: 50, confidence: 95, angle: 40, pixels: 60 },
} as const;

/** The reasons for which a filter leaves a face out, in Rekognition's names; empty if it does not. */
export function filterReasons(face: DetectedFace, image: ImageHeader, filter: QualityFilter): readonly string[] {
  if (filter === "NONE") return [];
  const bar = bars[filter === "AUTO" ? "LOW" : filter];
  const side = Math.min(face.box.width * image.width, face.box.height * image.height);
  const reasons = {
    EXTREME_POSE: Math.abs(face.pose.yaw) > bar.angle || Math.abs(face.pose.pitch) > bar.angle,
    LOW_BRIGHTNESS: face.quality.brightness < bar.brightness,
    LOW_SHARPNESS: face.quality.sharpness < bar.sharpness,
    LOW_CONFIDENCE: face.confidence < bar.confidence,
    SMALL_BOUNDING_BOX: side < bar.pixels,
  };
  return Object.entries(reasons).flatMap(([reason, applies]) => (applies ? [reason] : []));
}
