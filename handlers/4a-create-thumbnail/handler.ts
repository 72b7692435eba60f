import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { S3 } from "@aws-sdk/client-s3";
import type { Face, Format, Photo, ThumbnailKeys } from "../contract/flow-data";
import { thumbnailKey } from "../contract/keys";
import type { Handler } from "../runtime/step";
import { beginStep } from "../stores/uploads";
import { cropSquare, type Square } from "./crop";

export interface CreateThumbnailInput {
  readonly photo: Photo;
  readonly format: Format;
  readonly face: Face;
}

export interface CreateThumbnailOutput {
  readonly thumbnails: ThumbnailKeys;
}

/** What the thumbnails are like; the component's `thumbnail` args. */
export interface ThumbnailRules {
  /** Pixels. */
  readonly sizes: readonly number[];
  /** JPEG quality, 1–100. */
  readonly quality: number;
  /** Share of the face's longer side that is left around it on each side. */
  readonly margin: number;
}

export interface CreateThumbnailSettings {
  readonly uploadTable: string;
  readonly thumbnail: ThumbnailRules;
  readonly maxPixels: number;
}

export interface CreateThumbnailClients {
  readonly dynamodb: Pick<DynamoDB, "updateItem">;
  readonly s3: Pick<S3, "getObject" | "putObject">;
  readonly imaging: Imaging;
  readonly now: () => Date;
}

/** What the step needs of the layer `avatar-imaging`. */
export interface Imaging {
  createThumbnails(
    photo: Uint8Array,
    options: { square: Square; sizes: readonly number[]; quality: number; maxPixels: number },
  ): Promise<readonly { size: number; jpeg: Buffer }[]>;
}

/** Makes upright, face-centred squares of every size from one decode, and stores them. */
export function createThumbnail(
  settings: CreateThumbnailSettings,
  clients: CreateThumbnailClients,
): Handler<CreateThumbnailInput, CreateThumbnailOutput> {
  return async ({ photo, format, face }) => {
    await beginStep(clients.dynamodb, settings.uploadTable, photo, "CreateThumbnail", clients.now());
    const { Body: body } = await clients.s3.getObject({
      Bucket: photo.bucket,
      Key: photo.key,
      ...(photo.versionId === undefined ? {} : { VersionId: photo.versionId }),
    });
    const bytes = (await body?.transformToByteArray()) ?? new Uint8Array();
    const { sizes, quality, margin } = settings.thumbnail;
    const square = cropSquare(face.box, format, margin);
    const made = await clients.imaging.createThumbnails(bytes, {
      square,
      sizes,
      quality,
      maxPixels: settings.maxPixels,
    });
    const keys = await Promise.all(
      made.map(async ({ size, jpeg }) => {
        const key = thumbnailKey(photo.studentId, photo.uploadId, size);
        await clients.s3.putObject({
          Bucket: photo.bucket,
          Key: key,
          Body: jpeg,
          ContentType: "image/jpeg",
          // The key changes with every upload, so that what is cached can never be out of date.
          CacheControl: "private, max-age=31536000, immutable",
        });
        return [String(size), key] as const;
      }),
    );
    return { thumbnails: Object.fromEntries(keys) };
  };
}
