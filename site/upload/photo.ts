import { checkWhole, readImageHeader } from "avatar-imaging/file/header";
import { fileKind } from "avatar-imaging/file/kind";
import type { ReasonCode } from "../../handlers/contract/reasons";
import type { Limits } from "./settings";

/** A photo that can be shown and cut: upright, at most {@link workingSide} pixels long. */
export interface OpenPhoto {
  readonly source: CanvasImageSource;
  readonly width: number;
  readonly height: number;
  /** The file's name for the API: the sent photo is always a JPEG. */
  readonly fileName: string;
}

/** A square of an open photo, in its pixels. */
export interface Square {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

/** The reasons why a file cannot be used; the last two are this browser's fault, not the photo's. */
export type PhotoFault = ReasonCode | "HEIC_NOT_DECODED" | "BROWSER_TOO_OLD";

/** Thrown when a file cannot be used. */
export class PhotoError extends Error {
  constructor(readonly fault: PhotoFault) {
    super(fault);
  }
}

/** More than any phone writes for one photo; the sent JPEG is a hundredth of it. */
const maxFileBytes = 60 * 1024 * 1024;

/** The longest side in memory: 4,096² is the largest canvas that iPhones make. */
const workingSide = 4096;

/** The longest side that is sent. Thumbnails have 512: more would only cost the student's data volume. */
export const sentSide = 2048;

/** JPEG quality as browsers count it: no loss that a face detector, or a person, could see. */
const sentQuality = 0.9;

/**
 * Checks a file by its bytes and decodes it. The browser applies the EXIF orientation.
 *
 * @throws PhotoError
 */
export async function openPhoto(file: Blob & { readonly name?: string }, limits: Limits): Promise<OpenPhoto> {
  if (file.size > maxFileBytes) throw new PhotoError("FILE_TOO_LARGE");
  const bytes = new Uint8Array(await file.arrayBuffer());
  const kind = fileKind(bytes);
  let parts: readonly Uint8Array[] = [bytes];
  if (kind === "jpeg" || kind === "png") parts = checkFile(bytes, limits);
  else if (kind !== "heic") throw new PhotoError(bytes.length === 0 ? "FILE_CORRUPT" : "FORMAT_NOT_SUPPORTED");
  if (typeof createImageBitmap !== "function") throw new PhotoError("BROWSER_TOO_OLD");
  let bitmap: ImageBitmap;
  try {
    // Typed by its bytes: a browser may otherwise use the type that follows from the file's name.
    bitmap = await createImageBitmap(new Blob([...parts] as BlobPart[], { type: `image/${kind}` }));
  } catch {
    throw new PhotoError(kind === "heic" ? "HEIC_NOT_DECODED" : "FILE_CORRUPT");
  }
  const { width, height } = bitmap;
  checkPixels(width, height, limits);
  const stem = (file.name ?? "").replace(/\.[^.]*$/, "").slice(0, 100) || "photo";
  const named = { fileName: `${stem}.jpg` };
  const scale = Math.min(1, workingSide / Math.max(width, height));
  if (scale === 1) return { source: bitmap, width, height, ...named };
  const canvas = draw(bitmap, { left: 0, top: 0, width, height }, width * scale, height * scale);
  bitmap.close();
  return { source: canvas, width: canvas.width, height: canvas.height, ...named };
}

/**
 * Refuses exactly the files that the pipeline would refuse by their structure: a browser may show half a photo.
 *
 * @returns the photo in parts, with the end added if it is missing
 */
function checkFile(bytes: Uint8Array, limits: Limits): readonly Uint8Array[] {
  try {
    const header = readImageHeader(bytes);
    checkPixels(header.width, header.height, limits);
    return checkWhole(bytes, header);
  } catch (error) {
    if (error instanceof PhotoError) throw error;
    throw new PhotoError((error as Error).name as ReasonCode);
  }
}

function checkPixels(width: number, height: number, limits: Limits): void {
  if (Math.min(width, height) < limits.minSide) throw new PhotoError("IMAGE_TOO_SMALL");
  if (width * height > limits.maxPixels) throw new PhotoError("IMAGE_TOO_LARGE");
}

/**
 * Cuts the square out as a JPEG of at most {@link sentSide} pixels. The file's metadata, such as the place, are not
 * included: a canvas holds only pixels.
 *
 * @throws PhotoError FILE_TOO_LARGE if it has more bytes than the pipeline accepts, which only odd limits can cause
 */
export async function cutSquare(photo: OpenPhoto, square: Square, limits: Limits): Promise<Blob> {
  const side = Math.min(sentSide, Math.round(square.side));
  const { left, top, side: from } = square;
  const canvas = draw(photo.source, { left, top, width: from, height: from }, side, side);
  for (const quality of [sentQuality, 0.75, 0.5]) {
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
    if (blob !== null && blob.size <= limits.maxBytes) return blob;
  }
  throw new PhotoError("FILE_TOO_LARGE");
}

interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Draws a region at a new size, on white where it is transparent. */
export function draw(source: CanvasImageSource, from: Region, width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width);
  canvas.height = Math.round(height);
  drawInto(canvas, source, from);
  return canvas;
}

/** Fills a canvas with a region. */
export function drawInto(canvas: HTMLCanvasElement, source: CanvasImageSource, from: Region): void {
  const context = canvas.getContext("2d");
  if (context === null) throw new PhotoError("INTERNAL");
  context.imageSmoothingQuality = "high";
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, from.left, from.top, from.width, from.height, 0, 0, canvas.width, canvas.height);
}
