import { corrupt } from "./errors";
import type { Frame } from "./jpeg-frame";
import { maxBlocksOfUnit } from "./limits";

/** A scan's header. */
export interface ScanHeader {
  readonly components: readonly {
    /** Index into the frame's components. */
    readonly index: number;
    /** The Huffman tables' numbers as in DHT: class (0 DC, 1 AC) × 16 + destination. */
    readonly dcTable: number;
    readonly acTable: number;
  }[];
  readonly spectralStart: number;
  readonly spectralEnd: number;
  /** Successive approximation: the bit position of the scan before, 0 for a first scan, and of this one. */
  readonly highBit: number;
  readonly lowBit: number;
}

/**
 * Reads a scan header: T.81, B.2.3; for progressive photos also the rules of G.1.1.1.
 *
 * @throws FILE_CORRUPT
 */
export function readScan(payload: Uint8Array, frame: Frame): ScanHeader {
  const count = payload[0] ?? 0;
  if (count < 1 || count > frame.components.length || payload.length < 4 + count * 2) {
    throw corrupt("The JPEG has a damaged scan header (SOS).");
  }
  const components = Array.from({ length: count }, (_, n) => {
    const [id = 0, tables = 0] = payload.subarray(1 + n * 2);
    const index = frame.components.findIndex((component) => component.id === id);
    if (index < 0) throw corrupt(`The JPEG has a scan of component ${id}, which its frame does not have.`);
    return { index, dcTable: tables >> 4, acTable: 16 | (tables & 15) };
  });
  if (components.some(({ index }, n) => components.findIndex((other) => other.index === index) < n)) {
    throw corrupt("The JPEG has a scan that names a component twice.");
  }
  // A component alone in its scan is stored block by block, regardless of its sampling factors (A.2.2).
  const blocks = components.reduce((sum, { index }) => sum + blocksOf(frame, index), 0);
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
  };
  if (frame.progressive) checkProgressive(scan);
  return scan;
}

/** The number of a component's blocks in a unit of an interleaved scan. */
export function blocksOf(frame: Frame, index: number): number {
  const component = frame.components[index];
  return component === undefined ? 0 : component.h * component.v;
}

function checkProgressive({ components, spectralStart, spectralEnd, highBit, lowBit }: ScanHeader): void {
  const dc = spectralStart === 0;
  const band = dc ? spectralEnd === 0 : spectralStart <= spectralEnd && spectralEnd <= 63 && components.length === 1;
  if (!band || lowBit > 13 || (highBit !== 0 && highBit !== lowBit + 1)) {
    throw corrupt(
      `The JPEG has a progressive scan of coefficients ${spectralStart} to ${spectralEnd}, bits ${highBit} to ${lowBit}, which JPEG does not allow.`,
    );
  }
}
