import { metricNamespace } from "../runtime/metrics";
import type { Finding, ReconcileReport } from "./findings";
import type { ReconcileClients } from "./stock";

/** The metrics of each run with `fix`, for an alarm and the dashboard. */
export const reconcileMetrics = {
  namespace: metricNamespace,
  /** The number of differences. */
  found: "DifferencesFound",
  /** The number of differences that the run could not fix. */
  left: "DifferencesLeft",
} as const;

/**
 * Logs a run's findings. Nobody reads the nightly run's output: its log counts the findings of each kind for the
 * operator and, in CloudWatch's embedded metric format, those left for the alarm. A run that only reports leaves
 * everything, which is no reason for an alarm.
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

/** The number of findings of each kind. */
function countOf(findings: readonly Finding[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of findings) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
