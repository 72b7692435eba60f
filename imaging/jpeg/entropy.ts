import type { Engine } from "../engine";
import { imagingError } from "../errors";
import { S_BASE, S_CONSUMED, S_LIMIT, S_NEXT, S_POSITION } from "../kernel/layout";
import { nextMarker } from "./markers";

/** Of the file, this much is copied to the kernel at a time. */
const chunk = 32 * 1024;
/** Unread data that the kernel holds at most: a few chunks, so that they stay in the processor's cache. */
const windowSize = 4 * chunk;
/** More than any unit takes: 10 blocks of 64 coefficients of at most 31 bits are 2,480 bytes. */
const margin = 4096;

/** Decodes units of a row: see {@link Kernel.decodeBaseline}. */
export type UnitDecoder = (scan: number, from: number, to: number) => number;

/**
 * Feeds the kernel with the entropy-coded data between two markers, a window at a time, so that neither a large file
 * nor a scan is ever copied whole.
 */
export class EntropyStream {
  private readonly staging: number;
  private readonly low: number;
  /** Address of the byte with which the window starts, after sliding. */
  private readonly high: number;
  /** Where in the file the next chunk starts. */
  private source = 0;
  /** Address of stream byte 0, were it still there. */
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
    // Below the window, room for what a damaged unit reads beyond its end.
    this.low = engine.allocate(margin + windowSize) + margin;
    this.high = this.low + windowSize - 1;
  }

  /** Starts at a place of the file, right after a scan's header or a restart marker. */
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
    const at = nextMarker(this.file, this.source);
    const marker = this.file[at + 1] ?? 0;
    if (at < 0 || marker < 0xd0 || marker > 0xd7) {
      throw imagingError("FILE_CORRUPT", "The JPEG lacks a restart marker.");
    }
    this.open(at + 2);
  }

  /** From where on the file's next marker is to be looked for. */
  get end(): number {
    return this.source;
  }

  /** Decodes units `from` to before `to` of the row that the scan record names. */
  decode(decoder: UnitDecoder, from: number, to: number): void {
    let unit = decoder(this.scan, from, to);
    while (unit >= 0 && unit < to) {
      if (this.final) throw imagingError("FILE_CORRUPT", "The JPEG's image data end early.");
      this.feed();
      unit = decoder(this.scan, unit, to);
    }
    if (unit < 0) throw imagingError("FILE_CORRUPT", "The JPEG's image data are damaged.");
    if (this.final && this.read(S_POSITION) > (this.zero - this.next) * 8) {
      throw imagingError("FILE_CORRUPT", "The JPEG's image data end early.");
    }
  }

  private feed(): void {
    if (this.next - chunk < this.low) this.slide();
    const { engine } = this;
    const length = Math.min(chunk, this.file.length - this.source);
    engine.bytes.set(this.file.subarray(this.source, this.source + length), this.staging);
    const marker = engine.kernel.unstuff(this.scan, this.staging, length, this.next);
    this.next = this.read(S_NEXT);
    this.source += this.read(S_CONSUMED);
    this.final = marker !== 0 || length < chunk;
    if (this.final) engine.bytes.fill(0, this.next - margin + 1, this.next + 1);
    this.publish();
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
