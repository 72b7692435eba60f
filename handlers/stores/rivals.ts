import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import { getAvatar } from "./avatars";
import type { Match } from "./faces";
import { getUpload } from "./uploads";

/** The standing of another student's matching face. */
export type Standing =
  /** It belongs to an avatar in use, or to a confirmed upload. */
  | "registered"
  /** It belongs to an upload in progress whose row was created before one's own. */
  | "earlier"
  /** The same, created after one's own. */
  | "later"
  /** Its upload ended without it: a leftover without an owner, which must not refuse an honest student. */
  | "left-over";

/** An upload's place in the order of all uploads. */
export interface Place {
  readonly uploadId: string;
  readonly createdAt?: string | undefined;
}

/**
 * Whether one upload comes before another: by the creation time of their rows, which only the server sets and nothing
 * changes; within a millisecond by their ids. The ids alone give no order: those of plain copies are derived and lower
 * than any issued one.
 */
function isEarlier(upload: Place, than: Place): boolean {
  const [made, thanMade] = [upload.createdAt ?? "", than.createdAt ?? ""];
  return made === thanMade ? upload.uploadId < than.uploadId : made < thanMade;
}

/** Determines a match's standing towards one's own upload from the rows: the collection alone does not hold it. */
export async function standingOf(
  dynamodb: Pick<DynamoDB, "getItem">,
  tables: { readonly uploadTable: string; readonly avatarTable: string },
  match: Match,
  own: Place,
): Promise<Standing> {
  // The upload's row first: if the upload is saved between the two reads, the second one still finds it registered.
  const upload = await getUpload(dynamodb, tables.uploadTable, match.uploadId);
  const avatar = await getAvatar(dynamodb, tables.avatarTable, match.studentId);
  if (avatar?.faceId === match.faceId) return "registered";
  if (upload?.status !== "processing") return "left-over";
  if (upload.confirmed) return "registered";
  return isEarlier(upload, own) ? "earlier" : "later";
}
