import type { AvatarRow } from "../../../../handlers/stores/avatars";
import type { UploadRow } from "../../../../handlers/stores/uploads";

const columns = ["student_id", "state", "reason", "last_upload_at", "accepted_at", "picture"] as const;

/**
 * The table of all students who have an avatar or have sent a photo whose row is still kept, by their ids, with its
 * header.
 *
 *   state           accepted (an avatar is in use), otherwise the outcome of the last photo: rejected, failed, or
 *                   processing and awaiting while it is on its way
 *   reason          of the last photo's refusal; also where an earlier photo is the avatar in use
 *   last_upload_at  ISO 8601, UTC; empty once the row has expired
 *   accepted_at     the avatar's `processed_at`
 *   picture         its name in the ZIP file of the same run; empty if that has none
 */
export async function tableOf(
  avatars: readonly AvatarRow[],
  uploads: AsyncIterable<UploadRow>,
  pictures: ReadonlyMap<string, string>,
): Promise<readonly (readonly string[])[]> {
  const last = new Map<string, UploadRow>();
  for await (const row of uploads) {
    const known = last.get(row.studentId);
    if (known === undefined || timeOf(row) > timeOf(known)) last.set(row.studentId, row);
  }
  const inUse = new Map(avatars.map((avatar) => [avatar.studentId, avatar]));
  const students = [...new Set([...inUse.keys(), ...last.keys()])].sort();
  const rows = students.map((student) => {
    const [avatar, upload] = [inUse.get(student), last.get(student)];
    return [
      student,
      avatar === undefined ? (upload?.status ?? "") : "accepted",
      upload?.reason ?? "",
      upload === undefined ? "" : timeOf(upload),
      avatar?.processedAt ?? "",
      pictures.get(student) ?? "",
    ];
  });
  return [columns, ...rows];
}

function timeOf({ uploadedAt, createdAt = "" }: UploadRow): string {
  return uploadedAt ?? createdAt;
}
