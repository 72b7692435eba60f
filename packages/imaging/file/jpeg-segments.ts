import { uint16 } from "./bytes";

/** T.81, table B.1: the second bytes of the markers that are read by name. */
export const soi = 0xd8;
export const eoi = 0xd9;
export const sos = 0xda;
export const dqt = 0xdb;
export const dht = 0xc4;
export const dri = 0xdd;
export const app0 = 0xe0;
export const app1 = 0xe1;
export const app2 = 0xe2;
export const app14 = 0xee;

/** Whether a marker starts a frame (SOF0 to SOF15): DHT, JPG and DAC are in the same range. */
export function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== dht && marker !== 0xc8 && marker !== 0xcc;
}

/** Whether a marker ends a restart interval (RST0 to RST7). */
export function isRestart(marker: number): boolean {
  return marker >= 0xd0 && marker <= 0xd7;
}

/** A marker segment. The payload follows the length field. */
export interface Segment {
  readonly marker: number;
  /** The payload's start and end; the end may lie outside the file, or before the start. */
  readonly from: number;
  readonly end: number;
  readonly isWhole: boolean;
}

/**
 * The position of the next marker, searched from a position between segments or inside entropy-coded data.
 *
 * Bytes outside every segment are skipped, as libjpeg, and with it every browser, does: fill bytes (T.81, B.1.1.2), the
 * stuffed zeros of entropy-coded data (B.1.1.5), and anything that a careless writer left behind.
 *
 * @returns -1 if there is none
 */
export function nextMarker(bytes: Uint8Array, from: number): number {
  let at = bytes.indexOf(0xff, from);
  while (at >= 0) {
    const second = bytes[at + 1];
    if (second !== 0 && second !== 0xff) return second === undefined ? -1 : at;
    at = bytes.indexOf(0xff, second === 0xff ? at + 1 : at + 2);
  }
  return -1;
}

/**
 * The next segment, searched from a position between segments or inside entropy-coded data. The markers without a
 * payload (T.81, B.1.1.3) are TEM and RST0 to RST7, which are skipped, and SOI and EOI, whose segments are empty.
 *
 * @returns undefined if the file ends
 */
export function nextSegment(bytes: Uint8Array, from: number): Segment | undefined {
  for (let at = from; ;) {
    at = nextMarker(bytes, at);
    if (at < 0) return undefined;
    const marker = bytes[at + 1] ?? 0;
    at += 2;
    if (marker === soi || marker === eoi) return { marker, from: at, end: at, isWhole: true };
    if (marker === 0x01 || isRestart(marker)) continue;
    const end = at + uint16(bytes, at);
    return { marker, from: at + 2, end, isWhole: end >= at + 2 && end <= bytes.length };
  }
}
