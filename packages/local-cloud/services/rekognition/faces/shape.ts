import { applySimilarity, type Point, type Similarity } from "./picture";
import type { Pose } from "./engine";

/** Side of the square in which a face is aligned for the recognition network, in pixels. */
export const alignedSide = 150;

/**
 * Positions of the inner landmarks of a frontal face in that square: [landmark, x, y]. The mean over the better aligned
 * faces of the photos in `@vladmandic/face-api/demo` and their mirror images, in the frame that the recognition network
 * was trained with (dlib's face chips, padding 0.25). Brows, jaw and lower lip are left out: they move with expression
 * and age.
 */
export const meanShape: readonly (readonly [landmark: number, x: number, y: number])[] = [
  // The nose, from between the eyes to its tip, then its lower edge.
  ...([
    [27, 74, 48.3],
    [28, 74, 60.1],
    [29, 74, 70.6],
    [30, 74, 80.2],
    [31, 64.1, 84.9],
    [32, 68.4, 86.6],
    [33, 74, 88],
    [34, 79.7, 86.6],
    [35, 84, 84.9],
  ] as const),
  // The left and the right eye, from their left corners clockwise.
  ...([
    [36, 37.7, 44.7],
    [37, 43, 42.2],
    [38, 51, 42.2],
    [39, 58.1, 46.4],
    [40, 51.7, 48.7],
    [41, 43.3, 48.6],
    [42, 90, 46.4],
    [43, 97, 42.2],
    [44, 105.1, 42.2],
    [45, 110.4, 44.7],
    [46, 104.7, 48.6],
    [47, 96.3, 48.7],
  ] as const),
  // The upper lip's outer edge, then the mouth's opening.
  ...([
    [48, 51.4, 102.2],
    [49, 59.2, 99.7],
    [50, 69.1, 97.5],
    [51, 74, 98.4],
    [52, 78.9, 97.5],
    [53, 88.8, 99.7],
    [54, 96.6, 102.2],
    [60, 53.1, 102.5],
    [61, 67, 102.4],
    [62, 74, 102.6],
    [63, 81, 102.4],
    [64, 95, 102.5],
    [65, 80.7, 107.6],
    [66, 74, 108.5],
    [67, 67.3, 107.6],
  ] as const),
];

/** A face's position in its picture. */
export interface Alignment {
  /** From the aligned square to the picture. */
  readonly map: Similarity;
  /**
   * Root mean square distance of the landmarks from the mean shape, in sides of the square: about 0.02 for a frontal
   * face, over 0.03 for one turned far away, lying on its side, or none at all.
   */
  readonly residual: number;
}

/** Fits the mean shape to the 68 landmarks by the least-squares similarity. */
export function align(landmarks: readonly Point[]): Alignment {
  const pairs = meanShape.map(([landmark, x, y]) => ({ from: { x, y }, to: landmarks[landmark]! }));
  const from = mean(pairs.map((pair) => pair.from));
  const to = mean(pairs.map((pair) => pair.to));
  let along = 0;
  let across = 0;
  let spread = 0;
  for (const pair of pairs) {
    const px = pair.from.x - from.x;
    const py = pair.from.y - from.y;
    const qx = pair.to.x - to.x;
    const qy = pair.to.y - to.y;
    along += px * qx + py * qy;
    across += px * qy - py * qx;
    spread += px * px + py * py;
  }
  const a = along / spread;
  const b = across / spread;
  const map = { a, b, dx: to.x - a * from.x + b * from.y, dy: to.y - b * from.x - a * from.y };
  const squares = pairs.map((pair) => {
    const { x, y } = applySimilarity(map, pair.from);
    return (x - pair.to.x) ** 2 + (y - pair.to.y) ** 2;
  });
  const residual = Math.sqrt(sum(squares) / pairs.length) / (Math.hypot(a, b) * alignedSide);
  return { map, residual };
}

/**
 * The depth of the landmarks of {@link meanShape} in front of the plane of the eyes' inner corners, towards the camera,
 * in pixels of the aligned square, of which the eyes are 54 (63 mm) apart. Estimates from anatomy, not measured.
 */
const depths: Readonly<Record<number, number>> = {
  27: 3, 28: 10, 29: 18, 30: 27, 31: 11, 33: 16, 35: 11, 36: -9, 39: 0, 42: 0, 45: -9, 48: 4, 51: 15, 54: 4,
}; // prettier-ignore

/**
 * The head's pose by a weak-perspective fit of the mean shape, given depth, to the landmarks. Roll is good to a
 * degree or two, yaw to about ten, pitch only to about fifteen: the landmark network pulls every face towards a
 * frontal one.
 */
export function poseOf(landmarks: readonly Point[]): Pose {
  const model = meanShape
    .filter(([landmark]) => landmark in depths)
    .map(([landmark, x, y]) => ({ x, y, z: depths[landmark]!, to: landmarks[landmark]! }));
  const centre = { ...mean(model), z: sum(model.map((point) => point.z)) / model.length };
  const toCentre = mean(model.map((point) => point.to));
  // Normal equations of to = M·(x, y, z): one 3 × 3 matrix for both rows of M.
  const normal = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  const right = [0, 0, 0, 0, 0, 0];
  for (const point of model) {
    const p = [point.x - centre.x, point.y - centre.y, point.z - centre.z];
    const q = [point.to.x - toCentre.x, point.to.y - toCentre.y];
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) normal[i * 3 + j]! += p[i]! * p[j]!;
      for (let row = 0; row < 2; row++) right[row * 3 + i]! += q[row]! * p[i]!;
    }
  }
  const inverse = invert(normal);
  const [first, second] = [0, 3].map((row) => times(inverse, right.slice(row, row + 3))) as [number[], number[]];
  return anglesOf(first, second);
}

/** Angles of the rotation nearest to the two rows that map the model to the picture. */
function anglesOf(first: readonly number[], second: readonly number[]): Pose {
  const scale = (Math.hypot(...first) + Math.hypot(...second)) / 2;
  const [m00, m01, m02] = first.map((value) => value / scale) as [number, number, number];
  const [m10, m11, m12] = second.map((value) => value / scale) as [number, number, number];
  const roll = Math.atan2(m10 - m01, m00 + m11);
  // Turned back by the roll, depth moves points sideways by yaw and up or down by pitch.
  const sideways = Math.cos(roll) * m02 + Math.sin(roll) * m12;
  const downwards = -Math.sin(roll) * m02 + Math.cos(roll) * m12;
  const degrees = (sine: number): number => (Math.asin(Math.max(-1, Math.min(1, sine))) * 180) / Math.PI;
  return { roll: (roll * 180) / Math.PI, yaw: degrees(sideways), pitch: -degrees(downwards) };
}

function invert(m: readonly number[]): number[] {
  const [a, b, c, d, e, f, g, h, i] = m as [number, number, number, number, number, number, number, number, number];
  const cofactors = [
    e * i - f * h, c * h - b * i, b * f - c * e,
    f * g - d * i, a * i - c * g, c * d - a * f,
    d * h - e * g, b * g - a * h, a * e - b * d,
  ]; // prettier-ignore
  const determinant = a * cofactors[0]! + b * cofactors[3]! + c * cofactors[6]!;
  return cofactors.map((value) => value / determinant);
}

function times(matrix: readonly number[], vector: readonly number[]): number[] {
  return [0, 1, 2].map((row) => sum(vector.map((value, column) => matrix[row * 3 + column]! * value)));
}

function mean(points: readonly Point[]): Point {
  return { x: sum(points.map(({ x }) => x)) / points.length, y: sum(points.map(({ y }) => y)) / points.length };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
