import { uint16 } from "../file/bytes";
import { corrupt } from "../file/errors";
import { readFrame, type Frame } from "../file/jpeg-frame";
import { readHuffmanTables, standardTables, type HuffmanTable } from "../file/jpeg-huffman";
import { readScan, type ScanHeader } from "../file/jpeg-scan";
import { app0, app14, app2, dht, dqt, dri, eoi, isFrame, nextSegment, soi, sos } from "../file/jpeg-segments";
import { maxScans } from "../file/limits";

/** A scan's header, with the definitions before it. */
export interface Scan extends Omit<ScanHeader, "components"> {
  readonly components: readonly ScanComponent[];
  /** Units between restart markers, or 0. */
  readonly restartInterval: number;
  /** The position in the file of the entropy-coded data. */
  readonly dataStart: number;
}

export interface ScanComponent {
  /** Index into the frame's components. */
  readonly index: number;
  /** The tables that apply to the scan. */
  readonly dcTable: HuffmanTable | undefined;
  readonly acTable: HuffmanTable | undefined;
  /** Steps in zigzag order. */
  readonly quant: Uint16Array | undefined;
}

/**
 * Reads the segments that a JPEG's decoder needs, scan by scan. The caller advances from scan to scan: {@link
 * JpegReader.nextScan} continues from `position`, which the caller may set to the end of a scan's data, or leave at
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
  private readonly huffmanTables = standardTables();
  private restartInterval = 0;
  private scans = 0;

  constructor(private readonly bytes: Buffer) {}

  /** The assembled ICC profile, or undefined if there is none or a part is missing. */
  get profile(): Buffer | undefined {
    const parts = this.profileParts.filter((part) => part !== undefined);
    return parts.length > 0 && parts.length === this.profileParts.length ? Buffer.concat(parts) : undefined;
  }

  /** The next scan, or undefined at the end of the image. */
  nextScan(): Scan | undefined {
    for (;;) {
      const segment = nextSegment(this.bytes, this.position);
      // After the scans, another start marker belongs to a preview in a trailer; the end marker before it is missing.
      if (segment === undefined || segment.marker === eoi || segment.marker === soi) return undefined;
      const { marker, from, end, isWhole } = segment;
      if (!isWhole) throw corrupt(`The JPEG ends inside its marker ff${marker.toString(16)}.`);
      this.position = end;
      const payload = this.bytes.subarray(from, end);
      if (marker === sos) return this.readScan(payload, end);
      this.readSegment(marker, payload);
    }
  }

  private readSegment(marker: number, payload: Buffer): void {
    if (marker === dqt) this.readQuantTables(payload);
    else if (marker === dht) readHuffmanTables(payload, this.huffmanTables);
    else if (marker === dri) {
      if (payload.length < 2) throw corrupt("The JPEG's restart interval (DRI) is too short.");
      this.restartInterval = uint16(payload, 0);
    } else if (isFrame(marker)) {
      if (this.frame) throw corrupt("The JPEG has two frame headers (SOF).");
      this.frame = readFrame(marker, payload);
    } else if (marker === app0) {
      this.hasJfif ||= payload.length >= 12 && payload.toString("latin1", 0, 5) === "JFIF\0";
    } else if (marker === app14 && payload.length >= 12 && payload.toString("latin1", 0, 5) === "Adobe") {
      this.adobeTransform = payload[11];
    } else if (marker === app2 && payload.length > 14 && payload.toString("latin1", 0, 11) === "ICC_PROFILE") {
      // ICC.1:2022, B.4: each part holds its number, from 1, and the number of parts.
      const [number = 0, count = 0] = payload.subarray(12, 14);
      if (number >= 1 && number <= count) {
        this.profileParts.length = count;
        this.profileParts[number - 1] = payload.subarray(14);
      }
    }
  }

  /** T.81, B.2.4.1. */
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

  private readScan(payload: Buffer, dataStart: number): Scan {
    const { frame } = this;
    if (!frame) throw corrupt("The JPEG has image data before its frame header (SOF).");
    if (++this.scans > maxScans) throw corrupt(`The JPEG has more than ${maxScans} scans, as no camera writes.`);
    const header = readScan(payload, frame);
    return {
      ...header,
      components: header.components.map(({ index, dcTable, acTable }) => ({
        index,
        dcTable: this.huffmanTables[dcTable],
        acTable: this.huffmanTables[acTable],
        quant: this.quantTables[frame.components[index]?.quantTable ?? 0],
      })),
      restartInterval: this.restartInterval,
      dataStart,
    };
  }
}
