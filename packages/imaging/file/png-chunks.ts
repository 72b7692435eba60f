import { uint32 } from "./bytes";
import { crc32 } from "./crc32";

/** Chunk types as numbers: a file may have a million chunks, and a string for each would be slow. */
export const ihdr = 0x49484452;
export const plte = 0x504c5445;
export const idat = 0x49444154;
export const iend = 0x49454e44;
export const tRNS = 0x74524e53;
export const iCCP = 0x69434350;
export const eXIf = 0x65584966;

/** A chunk: PNG, 5.3. */
export interface Chunk {
  readonly type: number;
  /** The start and end of the data; the end may lie outside the file. */
  readonly from: number;
  readonly end: number;
  /** The start of the next chunk. */
  readonly next: number;
}

/** The chunk at a position, or undefined if the file ends before the chunk's type does. */
export function chunkAt(bytes: Uint8Array, at: number): Chunk | undefined {
  if (at + 8 > bytes.length) return undefined;
  const end = at + 8 + uint32(bytes, at);
  return { type: uint32(bytes, at + 4), from: at + 8, end, next: end + 4 };
}

/** Whether a picture cannot be shown without chunks of this type: PNG, 5.4, bit 5 of the first letter. */
export function isCritical(type: number): boolean {
  return (type & 0x20000000) === 0;
}

/** The type's four letters, or undefined if they are not letters, so this is not a chunk. */
export function nameOfChunk(type: number): string | undefined {
  const name = String.fromCharCode(type >>> 24, (type >> 16) & 255, (type >> 8) & 255, type & 255);
  return /^[A-Za-z]{4}$/.test(name) ? name : undefined;
}

/** Whether a chunk lies inside the file and has the checksum that it states. */
export function isSound(bytes: Uint8Array, { from, end, next }: Chunk, checksum = crc32): boolean {
  return next <= bytes.length && checksum(bytes.subarray(from - 4, end)) === uint32(bytes, end);
}
