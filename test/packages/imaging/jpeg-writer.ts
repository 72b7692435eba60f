/**
 * A plain JPEG encoder for tests: any number of components with any sampling, restart markers, components scan by
 * scan, and a simple kind of progressive. Slow and straight from the standard (ITU-T T.81), with nothing in common
 * with the encoder under test but the standard's own tables.
 */
import { chromaAc, lumaAc, lumaDc, zigzagOrder, type HuffmanSpec } from "../../../packages/imaging/jpeg/tables";

export interface WriterComponent {
  readonly h: number;
  readonly v: number;
  /** The sample at a full-size pixel, 0 to 255. */
  readonly sample: (x: number, y: number) => number;
}

export interface WriterOptions {
  readonly width: number;
  readonly height: number;
  readonly components: readonly WriterComponent[];
  /** One step for all coefficients. */
  readonly step?: number;
  /** Units between restart markers. */
  readonly restartInterval?: number;
  readonly layout?: "interleaved" | "separate" | "progressive";
  /** Adobe's colour transform. */
  readonly adobe?: number;
  /** Component ids, by default 1, 2, 3 … */
  readonly ids?: readonly number[];
}

interface Laid {
  readonly component: WriterComponent;
  readonly id: number;
  /** Blocks per row, including those that pad the units. */
  readonly stride: number;
  readonly columns: number;
  readonly rows: number;
  readonly blocks: readonly (readonly number[])[];
}

class BitWriter {
  readonly bytes: number[] = [];
  private bits = 0;
  private count = 0;

  put(value: number, length: number): void {
    for (let n = length - 1; n >= 0; n--) {
      this.bits = (this.bits << 1) | ((value >> n) & 1);
      if (++this.count < 8) continue;
      this.bytes.push(this.bits);
      if (this.bits === 0xff) this.bytes.push(0);
      this.bits = 0;
      this.count = 0;
    }
  }

  align(): void {
    while (this.count > 0) this.put(1, 1);
  }
}

function codesOf({ counts, symbols }: HuffmanSpec): Map<number, readonly [number, number]> {
  const codes = new Map<number, readonly [number, number]>();
  let code = 0;
  let at = 0;
  counts.forEach((count, shorter) => {
    for (let n = 0; n < count; n++) codes.set(symbols[at++] ?? 0, [code++, shorter + 1]);
    code *= 2;
  });
  return codes;
}

const dcCodes = codesOf(lumaDc);
const acCodes = codesOf(lumaAc);

function putSymbol(out: BitWriter, codes: Map<number, readonly [number, number]>, symbol: number): void {
  const [code, length] = codes.get(symbol) ?? [0, 0];
  if (length === 0) throw new Error(`The standard's table has no code for ${symbol}.`);
  out.put(code, length);
}

function putValue(out: BitWriter, codes: Map<number, readonly [number, number]>, run: number, value: number): void {
  const size = value === 0 ? 0 : 32 - Math.clz32(Math.abs(value));
  putSymbol(out, codes, run * 16 + size);
  if (size > 0) out.put(value < 0 ? value + 2 ** size - 1 : value, size);
}

function putAc(out: BitWriter, block: readonly number[], first: number, last: number): void {
  let run = 0;
  for (let k = first; k <= last; k++) {
    const value = block[k] ?? 0;
    if (value === 0) {
      run++;
      continue;
    }
    for (; run > 15; run -= 16) putSymbol(out, acCodes, 0xf0);
    putValue(out, acCodes, run, value);
    run = 0;
  }
  if (run > 0) putSymbol(out, acCodes, 0);
}

/** The coefficients of a block of samples about 0, quantized, in zigzag order. */
function transform(samples: readonly number[], step: number): number[] {
  const basis = (k: number, n: number): number =>
    (k === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * n + 1) * k * Math.PI) / 16);
  const rows = Array.from({ length: 64 }, (_, at) => {
    const [y, u] = [at >> 3, at & 7];
    return [0, 1, 2, 3, 4, 5, 6, 7].reduce((sum, x) => sum + (samples[y * 8 + x] ?? 0) * basis(u, x), 0);
  });
  return zigzagOrder.map((at) => {
    const [v, u] = [at >> 3, at & 7];
    const value = [0, 1, 2, 3, 4, 5, 6, 7].reduce((sum, y) => sum + (rows[y * 8 + u] ?? 0) * basis(v, y), 0);
    return Math.max(-1023, Math.min(1023, Math.round(value / step)));
  });
}

function layOut(options: WriterOptions): Laid[] {
  const { width, height, components, step = 2 } = options;
  const maxH = Math.max(...components.map(({ h }) => h));
  const maxV = Math.max(...components.map(({ v }) => v));
  const units = [Math.ceil(width / (8 * maxH)), Math.ceil(height / (8 * maxV))] as const;
  return components.map((component, index) => {
    const [spanX, spanY] = [maxH / component.h, maxV / component.v];
    const [stride, allRows] = [units[0] * component.h, units[1] * component.v];
    const mean = (column: number, row: number): number => {
      let sum = 0;
      for (let y = 0; y < 4; y++) {
        for (let x = 0; x < 4; x++) {
          const at = (n: number, span: number, sub: number, side: number): number =>
            Math.min(side - 1, Math.floor(n * span + ((sub + 0.5) * span) / 4));
          sum += component.sample(at(column, spanX, x, width), at(row, spanY, y, height));
        }
      }
      return sum / 16;
    };
    const blocks = Array.from({ length: stride * allRows }, (_, block) => {
      const [left, top] = [(block % stride) * 8, Math.floor(block / stride) * 8];
      const samples = Array.from({ length: 64 }, (_unused, at) => mean(left + (at & 7), top + (at >> 3)) - 128);
      return transform(samples, step);
    });
    return {
      component,
      id: options.ids?.[index] ?? index + 1,
      stride,
      columns: Math.ceil(Math.ceil(width / spanX) / 8),
      rows: Math.ceil(Math.ceil(height / spanY) / 8),
      blocks,
    };
  });
}

export function writeJpeg(options: WriterOptions): Buffer {
  const { width, height, step = 2, restartInterval = 0, layout = "interleaved" } = options;
  const laid = layOut(options);
  const segment = (marker: number, payload: readonly number[]): number[] => [
    0xff,
    marker,
    (payload.length + 2) >> 8,
    (payload.length + 2) & 255,
    ...payload,
  ];
  const bytes = [0xff, 0xd8];
  if (options.adobe !== undefined) {
    bytes.push(...segment(0xee, [...Buffer.from("Adobe"), 0, 100, 0, 0, 0, 0, options.adobe]));
  }
  bytes.push(...segment(0xdb, [0, ...Array.from({ length: 64 }, () => step)]));
  const frame = laid.flatMap(({ id, component: { h, v } }) => [id, h * 16 + v, 0]);
  bytes.push(
    ...segment(layout === "progressive" ? 0xc2 : 0xc0, [
      8,
      height >> 8,
      height & 255,
      width >> 8,
      width & 255,
      laid.length,
      ...frame,
    ]),
    // Also a table that nothing uses.
    ...segment(0xc4, [0x00, ...lumaDc.counts, ...lumaDc.symbols, 0x11, ...chromaAc.counts, ...chromaAc.symbols]),
    ...segment(0xc4, [0x10, ...lumaAc.counts, ...lumaAc.symbols]),
  );
  if (restartInterval > 0) bytes.push(...segment(0xdd, [restartInterval >> 8, restartInterval & 255]));
  const scan = (members: readonly Laid[], first: number, last: number): void => {
    const ids = members.flatMap(({ id }) => [id, 0]);
    bytes.push(...segment(0xda, [members.length, ...ids, first, last, 0]));
    bytes.push(...scanData(members, first, last, restartInterval));
  };
  if (layout === "interleaved") scan(laid, 0, 63);
  else if (layout === "separate") for (const one of laid) scan([one], 0, 63);
  else {
    scan(laid, 0, 0);
    for (const one of [...laid].reverse()) {
      scan([one], 6, 63);
      scan([one], 1, 5);
    }
  }
  bytes.push(0xff, 0xd9);
  return Buffer.from(bytes);
}

function scanData(members: readonly Laid[], first: number, last: number, restartInterval: number): number[] {
  const out = new BitWriter();
  const predictions = members.map(() => 0);
  const put = (index: number, block: readonly number[]): void => {
    if (first === 0) {
      putValue(out, dcCodes, 0, (block[0] ?? 0) - (predictions[index] ?? 0));
      predictions[index] = block[0] ?? 0;
    }
    if (last > 0) putAc(out, block, Math.max(1, first), last);
  };
  const [alone] = members.length === 1 ? members : [];
  const { h = 1, v = 1 } = alone ? {} : (members[0]?.component ?? {});
  const columns = alone ? alone.columns : (members[0]?.stride ?? 0) / h;
  const rows = alone ? alone.rows : (members[0]?.blocks.length ?? 0) / (members[0]?.stride ?? 1) / v;
  let units = 0;
  let marker = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (restartInterval > 0 && units > 0 && units % restartInterval === 0) {
        out.align();
        out.bytes.push(0xff, 0xd0 + (marker++ & 7));
        predictions.fill(0);
      }
      units++;
      members.forEach(({ component, blocks, stride }, index) => {
        const [across, down] = alone ? [1, 1] : [component.h, component.v];
        for (let y = 0; y < down; y++) {
          for (let x = 0; x < across; x++) {
            put(index, blocks[(row * down + y) * stride + column * across + x] ?? []);
          }
        }
      });
    }
  }
  out.align();
  return out.bytes;
}
