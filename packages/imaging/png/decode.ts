import type { Engine } from "../engine";
import { adam7, bytesOfRow } from "../file/png-pixels";
import { readProfile } from "../icc/profile";
import type { Region } from "../region";
import type { Decoded } from "../render";
import { readPngInfo, type PngInfo } from "./chunks";
import { inflateRows } from "./inflate";
import { RowShrinker, ScatteredShrinker } from "./shrink";

/**
 * Decodes a region of a PNG, shrunk by a whole factor that leaves it at least twice as large as wanted, so that the
 * resampling filter has enough samples. Rows below the region are not inflated.
 *
 * @param ratio how many full-size pixels become one of the output, both ways
 * @throws FILE_CORRUPT, or IMAGE_TOO_LARGE when the output would take more memory than there is
 */
export async function decodePng(engine: Engine, file: Buffer, region: Region, ratio: number): Promise<Decoded> {
  const info = readPngInfo(file);
  const factor = Math.max(1, Math.floor(ratio / 2));
  const planes = await (info.interlaced
    ? decodeInterlaced(engine, file, info, region, factor)
    : decodeRows(engine, file, info, region, factor));
  const isGrey = info.type === 0 || info.type === 4;
  return {
    planes,
    colours: "rgb",
    region,
    conversion: info.profile && readProfile(info.profile, isGrey ? 1 : 3),
  };
}

async function decodeRows(engine: Engine, file: Buffer, info: PngInfo, region: Region, factor: number) {
  const sink = new RowShrinker(engine, info, region, factor);
  const length = bytesOfRow(info, info.width);
  const rows = region.top + region.height;
  const pixels = engine.allocate(region.width * 3);
  // 8-bit RGB is already in the shrinker's format.
  const direct = info.type === 2 && info.depth === 8 && info.key === undefined;
  await inflateRows(engine, file, info, { lengths: [{ length, rows }] }, (at, row) => {
    if (row < region.top) return;
    if (direct) {
      sink.add(at + region.left * 3);
      return;
    }
    sink.expand(at, region.left, region.width, pixels);
    sink.add(pixels);
  });
  return sink.finish();
}

/** The pixels of an interlaced photo come in seven passes over the whole: each pixel is added to its square. */
async function decodeInterlaced(engine: Engine, file: Buffer, info: PngInfo, region: Region, factor: number) {
  const sink = new ScatteredShrinker(engine, info, region, factor);
  const passes = adam7
    .map(([left, top, stepX, stepY]) => {
      const columns = Math.ceil((info.width - left) / stepX);
      const rows = Math.ceil((info.height - top) / stepY);
      // The pass's columns inside the region.
      const first = Math.max(0, Math.ceil((region.left - left) / stepX));
      const end = Math.min(columns, Math.ceil((region.left + region.width - left) / stepX));
      return { left, top, stepX, stepY, columns, rows, first, count: Math.max(0, end - first) };
    })
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
  const pixels = engine.allocate(region.width * 3);
  const lengths = passes.map(({ columns, rows }) => ({ length: bytesOfRow(info, columns), rows }));
  await inflateRows(engine, file, info, { lengths }, (at, row, passIndex) => {
    const pass = passes[passIndex];
    if (pass === undefined || pass.count === 0) return;
    const y = pass.top + row * pass.stepY - region.top;
    if (y < 0 || y >= region.height) return;
    sink.expand(at, pass.first, pass.count, pixels);
    sink.add(pixels, pass.count, pass.left + pass.first * pass.stepX - region.left, pass.stepX, y);
  });
  return sink.finish();
}
