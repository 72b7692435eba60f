import { cloudError, isCloudError } from "../../gateway/service";

export type BatchEntry = Readonly<Record<string, unknown>> & { readonly Id: string };

const maxEntries = 10;

/** @throws CloudError EmptyBatchRequest, TooManyEntriesInBatchRequest, InvalidBatchEntryId, BatchEntryIdsNotDistinct */
export function readEntries(input: Record<string, unknown>): readonly BatchEntry[] {
  const entries = (Array.isArray(input.Entries) ? input.Entries : []) as BatchEntry[];
  if (entries.length === 0) {
    throw cloudError("EmptyBatchRequest", 400, "There should be at least one entry in the request.");
  }
  if (entries.length > maxEntries) {
    throw cloudError(
      "TooManyEntriesInBatchRequest",
      400,
      `Maximum number of entries per request are ${maxEntries}. You have sent ${entries.length}.`,
    );
  }
  const ids = entries.map(({ Id }) => Id);
  if (!ids.every((id) => typeof id === "string" && /^[\w-]{1,80}$/.test(id))) {
    throw cloudError(
      "InvalidBatchEntryId",
      400,
      "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.",
    );
  }
  const twice = ids.find((id, i) => ids.indexOf(id) < i);
  if (twice !== undefined) throw cloudError("BatchEntryIdsNotDistinct", 400, `Id ${twice} repeated.`);
  return entries;
}

/** Processes each entry of a batch. A refused one does not hold up the others. */
export async function eachOf(
  entries: readonly BatchEntry[],
  run: (entry: BatchEntry) => Promise<object>,
): Promise<{ Successful: object[]; Failed: object[] }> {
  const Successful: object[] = [];
  const Failed: object[] = [];
  for (const entry of entries) {
    try {
      Successful.push({ Id: entry.Id, ...(await run(entry)) });
    } catch (error) {
      if (!isCloudError(error)) throw error;
      Failed.push({ Id: entry.Id, Code: error.code, Message: error.message, SenderFault: true });
    }
  }
  return { Successful, Failed };
}
