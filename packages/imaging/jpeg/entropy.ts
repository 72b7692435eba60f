import type { Engine } from "../engine";
import { corrupt } from "../file/errors";
import { isRestart, nextMarker } from "../file/jpeg-segments";
import { S_BASE, S_CONSUMED, S_LIMIT, S_NEXT, S_POSITION } from "../kernel/layout";

/** The bytes of the file that are copied to the kernel at a time. */
const chunk = 32 * 1024;
/** The most unread data in the kernel: a few chunks, so that they stay in the processor's cache. */
const windowSize = 4 * chunk;
/** More than any unit takes: 10 blocks of 64 coefficients of at most 31 bits are 2,480 bytes. */
const margin = 4096;

/** Decodes units of a row: see {@link Kernel.decodeBaseline}. */
export type UnitDecoder = (scan: number, from: number, to: number) => number;

/**
 * Feeds the kernel the entropy-coded data between two markers, one window at a time, so that neither a large file nor a
 * scan is ever copied as a whole.
 */
export class EntropyStream {
  private readonly staging: number;
  private readonly low: number;
  /** Address of the window's first byte, after sliding. */
  private readonly high: number;
  /** The position in the file of the first byte that the kernel has not unstuffed. */
  private source = 0;
  /** The staged part of the file. */
  private stagedFrom = 0;
  private stagedTo = 0;
  /** Address of stream byte 0, as if the window still held it. */
  private zero = 0;
  /** Address for the next stream byte. */
  private next = 0;
  private final = false;

  constructor(
    private readonly engine: Engine,
    private readonly file: Buffer,
    private readonly scan: number,
  ) {
    this.staging = engine.allocate(chunk);
    // Below the window is room for a damaged unit's reads beyond its end.
    this.low = engine.allocate(margin + windowSize) + margin;
    this.high = this.low + windowSize - 1;
  }

  /** Starts at a position in the file, right after a scan's header or a restart marker. */
  open(source: number): void {
    this.source = source;
    this.zero = this.high;
    this.next = this.high;
    this.final = false;
    this.write(S_POSITION, 0);
    this.publish();
  }

  /** Goes on behind the next restart marker. */
  restart(): void {
    const { file, source } = this;
    // The marker is usually right where the data ended. A search would take as long as a unit.
    const at = isRestartAt(file, source) ? source : nextMarker(file, source);
    if (!isRestartAt(file, at)) {
      throw corrupt("The JPEG lacks a restart marker.");
    }
    this.open(at + 2);
  }

  /** The position from which to search for the file's next marker. */
  get end(): number {
    return this.source;
  }

  /** Decodes units `from` up to, not including, `to` of the scan record's current row. */
  decode(decoder: UnitDecoder, from: number, to: number): void {
    let unit = decoder(this.scan, from, to);
    while (unit >= 0 && unit < to) {
      if (this.final) throw corrupt("The JPEG's image data end early.");
      this.feed();
      unit = decoder(this.scan, unit, to);
    }
    if (unit < 0) throw corrupt("The JPEG's image data are damaged.");
    if (this.final && this.read(S_POSITION) > (this.zero - this.next) * 8) {
      throw corrupt("The JPEG's image data end early.");
    }
  }

  private feed(): void {
    if (this.next - chunk < this.low) this.slide();
    // A single byte may be an ff, which has no meaning without the next byte.
    if (this.source < this.stagedFrom || this.source + 2 > this.stagedTo) this.stage();
    const from = this.staging + this.source - this.stagedFrom;
    const marker = this.engine.kernel.unstuff(this.scan, from, this.stagedTo - this.source, this.next);
    this.next = this.read(S_NEXT);
    this.source += this.read(S_CONSUMED);
    // The bytes beyond the data are then those of an earlier interval. They need not be cleared: a unit that reads them
    // ends beyond the data, whatever their values, and is refused for that.
    this.final = marker !== 0 || this.stagedTo === this.file.length;
    this.publish();
  }

  /**
   * Copies the next chunk of the file. A chunk is used to its end, across restart markers: if each interval copied its
   * own chunk, a file with a marker after every block would take a hundred times as long.
   */
  private stage(): void {
    const { file, source } = this;
    this.stagedFrom = source;
    this.stagedTo = Math.min(source + chunk, file.length);
    this.engine.bytes.set(file.subarray(source, this.stagedTo), this.staging);
  }

  /** Moves the unread bytes to the upper end of the window. */
  private slide(): void {
    const reading = this.zero - (this.read(S_POSITION) >> 3);
    const distance = this.high - reading;
    this.engine.bytes.copyWithin(this.next + 1 + distance, this.next + 1, reading + 1);
    this.zero += distance;
    this.next += distance;
  }

  private publish(): void {
    const available = this.zero - this.next;
    this.write(S_BASE, this.zero - 3);
    this.write(S_LIMIT, (this.final ? available : available - margin) * 8);
  }

  private read(field: number): number {
    return this.engine.words[(this.scan + field) >> 2] ?? 0;
  }

  private write(field: number, value: number): void {
    this.engine.words[(this.scan + field) >> 2] = value;
  }
}

function isRestartAt(file: Buffer, at: number): boolean {
  return file[at] === 0xff && isRestart(file[at + 1] ?? 0);
}
