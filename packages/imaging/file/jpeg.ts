import { corrupt } from "./errors";
import { exifOrientation } from "./exif";
import type { ImageHeader } from "./header";
import { readFrame, type Frame } from "./jpeg-frame";
import { endOfRows } from "./jpeg-rows";
import { readScan } from "./jpeg-scan";
import { app1, eoi, isFrame, nextSegment, soi, sos } from "./jpeg-segments";
import { maxScans } from "./limits";

/** @see readImageHeader */
export function readJpegHeader(bytes: Uint8Array): ImageHeader {
  let orientation: number | undefined;
  let frame: Frame | undefined;
  for (let at = 2; ;) {
    const segment = nextSegment(bytes, at);
    // EXIF may follow the frame header, before the first scan. A file that ends in between is enough for a header.
    if (frame !== undefined && (segment?.isWhole !== true || segment.marker === sos || segment.marker === eoi)) break;
    if (segment === undefined) throw corrupt("The JPEG ends before its frame header (SOF).");
    const { marker, from, end, isWhole } = segment;
    if (marker === eoi || marker === sos) throw corrupt("The JPEG has image data before its frame header (SOF).");
    if (marker === soi) throw corrupt("The JPEG starts a second time (SOI) in its headers.");
    if (!isWhole) throw corrupt(`The JPEG ends inside its marker ff${marker.toString(16)}.`);
    if (isFrame(marker)) {
      if (frame !== undefined) throw corrupt("The JPEG has two frame headers (SOF).");
      frame = readFrame(marker, bytes.subarray(from, end));
    } else if (marker === app1) {
      // The first EXIF counts, as for browsers and libvips.
      orientation ??= exifOrientation(bytes.subarray(from, end));
    }
    at = end;
  }
  const turned = (orientation ?? 1) >= 5;
  return {
    format: "jpeg",
    width: turned ? frame.height : frame.width,
    height: turned ? frame.width : frame.height,
    orientation: orientation ?? 1,
    progressive: frame.progressive,
  };
}

/**
 * Checks that a JPEG is complete: it has scans, no more than the limit, and an end marker (T.81, B.2.1) or, without
 * one, all of its rows.
 *
 * @returns the end of the rows, if no end marker follows them
 * @throws FILE_CORRUPT
 */
export function checkWholeJpeg(bytes: Uint8Array): number | undefined {
  let frame: Frame | undefined;
  let scans = 0;
  let damage: string | undefined;
  for (let at = 2; damage === undefined;) {
    const segment = nextSegment(bytes, at);
    if (segment === undefined) {
      damage = "ends before its end marker (EOI)";
    } else if (!segment.isWhole) {
      damage = `ends inside its marker ff${segment.marker.toString(16)}`;
    } else if (segment.marker === eoi) {
      if (scans > 0) return undefined;
      damage = "has no image data";
    } else if (segment.marker === soi) {
      // After the scans it starts another picture: a preview in the trailer that a phone's maker adds.
      damage = "has no end marker (EOI) before another picture starts (SOI)";
    } else if (isFrame(segment.marker)) {
      if (frame !== undefined) damage = "has two frame headers (SOF)";
      else frame = readFrame(segment.marker, bytes.subarray(segment.from, segment.end));
    } else if (segment.marker === sos) {
      if (frame === undefined) damage = "has image data before its frame header (SOF)";
      else readScan(bytes.subarray(segment.from, segment.end), frame);
      if (++scans > maxScans) throw corrupt(`The JPEG has more than ${maxScans} scans, as no camera writes.`);
    }
    at = segment?.end ?? at;
  }
  const end = scans === 0 ? undefined : endOfRows(bytes);
  if (end === undefined) throw corrupt(`The JPEG ${damage}.`);
  return end;
}
