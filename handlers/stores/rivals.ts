import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import { getAvatar } from "./avatars";
import type { Match } from "./faces";
import { getUpload } from "./uploads";

/** How a matching face of another student stands. */
export type Standing =
  /** It belongs to an avatar in use, or to an upload that is past the point of losing. */
  | "registered"
  /** It belongs to an upload that is still on its way, and whose row was made before one's own. */
  | "earlier"
  /** The same, made after one's own. */
  | "later"
  /** Its upload ended without it: a leftover that nobody owns, which must not turn an honest student away. */
  | "left-over";

/** An upload's place in the order of all uploads. */
export interface Place {
  readonly uploadId: string;
  readonly createdAt?: string | undefined;
}

/**
 * Whether one upload comes before another: by when their rows were made, which the server alone sets and never changes;
 * within a millisecond by their ids. The ids alone are no order: those of plain copies, and of every further object
 * under an issued key, are derived and lower than any issued one.
 */
export function isEarlier(upload: Place, than: Place): boolean {
  const [made, thanMade] = [upload.createdAt ?? "", than.createdAt ?? ""];
  return made === thanMade ? upload.uploadId < than.uploadId : made < thanMade;
}

/** Tells how a match stands towards one's own upload, from the rows: the collection alone cannot know. */
export async function standingOf(
  dynamodb: Pick<DynamoDB, "getItem">,
  tables: { readonly uploadTable: string; readonly avatarTable: string },
  match: Match,
  own: Place,
): Promise<Standing> {
  // The upload first: one that is saved between the two reads is then seen as registered by the second.
  const upload = await getUpload(dynamodb, tables.uploadTable, match.uploadId);
  const avatar = await getAvatar(dynamodb, tables.avatarTable, match.studentId);
  if (avatar?.faceId === match.faceId) return "registered";
  if (upload?.status !== "processing") return "left-over";
  if (upload.confirmed) return "registered";
  return isEarlier(upload, own) ? "earlier" : "later";
}
