import type { Finding, ReconcileReport } from "./findings";
import type { ReconcileClients } from "./stock";

/** What an alarm and the dashboard read of each run that mends. */
export const reconcileMetrics = {
  namespace: "AvatarPipeline",
  /** How many differences there were. */
  found: "DifferencesFound",
  /** How many of them it could not mend. */
  left: "DifferencesLeft",
} as const;

/**
 * Logs what a run found. Nobody reads the answer of the nightly run: its log tells an operator how many of which kind,
 * and, in the format that CloudWatch makes metrics of, the alarm how many are left. A run that was only to report
 * leaves everything, and is no reason for an alarm.
 */
export function logReport(
  { compared, searched, findings, fix }: ReconcileReport,
  functionName: string,
  { now, print }: Pick<ReconcileClients, "now" | "print">,
): void {
  const left = findings.filter(({ fixed }) => !fixed);
  const line = { step: "Reconcile", fix, compared, searched, found: countOf(findings), left: countOf(left) };
  console.log(JSON.stringify(line));
  if (!fix) return;
  const metrics = [reconcileMetrics.found, reconcileMetrics.left].map((Name) => ({ Name, Unit: "Count" }));
  const made = { Namespace: reconcileMetrics.namespace, Dimensions: [["FunctionName"]], Metrics: metrics };
  print(
    JSON.stringify({
      _aws: { Timestamp: now().getTime(), CloudWatchMetrics: [made] },
      FunctionName: functionName,
      [reconcileMetrics.found]: findings.length,
      [reconcileMetrics.left]: left.length,
    }),
  );
}

/** How many findings there are of each kind. */
function countOf(findings: readonly Finding[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of findings) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
