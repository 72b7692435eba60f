import type { Engine } from "./engine";

/** One direction of a plane that is to be resampled. Lengths are in full-size pixels, unless said. */
export interface Axis {
  /** The region's first pixel and how many it has. */
  readonly start: number;
  readonly length: number;
  /** Where the plane's first sample begins, how much each spans, and how many there are. */
  readonly origin: number;
  readonly step: number;
  readonly samples: number;
  /** Whether the last of the output shows the first of the region. */
  readonly reversed: boolean;
}

/** The kernel's weights add up to this. */
const unit = 16384;

/** The window of Lanczos with three lobes. */
function lanczos3(x: number): number {
  if (x === 0) return 1;
  if (x <= -3 || x >= 3) return 0;
  const angle = Math.PI * x;
  return (3 * Math.sin(angle) * Math.sin(angle / 3)) / (angle * angle);
}

/** Weights by source sample, from the first that has one. */
interface Weights {
  readonly first: number;
  readonly values: readonly number[];
}

/**
 * Writes the taps of {@link Kernel.resample} for one axis. Samples outside the region don't count: the outermost
 * ones stand in for them, as if the region had been cut out first.
 *
 * @param size samples of the output
 * @returns the address of the taps
 */
export function writeTaps(engine: Engine, axis: Axis, size: number): number {
  const { step, length } = axis;
  const weigh = step > 1 && step > length / size ? weighInterpolated : weighSamples;
  const all = Array.from({ length: size }, (_, index) => weigh(axis, size, index));
  // In multiples of eight, zeros at the end, as the vector loops read them.
  const most = (Math.max(...all.map(({ values }) => values.length)) + 7) & ~7;
  const taps = engine.allocate(size * 12);
  const weightsAt = engine.allocate(size * most * 2);
  const weights = new Int16Array(engine.bytes.buffer, weightsAt, size * most);
  const { words } = engine;
  all.forEach(({ first, values }, index) => {
    const sum = values.reduce((total, value) => total + value, 0);
    // Rounded so that they add up: what one loses the next gains.
    let exact = 0;
    let done = 0;
    values.forEach((value, n) => {
      exact += (value / sum) * unit;
      weights[index * most + n] = Math.round(exact) - done;
      done = Math.round(exact);
    });
    const tap = (taps >> 2) + (axis.reversed ? size - 1 - index : index) * 3;
    words[tap] = first;
    words[tap + 1] = values.length;
    words[tap + 2] = weightsAt + index * most * 2;
  });
  return taps;
}

/** The plane's samples that belong to the region. */
function bounds({ start, length, origin, step, samples }: Axis): { first: number; last: number } {
  const first = Math.max(0, Math.floor((start - origin) / step + 1e-6));
  return { first, last: Math.max(first, Math.min(samples, Math.ceil((start + length - origin) / step - 1e-6)) - 1) };
}

function within(value: number, first: number, last: number): number {
  return Math.min(last, Math.max(first, value));
}

/** The filter laid over the plane's samples themselves. */
function weighSamples(axis: Axis, size: number, index: number): Weights {
  const { start, length, origin, step } = axis;
  const { first, last } = bounds(axis);
  const spread = Math.max(1, length / size / step);
  const centre = (start + ((index + 0.5) * length) / size - origin) / step - 0.5;
  const [lowest, highest] = [Math.ceil(centre - 3 * spread), Math.floor(centre + 3 * spread)];
  const from = within(lowest, first, last);
  const values = Array.from({ length: within(highest, first, last) - from + 1 }, () => 0);
  for (let sample = lowest; sample <= highest; sample++) {
    const at = within(sample, first, last) - from;
    values[at] = (values[at] ?? 0) + lanczos3((sample - centre) / spread);
  }
  return { first: from, values };
}

/**
 * The filter laid over full-size pixels, each interpolated between the two nearest samples: what a decoder shows that
 * first enlarges chroma to the photo's size. For chroma that is coarser than the output.
 */
function weighInterpolated(axis: Axis, size: number, index: number): Weights {
  const { start, length, origin, step } = axis;
  const { first, last } = bounds(axis);
  const spread = Math.max(1, length / size);
  const centre = start + ((index + 0.5) * length) / size - 0.5;
  const [lowest, highest] = [Math.ceil(centre - 3 * spread), Math.floor(centre + 3 * spread)];
  const sampleAt = (pixel: number): number => (within(pixel, start, start + length - 1) + 0.5 - origin) / step - 0.5;
  const from = within(Math.floor(sampleAt(lowest)), first, last);
  const to = within(Math.floor(sampleAt(highest)) + 1, first, last);
  const values = Array.from({ length: to - from + 1 }, () => 0);
  for (let pixel = lowest; pixel <= highest; pixel++) {
    const weight = lanczos3((pixel - centre) / spread);
    const place = sampleAt(pixel);
    const below = Math.floor(place);
    for (const [sample, share] of [
      [below, 1 - (place - below)],
      [below + 1, place - below],
    ] as const) {
      const at = within(sample, first, last) - from;
      values[at] = (values[at] ?? 0) + weight * share;
    }
  }
  return { first: from, values };
}
