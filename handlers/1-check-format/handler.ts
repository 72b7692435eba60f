import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { S3 } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type * as photoFiles from "avatar-imaging/file/check";
import { rejection } from "../runtime/errors";
import type { Format, ImageFormat, Photo } from "../contract/flow-data";
import { parseUploadKey } from "../contract/keys";
import type { Handler } from "../runtime/step";
import { readOriginal } from "../stores/photos";
import { beginStep } from "../stores/uploads";

export interface CheckFormatInput {
  readonly photo: Photo;
}

/** The limits of a photo file; the component's `upload` args. */
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
  readonly photoFiles: PhotoFiles;
  readonly now: () => Date;
}

/** The functions of the layer `avatar-imaging` that the step uses. */
export type PhotoFiles = Pick<typeof photoFiles, "checkWhole" | "fileKind" | "isPlain" | "readImageHeader">;

/** Checks the file's name, its size and its bytes, the cheapest check first. */
export function checkFormat(
  settings: CheckFormatSettings,
  clients: CheckFormatClients,
): Handler<CheckFormatInput, Format> {
  return async ({ photo }) => {
    await beginStep(clients.dynamodb, settings.uploadTable, photo, "CheckFormat", clients.now());
    const named = formatByName(photo.key);
    checkSize(photo.bytes, settings.limits);
    const bytes = Buffer.from(await readOriginal(clients.s3, photo));
    const { width, height } = checkBytes(clients.photoFiles, bytes, named, settings.limits);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return { format: named, width, height, sha256, isPlain: clients.photoFiles.isPlain(bytes) };
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
 * Checks the bytes of a file against the format of its name: the header first, the whole structure last.
 *
 * @returns the upright size in pixels
 */
export function checkBytes(
  { checkWhole, fileKind, readImageHeader }: Pick<PhotoFiles, "checkWhole" | "fileKind" | "readImageHeader">,
  bytes: Buffer,
  named: ImageFormat,
  limits: UploadLimits,
): { width: number; height: number } {
  const kind = fileKind(bytes);
  if (kind !== named) {
    throw rejection("FORMAT_MISMATCH", `The file is named as ${named} but its first bytes are those of ${kind}.`);
  }
  const header = readImageHeader(bytes);
  const { width, height } = header;
  if (Math.min(width, height) < limits.minSide) {
    throw rejection("IMAGE_TOO_SMALL", `${width}×${height} pixels; the shorter side must have ${limits.minSide}.`);
  }
  if (width * height > limits.maxPixels) {
    throw rejection(
      "IMAGE_TOO_LARGE",
      `${width}×${height} = ${width * height} pixels; at most ${limits.maxPixels} are allowed.`,
    );
  }
  checkWhole(bytes, header, crc32);
  return { width, height };
}
