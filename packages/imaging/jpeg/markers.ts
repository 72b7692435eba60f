import { imagingError } from "../errors";

/** A component of the frame header. */
export interface FrameComponent {
  readonly id: number;
  /** Sampling factors, 1 to 4. */
  readonly h: number;
  readonly v: number;
  readonly quantTable: number;
}

export interface Frame {
  readonly progressive: boolean;
  /** As stored. */
  readonly width: number;
  readonly height: number;
  readonly components: readonly FrameComponent[];
  readonly maxH: number;
  readonly maxV: number;
}

/** A scan's header, with what was defined before it. */
export interface Scan {
  readonly components: readonly ScanComponent[];
  readonly spectralStart: number;
  readonly spectralEnd: number;
  /** Successive approximation: the bit position of the scan before, 0 for a first scan, and of this one. */
  readonly highBit: number;
  readonly lowBit: number;
  /** Units between restart markers, or 0. */
  readonly restartInterval: number;
  /** Where in the file the entropy-coded data start. */
  readonly dataStart: number;
}

export interface ScanComponent {
  /** Index into the frame's components. */
  readonly index: number;
  /** The last DHT entries before the scan: where in the file their 16 counts stand. */
  readonly dcTable: number | undefined;
  readonly acTable: number | undefined;
  /** Steps in zigzag order. */
  readonly quant: Uint16Array | undefined;
}

/** Of an interleaved scan's unit, by the standard. The decoder's window has room for no larger one. */
const maxBlocksOfUnit = 10;

/** Progressive photos of cameras and editors have about 10 scans; each costs a walk over the whole photo. */
const maxScans = 64;

function corrupt(message: string): Error {
  return imagingError("FILE_CORRUPT", message);
}

/**
 * Reads a JPEG's segments in order, scan by scan. The walk between scans is the caller's to start: {@link
 * JpegReader.nextScan} goes on from `position`, which is to be set to where a scan's data ended, or may be left at
 * their start.
 */
export class JpegReader {
  frame: Frame | undefined;
  position = 2;
  /** Adobe's colour transform, 0 none, 1 YCbCr, 2 YCCK; undefined without Adobe's segment. */
  adobeTransform: number | undefined;
  hasJfif = false;
  private readonly profileParts: (Buffer | undefined)[] = [];
  private readonly quantTables: (Uint16Array | undefined)[] = [];
  private readonly huffmanTables: (number | undefined)[] = [];
  private restartInterval = 0;
  private scans = 0;

  constructor(private readonly bytes: Buffer) {}

  /** The ICC profile, put together, or undefined when there is none or a part is missing. */
  get profile(): Buffer | undefined {
    const parts = this.profileParts.filter((part) => part !== undefined);
    return parts.length > 0 && parts.length === this.profileParts.length ? Buffer.concat(parts) : undefined;
  }

  /** The next scan, or undefined at the end of the image. */
  nextScan(): Scan | undefined {
    const { bytes } = this;
    for (;;) {
      const at = nextMarker(bytes, this.position);
      const marker = bytes[at + 1];
      // Some writers leave the end marker out; whether all of the picture was there is for the decoder to see.
      if (at < 0 || marker === undefined || marker === 0xd9) return undefined;
      this.position = at + 2;
      if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue;
      if (this.position + 2 > bytes.length) return undefined;
      const end = this.position + bytes.readUInt16BE(this.position);
      if (end < this.position + 2 || end > bytes.length) {
        throw corrupt(`The JPEG ends inside its marker ff${marker.toString(16)}.`);
      }
      const from = this.position + 2;
      this.position = end;
      if (marker === 0xda) return this.readScan(bytes.subarray(from, end), end);
      this.readSegment(marker, from, end);
    }
  }

  private readSegment(marker: number, from: number, end: number): void {
    const payload = this.bytes.subarray(from, end);
    if (marker === 0xdb) this.readQuantTables(payload);
    else if (marker === 0xc4) this.readHuffmanTables(payload, from);
    else if (marker === 0xdd) {
      if (payload.length < 2) throw corrupt("The JPEG's restart interval (DRI) is too short.");
      this.restartInterval = payload.readUInt16BE(0);
    } else if (marker === 0xc0 || marker === 0xc1 || marker === 0xc2) {
      this.readFrame(payload, marker === 0xc2);
    } else if (marker === 0xe0) {
      this.hasJfif ||= payload.length >= 12 && payload.toString("latin1", 0, 5) === "JFIF\0";
    } else if (marker === 0xee && payload.length >= 12 && payload.toString("latin1", 0, 5) === "Adobe") {
      this.adobeTransform = payload[11];
    } else if (marker === 0xe2 && payload.length > 14 && payload.toString("latin1", 0, 11) === "ICC_PROFILE") {
      const [number = 0, count = 0] = payload.subarray(12, 14);
      if (number >= 1 && number <= count) {
        this.profileParts.length = count;
        this.profileParts[number - 1] = payload.subarray(14);
      }
    }
  }

  private readFrame(payload: Buffer, progressive: boolean): void {
    if (this.frame) throw corrupt("The JPEG has two frame headers (SOF).");
    const count = payload[5] ?? 0;
    if (payload.length < 6 + count * 3) throw corrupt("The JPEG's frame header (SOF) is too short.");
    if (count !== 1 && count !== 3 && count !== 4) {
      throw imagingError(
        "FORMAT_NOT_SUPPORTED",
        `The JPEG has ${count} colour components; save it as grey, colour or CMYK, of 1, 3 or 4.`,
      );
    }
    const components = Array.from({ length: count }, (_, n): FrameComponent => {
      const [id = 0, sampling = 0, quantTable = 0] = payload.subarray(6 + n * 3);
      return { id, h: sampling >> 4, v: sampling & 15, quantTable };
    });
    if (components.some(({ h, v, quantTable }) => h < 1 || h > 4 || v < 1 || v > 4 || quantTable > 3)) {
      throw corrupt("The JPEG's frame header (SOF) has sampling factors other than 1 to 4.");
    }
    this.frame = {
      progressive,
      height: payload.readUInt16BE(1),
      width: payload.readUInt16BE(3),
      components,
      maxH: Math.max(...components.map(({ h }) => h)),
      maxV: Math.max(...components.map(({ v }) => v)),
    };
  }

  private readQuantTables(payload: Buffer): void {
    let at = 0;
    while (at < payload.length) {
      const head = payload[at] ?? 0;
      const wide = head >> 4 === 1;
      const length = wide ? 128 : 64;
      if (head >> 4 > 1 || (head & 15) > 3 || at + 1 + length > payload.length) {
        throw corrupt("The JPEG has a damaged quantization table (DQT).");
      }
      const table = Uint16Array.from({ length: 64 }, (_, n) =>
        wide ? payload.readUInt16BE(at + 1 + n * 2) : (payload[at + 1 + n] ?? 0),
      );
      this.quantTables[head & 15] = table;
      at += 1 + length;
    }
  }

  private readHuffmanTables(payload: Buffer, from: number): void {
    let at = 0;
    while (at < payload.length) {
      const head = payload[at] ?? 0;
      const counts = payload.subarray(at + 1, at + 17);
      const symbols = counts.reduce((sum, count) => sum + count, 0);
      if (head >> 4 > 1 || (head & 15) > 3 || symbols > 256 || at + 17 + symbols > payload.length) {
        throw corrupt("The JPEG has a damaged Huffman table (DHT).");
      }
      this.huffmanTables[head] = from + at + 1;
      at += 17 + symbols;
    }
  }

  private readScan(payload: Buffer, dataStart: number): Scan {
    const { frame } = this;
    if (!frame) throw corrupt("The JPEG has image data before its frame header (SOF).");
    if (++this.scans > maxScans) {
      throw imagingError(
        "FORMAT_NOT_SUPPORTED",
        `The JPEG has more than ${maxScans} scans, as no camera writes; save it again as a plain JPEG.`,
      );
    }
    const count = payload[0] ?? 0;
    if (count < 1 || count > frame.components.length || payload.length < 4 + count * 2) {
      throw corrupt("The JPEG has a damaged scan header (SOS).");
    }
    const components = Array.from({ length: count }, (_, n): ScanComponent => {
      const [id = 0, tables = 0] = payload.subarray(1 + n * 2);
      const index = frame.components.findIndex((component) => component.id === id);
      if (index < 0) throw corrupt(`The JPEG has a scan of component ${id}, which its frame does not have.`);
      return {
        index,
        dcTable: this.huffmanTables[tables >> 4],
        acTable: this.huffmanTables[16 | (tables & 15)],
        quant: this.quantTables[frame.components[index]?.quantTable ?? 0],
      };
    });
    if (new Set(components.map(({ index }) => index)).size < count) {
      throw corrupt("The JPEG has a scan that names a component twice.");
    }
    // A component alone in its scan comes block by block, whatever its sampling factors.
    const blocks = components.reduce((sum, { index }) => sum + blocksOf(frame.components[index]), 0);
    if (count > 1 && blocks > maxBlocksOfUnit) {
      throw corrupt(`The JPEG has a scan of ${blocks} blocks a unit; JPEG allows ${maxBlocksOfUnit}.`);
    }
    const [spectralStart = 0, spectralEnd = 0, approximation = 0] = payload.subarray(1 + count * 2);
    const scan = {
      components,
      spectralStart,
      spectralEnd,
      highBit: approximation >> 4,
      lowBit: approximation & 15,
      restartInterval: this.restartInterval,
      dataStart,
    };
    if (frame.progressive) checkProgressiveScan(scan);
    return scan;
  }
}

function blocksOf(component: FrameComponent | undefined): number {
  return component ? component.h * component.v : 0;
}

function checkProgressiveScan({ components, spectralStart, spectralEnd, highBit, lowBit }: Scan): void {
  const dc = spectralStart === 0;
  const band = dc ? spectralEnd === 0 : spectralStart <= spectralEnd && spectralEnd <= 63 && components.length === 1;
  if (!band || lowBit > 13 || (highBit !== 0 && highBit !== lowBit + 1)) {
    throw corrupt(
      `The JPEG has a progressive scan of coefficients ${spectralStart} to ${spectralEnd}, bits ${highBit} to ${lowBit}, which JPEG does not allow.`,
    );
  }
}

/**
 * Where the next marker starts, from a place between segments or inside entropy-coded data; restart markers inside
 * the data are passed over by {@link JpegReader.nextScan}.
 *
 * @returns -1 when there is none
 */
export function nextMarker(bytes: Buffer, from: number): number {
  let at = bytes.indexOf(0xff, from);
  while (at >= 0) {
    const second = bytes[at + 1];
    if (second !== 0 && second !== 0xff) return second === undefined ? -1 : at;
    at = bytes.indexOf(0xff, second === 0xff ? at + 1 : at + 2);
  }
  return -1;
}
