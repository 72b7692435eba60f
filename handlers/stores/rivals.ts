import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import { getAvatar } from "./avatars";
import type { Match } from "./faces";
import { getUpload } from "./uploads";

/** How a matching face of another student stands. */
export type Standing =
  /** It belongs to an avatar in use, or to an upload that is past the point of losing. */
  | "registered"
  /** It belongs to an upload that is still on its way. */
  | "in-flight"
  /** Its upload ended without it: a leftover that nobody owns, which must not turn an honest student away. */
  | "left-over";

/** Tells how a match stands, from the rows: the collection alone cannot know. */
export async function standingOf(
  dynamodb: Pick<DynamoDB, "getItem">,
  tables: { readonly uploadTable: string; readonly avatarTable: string },
  match: Match,
): Promise<Standing> {
  // The upload first: one that is saved between the two reads is then seen as registered by the second.
  const upload = await getUpload(dynamodb, tables.uploadTable, match.uploadId);
  const avatar = await getAvatar(dynamodb, tables.avatarTable, match.studentId);
  if (avatar?.faceId === match.faceId) return "registered";
  if (upload?.status !== "processing") return "left-over";
  return upload.confirmed ? "registered" : "in-flight";
}
