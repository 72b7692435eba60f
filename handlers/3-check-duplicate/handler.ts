import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { Rekognition } from "@aws-sdk/client-rekognition";
import type { S3 } from "@aws-sdk/client-s3";
import { rejection } from "../runtime/errors";
import type { Format, Photo } from "../contract/flow-data";
import { matchesOfOthers, searchByPhoto } from "../stores/faces";
import { recordMatch } from "../stores/matches";
import { standingOf } from "../stores/rivals";
import type { Lazy, Pictures } from "../runtime/clients";
import type { Handler } from "../runtime/step";
import { asPhotoRefusal } from "../stores/photo-refusal";
import { shownImage } from "../stores/shown-image";
import { beginStep } from "../stores/uploads";

export interface CheckDuplicateInput {
  readonly photo: Photo;
  readonly format: Format;
}

export interface CheckDuplicateOutput {
  /** Whether the student's own face was found: the photo replaces an earlier one. */
  readonly isReplacement: boolean;
}

export interface CheckDuplicateSettings {
  readonly uploadTable: string;
  readonly avatarTable: string;
  readonly collectionId: string;
  /** 0–100. */
  readonly duplicateSimilarity: number;
}

export interface CheckDuplicateClients {
  readonly dynamodb: Pick<DynamoDB, "getItem" | "updateItem">;
  readonly rekognition: Pick<Rekognition, "searchFacesByImage">;
  readonly s3: Lazy<Pick<S3, "getObject">>;
  readonly pictures: Lazy<Pictures>;
  readonly now: () => Date;
}

/**
 * Looks for the face in the collection. Another student's face refuses the photo; the student's own is a replacement.
 *
 * This is a cheap early check. The confirmation in IndexFace closes the race between two uploads.
 */
export function checkDuplicate(
  settings: CheckDuplicateSettings,
  clients: CheckDuplicateClients,
): Handler<CheckDuplicateInput, CheckDuplicateOutput> {
  return async ({ photo, format }) => {
    const own = await beginStep(clients.dynamodb, settings.uploadTable, photo, "CheckDuplicate", clients.now(), {
      forgetMatch: true,
    });
    const matches = await search(settings, clients, photo, format);
    const others = matchesOfOthers(matches, photo.studentId);
    // If an earlier run of this execution is already confirmed, the others lose.
    for (const match of own.confirmed ? [] : others) {
      const standing = await standingOf(clients.dynamodb, settings, match, own);
      // IndexFace's rule: if a rival that has to yield could refuse the photo, two restarted uploads whose faces are
      // both in the collection would refuse each other.
      if (standing === "registered" || standing === "earlier") {
        await recordMatch(clients.dynamodb, settings.uploadTable, photo, match);
        throw rejection(
          "DUPLICATE_FACE",
          `The face matches another student's with a similarity of ${settings.duplicateSimilarity} or more.`,
        );
      }
    }
    return { isReplacement: matches.length > others.length };
  };
}

async function search(settings: CheckDuplicateSettings, clients: CheckDuplicateClients, photo: Photo, format: Format) {
  try {
    const image = await shownImage(clients, photo, format);
    return await searchByPhoto(clients.rekognition, settings.collectionId, image, settings.duplicateSimilarity);
  } catch (error) {
    // The search needs a face as well, and fails this way if it finds none although DetectFace did.
    if (/no faces/i.test((error as Error).message) && (error as Error).name === "InvalidParameterException") {
      throw rejection("NO_FACE", "The search in the collection found no face in the photo.");
    }
    throw asPhotoRefusal(error);
  }
}
