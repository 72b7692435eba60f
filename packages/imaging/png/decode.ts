import type { Engine } from "../engine";
import { imagingError } from "../errors";
import { readProfile } from "../icc";
import type { Region } from "../region";
import type { Decoded, Plane } from "../render";
import { readPngInfo, type PngInfo } from "./chunks";
import { inflateRows } from "./inflate";

/** An interlaced photo has to be held whole; no camera writes them. */
const maxInterlacedPixels = 4_000_000;

/** Adam7's passes: first column and row, and the steps between columns and rows. */
const adam7: readonly (readonly [number, number, number, number])[] = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/**
 * Decodes a region of a PNG, shrunk by a whole factor that leaves it at least twice as large as wanted, so that what
 * follows has enough to filter from. Rows below the region are not inflated.
 *
 * @param ratio how many full-size pixels become one of the output, both ways
 * @throws FILE_CORRUPT, or IMAGE_TOO_LARGE for interlaced photos of more than 4 million pixels
 */
export async function decodePng(engine: Engine, file: Buffer, region: Region, ratio: number): Promise<Decoded> {
  const info = readPngInfo(file);
  const { width, height } = info;
  if (info.interlaced && width * height > maxInterlacedPixels) {
    throw imagingError(
      "IMAGE_TOO_LARGE",
      `The PNG is interlaced and has ${width}×${height} pixels; the limit for interlaced PNG is ${maxInterlacedPixels}. Save it without interlacing.`,
    );
  }
  const sink = new Shrinker(engine, info, region, Math.min(64, Math.max(1, Math.floor(ratio / 2))));
  await (info.interlaced
    ? decodeInterlaced(engine, file, info, region, sink)
    : decodeRows(engine, file, info, region, sink));
  return {
    planes: sink.planes,
    colours: "rgb",
    region,
    conversion: info.profile && readProfile(info.profile, isGrey(info) ? 1 : 3),
  };
}

const isGrey = ({ type }: PngInfo): boolean => type === 0 || type === 4;

const bytesPerRow = ({ depth, channels }: PngInfo, width: number): number => Math.ceil((width * depth * channels) / 8);

async function decodeRows(engine: Engine, file: Buffer, info: PngInfo, region: Region, sink: Shrinker): Promise<void> {
  const length = bytesPerRow(info, info.width);
  const rows = region.top + region.height;
  const pixel = engine.allocate(region.width * 3);
  // 8-bit RGB is already as the shrinker takes it.
  const direct = info.type === 2 && info.depth === 8 && info.key === undefined;
  await inflateRows(engine, file, info, { lengths: [{ length, rows }] }, (at, row) => {
    if (row < region.top) return;
    if (direct) {
      sink.add(at + region.left * 3);
      return;
    }
    sink.expand(at, region.left, region.width, pixel);
    sink.add(pixel);
  });
  sink.finish();
}

async function decodeInterlaced(
  engine: Engine,
  file: Buffer,
  info: PngInfo,
  region: Region,
  sink: Shrinker,
): Promise<void> {
  const { width, height } = info;
  const passes = adam7
    .map(([left, top, stepX, stepY]) => ({
      left,
      top,
      stepX,
      stepY,
      columns: Math.ceil((width - left) / stepX),
      rows: Math.ceil((height - top) / stepY),
    }))
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
  const image = engine.allocate(width * height * 3);
  const line = engine.allocate(width * 3);
  const lengths = passes.map(({ columns, rows }) => ({ length: bytesPerRow(info, columns), rows }));
  await inflateRows(engine, file, info, { lengths }, (at, row, passIndex) => {
    const pass = passes[passIndex];
    if (!pass) return;
    sink.expand(at, 0, pass.columns, line);
    const to = image + ((pass.top + row * pass.stepY) * width + pass.left) * 3;
    engine.kernel.scatter(line, pass.columns, to, pass.stepX);
  });
  for (let row = region.top; row < region.top + region.height; row++) sink.add(image + (row * width + region.left) * 3);
  sink.finish();
}

/** Takes the region's rows as 8-bit RGB and keeps the means of squares of pixels. */
class Shrinker {
  readonly planes: readonly Plane[];
  private readonly palette: number;
  private readonly key: number;
  private readonly sums: number;
  private readonly columns: number;
  private readonly rows: number;
  private readonly planeSize: number;
  private readonly first: number;
  private added = 0;
  private written = 0;

  constructor(
    private readonly engine: Engine,
    private readonly info: PngInfo,
    private readonly region: Region,
    private readonly factor: number,
  ) {
    this.columns = Math.ceil(region.width / factor);
    this.rows = Math.ceil(region.height / factor);
    this.planeSize = this.columns * this.rows;
    this.first = engine.allocate(this.planeSize * 3);
    this.sums = engine.allocate(this.columns * 12);
    this.palette = engine.allocate(768);
    this.key = info.key ? engine.allocate(12) : 0;
    if (info.palette) engine.bytes.set(info.palette, this.palette);
    if (info.key) engine.words.set(info.key, this.key >> 2);
    this.planes = [0, 1, 2].map((channel) => ({
      address: this.first + channel * this.planeSize,
      stride: this.columns,
      width: this.columns,
      height: this.rows,
      left: region.left,
      top: region.top,
      stepX: factor,
      stepY: factor,
    }));
  }

  /** Some pixels of an unfiltered row, as the file has them, become RGB at `out`. */
  expand(row: number, left: number, count: number, out: number): void {
    const { type, depth } = this.info;
    this.engine.kernel.expandRow(row, left, count, type, depth, this.palette, this.key, out);
  }

  add(row: number): void {
    this.engine.kernel.addRow(row, this.region.width, this.factor, this.sums);
    this.added++;
    if (this.added === this.factor) this.write();
  }

  /** The last squares may lack rows: they are the means of those that there are. */
  finish(): void {
    if (this.added > 0) this.write();
  }

  private write(): void {
    const at = this.first + this.written * this.columns;
    this.engine.kernel.writeMeans(this.sums, this.columns, this.added * this.factor, at, this.planeSize);
    this.written++;
    this.added = 0;
  }
}
