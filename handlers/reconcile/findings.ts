/** The kinds of findings. Each states the promise that it breaks (docs/architecture.md) and the effect of `fix`. */
export const findingKinds = {
  "face-left-over":
    "A face in the collection that no avatar and no upload on its way holds. Fixed by deleting the face.",
  "face-missing":
    "An avatar whose face is not in the collection. Fixed by indexing the avatar's largest thumbnail again.",
  "thumbnails-left-over":
    "Thumbnails of an upload that is no avatar and not on its way. Fixed by deleting them, with every version.",
  "thumbnail-missing":
    "An avatar with a thumbnail that is not in the bucket. Not fixed: ask the student to upload the photo again.",
  "replaced-left-over": "An avatar that still lists what it replaced. Fixed by removing the old face and thumbnails.",
  "original-left-over":
    "The original of an upload that was accepted or rejected, or a further object under its key. Fixed by deleting that version.",
  "upload-not-started":
    "An original that no execution has taken: its event was lost. Fixed by starting an execution for it.",
  "upload-interrupted":
    "An upload whose execution has ended without closing it. Fixed by starting an execution that closes it.",
  "faces-match":
    "Two students' faces match at or above the duplicate threshold. Not fixed: a person must decide whose it is.",
} as const;

export type FindingKind = keyof typeof findingKinds;

export interface Finding {
  readonly kind: FindingKind;
  /** Present if the difference belongs to a student. */
  readonly studentId?: string | undefined;
  readonly uploadId?: string;
  /** The face id, key or execution concerned. */
  readonly subject: string;
  /** Whether this run fixed it. */
  readonly fixed: boolean;
  /** The reason if an attempted fix failed. */
  readonly problem?: string;
}

export interface ReconcileReport {
  readonly at: string;
  readonly fix: boolean;
  /** The number of items compared. */
  readonly compared: {
    readonly avatars: number;
    readonly uploads: number;
    readonly faces: number;
    /** Current versions only. */
    readonly thumbnails: number;
    /** Versions. */
    readonly originals: number;
  };
  /** Present if faces were searched for: how many, and how many are left for lack of time. */
  readonly searched?: { readonly done: number; readonly left: number };
  readonly findings: readonly Finding[];
}

export interface ReconcileInput {
  /** Whether to fix the differences; otherwise they are only reported. */
  readonly fix?: boolean;
  /**
   * Whether to search the collection for avatars' faces, to find two students with one face: one Rekognition call each.
   */
  readonly searchFaces?: boolean;
  /** The same, but only for faces that no run has searched for yet. */
  readonly searchNewFaces?: boolean;
  /** Whether to delete unaccounted leftovers (in no row) even of more students than an erasure ever leaves. */
  readonly deleteUnaccounted?: boolean;
}

/**
 * A run deletes unaccounted leftovers of at most so many students, unless `deleteUnaccounted` is set. An incomplete
 * erasure leaves one student's; with a wrong table, a run would delete the faces of a whole school, whose originals are
 * gone.
 */
export const unaccountedStudents = 10;
