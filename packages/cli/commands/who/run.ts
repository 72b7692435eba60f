import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { isUploadId } from "../../../../handlers/contract/keys";
import { isStudentId } from "../../../../handlers/contract/students";
import { getAvatar } from "../../../../handlers/stores/avatars";
import { matchesOf, matchOfUpload, type MatchedUpload } from "../../../../handlers/stores/matches";
import { withHeld } from "../../target/operator";
import type { Place } from "../../target/place";
import type { Target } from "../../target/target";
import { usageError } from "../../usage-error";

export interface WhoOptions {
  readonly place: Place;
  readonly json: boolean;
}

/** A recorded match: an upload, and whose face it matched. */
export interface ShownMatch {
  readonly uploadId: string;
  readonly studentId: string;
  readonly status: string;
  readonly reason?: string | undefined;
  /** The upload's end, ISO 8601, UTC. */
  readonly at?: string | undefined;
  readonly matches: {
    readonly studentId: string;
    readonly uploadId: string;
    /** Percent; absent if it is not known. */
    readonly similarity?: number | undefined;
    /** Whether the matched upload is the avatar that its student has now. */
    readonly isAvatar: boolean;
  };
}

/**
 * Prints the matches of an upload or a student.
 *
 * @returns the exit status
 */
export async function showMatches(operand: string, { place, json }: WhoOptions): Promise<number> {
  if (!isStudentId(operand)) {
    throw usageError(`"${operand}" is neither an upload's nor a student's id; take it from the notice of the refusal.`);
  }
  const matches = await withHeld(place, (target) => shownMatches(operand, target));
  if (json) process.stdout.write(matches.map((match) => `${JSON.stringify(match)}\n`).join(""));
  else process.stdout.write(matches.length === 0 ? `No match is recorded of ${operand}.\n` : textOf(matches));
  return matches.length === 0 ? 2 : 0;
}

async function shownMatches(operand: string, target: Target): Promise<readonly ShownMatch[]> {
  const [uploadTable, avatarTable] = [target.resource("uploadTable"), target.resource("avatarTable")];
  const dynamodb = new DynamoDB(target.clientConfig);
  try {
    const shown: ShownMatch[] = [];
    for (const row of await recorded(dynamodb, uploadTable, operand)) {
      const { uploadId, studentId, status, reason, endedAt, match } = row;
      const avatar = await getAvatar(dynamodb, avatarTable, match.studentId);
      const matches = { ...match, isAvatar: avatar?.uploadId === match.uploadId };
      shown.push({ uploadId, studentId, status, reason, at: endedAt, matches });
    }
    return shown.sort((a, b) => ((a.at ?? "") < (b.at ?? "") ? -1 : 1));
  } finally {
    dynamodb.destroy();
  }
}

/** The match of an upload, or those of a student; a student's id may have the form of an upload's. */
async function recorded(dynamodb: DynamoDB, table: string, operand: string): Promise<readonly MatchedUpload[]> {
  const upload = isUploadId(operand) ? await matchOfUpload(dynamodb, table, operand) : undefined;
  if (upload !== undefined) return [upload];
  const rows: MatchedUpload[] = [];
  for (const side of ["student_id", "matched_student"] as const) {
    for await (const row of matchesOf(dynamodb, table, side, operand)) rows.push(row);
  }
  return rows;
}

function textOf(matches: readonly ShownMatch[]): string {
  return matches
    .map(({ uploadId, studentId, status, reason, at, matches: other }) => {
      const end = reason === undefined ? status : `${status} (${reason})`;
      const similarity = other.similarity === undefined ? "unknown" : `${other.similarity.toFixed(1)} %`;
      const state = other.isAvatar ? "that student's avatar" : "no longer that student's avatar";
      return (
        `Upload ${uploadId} of student ${studentId}, ${end}${at === undefined ? "" : ` at ${at} (UTC)`}\n` +
        `  matches student ${other.studentId}, upload ${other.uploadId}: ${state}; similarity ${similarity}\n`
      );
    })
    .join("");
}
