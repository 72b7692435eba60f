import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { Rekognition } from "@aws-sdk/client-rekognition";
import { rejection } from "../runtime/errors";
import type { Photo } from "../contract/flow-data";
import { matchesOfOthers, searchByPhoto } from "../stores/faces";
import { standingOf } from "../stores/rivals";
import type { Handler } from "../runtime/step";
import { asPhotoRefusal } from "../stores/photo-refusal";
import { beginStep } from "../stores/uploads";

export interface CheckDuplicateInput {
  readonly photo: Photo;
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
  readonly now: () => Date;
}

/**
 * Looks for the face in the collection. Another student's face refuses the photo; the student's own is a replacement.
 *
 * This is the cheap check before any work is done. What closes the race between two uploads is the confirmation in
 * IndexFace.
 */
export function checkDuplicate(
  settings: CheckDuplicateSettings,
  clients: CheckDuplicateClients,
): Handler<CheckDuplicateInput, CheckDuplicateOutput> {
  return async ({ photo }) => {
    const own = await beginStep(clients.dynamodb, settings.uploadTable, photo, "CheckDuplicate", clients.now());
    const matches = await search(settings, clients, photo);
    const others = matchesOfOthers(matches, photo.studentId);
    // If an earlier run of this execution has come past the point of losing, the others lose.
    for (const match of own.confirmed ? [] : others) {
      const standing = await standingOf(clients.dynamodb, settings, match, own);
      // By IndexFace's rule: were a rival that has to yield enough to refuse the photo, two that are started again with
      // both their faces in the collection would refuse each other.
      if (standing === "registered" || standing === "earlier") {
        throw rejection(
          "DUPLICATE_FACE",
          `The face matches another student's with a similarity of ${settings.duplicateSimilarity} or more.`,
        );
      }
    }
    return { isReplacement: matches.length > others.length };
  };
}

async function search(settings: CheckDuplicateSettings, clients: CheckDuplicateClients, photo: Photo) {
  try {
    return await searchByPhoto(clients.rekognition, settings.collectionId, photo, settings.duplicateSimilarity);
  } catch (error) {
    // The search wants a face too, and answers so when it finds none where DetectFace found one.
    if (/no faces/i.test((error as Error).message) && (error as Error).name === "InvalidParameterException") {
      throw rejection("NO_FACE", "The search in the collection found no face in the photo.");
    }
    throw asPhotoRefusal(error);
  }
}
