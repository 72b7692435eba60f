import { interpolated, readCurve, type Curve } from "./curve";

/**
 * A profile's conversion from device values to its connection space (PCS) by tables: each step maps values of 0 to
 * 1. The steps of every type are converted to this form; a step that the type or the profile lacks changes nothing.
 */
export interface Lut {
  /** Device components: 1 grey, 3 RGB, 4 CMYK. */
  readonly inputs: number;
  /** One for each component, before the grid. */
  readonly inputCurves: readonly Curve[];
  /** Points of the grid along each component. */
  readonly points: readonly number[];
  /** Three values a point of the grid, the last component's points next to each other. */
  readonly grid: Float32Array;
  readonly middleCurves: readonly Curve[];
  /** 3 × 3 values, row by row, and three offsets. */
  readonly matrix: readonly number[];
  readonly outputCurves: readonly Curve[];
}

const unchanged: readonly number[] = [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0];
const identity: Curve = (x) => x;

/**
 * Reads a table element: ICC.1:2022, 10.10 (`mft1`), 10.11 (`mft2`) and 10.12 (`mAB `).
 *
 * @returns undefined if it is of another type or for another number of components
 * @throws RangeError if the profile ends before the element
 */
export function readLut(profile: Buffer, at: number, inputs: number): Lut | undefined {
  const type = profile.toString("latin1", at, at + 4);
  if (profile.readUInt8(at + 8) !== inputs || profile.readUInt8(at + 9) !== 3) return undefined;
  if (type === "mft1") return readTables(profile, at + 48, { inputs, points: profile.readUInt8(at + 10), bytes: 1 });
  if (type === "mft2") return readTables(profile, at + 48, { inputs, points: profile.readUInt8(at + 10), bytes: 2 });
  return type === "mAB " ? readModern(profile, at, inputs) : undefined;
}

interface Shape {
  readonly inputs: number;
  readonly points: number;
  /** Bytes a value. */
  readonly bytes: 1 | 2;
}

/** Tables of 8 or 16 bits. Their matrix applies only if the input is XYZ. */
function readTables(profile: Buffer, from: number, { inputs, points, bytes }: Shape): Lut | undefined {
  const [entriesIn, entriesOut] =
    bytes === 1 ? [256, 256] : [profile.readUInt16BE(from), profile.readUInt16BE(from + 2)];
  let at = bytes === 1 ? from : from + 4;
  if (entriesIn < 2 || entriesOut < 2 || points < 2) return undefined;
  const take = (count: number): Float32Array => {
    const values = readValues(profile, at, count, bytes);
    at += count * bytes;
    return values;
  };
  const curvesOf = (count: number, entries: number): Curve[] =>
    Array.from({ length: count }, () => interpolated(Float64Array.from(take(entries))));
  const inputCurves = curvesOf(inputs, entriesIn);
  const grid = take(points ** inputs * 3);
  return {
    inputs,
    inputCurves,
    points: Array.from({ length: inputs }, () => points),
    grid,
    middleCurves: [identity, identity, identity],
    matrix: unchanged,
    outputCurves: curvesOf(3, entriesOut),
  };
}

/** A curves, grid, M curves, matrix, B curves: all but the B curves may be missing. */
function readModern(profile: Buffer, at: number, inputs: number): Lut | undefined {
  const [b = 0, matrix = 0, m = 0, grid = 0, a = 0] = [12, 16, 20, 24, 28].map((n) => profile.readUInt32BE(at + n));
  const curvesAt = (offset: number, count: number): readonly Curve[] | undefined => {
    if (offset === 0) return Array.from({ length: count }, () => identity);
    const curves: Curve[] = [];
    for (let n = 0, place = at + offset; n < count; n++) {
      const read = readCurve(profile, place);
      if (read === undefined) return undefined;
      curves.push(read.curve);
      place += (read.size + 3) & ~3;
    }
    return curves;
  };
  const inputCurves = curvesAt(a, inputs);
  const middleCurves = curvesAt(m, 3);
  const outputCurves = curvesAt(b, 3);
  const table = grid === 0 ? plainGrid(inputs) : readGrid(profile, at + grid, inputs);
  if (!inputCurves || !middleCurves || !outputCurves || !table) return undefined;
  const numbers = Array.from({ length: 12 }, (_, n) => profile.readInt32BE(at + matrix + n * 4) / 65536);
  return {
    inputs,
    inputCurves,
    ...table,
    middleCurves,
    matrix: matrix === 0 ? unchanged : numbers,
    outputCurves,
  };
}

function readGrid(profile: Buffer, at: number, inputs: number): Pick<Lut, "points" | "grid"> | undefined {
  const points = Array.from({ length: inputs }, (_, n) => profile.readUInt8(at + n));
  const bytes = profile.readUInt8(at + 16);
  if (points.some((count) => count < 2) || (bytes !== 1 && bytes !== 2)) return undefined;
  const count = points.reduce((product, one) => product * one, 3);
  return { points, grid: readValues(profile, at + 20, count, bytes) };
}

/** A grid that changes nothing: two points along each of three components. */
function plainGrid(inputs: number): Pick<Lut, "points" | "grid"> | undefined {
  if (inputs !== 3) return undefined;
  const grid = Float32Array.from({ length: 24 }, (_, n) => (Math.floor(n / 3) >> (2 - (n % 3))) & 1);
  return { points: [2, 2, 2], grid };
}

function readValues(profile: Buffer, at: number, count: number, bytes: 1 | 2): Float32Array {
  if (at + count * bytes > profile.length) throw new RangeError("The profile ends inside a table.");
  return Float32Array.from({ length: count }, (_, n) =>
    bytes === 1 ? profile.readUInt8(at + n) / 255 : profile.readUInt16BE(at + n * 2) / 65535,
  );
}
