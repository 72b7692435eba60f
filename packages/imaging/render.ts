import type { ColourConversion } from "./icc/profile";
import type { Engine } from "./engine";
import type { MatrixConversion } from "./icc/matrix";
import type { Region, Turn } from "./region";
import { writeTaps } from "./taps";

/** One component of the photo, decoded at some scale, in the kernel's memory: one byte per sample. */
export interface Plane {
  readonly address: number;
  readonly stride: number;
  /** Samples. */
  readonly width: number;
  readonly height: number;
  /** The first sample's upper left corner in the full-size photo, and the number of pixels that a sample spans. */
  readonly left: number;
  readonly top: number;
  readonly stepX: number;
  readonly stepY: number;
}

/** The colour model of the planes. "cmyk" and "ycck" follow Adobe, as all writers do: light instead of ink. */
export type Colours = "grey" | "rgb" | "ycc" | "cmyk" | "ycck";

/** A region of a photo, decoded at about the requested scale, to be rendered at any size. */
export interface Decoded {
  readonly planes: readonly Plane[];
  readonly colours: Colours;
  readonly region: Region;
  /** The conversion from the photo's own colours to sRGB, or undefined if the photo is sRGB or has no profile. */
  readonly conversion: ColourConversion | undefined;
}

/** jimp's own image format: red, green, blue and alpha, 8 bits each. */
export interface Bitmap {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

/** Whether the same taps fit both planes: those of the two chroma components, and of red, green and blue. */
function isAlike(one: Plane, other: Plane): boolean {
  const fields = ["width", "height", "left", "top", "stepX", "stepY"] as const;
  return fields.every((field) => one[field] === other[field]);
}

function tapsOf(engine: Engine, plane: Plane, region: Region, turn: Turn, across: number, down: number) {
  const horizontal = {
    start: region.left,
    length: region.width,
    origin: plane.left,
    step: plane.stepX,
    samples: plane.width,
    reversed: turn.mirrored,
  };
  const vertical = {
    start: region.top,
    length: region.height,
    origin: plane.top,
    step: plane.stepY,
    samples: plane.height,
    reversed: turn.flipped,
  };
  return { columns: writeTaps(engine, horizontal, across), rows: writeTaps(engine, vertical, down) };
}

/** Renders a decoded region as an sRGB bitmap of the given size, turned upright. */
export function render(engine: Engine, decoded: Decoded, width: number, height: number, turn: Turn): Bitmap {
  const { region, planes, colours, conversion } = decoded;
  const mark = engine.used;
  // The sides of the region as stored; a transposed bitmap has them swapped.
  const [across, down] = turn.transposed ? [height, width] : [width, height];
  const count = width * height;
  const pixels = engine.allocate(count * 4);
  const samples = engine.allocate(count * 8);
  const [step, stride] = turn.transposed ? [width * 8, 8] : [8, width * 8];
  let taps = { columns: 0, rows: 0 };
  planes.forEach((plane, channel) => {
    const before = planes[channel - 1];
    if (!before || !isAlike(plane, before)) taps = tapsOf(engine, plane, region, turn, across, down);
    const work = engine.allocate(plane.width * 2 + 16);
    engine.kernel.resample(
      plane.address,
      plane.stride,
      plane.width,
      taps.rows,
      down,
      taps.columns,
      across,
      work,
      samples + channel * 2,
      step,
      stride,
    );
  });
  if (conversion?.kind === "table" && conversion.inputs === 4) writeInks(engine, samples, count, pixels, colours);
  else finishPixels(engine, samples, count, pixels, colours);
  if (conversion?.kind === "matrix") convertByMatrix(engine, pixels, count, conversion);
  const data = Buffer.from(engine.bytes.subarray(pixels, pixels + count * 4));
  engine.release(mark);
  if (conversion?.kind === "table") conversion.convert(data);
  return { data, width, height };
}

function finishPixels(engine: Engine, samples: number, count: number, pixels: number, colours: Colours): void {
  const { kernel } = engine;
  const finish = {
    grey: kernel.finishGrey,
    rgb: kernel.finishRgb,
    ycc: kernel.finishYcc,
    cmyk: kernel.finishCmyk,
    ycck: kernel.finishYcck,
  }[colours];
  finish(samples, count, pixels);
}

/** Pixels of cyan, magenta, yellow and black, 255 the most ink, for a profile that defines the inks' colours. */
function writeInks(engine: Engine, samples: number, count: number, pixels: number, colours: Colours): void {
  // The colours of YCCK are inks, those of CMYK are light; black is light in both.
  if (colours === "ycck") engine.kernel.finishYcc(samples, count, pixels);
  const { bytes } = engine;
  const lights = new Int16Array(bytes.buffer, samples, count * 4);
  for (let at = colours === "ycck" ? 3 : 0; at < count * 4; at += colours === "ycck" ? 4 : 1) {
    bytes[pixels + at] = 255 - Math.min(255, Math.max(0, ((lights[at] ?? 0) + 32) >> 6));
  }
}

function convertByMatrix(engine: Engine, pixels: number, count: number, conversion: MatrixConversion): void {
  const curves = engine.allocate(conversion.curves.byteLength);
  const matrix = engine.allocate(conversion.matrix.byteLength);
  const tones = engine.allocate(conversion.tones.byteLength);
  engine.words.set(conversion.curves, curves >> 2);
  engine.words.set(conversion.matrix, matrix >> 2);
  engine.bytes.set(conversion.tones, tones);
  engine.kernel.convertColours(pixels, count, curves, matrix, tones);
}
