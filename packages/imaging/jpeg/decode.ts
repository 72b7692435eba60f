import type { Engine } from "../engine";
import { corrupt } from "../file/errors";
import type { Frame } from "../file/jpeg-frame";
import type { HuffmanTable } from "../file/jpeg-huffman";
import { endOfRows } from "../file/jpeg-rows";
import { readProfile } from "../icc/profile";
import * as layout from "../kernel/layout";
import type { Region } from "../region";
import type { Colours, Decoded, Plane } from "../render";
import { EntropyStream, type UnitDecoder } from "./entropy";
import { JpegReader, type Scan } from "./markers";
import { planScans } from "./plan";
import { zigzagOrder } from "./tables";

/** One component, laid out for the region and scale at hand. */
interface Component {
  readonly h: number;
  readonly v: number;
  /** Decoded samples per block and axis: 1, 2, 4 or 8. */
  readonly scale: number;
  /** Blocks of the whole component. */
  readonly columns: number;
  readonly rows: number;
  /** The wanted blocks. */
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly plane: Plane;
  readonly quant: number;
  /** Progressive photos only. */
  readonly coefficients: number;
  readonly kept: number;
}

/**
 * Decodes a region of a JPEG at the smallest of 1/8, 1/4, 1/2 and 1/1 of its size that is fine enough for the wanted
 * size. Data below the region are not read; data beside and above it are only stepped over.
 *
 * @param ratio how many full-size pixels become one of the output, both ways
 * @throws FILE_CORRUPT, FORMAT_NOT_SUPPORTED, or IMAGE_TOO_LARGE when coefficients and samples would not fit
 */
export function decodeJpeg(engine: Engine, photo: Buffer, region: Region, ratio: number): Decoded {
  const { file, reader, frame, first } = openFile(photo);
  const scan = engine.allocate(layout.S_SIZE);
  writeScanTables(engine, scan);
  const components = frame.components.map((_, index) => layOut(engine, frame, index, region, ratio));
  const work: Work = { engine, file, reader, frame, scan, components, stream: new EntropyStream(engine, file, scan) };
  if (frame.progressive) decodeProgressive(work, first);
  else decodeSequential(work, first);
  const colours = coloursOf(reader, frame);
  const { profile } = reader;
  return {
    planes: components.map(({ plane }) => plane),
    colours,
    region,
    conversion: profile && readProfile(profile, frame.components.length),
  };
}

/**
 * Reads the photo up to its first scan. Entropy-coded data cannot contain an end marker (EOI) by chance: a file without
 * one has been cut off, or lacks only the marker. Such a file is read up to the end of its rows.
 */
function openFile(photo: Buffer) {
  const reader = new JpegReader(photo);
  const first = reader.nextScan();
  const { frame } = reader;
  if (!first || !frame) throw corrupt("The JPEG has no image data.");
  if (photo.lastIndexOf(endMarker) >= first.dataStart) return { file: photo, reader, frame, first };
  const end = endOfRows(photo);
  if (end === undefined) throw corrupt("The JPEG ends early: it has no end marker (ff d9), and rows are missing.");
  return openFile(Buffer.concat([photo.subarray(0, end), endMarker]));
}

const endMarker = Buffer.from([0xff, 0xd9]);

interface Work {
  readonly engine: Engine;
  readonly file: Buffer;
  readonly reader: JpegReader;
  readonly frame: Frame;
  readonly scan: number;
  readonly components: readonly Component[];
  readonly stream: EntropyStream;
}

function writeScanTables(engine: Engine, scan: number): void {
  const zigzag = engine.allocate(64);
  // A block of 64 16-bit values, and 64 words of intermediate values between the passes of a transform.
  const block = engine.allocate(128 + 256);
  engine.bytes.set(zigzagOrder, zigzag);
  engine.words[(scan + layout.S_ZIGZAG) >> 2] = zigzag;
  engine.words[(scan + layout.S_BLOCK) >> 2] = block;
}

/** The smallest scale at which a sample spans no more than the wanted pixels, in both directions. */
export function scaleFor(spanX: number, spanY: number, ratio: number): number {
  return [1, 2, 4].find((scale) => Math.max(spanX, spanY) / scale <= ratio) ?? 8;
}

/** The most luma samples that a whole photo is decoded to for quality alone. */
const maxSpareSamples = 12_000_000;

/**
 * The most pixels that a luma sample may span. If the region is a small part of the photo, half a pixel of the output:
 * the remaining resampling then hides the block edges, which a block's transform cannot avoid, and costs little. If the
 * region is most of the photo, somewhat less than one pixel: a grid hardly finer than the output's, such as an eighth
 * of the size for 1/8.4, beats against it and costs 10 dB and more. Both apply only within the limit of samples.
 */
function lumaSpan(frame: Frame, region: Region, ratio: number): number {
  if (isSmall(frame, region)) return ratio / 2;
  const finer = Math.min(ratio / 1.25, ratio - 1);
  const step = 8 / scaleFor(8, 8, finer);
  return (region.width * region.height) / (step * step) > maxSpareSamples ? ratio : finer;
}

function isSmall(frame: Frame, region: Region): boolean {
  return region.width * region.height * 4 <= frame.width * frame.height;
}

/** Likewise for any component: chroma is as fine as luma, but in a small region never finer than the output. */
function spanOf(frame: Frame, index: number, region: Region, ratio: number): number {
  const finest = lumaSpan(frame, region, ratio);
  if (index === 0) return finest;
  const [luma] = frame.components;
  const spans = [(8 * frame.maxH) / (luma?.h ?? 1), (8 * frame.maxV) / (luma?.v ?? 1)] as const;
  const step = Math.max(...spans) / scaleFor(...spans, finest);
  return isSmall(frame, region) ? Math.max(step, ratio) : step;
}

function layOut(engine: Engine, frame: Frame, index: number, region: Region, ratio: number): Component {
  const { h, v } = frame.components[index] ?? { h: 1, v: 1 };
  // The full-size pixels that a block of this component spans.
  const spanX = (8 * frame.maxH) / h;
  const spanY = (8 * frame.maxV) / v;
  const scale = scaleFor(spanX, spanY, spanOf(frame, index, region, ratio));
  const columns = Math.ceil(Math.ceil((frame.width * h) / frame.maxH) / 8);
  const rows = Math.ceil(Math.ceil((frame.height * v) / frame.maxV) / 8);
  const left = Math.floor(region.left / spanX);
  const top = Math.floor(region.top / spanY);
  const right = Math.min(columns, Math.ceil((region.left + region.width) / spanX));
  const bottom = Math.min(rows, Math.ceil((region.top + region.height) / spanY));
  const stride = (right - left) * scale;
  const stepX = spanX / scale;
  const stepY = spanY / scale;
  const kept = [0, 1, 5, 0, 25][scale] ?? 64;
  return {
    h,
    v,
    scale,
    columns,
    rows,
    left,
    right,
    top,
    bottom,
    plane: {
      address: engine.allocate(stride * (bottom - top) * scale),
      stride,
      // Samples of a block beyond the photo's edge are not part of the photo.
      width: Math.min(stride, Math.ceil(frame.width / stepX - 1e-6) - left * scale),
      height: Math.min((bottom - top) * scale, Math.ceil(frame.height / stepY - 1e-6) - top * scale),
      left: left * spanX,
      top: top * spanY,
      stepX,
      stepY,
    },
    quant: engine.allocate(256),
    coefficients: frame.progressive ? engine.allocate((right - left) * (bottom - top) * kept * 2) : 0,
    kept,
  };
}

/** The colours that libjpeg, and so every viewer, assumes if the segments contradict each other or are missing. */
function coloursOf({ adobeTransform, hasJfif }: JpegReader, { components }: Frame): Colours {
  if (components.length === 1) return "grey";
  if (components.length === 4) return (adobeTransform ?? 0) === 0 ? "cmyk" : "ycck";
  if (hasJfif) return "ycc";
  if (adobeTransform !== undefined) return adobeTransform === 0 ? "rgb" : "ycc";
  return String.fromCharCode(...components.map(({ id }) => id)) === "RGB" ? "rgb" : "ycc";
}

function decodeSequential(work: Work, first: Scan): void {
  const { components, reader, engine } = work;
  const missing = new Set(components.keys());
  for (let scan: Scan | undefined = first; scan && missing.size > 0; scan = reader.nextScan()) {
    const tables = engine.used;
    for (const { index } of scan.components) missing.delete(index);
    writeScan(work, scan, 0);
    runScan(work, scan, engine.kernel.decodeBaseline);
    reader.position = work.stream.end;
    engine.release(tables);
  }
  if (missing.size > 0) throw corrupt("The JPEG lacks a scan of one of its colour components.");
}

function decodeProgressive(work: Work, first: Scan): void {
  const { engine, reader, components } = work;
  const scans: Scan[] = [];
  for (let scan: Scan | undefined = first; scan; scan = reader.nextScan()) scans.push(scan);
  const plan = planScans(
    scans,
    components.map(({ kept }) => kept),
  );
  const histories = components.map(({ columns, bottom }, index) =>
    plan.histories.has(index) ? engine.allocate(columns * bottom * 8) : 0,
  );
  for (const scan of plan.scans) {
    const tables = engine.used;
    writeScan(work, scan, histories[scan.components[0]?.index ?? 0] ?? 0);
    runScan(work, scan, progressiveDecoder(engine, scan));
    engine.release(tables);
  }
  for (const [index, { top, bottom }] of components.entries()) {
    const quant = scans
      .find((scan) => scan.components.some((component) => component.index === index))
      ?.components.find((component) => component.index === index)?.quant;
    const record = writeComponent(work, index, 0, 0);
    writeQuant(work, index, quant);
    for (let row = top; row < bottom; row++) engine.kernel.transformRow(work.scan, record, row);
  }
}

function progressiveDecoder({ kernel }: Engine, { spectralStart, highBit }: Scan): UnitDecoder {
  if (spectralStart === 0) return highBit === 0 ? kernel.decodeDcFirst : kernel.decodeDcRefinement;
  return highBit === 0 ? kernel.decodeAcFirst : kernel.decodeAcRefinement;
}

/** Fills the scan record and builds the scan's tables. The caller releases the tables. */
function writeScan(work: Work, scan: Scan, history: number): void {
  const { engine, scan: record, frame } = work;
  const write = (field: number, value: number): void => {
    engine.words[(record + field) >> 2] = value;
  };
  write(layout.S_COUNT, scan.components.length);
  write(layout.S_SPECTRAL_START, scan.spectralStart);
  write(layout.S_SPECTRAL_END, scan.spectralEnd);
  write(layout.S_LOW_BIT, scan.lowBit);
  const built = new Map<HuffmanTable, number>();
  const addressOf = (table: HuffmanTable | undefined, kind: number): number => {
    if (table === undefined) throw corrupt("The JPEG uses a Huffman table that it does not define.");
    const address = built.get(table) ?? buildTable(engine, table, kind);
    built.set(table, address);
    return address;
  };
  const usesDc = !frame.progressive || (scan.spectralStart === 0 && scan.highBit === 0);
  const usesAc = !frame.progressive || scan.spectralStart > 0;
  scan.components.forEach(({ index, dcTable, acTable, quant }, place) => {
    const at = writeComponent(work, index, place, history);
    // The tables come first: building one may move the memory.
    const dc = usesDc ? addressOf(dcTable, layout.KIND_DC) : 0;
    const ac = usesAc ? addressOf(acTable, layout.KIND_AC) : 0;
    engine.words[(at + layout.C_DC_TABLE) >> 2] = dc;
    engine.words[(at + layout.C_AC_TABLE) >> 2] = ac;
    if (!frame.progressive) writeQuant(work, index, quant);
    // A component alone in its scan is stored block by block, not in units.
    if (scan.components.length === 1) {
      engine.words[(at + layout.C_H) >> 2] = 1;
      engine.words[(at + layout.C_V) >> 2] = 1;
    }
  });
}

function writeComponent({ engine, scan, components }: Work, index: number, place: number, history: number): number {
  const component = components[index] as Component;
  const record = scan + layout.S_COMPONENTS + place * layout.C_SIZE;
  const fields: readonly (readonly [number, number])[] = [
    [layout.C_H, component.h],
    [layout.C_V, component.v],
    [layout.C_QUANT, component.quant],
    [layout.C_SCALE, component.scale],
    [layout.C_LEFT, component.left],
    [layout.C_RIGHT, component.right],
    [layout.C_TOP, component.top],
    [layout.C_BOTTOM, component.bottom],
    [layout.C_PLANE, component.plane.address],
    [layout.C_STRIDE, component.plane.stride],
    [layout.C_COEFFICIENTS, component.coefficients],
    [layout.C_KEPT, component.kept],
    [layout.C_HISTORY, history],
    [layout.C_COLUMNS, component.columns],
  ];
  const { words } = engine;
  for (const [field, value] of fields) words[(record + field) >> 2] = value;
  return record;
}

function writeQuant({ engine, components }: Work, index: number, quant: Uint16Array | undefined): void {
  if (!quant) throw corrupt("The JPEG uses a quantization table that it does not define.");
  engine.words.set(quant, (components[index] as Component).quant >> 2);
}

function buildTable(engine: Engine, source: HuffmanTable, kind: number): number {
  const table = engine.allocate(layout.H_SIZE);
  const before = engine.used;
  const counts = engine.allocate(16 + 256);
  const scratch = engine.allocate(4 << layout.LOOKUP_BITS);
  engine.bytes.set(source, counts);
  const result = engine.kernel.buildHuffman(table, counts, kind, scratch);
  engine.release(before);
  if (result < 0) throw corrupt("The JPEG has a damaged Huffman table (DHT).");
  return table;
}

/** Decodes a scan's rows down to the last wanted one. */
function runScan({ engine, stream, frame, scan: record, components }: Work, scan: Scan, decoder: UnitDecoder): void {
  const members = scan.components.map(({ index }) => components[index] as Component);
  const [alone] = members.length === 1 ? members : [];
  const units = alone ? alone.columns : Math.ceil(frame.width / (8 * frame.maxH));
  const rows = alone ? alone.bottom : Math.max(...members.map(({ bottom, v }) => Math.ceil(bottom / v)));
  stream.open(scan.dataStart);
  resetPredictions(engine, record, members.length);
  let left = scan.restartInterval || Infinity;
  for (let row = 0; row < rows; row++) {
    engine.words[(record + layout.S_ROW) >> 2] = row;
    for (let unit = 0; unit < units;) {
      if (left === 0) {
        stream.restart();
        resetPredictions(engine, record, members.length);
        left = scan.restartInterval;
      }
      const end = Math.min(units, unit + left);
      stream.decode(decoder, unit, end);
      left -= end - unit;
      unit = end;
    }
  }
}

function resetPredictions({ words }: Engine, scan: number, count: number): void {
  words[(scan + layout.S_END_RUN) >> 2] = 0;
  for (let n = 0; n < count; n++) {
    words[(scan + layout.S_COMPONENTS + n * layout.C_SIZE + layout.C_PREDICTION) >> 2] = 0;
  }
}
