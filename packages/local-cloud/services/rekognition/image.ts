import { createHash } from "node:crypto";
import { readImageHeader, type ImageHeader } from "avatar-imaging/file/header";
import { cloudError, isCloudError, type CloudRequest } from "../../gateway/service";
import type { DetectedFace, FaceEngine } from "./faces/engine";
import { invalidParameter, objectOf, optionalText, requiredText, violation, type Input } from "./input";

/** Reads an object with the caller's own permissions: s3:GetObject, or s3:GetObjectVersion if a version is named. */
export type ReadObject = (request: CloudRequest, bucket: string, key: string, version?: string) => Promise<Buffer>;

/** An image that has passed Rekognition's limits. */
export interface CheckedImage {
  readonly bytes: Buffer;
  readonly header: ImageHeader;
  /** The same for the same bytes, in the form of a UUID. */
  readonly imageId: string;
}

// https://docs.aws.amazon.com/rekognition/latest/dg/limits.html
const mostObjectBytes = 15 * 1024 * 1024;
const mostInlineBytes = 5 * 1024 * 1024;
const leastSide = 80;

/**
 * The image of a request's `Image`, from its bytes or from S3.
 *
 * @throws ValidationException, InvalidParameterException, InvalidS3ObjectException, ImageTooLargeException,
 *   InvalidImageFormatException
 */
export async function readImage(request: CloudRequest, input: Input, readObject: ReadObject): Promise<CheckedImage> {
  const image = objectOf(input, "Image");
  if (image === undefined) throw violation(null, "image", "not be null");
  const inline = image["Bytes"];
  const object = objectOf(image, "S3Object");
  if ((inline === undefined) === (object === undefined)) {
    throw invalidParameter("Image has either Bytes or S3Object, one of the two.");
  }
  const bytes = object === undefined ? readInline(inline) : await readStored(request, object, readObject);
  return { bytes, header: readHeader(bytes), imageId: imageIdOf(bytes) };
}

function readInline(value: unknown): Buffer {
  if (typeof value !== "string") throw violation(null, "image.bytes", "be base64-encoded bytes");
  const bytes = Buffer.from(value, "base64");
  if (bytes.length === 0) throw violation(value, "image.bytes", "have length greater than or equal to 1");
  if (bytes.length > mostInlineBytes) {
    throw violation(bytes.length, "image.bytes", `have length less than or equal to ${mostInlineBytes}`);
  }
  return bytes;
}

async function readStored(request: CloudRequest, object: Input, readObject: ReadObject): Promise<Buffer> {
  const bucket = requiredText(object, "Bucket", /^[0-9A-Za-z.\-_]*$/, 255, "image.s3Object.bucket");
  const key = requiredText(object, "Name", /^[^]*$/, 1024, "image.s3Object.name");
  const version = optionalText(object, "Version", /^[^]*$/, 1024, "image.s3Object.version");
  const bytes = await readObject(request, bucket, key, version).catch((error: unknown) => {
    if (!isCloudError(error) || error.status >= 500) throw error;
    // AWS reports no more than the first sentence, whether the object is missing or its read is denied.
    throw cloudError(
      "InvalidS3ObjectException",
      400,
      `Unable to get object metadata from S3. Check object key, region and/or access permissions. (S3: ${error.code}: ${error.message})`,
    );
  });
  if (bytes.length > mostObjectBytes) {
    throw cloudError(
      "ImageTooLargeException",
      400,
      `Image size is too large: ${bytes.length} bytes; an image in S3 has at most ${mostObjectBytes}.`,
    );
  }
  return bytes;
}

function readHeader(bytes: Buffer): ImageHeader {
  let header: ImageHeader;
  try {
    header = readImageHeader(bytes);
  } catch (error) {
    throw invalidFormat((error as Error).message);
  }
  if (header.width < leastSide || header.height < leastSide) {
    throw invalidParameter(
      `the image has ${header.width}×${header.height} pixels, each side must have at least ${leastSide}.`,
    );
  }
  return header;
}

function invalidFormat(detail: string): Error {
  return cloudError("InvalidImageFormatException", 400, `Request has invalid image format: ${detail}`);
}

/** The faces of an image, the largest first. @throws the engine's refusals in Rekognition's names */
export async function detectFaces(engine: FaceEngine, image: CheckedImage): Promise<readonly DetectedFace[]> {
  return engine.detect(image.bytes).catch(refuse);
}

/** The embedding of a face. @throws as {@link detectFaces} */
export async function embed(face: DetectedFace): Promise<Float32Array> {
  return face.embedding().catch(refuse);
}

function refuse(error: Error): never {
  if (error.name === "UnreadableImage") throw invalidFormat(error.message);
  if (error.name === "ImageTooManyPixels") throw cloudError("ImageTooLargeException", 400, error.message);
  if (error.name === "EngineBusy") throw cloudError("ProvisionedThroughputExceededException", 400, error.message);
  // 501, which no SDK client retries: only an installation helps.
  if ("code" in error && error.code === "FACES_NOT_INSTALLED") throw cloudError("NotImplemented", 501, error.message);
  throw cloudError("InternalServerError", 500, error.message);
}

function imageIdOf(bytes: Buffer): string {
  const digest = createHash("sha256").update(bytes).digest("hex");
  return [8, 12, 16, 20, 32].map((end, i, ends) => digest.slice(ends[i - 1] ?? 0, end)).join("-");
}
