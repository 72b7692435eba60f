import type { Engine } from "./engine";

/** One direction of a plane to resample. Lengths are in full-size pixels unless stated otherwise. */
export interface Axis {
  /** The region's first pixel and its number of pixels. */
  readonly start: number;
  readonly length: number;
  /** The start of the plane's first sample, the span of each sample, and their number. */
  readonly origin: number;
  readonly step: number;
  readonly samples: number;
  /** Whether the output is reversed: its last sample shows the region's first. */
  readonly reversed: boolean;
}

/** The sum of the kernel's weights. */
const unit = 16384;

/** Lanczos with three lobes: its value at this many points per unit, linearly interpolated between them. */
const points = 512;
const lobes = Float64Array.from({ length: 3 * points + 2 }, (_, index) => {
  const angle = (Math.PI * index) / points;
  if (index === 0) return 1;
  return index < 3 * points ? (3 * Math.sin(angle) * Math.sin(angle / 3)) / (angle * angle) : 0;
});

function lanczos3(x: number): number {
  const place = Math.abs(x) * points;
  if (place >= 3 * points) return 0;
  const below = Math.floor(place);
  const value = lobes[below] ?? 0;
  return value + ((lobes[below + 1] ?? 0) - value) * (place - below);
}

/** The range of the plane's samples that have a weight. */
interface Span {
  readonly first: number;
  readonly count: number;
}

/** Adds the weights for one pixel of the output to zeros, from the span's first sample on. */
type Weigh = (axis: Axis, size: number, index: number, weights: Float64Array) => Span;

/**
 * Writes the taps of {@link Kernel.resample} for one axis. Samples outside the region don't count: the outermost ones
 * replace them, as if the region had been cut out first.
 *
 * A new process runs this code before it is compiled: hence the plain loops.
 *
 * @param size samples of the output
 * @returns the address of the taps
 */
export function writeTaps(engine: Engine, axis: Axis, size: number): number {
  const { step, length, reversed, samples } = axis;
  const interpolates = step > 1 && step > length / size;
  const weigh: Weigh = interpolates ? weighInterpolated : weighSamples;
  // In multiples of eight, padded with zeros, as the vector loops require.
  const most =
    (Math.min(samples, Math.ceil((6 * Math.max(interpolates ? 1 : step, length / size)) / step) + 3) + 7) & ~7;
  const taps = engine.allocate(size * 12);
  const weightsAt = engine.allocate(size * most * 2);
  const rounded = new Int16Array(engine.bytes.buffer, weightsAt, size * most);
  const exact = new Float64Array(most);
  const { words } = engine;
  for (let index = 0; index < size; index++) {
    exact.fill(0);
    const { first, count } = weigh(axis, size, index, exact);
    roundWeights(exact, count, rounded, index * most);
    const tap = (taps >> 2) + (reversed ? size - 1 - index : index) * 3;
    words[tap] = first;
    words[tap + 1] = count;
    words[tap + 2] = weightsAt + index * most * 2;
  }
  return taps;
}

/** Rounded so that the sum is exact: the next weight takes over each rounding error. */
function roundWeights(exact: Float64Array, count: number, rounded: Int16Array, at: number): void {
  let sum = 0;
  for (let n = 0; n < count; n++) sum += exact[n] ?? 0;
  let reached = 0;
  let done = 0;
  for (let n = 0; n < count; n++) {
    reached += ((exact[n] ?? 0) / sum) * unit;
    const next = Math.round(reached);
    rounded[at + n] = next - done;
    done = next;
  }
}

/** The plane's samples that belong to the region. */
function bounds({ start, length, origin, step, samples }: Axis): { first: number; last: number } {
  const first = Math.max(0, Math.floor((start - origin) / step + 1e-6));
  return { first, last: Math.max(first, Math.min(samples, Math.ceil((start + length - origin) / step - 1e-6)) - 1) };
}

function within(value: number, first: number, last: number): number {
  return value < first ? first : value > last ? last : value;
}

/** The filter laid over the plane's samples themselves. */
function weighSamples(axis: Axis, size: number, index: number, weights: Float64Array): Span {
  const { start, length, origin, step } = axis;
  const { first, last } = bounds(axis);
  const spread = Math.max(1, length / size / step);
  const centre = (start + ((index + 0.5) * length) / size - origin) / step - 0.5;
  const lowest = Math.ceil(centre - 3 * spread);
  const highest = Math.floor(centre + 3 * spread);
  const from = within(lowest, first, last);
  for (let sample = lowest; sample <= highest; sample++) {
    const at = within(sample, first, last) - from;
    weights[at] = (weights[at] ?? 0) + lanczos3((sample - centre) / spread);
  }
  return { first: from, count: within(highest, first, last) - from + 1 };
}

/**
 * The filter laid over full-size pixels, each interpolated between the two nearest samples: the result of a decoder
 * that first enlarges chroma to the photo's size. For chroma that is coarser than the output.
 */
function weighInterpolated(axis: Axis, size: number, index: number, weights: Float64Array): Span {
  const { start, length, origin, step } = axis;
  const { first, last } = bounds(axis);
  const spread = Math.max(1, length / size);
  const centre = start + ((index + 0.5) * length) / size - 0.5;
  const lowest = Math.ceil(centre - 3 * spread);
  const highest = Math.floor(centre + 3 * spread);
  const sampleAt = (pixel: number): number => (within(pixel, start, start + length - 1) + 0.5 - origin) / step - 0.5;
  const from = within(Math.floor(sampleAt(lowest)), first, last);
  const to = within(Math.floor(sampleAt(highest)) + 1, first, last);
  for (let pixel = lowest; pixel <= highest; pixel++) {
    const weight = lanczos3((pixel - centre) / spread);
    const place = sampleAt(pixel);
    const below = Math.floor(place);
    const one = within(below, first, last) - from;
    const other = within(below + 1, first, last) - from;
    weights[one] = (weights[one] ?? 0) + weight * (below + 1 - place);
    weights[other] = (weights[other] ?? 0) + weight * (place - below);
  }
  return { first: from, count: to - from + 1 };
}
