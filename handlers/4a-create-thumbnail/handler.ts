import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { S3 } from "@aws-sdk/client-s3";
import type { Face, Format, Photo, ThumbnailKeys } from "../contract/flow-data";
import type { Handler } from "../runtime/step";
import { readOriginal, storeThumbnail } from "../stores/photos";
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

/** The rules for the thumbnails; the component's `thumbnail` args. */
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

/** The functions of the layer `avatar-imaging` that the step uses. */
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
    const bytes = await readOriginal(clients.s3, photo);
    const { sizes, quality, margin } = settings.thumbnail;
    const square = cropSquare(face.box, format, margin);
    const made = await clients.imaging.createThumbnails(bytes, {
      square,
      sizes,
      quality,
      maxPixels: settings.maxPixels,
    });
    const keys = await Promise.all(
      made.map(async ({ size, jpeg }) => [String(size), await storeThumbnail(clients.s3, photo, size, jpeg)] as const),
    );
    return { thumbnails: Object.fromEntries(keys) };
  };
}
