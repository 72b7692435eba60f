import type { Finding } from "./findings";
import type { Difference } from "./stock";

/** The finding of a difference; undefined if the difference has disappeared by itself. */
export async function look(
  { isStill, applyFix, isUnaccounted: _, ...difference }: Difference,
  fix: boolean,
): Promise<readonly Finding[]> {
  try {
    if (!(await isStill())) return [];
    if (fix) await applyFix?.();
    return [{ ...difference, fixed: fix && applyFix !== undefined }];
  } catch (error) {
    const { name, message } = error as Error;
    return [{ ...difference, fixed: false, problem: `${name}: ${message}` }];
  }
}
