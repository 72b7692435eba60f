import { hasText } from "./bytes";

export type FileKind = "jpeg" | "png" | "gif" | "webp" | "heic" | "avif" | "bmp" | "tiff" | "pdf" | "unknown";

/** Determines a file's kind from its first bytes. A file's name or declared type may be wrong. */
export function fileKind(bytes: Uint8Array): FileKind {
  // T.81, B.1.1.3: a JPEG starts with SOI (ff d8), and whatever follows it starts with another ff.
  if (hasText(bytes, 0, "\xff\xd8\xff")) return "jpeg";
  // PNG, 5.2
  if (hasText(bytes, 0, "\x89PNG\r\n\x1a\n")) return "png";
  if (hasText(bytes, 0, "GIF8")) return "gif";
  if (hasText(bytes, 0, "RIFF") && hasText(bytes, 8, "WEBP")) return "webp";
  // ISO 14496-12, 4.3: a file type box names its major brand.
  if (hasText(bytes, 4, "ftyp")) {
    if (hasText(bytes, 8, "avi")) return "avif";
    return ["hei", "hev", "mif1", "msf1"].some((brand) => hasText(bytes, 8, brand)) ? "heic" : "unknown";
  }
  if (hasText(bytes, 0, "BM")) return "bmp";
  if (hasText(bytes, 0, "II*\0") || hasText(bytes, 0, "MM\0*")) return "tiff";
  return hasText(bytes, 0, "%PDF") ? "pdf" : "unknown";
}
