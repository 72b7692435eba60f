import type { Judgement, Landmark, Quality } from "./engine";
import { lumaAt, shrink, warp, type Picture, type Point } from "./picture";
import { alignedSide } from "./shape";

/** The side to which a face's box is resized before its light and sharpness are measured, in pixels. */
const measuredSide = 160;

/**
 * Brightness is the box's mean luma in percent.
 *
 * Sharpness grows with the logarithm of the Laplacian's variance over the luma's variance, so that light and contrast
 * cancel out: 5 if detail of four pixels in 160 is gone (0.001), over 90 for a portrait in focus (0.03), about 75 for a
 * soft one. Measured on the portraits in `test/photos.ts` and blurred copies of them.
 */
export function qualityOf(picture: Picture, left: number, top: number, width: number, height: number): Quality {
  const scale = Math.max(width, height) / measuredSide;
  const across = Math.max(8, Math.round(width / scale));
  const down = Math.max(8, Math.round(height / scale));
  const cut = warp(picture, { a: 1, b: 0, dx: left, dy: top }, Math.ceil(width), Math.ceil(height));
  const face =
    scale > 1 ? shrink(cut, across, down) : warp(picture, { a: scale, b: 0, dx: left, dy: top }, across, down);
  const luma = Float32Array.from({ length: face.width * face.height }, (_, i) => lumaAt(face.data, i * 3));
  const light = spread(luma);
  const edges: number[] = [];
  for (let y = 1; y < face.height - 1; y++) {
    for (let x = 1; x < face.width - 1; x++) {
      const at = y * face.width + x;
      edges.push(4 * luma[at]! - luma[at - 1]! - luma[at + 1]! - luma[at - face.width]! - luma[at + face.width]!);
    }
  }
  const detail = spread(edges).variance / Math.max(1, light.variance);
  return {
    brightness: clamp(light.mean / 2.55),
    sharpness: clamp(8 + 71 * Math.log10(Math.max(detail, 1e-6) / 0.002)),
  };
}

/**
 * Whether dark glasses hide the eyes: compares the skin right under the eyes, which lenses cover, with the cheeks
 * below, both in the aligned square. Found both real cases with 3 false ones of 239 faces; it does not detect light or
 * mirrored lenses.
 */
export function sunglassesOf(aligned: Picture): Judgement {
  const lenses = (patch(aligned, 40, 52, 58, 60) + patch(aligned, 90, 52, 108, 60)) / 2;
  const cheeks = (patch(aligned, 38, 78, 54, 90) + patch(aligned, 94, 78, 110, 90)) / 2;
  const ratio = lenses / Math.max(1, cheeks);
  const certainty = 50 + 50 * Math.min(1, Math.abs(ratio - 0.6) / 0.3);
  return { value: ratio < 0.6, confidence: certainty };
}

/** Mean luma of a rectangle of the aligned square. */
function patch(aligned: Picture, left: number, top: number, right: number, bottom: number): number {
  let total = 0;
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) total += lumaAt(aligned.data, (y * alignedSide + x) * 3);
  }
  return total / ((bottom - top) * (right - left));
}

/** The detector's score as Rekognition's Confidence: clear faces score 0.8 and more, which is 99 and more here. */
export function confidenceOf(score: number): number {
  return 100 * (1 - (1 - score) ** 3);
}

/** Rekognition's landmarks from the 68 of the iBUG 300-W scheme; a pair of numbers is the middle of both points. */
const landmarkSources: readonly (readonly [type: string, first: number, second?: number])[] = [
  ["leftEyeBrowLeft", 17],
  ["leftEyeBrowUp", 19],
  ["leftEyeBrowRight", 21],
  ["rightEyeBrowLeft", 22],
  ["rightEyeBrowUp", 24],
  ["rightEyeBrowRight", 26],
  ["leftEyeLeft", 36],
  ["leftEyeRight", 39],
  ["leftEyeUp", 37, 38],
  ["leftEyeDown", 40, 41],
  ["rightEyeLeft", 42],
  ["rightEyeRight", 45],
  ["rightEyeUp", 43, 44],
  ["rightEyeDown", 46, 47],
  ["noseLeft", 31],
  ["noseRight", 35],
  ["mouthUp", 51],
  ["mouthDown", 57],
  ["upperJawlineLeft", 0],
  ["midJawlineLeft", 4],
  ["chinBottom", 8],
  ["midJawlineRight", 12],
  ["upperJawlineRight", 16],
];

/** The five landmarks of Rekognition's DEFAULT attributes come first, in its order. */
export function landmarksOf(points: readonly Point[]): readonly Landmark[] {
  const centre = (first: number, last: number): Point => {
    const some = points.slice(first, last + 1);
    return {
      x: some.reduce((total, { x }) => total + x, 0) / some.length,
      y: some.reduce((total, { y }) => total + y, 0) / some.length,
    };
  };
  const left = centre(36, 41);
  const right = centre(42, 47);
  return [
    { type: "eyeLeft", ...left },
    { type: "eyeRight", ...right },
    { type: "mouthLeft", ...points[48]! },
    { type: "mouthRight", ...points[54]! },
    { type: "nose", ...points[30]! },
    ...landmarkSources.map(([type, first, second]) => ({
      type,
      x: (points[first]!.x + points[second ?? first]!.x) / 2,
      y: (points[first]!.y + points[second ?? first]!.y) / 2,
    })),
    { type: "leftPupil", ...left },
    { type: "rightPupil", ...right },
  ];
}

function spread(values: ArrayLike<number>): { mean: number; variance: number } {
  let total = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    total += values[i]!;
    squares += values[i]! ** 2;
  }
  const mean = total / values.length;
  return { mean, variance: squares / values.length - mean ** 2 };
}

function clamp(value: number): number {
  return Math.max(0, Math.min(100, value));
}
