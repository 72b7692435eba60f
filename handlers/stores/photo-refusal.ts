import { rejection } from "../runtime/errors";

/** Turns Rekognition's errors about the image itself into refusals of the photo; returns any other error. */
export function asPhotoRefusal(error: unknown): unknown {
  const { name, message } = error as Error;
  if (name === "InvalidImageFormatException") {
    return rejection("FILE_CORRUPT", `Rekognition cannot read it: ${message}`);
  }
  if (name === "ImageTooLargeException") return rejection("FILE_TOO_LARGE", `Rekognition refuses it: ${message}`);
  return error;
}
