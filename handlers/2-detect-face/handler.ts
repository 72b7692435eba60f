import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { Rekognition } from "@aws-sdk/client-rekognition";
import type { Face, Format, Photo } from "../contract/flow-data";
import type { Handler } from "../runtime/step";
import { photoImage } from "../stores/faces";
import { asPhotoRefusal } from "../stores/photo-refusal";
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
  readonly now: () => Date;
}

/** Finds the one usable face. One Rekognition call; the photo's bytes never pass through the function. */
export function detectFace(settings: DetectFaceSettings, clients: DetectFaceClients): Handler<DetectFaceInput, Face> {
  return async ({ photo, format }) => {
    await beginStep(clients.dynamodb, settings.uploadTable, photo, "DetectFace", clients.now());
    try {
      const { FaceDetails: faces = [] } = await clients.rekognition.detectFaces({
        Image: photoImage(photo),
        Attributes: ["DEFAULT", "SUNGLASSES", "FACE_OCCLUDED"],
      });
      return judgeFaces(faces, format, settings.rules);
    } catch (error) {
      throw asPhotoRefusal(error);
    }
  };
}
