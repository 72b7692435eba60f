import { readdirSync, readFileSync } from "node:fs";

export interface ProcessorTime {
  readonly pid: number;
  /** Of the function that the process runs. */
  readonly name: string;
  /** Milliseconds of the processor that the process has had, in all its threads. */
  readonly milliseconds: number;
}

const names = new Map<number, string>();

/**
 * Processor time of this process's children that run functions. Beside the clock it says what a step costs whatever
 * else the machine does, and how long it would take with a share of a processor. Empty where there is no /proc.
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

/** Undefined also for a process that is just being made, which has its parent's environment still. */
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
