import type { ColourConversion } from "./icc";
import type { Engine } from "./engine";
import type { Region, Turn } from "./region";

/** One component of the photo, decoded at some scale, in the kernel's memory: one byte a sample. */
export interface Plane {
  readonly address: number;
  readonly stride: number;
  /** Samples. */
  readonly width: number;
  readonly height: number;
  /** Where the first sample's upper left corner lies in the full-size photo, and how many pixels a sample spans. */
  readonly left: number;
  readonly top: number;
  readonly stepX: number;
  readonly stepY: number;
}

/** What the planes hold. "cmyk" and "ycck" are as Adobe and after it everybody writes them: light instead of ink. */
export type Colours = "grey" | "rgb" | "ycc" | "cmyk" | "ycck";

/** A region of a photo, decoded about as finely as it was asked for, to be rendered at any size. */
export interface Decoded {
  readonly planes: readonly Plane[];
  readonly colours: Colours;
  readonly region: Region;
  /** From the photo's own colours to sRGB, or undefined when it is sRGB or does not say. */
  readonly conversion: ColourConversion | undefined;
}

/** jimp's own form of an image: red, green, blue and alpha, 8 bits each. */
export interface Bitmap {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

const unit = 16384;

/** The window of Lanczos with three lobes. */
function lanczos3(x: number): number {
  if (x === 0) return 1;
  if (x <= -3 || x >= 3) return 0;
  const angle = Math.PI * x;
  return (3 * Math.sin(angle) * Math.sin(angle / 3)) / (angle * angle);
}

interface Axis {
  /** The region's first pixel and how many it has, full size. */
  readonly start: number;
  readonly length: number;
  /** The plane's samples along this axis, as in {@link Plane}. */
  readonly origin: number;
  readonly step: number;
  readonly samples: number;
  readonly reversed: boolean;
}

/**
 * Writes the taps of {@link Kernel.resample} for one axis. Samples outside the region don't count: the outermost
 * ones stand in for them, as if the region had been cut out first.
 */
function writeTaps(engine: Engine, axis: Axis, size: number): number {
  const { start, length, origin, step, samples, reversed } = axis;
  const first = Math.max(0, Math.floor((start - origin) / step + 1e-6));
  const last = Math.min(samples, Math.ceil((start + length - origin) / step - 1e-6)) - 1;
  const spread = Math.max(1, length / size / step);
  const reach = 3 * spread;
  const most = (Math.ceil(reach * 2) + 2 + 7) & ~7;
  const taps = engine.allocate(size * 12);
  const weightsAt = engine.allocate(size * most * 2);
  const weights = new Int16Array(engine.bytes.buffer, weightsAt, size * most);
  const { words } = engine;
  const exact = new Float64Array(most);
  for (let index = 0; index < size; index++) {
    const centre = (start + ((index + 0.5) * length) / size - origin) / step - 0.5;
    const from = Math.min(last, Math.max(first, Math.ceil(centre - reach)));
    const to = Math.max(from, Math.min(last, Math.floor(centre + reach)));
    exact.fill(0);
    let sum = 0;
    for (let sample = Math.ceil(centre - reach); sample <= Math.floor(centre + reach); sample++) {
      const weight = lanczos3((sample - centre) / spread);
      const at = Math.min(to, Math.max(from, sample)) - from;
      exact[at] = (exact[at] ?? 0) + weight;
      sum += weight;
    }
    // Rounded so that the weights add up: what one loses the next gains.
    let done = 0;
    let total = 0;
    for (let n = 0; n <= to - from; n++) {
      total += ((exact[n] ?? 0) / sum) * unit;
      const weight = Math.round(total) - done;
      weights[index * most + n] = weight;
      done += weight;
    }
    const tap = (taps >> 2) + (reversed ? size - 1 - index : index) * 3;
    words[tap] = from;
    words[tap + 1] = to - from + 1;
    words[tap + 2] = weightsAt + index * most * 2;
  }
  return taps;
}

/** Renders a decoded region as an sRGB bitmap of the given size, turned for the eye. */
export function render(engine: Engine, decoded: Decoded, width: number, height: number, turn: Turn): Bitmap {
  const { region, planes, colours, conversion } = decoded;
  const before = engine.used;
  // Sides of the region as stored; the bitmap has them exchanged when it is transposed.
  const [across, down] = turn.transposed ? [height, width] : [width, height];
  const count = width * height;
  const pixels = engine.allocate(count * 4);
  const samples = engine.allocate(count * 8);
  planes.forEach((plane, channel) => {
    const mark = engine.used;
    const columnTaps = writeTaps(
      engine,
      {
        start: region.left,
        length: region.width,
        origin: plane.left,
        step: plane.stepX,
        samples: plane.width,
        reversed: turn.mirrored,
      },
      across,
    );
    const rowTaps = writeTaps(
      engine,
      {
        start: region.top,
        length: region.height,
        origin: plane.top,
        step: plane.stepY,
        samples: plane.height,
        reversed: turn.flipped,
      },
      down,
    );
    const work = engine.allocate(plane.width * 2 + 16);
    const [step, stride] = turn.transposed ? [width * 8, 8] : [8, width * 8];
    const out = samples + channel * 2;
    engine.kernel.resample(
      plane.address,
      plane.stride,
      plane.width,
      rowTaps,
      down,
      columnTaps,
      across,
      work,
      out,
      step,
      stride,
    );
    engine.release(mark);
  });
  const { kernel } = engine;
  const finish = {
    grey: kernel.finishGrey,
    rgb: kernel.finishRgb,
    ycc: kernel.finishYcc,
    cmyk: kernel.finishCmyk,
    ycck: kernel.finishYcck,
  }[colours];
  finish(samples, count, pixels);
  if (conversion) convert(engine, pixels, count, conversion);
  const data = Buffer.from(engine.bytes.subarray(pixels, pixels + count * 4));
  engine.release(before);
  return { data, width, height };
}

function convert(engine: Engine, pixels: number, count: number, conversion: ColourConversion): void {
  const curves = engine.allocate(conversion.curves.byteLength);
  const matrix = engine.allocate(conversion.matrix.byteLength);
  const tones = engine.allocate(conversion.tones.byteLength);
  engine.words.set(conversion.curves, curves >> 2);
  engine.words.set(conversion.matrix, matrix >> 2);
  engine.bytes.set(conversion.tones, tones);
  engine.kernel.convertColours(pixels, count, curves, matrix, tones);
}
