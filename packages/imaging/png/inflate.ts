import { createInflate } from "node:zlib";
import type { Engine } from "../engine";
import { corrupt, imagingError } from "../file/errors";
import { readPixels, type PngInfo } from "./chunks";

/** The size of the pieces of inflated bytes, and the number of pieces that may wait to be processed. */
const pieceSize = 128 * 1024;
const maxWaiting = 4;
/** The size of the pieces of compressed bytes. */
const inputSize = 256 * 1024;

/** Consecutive rows of pixels: those of the image, or of one interlacing pass. */
interface Rows {
  /** Bytes a row, without its filter byte. */
  readonly length: number;
  readonly rows: number;
}

/**
 * Inflates the pixels piece by piece, undoes the filters and passes on every row, up to the last wanted one.
 *
 * @param take receives the address of a row's bytes, its number, and the index of its group; it must not keep the
 * address
 * @throws FILE_CORRUPT when the data are damaged or end before the last wanted row
 */
export async function inflateRows(
  engine: Engine,
  file: Buffer,
  info: PngInfo,
  { lengths }: { readonly lengths: readonly Rows[] },
  take: (address: number, row: number, group: number) => void,
): Promise<void> {
  const rows = new RowAssembler(engine, info, lengths, take);
  const inflate = createInflate({ chunkSize: pieceSize });
  await new Promise<void>((resolve, reject) => {
    let settled = false;
    const waiting: Buffer[] = [];
    const settle = (error?: Error): void => {
      if (settled) return;
      settled = true;
      inflate.destroy();
      if (error) reject(error);
      else resolve();
    };
    const damaged = (cause: Error): Error =>
      imagingError("FILE_CORRUPT", `The PNG's pixels cannot be inflated: ${cause.message}.`, cause);
    const work = (): void => {
      const piece = waiting.shift();
      if (settled || !piece) return;
      try {
        if (rows.add(piece)) settle();
      } catch (error) {
        settle(error as Error);
      }
    };
    inflate.on("error", (error) => settle(damaged(error)));
    inflate.on("data", (piece: Buffer) => {
      // Processed asynchronously, so that zlib's thread inflates the next piece meanwhile.
      waiting.push(piece);
      setImmediate(work);
      while (waiting.length > maxWaiting) work();
    });
    inflate.on("end", () => {
      while (!settled && waiting.length > 0) work();
      settle(corrupt("The PNG's pixels end early."));
    });
    void feed(inflate, readPixels(file, info.dataStart, inputSize), () => settled);
  });
}

/** Writes the pieces one by one: the next overwrites the one before. */
async function feed(
  inflate: ReturnType<typeof createInflate>,
  pieces: Iterable<Buffer>,
  settled: () => boolean,
): Promise<void> {
  for (const piece of pieces) {
    // A destroyed stream may never call back; nothing waits for it then.
    await new Promise<void>((resolve) => inflate.write(piece, () => resolve()));
    if (settled()) return;
  }
  inflate.end();
}

/** Cuts the inflated bytes into rows and undoes their filters. */
class RowAssembler {
  private readonly pixel: number;
  /** Two rows, each preceded by 8 bytes; the last of these takes the filter byte. */
  private current: number;
  private before: number;
  private readonly longest: number;
  private filled = 0;
  private row = 0;
  private group = 0;

  constructor(
    private readonly engine: Engine,
    { depth, channels }: PngInfo,
    private readonly groups: readonly Rows[],
    private readonly take: (address: number, row: number, group: number) => void,
  ) {
    this.longest = Math.max(...groups.map(({ length }) => length));
    this.pixel = Math.max(1, (depth * channels) >> 3);
    this.current = engine.allocate(this.longest + 8) + 7;
    this.before = engine.allocate(this.longest + 8) + 7;
  }

  /** @returns whether the last wanted row has been passed on */
  add(inflated: Buffer): boolean {
    const { engine } = this;
    const { kernel } = engine;
    let at = 0;
    while (at < inflated.length) {
      const group = this.groups[this.group];
      if (!group) return true;
      const wanted = group.length + 1 - this.filled;
      const length = Math.min(wanted, inflated.length - at);
      engine.bytes.set(inflated.subarray(at, at + length), this.current + this.filled);
      at += length;
      this.filled += length;
      if (length < wanted) break;
      this.finishRow(group, kernel);
    }
    return this.group >= this.groups.length;
  }

  private finishRow(group: Rows, kernel: Engine["kernel"]): void {
    const { engine } = this;
    const filter = engine.bytes[this.current] ?? 0;
    if (kernel.unfilter(filter, this.current + 1, this.before + 1, group.length, this.pixel) < 0) {
      throw corrupt(`The PNG has a row of filter ${filter}, which PNG does not have.`);
    }
    this.take(this.current + 1, this.row, this.group);
    [this.current, this.before] = [this.before, this.current];
    this.filled = 0;
    this.row++;
    if (this.row < group.rows) return;
    this.row = 0;
    this.group++;
    engine.bytes.fill(0, this.before, this.before + this.longest + 1);
  }
}
