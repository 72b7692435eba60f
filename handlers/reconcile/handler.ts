import { namedError } from "../runtime/errors";
import type { Handler } from "../runtime/step";
import { interruptedUploads } from "./executions";
import { leftFaces, missingFaces } from "./faces";
import { unaccountedStudents, type Finding, type ReconcileInput, type ReconcileReport } from "./findings";
import { searchFaces } from "./matching-faces";
import { leftOriginals, lostUploads } from "./originals";
import { look } from "./look";
import { logReport } from "./report";
import { takeStock, type Difference, type ReconcileClients, type ReconcileSettings, type Stock } from "./stock";
import { currentKeys, leftReplaced, leftThumbnails, missingThumbnails } from "./thumbnails";

/**
 * Compares the collection, the tables, the thumbnails and the originals, reports every difference, and fixes it.
 *
 * Every difference is checked again before it is reported or fixed, so that a running upload is neither reported as a
 * fault nor harmed.
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

/** Makes the fix of unaccounted differences fail if they belong to too many students. */
function holdingBack(differences: readonly Difference[]): readonly Difference[] {
  const students = new Set(differences.flatMap((one) => (one.isUnaccounted === true ? [one.studentId] : [])));
  if (students.size <= unaccountedStudents) return differences;
  const applyFix = (): Promise<void> => {
    throw namedError(
      "Unaccounted",
      `No row accounts for the leftovers of ${students.size} students; are these the right tables? If they are, fix ` +
        "them with: avatar-pipeline reconcile --fix --delete-unaccounted",
    );
  };
  return differences.map((difference) =>
    difference.isUnaccounted === true ? { ...difference, applyFix } : difference,
  );
}
