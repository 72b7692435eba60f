import { getAvatar, markSearched, type AvatarRow } from "../stores/avatars";
import { matchesOfOthers, searchByFace } from "../stores/faces";
import { noteMatch } from "../stores/matches";
import { asMachineError, throttled } from "../runtime/step";
import type { Difference, ReconcileClients, ReconcileSettings, Stock } from "./stock";

export interface FaceSearch {
  readonly differences: readonly Difference[];
  /** The number of faces searched for. */
  readonly done: number;
  /** The number of faces left for the next run. */
  readonly left: number;
}

/**
 * Pairs of students whose faces match: a stale search can have let them through, see docs/architecture.md. A search
 * finds such a pair from either side, so one search for each face added since the last run is enough.
 *
 * @param which every face, the least recently searched first, or only faces that were never searched for
 * @param remember whether to mark the faces that were searched for, and to record the pairs on rows
 */
export async function searchFaces(
  settings: ReconcileSettings,
  clients: ReconcileClients,
  stock: Stock,
  which: "every" | "new",
  remember: boolean,
): Promise<FaceSearch> {
  const known = new Set(stock.faces.map(({ faceId }) => faceId));
  const inUse = [...stock.avatars.values()].filter(({ faceId }) => known.has(faceId));
  const wanted = inUse
    .filter(({ searchedAt }) => which === "every" || searchedAt === undefined)
    .sort((a, b) => ((a.searchedAt ?? "") < (b.searchedAt ?? "") ? -1 : 1));
  const holders = new Map(inUse.map((avatar) => [avatar.faceId, avatar]));
  const pairs = new Map<string, Difference>();
  const until = clients.now().getTime() + settings.searchSeconds * 1000;
  let done = 0;
  for (const avatar of wanted) {
    const matches = await searchPatiently(settings, clients, avatar.faceId, until);
    if (matches === "late") break;
    done += 1;
    // Replaced or erased since the faces were listed.
    if (matches === undefined) continue;
    const others = matchesOfOthers(matches, avatar.studentId).flatMap(({ faceId, similarity }) => {
      const holder = holders.get(faceId);
      return holder === undefined ? [] : [{ holder, similarity }];
    });
    for (const { holder, similarity } of others) {
      const [earlier, later] = inOrder(avatar, holder);
      const pair = pairOf(settings, clients, earlier, later);
      pairs.set(`${pair.studentId ?? ""} ${pair.subject}`, pair);
      if (remember) {
        const { studentId, uploadId } = earlier;
        await noteMatch(clients.dynamodb, settings.uploadTable, later.uploadId, { studentId, uploadId, similarity });
      }
    }
    // A pair is searched for again on every run, until a person resolves it.
    if (remember && others.length === 0) {
      await markSearched(clients.dynamodb, settings.avatarTable, avatar, clients.now());
    }
    await clients.sleep(settings.searchPauseMilliseconds);
  }
  return { differences: [...pairs.values()], done, left: wanted.length - done };
}

type Matches = Awaited<ReturnType<typeof searchByFace>>;

/** Searches for a face; waits while Rekognition throttles; returns "late" when the time for searches is over. */
async function searchPatiently(
  settings: ReconcileSettings,
  clients: ReconcileClients,
  faceId: string,
  until: number,
): Promise<Matches | "late"> {
  while (clients.now().getTime() < until) {
    try {
      return await searchByFace(clients, settings.collectionId, faceId, settings.duplicateSimilarity);
    } catch (error) {
      if (asMachineError(error).name !== throttled) throw error;
      await clients.sleep(2000);
    }
  }
  return "late";
}

function inOrder(a: AvatarRow, b: AvatarRow): readonly [earlier: AvatarRow, later: AvatarRow] {
  return a.processedAt < b.processedAt ? [a, b] : [b, a];
}

/** One pair, reported for the student who came later. */
function pairOf(
  settings: ReconcileSettings,
  clients: ReconcileClients,
  earlier: AvatarRow,
  later: AvatarRow,
): Difference {
  const isStill = async () => {
    for (const { studentId, faceId } of [earlier, later]) {
      const current = await getAvatar(clients.dynamodb, settings.avatarTable, studentId);
      if (current?.faceId !== faceId) return false;
    }
    return true;
  };
  const { studentId, uploadId } = later;
  return { kind: "faces-match", studentId, uploadId, subject: earlier.studentId, isStill };
}
