import type { InterruptedExecution } from "../contract/flow-data";
import { getUpload } from "../stores/uploads";
import { eventFor } from "./originals";
import type { Difference, ReconcileClients, ReconcileSettings, Stock } from "./stock";

/** Uploads in progress whose execution is no longer running. */
export async function interruptedUploads(
  settings: ReconcileSettings,
  clients: ReconcileClients,
  stock: Stock,
): Promise<Difference[]> {
  const found: Difference[] = [];
  for (const row of stock.uploads.values()) {
    const { status, executionArn, studentId, uploadId } = row;
    if (status !== "processing" || executionArn === undefined) continue;
    const ended = await endOf(clients, executionArn);
    if (ended === undefined) continue;
    const [key, versionId] = [row.objectKey ?? "", row.versionId ?? ""];
    const original = stock.originals.find((entry) => entry.key === key && entry.versionId === versionId);
    // The key and the version identify the upload: the object itself may be gone.
    const object = original ?? { key, versionId, bytes: 0, etag: "", storedAt: clients.now() };
    const isStill = async () => {
      const current = await getUpload(clients.dynamodb, settings.uploadTable, uploadId);
      return current?.status === "processing" && current.executionArn === executionArn;
    };
    const applyFix = async () => {
      const detail = { executionArn, status: ended, input: JSON.stringify(eventFor(settings, object)) };
      const input: InterruptedExecution = { interrupted: { detail } };
      await clients.sfn.startExecution({
        stateMachineArn: settings.stateMachineArn,
        input: JSON.stringify(input),
      });
    };
    found.push({ kind: "upload-interrupted", studentId, uploadId, subject: executionArn, isStill, applyFix });
  }
  return found;
}

/** The end of an execution; undefined while it runs. AWS forgets executions after 90 days. */
async function endOf({ sfn }: ReconcileClients, executionArn: string): Promise<string | undefined> {
  try {
    const { status } = await sfn.describeExecution({ executionArn });
    return status === "RUNNING" || status === "PENDING_REDRIVE" ? undefined : status;
  } catch (error) {
    if ((error as Error).name === "ExecutionDoesNotExist") return "ABORTED";
    throw error;
  }
}
