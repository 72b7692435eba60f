/** What a photo file says of itself, from its bytes alone: read before anything is decoded. */

export type PhotoKind = "jpeg" | "png" | "heic" | "other";

/** Tells the kind by the first bytes; a file's name or declared type may say anything. */
export function kindOf(bytes: Uint8Array): PhotoKind {
  const text = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return "jpeg";
  if (text(0, 8) === "\x89PNG\r\n\x1a\n") return "png";
  if (text(4, 8) === "ftyp" && /^(hei|hev|mif1|msf1)/.test(text(8, 12))) return "heic";
  return "other";
}

/** Width and height as stored; undefined when the file is too damaged to say, or cut off. */
export function sizeOf(bytes: Uint8Array, kind: "jpeg" | "png"): { width: number; height: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return kind === "png" ? pngSize(view) : jpegSize(bytes, view);
}

function pngSize(view: DataView): { width: number; height: number } | undefined {
  const end = view.byteLength;
  // A whole file has at least a header, data and the end's twelve bytes, which hold IEND.
  if (end < 57 || view.getUint32(12) !== 0x49484452) return undefined;
  const isWhole = view.getUint32(end - 8) === 0x49454e44;
  return isWhole ? { width: view.getUint32(16), height: view.getUint32(20) } : undefined;
}

function jpegSize(bytes: Uint8Array, view: DataView): { width: number; height: number } | undefined {
  let size: { width: number; height: number } | undefined;
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {
      at += 2;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame && at + 9 <= bytes.length) size = { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    // The picture's data begins: the rest needs no reading but for its end.
    if (marker === 0xda) return hasEnd(bytes, at) ? size : undefined;
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}

/** Whether an end-of-image marker follows; in the data itself 0xFF never comes before 0xD9. */
function hasEnd(bytes: Uint8Array, from: number): boolean {
  for (let at = bytes.length - 2; at > from; at -= 1) if (bytes[at] === 0xff && bytes[at + 1] === 0xd9) return true;
  return false;
}
