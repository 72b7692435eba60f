import { readdirSync, readFileSync } from "node:fs";

export interface ProcessorTime {
  readonly pid: number;
  /** The name of the function that the process runs. */
  readonly name: string;
  /** The process's processor time in milliseconds, over all its threads. */
  readonly milliseconds: number;
}

const names = new Map<number, string>();

/**
 * Processor time of this process's children that run functions. Besides the wall clock, it shows a step's cost
 * regardless of the machine's other load, and its duration with a share of a processor. Empty without /proc.
 */
export function functionProcessorTimes(): readonly ProcessorTime[] {
  return childrenOfThis().flatMap((pid) => {
    const name = names.get(pid) ?? nameOf(pid);
    const milliseconds = name === undefined ? undefined : timeOf(pid);
    if (name === undefined || milliseconds === undefined) return [];
    names.set(pid, name);
    return [{ pid, name, milliseconds }];
  });
}

function childrenOfThis(): number[] {
  try {
    return readFileSync(`/proc/self/task/${process.pid}/children`, "latin1")
      .trim()
      .split(" ")
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}

/** Also undefined for a process that is just being created, which still has its parent's environment. */
function nameOf(pid: number): string | undefined {
  try {
    return /(?:^|\0)AWS_LAMBDA_FUNCTION_NAME=([^\0]*)/.exec(readFileSync(`/proc/${pid}/environ`, "utf8"))?.[1];
  } catch {
    return undefined;
  }
}

/** In nanoseconds for each thread; threads that have ended are missing, and a function has none of them. */
function timeOf(pid: number): number | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const times = threads.map(
      (thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "latin1").split(" ")[0],
    );
    return times.reduce((sum, nanoseconds) => sum + Number(nanoseconds) / 1e6, 0);
  } catch {
    // The process has just ended.
    return undefined;
  }
}
