import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { Rekognition } from "@aws-sdk/client-rekognition";
import type { S3 } from "@aws-sdk/client-s3";
import type { Face, Format, Photo } from "../contract/flow-data";
import type { Lazy, Pictures } from "../runtime/clients";
import type { Handler } from "../runtime/step";
import { asPhotoRefusal } from "../stores/photo-refusal";
import { shownImage } from "../stores/shown-image";
import { beginStep } from "../stores/uploads";
import { judgeFaces, type FaceRules } from "./judge";

export interface DetectFaceInput {
  readonly photo: Photo;
  readonly format: Format;
}

export interface DetectFaceSettings {
  readonly uploadTable: string;
  readonly rules: FaceRules;
}

export interface DetectFaceClients {
  readonly dynamodb: Pick<DynamoDB, "updateItem">;
  readonly rekognition: Pick<Rekognition, "detectFaces">;
  readonly s3: Lazy<Pick<S3, "getObject">>;
  readonly pictures: Lazy<Pictures>;
  readonly now: () => Date;
}

/** Finds the one usable face. One Rekognition call. */
export function detectFace(settings: DetectFaceSettings, clients: DetectFaceClients): Handler<DetectFaceInput, Face> {
  return async ({ photo, format }) => {
    await beginStep(clients.dynamodb, settings.uploadTable, photo, "DetectFace", clients.now());
    try {
      const { FaceDetails: faces = [] } = await clients.rekognition.detectFaces({
        Image: await shownImage(clients, photo, format),
        Attributes: ["DEFAULT", "SUNGLASSES", "FACE_OCCLUDED"],
      });
      return judgeFaces(faces, format, settings.rules);
    } catch (error) {
      throw asPhotoRefusal(error);
    }
  };
}
