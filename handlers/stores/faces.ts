import type { FaceMatch, Image } from "@aws-sdk/client-rekognition";
import { rejection } from "../runtime/errors";
import type { Photo } from "../contract/flow-data";
import { parseExternalImageId } from "../contract/keys";

/** The photo as Rekognition reads it: from the bucket, in the version that the event named. */
export function photoImage(photo: Photo): Image {
  return {
    S3Object: {
      Bucket: photo.bucket,
      Name: photo.key,
      ...(photo.versionId === undefined ? {} : { Version: photo.versionId }),
    },
  };
}

/** Turns Rekognition's errors about the image itself into refusals of the photo; gives back any other error. */
export function asPhotoRefusal(error: unknown): unknown {
  const { name, message } = error as Error;
  if (name === "InvalidImageFormatException") {
    return rejection("FILE_CORRUPT", `Rekognition cannot read it: ${message}`);
  }
  if (name === "ImageTooLargeException") return rejection("FILE_TOO_LARGE", `Rekognition refuses it: ${message}`);
  return error;
}

/** A face of the collection that matches, and whose it is. */
export interface Match {
  readonly faceId: string;
  readonly studentId: string;
  readonly uploadId: string;
}

/** The matches that belong to other students. A face that was not named by this pipeline is nobody's. */
export function matchesOfOthers(matches: readonly FaceMatch[], studentId: string): readonly Match[] {
  return matches.flatMap(({ Face: face }) => {
    const owner = parseExternalImageId(face?.ExternalImageId ?? "");
    if (face?.FaceId === undefined || owner === undefined || owner.studentId === studentId) return [];
    return [{ faceId: face.FaceId, ...owner }];
  });
}
