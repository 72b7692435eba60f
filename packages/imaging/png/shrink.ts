import type { Engine } from "../engine";
import type { Region } from "../region";
import type { Plane } from "../render";
import type { PngInfo } from "./chunks";

/** Takes the region's pixels as 8-bit RGB and keeps the means of squares of pixels, as three planes. */
abstract class Shrinker {
  protected readonly columns: number;
  protected readonly rows: number;
  protected readonly planeSize: number;
  /** The address of the first plane; the others follow it. */
  protected readonly planes: number;
  private readonly palette: number;
  private readonly key: number;

  constructor(
    protected readonly engine: Engine,
    private readonly info: PngInfo,
    protected readonly region: Region,
    /** Pixels of a square, each way. */
    protected readonly factor: number,
  ) {
    this.columns = Math.ceil(region.width / factor);
    this.rows = Math.ceil(region.height / factor);
    this.planeSize = this.columns * this.rows;
    this.planes = engine.allocate(this.planeSize * 3);
    this.palette = engine.allocate(768);
    this.key = info.key ? engine.allocate(12) : 0;
    if (info.palette) engine.bytes.set(info.palette, this.palette);
    if (info.key) engine.words.set(info.key, this.key >> 2);
  }

  /** Converts pixels of an unfiltered row, in the file's format, to RGB at `out`. */
  expand(row: number, left: number, count: number, out: number): void {
    const { type, depth } = this.info;
    this.engine.kernel.expandRow(row, left, count, type, depth, this.palette, this.key, out);
  }

  /** Writes the sums that are still held. */
  protected abstract flush(): void;

  /** @returns the planes, once all pixels are added */
  finish(): readonly Plane[] {
    this.flush();
    return [0, 1, 2].map((channel) => ({
      address: this.planes + channel * this.planeSize,
      stride: this.columns,
      width: this.columns,
      height: this.rows,
      left: this.region.left,
      top: this.region.top,
      stepX: this.factor,
      stepY: this.factor,
    }));
  }
}

/** For rows in order. */
export class RowShrinker extends Shrinker {
  private readonly sums: number;
  private added = 0;
  private written = 0;

  constructor(engine: Engine, info: PngInfo, region: Region, factor: number) {
    // The sums of 64 × 64 squares are far below 32 bits.
    super(engine, info, region, Math.min(64, factor));
    this.sums = engine.allocate(this.columns * 12);
  }

  add(row: number): void {
    this.engine.kernel.addRow(row, this.region.width, this.factor, this.sums);
    this.added++;
    if (this.added === this.factor) this.flush();
  }

  /** The last squares may lack rows: their means cover the rows that exist. */
  protected flush(): void {
    if (this.added === 0) return;
    const at = this.planes + this.written * this.columns;
    this.engine.kernel.writeMeans(this.sums, this.columns, this.added * this.factor, at, this.planeSize);
    this.written++;
    this.added = 0;
  }
}

/**
 * For pixels in any order. The sums of all squares are held at once, in 16 bits each, enough for squares of 16 × 16:
 * six bytes per square. If a square is one pixel, it is written directly to the planes.
 */
export class ScatteredShrinker extends Shrinker {
  private readonly sums: number;

  constructor(engine: Engine, info: PngInfo, region: Region, factor: number) {
    super(engine, info, region, Math.min(16, factor));
    this.sums = this.factor === 1 ? 0 : engine.allocate(this.planeSize * 6);
  }

  /**
   * Adds pixels of one row of an interlacing pass.
   *
   * @param left column of the first pixel in the region
   * @param step columns from one pixel to the next
   * @param top row in the region
   */
  add(pixels: number, count: number, left: number, step: number, top: number): void {
    const { kernel } = this.engine;
    const first = Math.floor(top / this.factor) * this.columns;
    if (this.factor === 1) {
      kernel.scatter(pixels, count, this.planes + first + left, step, this.planeSize);
      return;
    }
    // The last column is repeated if a square extends beyond the region, as in addRow.
    const repeats = this.columns * this.factor - this.region.width;
    const last = this.region.width - 1;
    kernel.addScattered(pixels, count, left, step, this.factor, last, repeats, this.sums + first * 6);
  }

  protected flush(): void {
    if (this.factor === 1) return;
    for (let row = 0; row < this.rows; row++) {
      const added = Math.min(this.factor, this.region.height - row * this.factor);
      const first = row * this.columns;
      const sums = this.sums + first * 6;
      this.engine.kernel.writeScattered(sums, this.columns, added * this.factor, this.planes + first, this.planeSize);
    }
  }
}
