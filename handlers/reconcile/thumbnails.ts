import { getAvatar } from "../stores/avatars";
import { deleteThumbnails, isAnythingBelow } from "../stores/photos";
import { isUploadId, thumbnailFolder } from "../contract/keys";
import { removeReplaced } from "../stores/replaced";
import { getUpload } from "../stores/uploads";
import {
  heldAtFirstSight,
  isHeld,
  isUnaccounted,
  versionsOf,
  type Difference,
  type ReconcileClients,
  type ReconcileSettings,
  type Stock,
} from "./stock";

/** Thumbnails that belong to no avatar and no running upload, grouped by upload. */
export function leftThumbnails(settings: ReconcileSettings, clients: ReconcileClients, stock: Stock): Difference[] {
  const folders = new Map<string, { studentId: string; uploadId: string }>();
  for (const { key } of stock.thumbnails) {
    const [, studentId = "", uploadId = ""] = key.split("/");
    // A key that no upload can have made is left alone.
    if (isUploadId(uploadId) && !heldAtFirstSight(stock, studentId, uploadId)) {
      folders.set(thumbnailFolder(studentId, uploadId), { studentId, uploadId });
    }
  }
  return [...folders].map(([subject, { studentId, uploadId }]) => ({
    kind: "thumbnails-left-over",
    studentId,
    uploadId,
    subject,
    isUnaccounted: isUnaccounted(stock, studentId, uploadId),
    isStill: async () => {
      if (await isHeld(settings, clients, studentId, uploadId)) return false;
      return isAnythingBelow(clients.s3, settings.photoBucket, subject);
    },
    applyFix: async () => {
      await deleteThumbnails(clients.s3, settings.photoBucket, studentId, uploadId);
    },
  }));
}

/** Avatars' thumbnails that are gone. */
export function missingThumbnails(settings: ReconcileSettings, clients: ReconcileClients, stock: Stock): Difference[] {
  const keys = new Set(currentKeys(stock));
  return [...stock.avatars.values()].flatMap(({ studentId, uploadId, thumbnails }) =>
    Object.values(thumbnails)
      .filter((key) => !keys.has(key))
      .map((key) => ({
        kind: "thumbnail-missing" as const,
        studentId,
        uploadId,
        subject: key,
        isStill: async () => {
          const current = await getAvatar(clients.dynamodb, settings.avatarTable, studentId);
          if (current?.uploadId !== uploadId) return false;
          const versions = await versionsOf(settings, clients, key);
          return !versions.some((version) => version.isLatest && !version.isMarker);
        },
      })),
  );
}

/** The keys under which a thumbnail can be read: neither old versions nor keys hidden by a delete marker. */
export function currentKeys({ thumbnails }: Stock): string[] {
  return thumbnails.filter((entry) => entry.isLatest && !entry.isMarker).map(({ key }) => key);
}

/** Avatars that still list uploads that they replaced. */
export function leftReplaced(settings: ReconcileSettings, clients: ReconcileClients, stock: Stock): Difference[] {
  return [...stock.avatars.values()]
    .filter(({ replaces, uploadId }) => replaces.length > 0 && stock.uploads.get(uploadId)?.status !== "processing")
    .map(({ studentId, uploadId, replaces }) => {
      const current = async () => {
        const upload = await getUpload(clients.dynamodb, settings.uploadTable, uploadId);
        const avatar = await getAvatar(clients.dynamodb, settings.avatarTable, studentId);
        const isOver = avatar?.uploadId === uploadId && upload?.status !== "processing";
        return isOver && avatar.replaces.length > 0 ? avatar : undefined;
      };
      const subject = replaces.map((old) => old.uploadId).join(" ");
      const isStill = async () => (await current()) !== undefined;
      const applyFix = async () => {
        const avatar = await current();
        if (avatar !== undefined) await removeReplaced(settings, clients, settings.photoBucket, avatar);
      };
      return { kind: "replaced-left-over", studentId, uploadId, subject, isStill, applyFix };
    });
}
