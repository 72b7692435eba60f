import { pictureMaker } from "./picture";
import { thumbnailer } from "./thumbnails";

export { readImageHeader, type ImageHeader } from "./file/header";
export type { PictureOptions } from "./picture";
export type { Square, Thumbnail, ThumbnailOptions } from "./thumbnails";

/**
 * Decodes once, crops, resizes to every size, encodes as baseline JPEG 4:2:0 sRGB without metadata.
 *
 * Photos are turned upright by their EXIF orientation, which PNG stores in its eXIf chunk.
 *
 * @returns the thumbnails in the order of `sizes`
 * @throws FILE_CORRUPT, FORMAT_NOT_SUPPORTED or IMAGE_TOO_LARGE by name, for photos; RangeError for options that
 *   do not fit the photo, which is the caller's fault and not a fault of the photo
 */
export const createThumbnails = thumbnailer();

/**
 * Renders a whole photo upright and opaque, as `createThumbnails` reads it, for a program that must see the same.
 *
 * @returns a baseline JPEG 4:2:0 sRGB without metadata
 * @throws FILE_CORRUPT, FORMAT_NOT_SUPPORTED or IMAGE_TOO_LARGE by name
 */
export const renderPicture = pictureMaker();
