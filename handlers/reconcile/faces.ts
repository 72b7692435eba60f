import { getAvatar, replaceFace, type AvatarRow } from "../stores/avatars";
import { deleteFaces, hasFace, indexThumbnail } from "../stores/faces";
import { namedError } from "../runtime/errors";
import { parseExternalImageId } from "../contract/keys";
import {
  heldAtFirstSight,
  isHeld,
  isUnaccounted,
  type Difference,
  type ReconcileClients,
  type ReconcileSettings,
  type Stock,
} from "./stock";

/** Faces that belong to no avatar and no running upload. */
export function leftFaces(settings: ReconcileSettings, clients: ReconcileClients, stock: Stock): Difference[] {
  return stock.faces.flatMap(({ faceId, name }): Difference[] => {
    const owner = parseExternalImageId(name);
    // A collection may be shared: a face that this pipeline did not name is left alone.
    if (owner === undefined) return [];
    const { studentId, uploadId } = owner;
    const avatar = stock.avatars.get(studentId);
    const isRight =
      avatar?.uploadId === uploadId ? avatar.faceId === faceId : heldAtFirstSight(stock, studentId, uploadId);
    if (isRight) return [];
    const isStill = async () => {
      const current = await getAvatar(clients.dynamodb, settings.avatarTable, studentId);
      if (current?.faceId === faceId) return false;
      if (current?.uploadId !== uploadId && (await isHeld(settings, clients, studentId, uploadId))) return false;
      return hasFace(clients.rekognition, settings.collectionId, faceId);
    };
    const applyFix = () => deleteFaces(clients, settings.collectionId, [faceId]);
    const unaccounted = { isUnaccounted: isUnaccounted(stock, studentId, uploadId) };
    return [{ kind: "face-left-over", studentId, uploadId, subject: faceId, ...unaccounted, isStill, applyFix }];
  });
}

/** Avatars whose face is gone. */
export function missingFaces(settings: ReconcileSettings, clients: ReconcileClients, stock: Stock): Difference[] {
  const known = new Set(stock.faces.map(({ faceId }) => faceId));
  return [...stock.avatars.values()]
    .filter(({ faceId }) => !known.has(faceId))
    .map((avatar) => {
      const { studentId, uploadId, faceId } = avatar;
      const isStill = async () => {
        const current = await getAvatar(clients.dynamodb, settings.avatarTable, studentId);
        // The face of an upload that was accepted after the faces were listed exists, but is not in that list.
        return current?.faceId === faceId && !(await hasFace(clients.rekognition, settings.collectionId, faceId));
      };
      const applyFix = () => indexAgain(settings, clients, avatar);
      return { kind: "face-missing", studentId, uploadId, subject: faceId, isStill, applyFix };
    });
}

/**
 * Puts an avatar's face back into the collection from its largest thumbnail: the original is gone. While it was
 * missing, another student may have registered the same face: the row loses its `searchedAt`.
 */
async function indexAgain(settings: ReconcileSettings, clients: ReconcileClients, avatar: AvatarRow): Promise<void> {
  const { collectionId, photoBucket, avatarTable } = settings;
  const largest = String(Math.max(...Object.keys(avatar.thumbnails).map(Number)));
  const key = avatar.thumbnails[largest] ?? "";
  const faceId = await indexThumbnail(clients.rekognition, collectionId, photoBucket, key, avatar);
  if (faceId === undefined) throw namedError("NoFace", "Rekognition found no face in the avatar's largest thumbnail.");
  if (!(await replaceFace(clients.dynamodb, avatarTable, avatar, faceId))) {
    throw namedError(
      "AvatarChanged",
      "The avatar was replaced or erased in the meantime; the next run deletes the new face.",
    );
  }
}
