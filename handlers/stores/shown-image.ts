import type { Image } from "@aws-sdk/client-rekognition";
import type { S3 } from "@aws-sdk/client-s3";
import type { Format, Photo } from "../contract/flow-data";
import type { Lazy, Pictures } from "../runtime/clients";
import { readOriginal } from "./photos";

/**
 * Pixels: Rekognition finds faces of 40 pixels in a picture of this length, and such a picture stays far below the 5 MB
 * that it takes inline. https://docs.aws.amazon.com/rekognition/latest/dg/limits.html
 */
const longSide = 1920;

/** JPEG quality, 1 to 100. */
const quality = 90;

/**
 * The photo for Rekognition, which must see what the thumbnails will show: it compares and indexes one person, and the
 * school sees another one, if it reads transparency, colours or orientation in its own way.
 *
 * A plain photo has one reading, and Rekognition reads it from the bucket, in the version that the event named. Any
 * other photo is sent as our own decoder shows it. The same photo gives the same bytes on every attempt, for which
 * IndexFaces returns the same face.
 *
 * @throws FILE_CORRUPT, FORMAT_NOT_SUPPORTED, IMAGE_TOO_LARGE
 */
export async function shownImage(
  { s3, pictures }: { readonly s3: Lazy<Pick<S3, "getObject">>; readonly pictures: Lazy<Pictures> },
  photo: Photo,
  format: Format,
): Promise<Image> {
  if (format.isPlain === true) {
    return { S3Object: { Bucket: photo.bucket, Name: photo.key, Version: photo.versionId } };
  }
  return { Bytes: await pictures().renderPicture(await readOriginal(s3(), photo), { longSide, quality }) };
}
