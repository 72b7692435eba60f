/** A user's mistake, or a problem that the user can fix: one message, without a stack. */
export interface UsageError extends Error {
  readonly name: "UsageError";
}

export function usageError(message: string): UsageError {
  return Object.assign(new Error(message), { name: "UsageError" as const });
}

/**
 * Reports all problems at once.
 *
 * @throws UsageError with a line for each problem, unless there is none
 */
export function refuse(problems: readonly string[]): void {
  const [first, ...more] = problems;
  if (first === undefined) return;
  throw usageError(more.length === 0 ? first : `${problems.length} problems; nothing was done.\n${lines(problems)}`);
}

/**
 * Reports all problems of a school's photos or students at once.
 *
 * @throws UsageError with a line for each problem, unless there is none
 */
export function refuseSource(source: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  throw usageError(`${source} has ${count}; nothing was done.\n${lines(problems)}`);
}

function lines(problems: readonly string[]): string {
  return problems.map((problem) => `  ${problem}`).join("\n");
}
