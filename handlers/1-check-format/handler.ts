import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { S3 } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { rejection } from "../runtime/errors";
import type { Format, ImageFormat, Photo } from "../contract/flow-data";
import { fileKind, readJpegHeader, readPngHeader } from "./image-header";
import { parseUploadKey } from "../contract/keys";
import type { Handler } from "../runtime/step";
import { beginStep } from "../stores/uploads";

export interface CheckFormatInput {
  readonly photo: Photo;
}

/** What a photo file must keep to; the component's `upload` args. */
export interface UploadLimits {
  readonly maxBytes: number;
  readonly maxPixels: number;
  /** Pixels of the shorter side. */
  readonly minSide: number;
}

export interface CheckFormatSettings {
  readonly uploadTable: string;
  readonly limits: UploadLimits;
}

export interface CheckFormatClients {
  readonly dynamodb: Pick<DynamoDB, "updateItem">;
  readonly s3: Pick<S3, "getObject">;
  readonly now: () => Date;
}

/**
 * More scans than any camera or web service writes (libjpeg's default progression has 10), and all that the thumbnail
 * step reads. Each scan makes a decoder go over all coefficients again, so that a small file of thousands of them costs
 * minutes.
 */
const maxScans = 64;

/** An interlaced PNG has to be held whole, so that the thumbnail step takes none larger. No camera writes them. */
const maxInterlacedPixels = 4_000_000;

/** Checks the file by its name, its size and its bytes, in the order of what each check costs. */
export function checkFormat(
  settings: CheckFormatSettings,
  clients: CheckFormatClients,
): Handler<CheckFormatInput, Format> {
  return async ({ photo }) => {
    await beginStep(clients.dynamodb, settings.uploadTable, photo, "CheckFormat", clients.now());
    const named = formatByName(photo.key);
    checkSize(photo.bytes, settings.limits);
    const { Body: body } = await clients.s3.getObject({
      Bucket: photo.bucket,
      Key: photo.key,
      ...(photo.versionId === undefined ? {} : { VersionId: photo.versionId }),
    });
    const bytes = Buffer.from((await body?.transformToByteArray()) ?? []);
    const { width, height } = checkBytes(bytes, named, settings.limits);
    return { format: named, width, height, sha256: createHash("sha256").update(bytes).digest("hex") };
  };
}

function formatByName(key: string): ImageFormat {
  const extension = parseUploadKey(key)?.extension ?? "";
  if (extension === "jpg" || extension === "jpeg") return "jpeg";
  if (extension === "png") return "png";
  throw rejection(
    "FORMAT_NOT_SUPPORTED",
    `The extension "${extension.slice(0, 16)}" is none of .jpg, .jpeg and .png; upload a photo with one of these.`,
  );
}

function checkSize(bytes: number, limits: UploadLimits): void {
  if (bytes === 0) throw rejection("FILE_CORRUPT", "The file is empty; upload the photo again.");
  if (bytes > limits.maxBytes) {
    throw rejection(
      "FILE_TOO_LARGE",
      `The file has ${bytes} bytes, more than the ${limits.maxBytes} allowed; reduce the photo.`,
    );
  }
}

/**
 * Checks the bytes of a file that is named as one format.
 *
 * @returns the upright size in pixels
 */
export function checkBytes(bytes: Buffer, named: ImageFormat, limits: UploadLimits): { width: number; height: number } {
  const kind = fileKind(bytes);
  if (kind !== named) {
    throw rejection("FORMAT_MISMATCH", `The file is named as ${named} but its first bytes are those of ${kind}.`);
  }
  const header = named === "jpeg" ? readJpegHeader(bytes) : readPngHeader(bytes);
  if ("damage" in header) throw rejection("FILE_CORRUPT", `The ${named} file is damaged: ${header.damage}.`);
  if (header.unsupported !== undefined) {
    throw rejection(
      "FORMAT_NOT_SUPPORTED",
      `The photo is a JPEG ${header.unsupported}; save it as a baseline or progressive JPEG of 8 bits.`,
    );
  }
  const { width, height } = header;
  if (width === 0 || height === 0) throw rejection("FILE_CORRUPT", `The header says ${width}×${height} pixels.`);
  if (Math.min(width, height) < limits.minSide) {
    throw rejection("IMAGE_TOO_SMALL", `${width}×${height} pixels; the shorter side must have ${limits.minSide}.`);
  }
  if (width * height > limits.maxPixels) {
    throw rejection(
      "IMAGE_TOO_LARGE",
      `${width}×${height} = ${width * height} pixels; at most ${limits.maxPixels} are allowed.`,
    );
  }
  if (named === "png" && header.scans > 1 && width * height > maxInterlacedPixels) {
    throw rejection(
      "IMAGE_TOO_LARGE",
      `The PNG is interlaced and has ${width * height} pixels; at most ${maxInterlacedPixels} are allowed. Save it without interlacing.`,
    );
  }
  if (header.scans > maxScans) {
    throw rejection("FILE_CORRUPT", `The photo has ${header.scans} scans; at most ${maxScans} are read.`);
  }
  return header.orientation >= 5 ? { width: height, height: width } : { width, height };
}
