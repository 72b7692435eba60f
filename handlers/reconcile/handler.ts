import { namedError } from "../runtime/errors";
import type { Handler } from "../runtime/step";
import { interruptedUploads } from "./executions";
import { leftFaces, missingFaces } from "./faces";
import type { Finding, ReconcileReport } from "./findings";
import { searchFaces } from "./matching-faces";
import { leftOriginals, lostUploads } from "./originals";
import { logReport } from "./report";
import { takeStock, type Difference, type ReconcileClients, type ReconcileSettings, type Stock } from "./stock";
import { currentKeys, leftReplaced, leftThumbnails, missingThumbnails } from "./thumbnails";

export interface ReconcileInput {
  /** Whether to mend what is found; otherwise it is only reported. */
  readonly fix?: boolean;
  /** Whether to search the collection for avatars' faces, to find two students with one: one Rekognition call a face. */
  readonly searchFaces?: boolean;
  /** The same, only for faces that no run has searched for yet. */
  readonly searchNewFaces?: boolean;
  /** Whether to delete also what more students have left, unaccounted for by any row, than erasing ever leaves. */
  readonly deleteUnaccounted?: boolean;
}

/**
 * Of so many students at most a run deletes what no row accounts for, unless it is told to. An erasure that could not
 * delete everything leaves one; a table that is not the right one would have the faces of a whole school deleted, and
 * their originals are gone.
 */
export const unaccountedStudents = 10;

/**
 * Compares the collection, the tables, the thumbnails and the originals, reports every difference, and mends it.
 *
 * Every difference is looked at again before it is reported or mended, so that an upload that is running is neither
 * taken for a fault nor harmed.
 */
export function reconcile(
  settings: ReconcileSettings & { readonly functionName: string },
  clients: ReconcileClients,
): Handler<ReconcileInput, ReconcileReport> {
  return async ({ fix = false, searchFaces: all = false, searchNewFaces = false, deleteUnaccounted = false }) => {
    const stock = await takeStock(settings, clients);
    const findings: Finding[] = [];
    const differences = await compare(settings, clients, stock);
    for (const difference of deleteUnaccounted ? differences : holdingBack(differences)) {
      findings.push(...(await look(difference, fix)));
    }
    let searched: ReconcileReport["searched"];
    if (all || searchNewFaces) {
      const { differences, done, left } = await searchFaces(settings, clients, stock, all ? "every" : "new", fix);
      for (const difference of differences) findings.push(...(await look(difference, fix)));
      searched = { done, left };
    }
    const report: ReconcileReport = {
      at: clients.now().toISOString(),
      fix,
      compared: {
        avatars: stock.avatars.size,
        uploads: stock.uploads.size,
        faces: stock.faces.length,
        thumbnails: currentKeys(stock).length,
        originals: stock.originals.filter(({ isMarker }) => !isMarker).length,
      },
      ...(searched === undefined ? {} : { searched }),
      findings,
    };
    logReport(report, settings.functionName, clients);
    return report;
  };
}

async function compare(
  settings: ReconcileSettings,
  clients: ReconcileClients,
  stock: Stock,
): Promise<readonly Difference[]> {
  return [
    ...(await interruptedUploads(settings, clients, stock)),
    ...lostUploads(settings, clients, stock),
    ...leftOriginals(settings, clients, stock),
    ...leftFaces(settings, clients, stock),
    ...missingFaces(settings, clients, stock),
    ...leftThumbnails(settings, clients, stock),
    ...missingThumbnails(settings, clients, stock),
    ...leftReplaced(settings, clients, stock),
  ];
}

/** The differences, of which those that no row accounts for are not mended where they are of too many students. */
function holdingBack(differences: readonly Difference[]): readonly Difference[] {
  const students = new Set(differences.flatMap((one) => (one.isUnaccounted === true ? [one.studentId] : [])));
  if (students.size <= unaccountedStudents) return differences;
  const mend = (): Promise<void> => {
    throw namedError(
      "Unaccounted",
      `No row accounts for what ${students.size} students have here; are these the right tables? If they are, mend ` +
        "it with: avatar-pipeline reconcile --fix --delete-unaccounted",
    );
  };
  return differences.map((difference) => (difference.isUnaccounted === true ? { ...difference, mend } : difference));
}

/** What became of a difference: nothing to report when it is gone by itself. */
async function look(
  { isStill, mend, isUnaccounted: _, ...difference }: Difference,
  fix: boolean,
): Promise<readonly Finding[]> {
  try {
    if (!(await isStill())) return [];
    if (fix) await mend?.();
    return [{ ...difference, fixed: fix && mend !== undefined }];
  } catch (error) {
    const { name, message } = error as Error;
    return [{ ...difference, fixed: false, problem: `${name}: ${message}` }];
  }
}
