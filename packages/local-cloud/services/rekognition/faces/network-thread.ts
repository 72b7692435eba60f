import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { engineError, type EngineErrorName } from "./engine";
import type { WorkerAnswer, WorkerRequest } from "./worker";

interface Task {
  readonly request: WorkerRequest;
  readonly resolve: (answer: WorkerAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** The thread that runs the networks: one request at a time, in the order asked. */
export interface NetworkThread {
  /** Starts the thread if it does not run, and waits for its networks. */
  ready(): Promise<void>;
  /** Whether the thread runs. */
  isRunning(): boolean;
  /** Embeddings, which end a request under way, go before detections. */
  ask(request: WorkerRequest): Promise<WorkerAnswer>;
  /** The number of detections that wait. */
  waiting(): number;
  /** Rejects every call from now on, and those that wait. */
  stop(error: Error): Promise<void>;
}

/**
 * The first request starts the thread. A thread that dies at its start ends with an error; one that dies later is
 * started anew, without the request that it died of. An idle thread does not keep the process alive, and ends after a
 * while: it holds 260 MB, and starts again in half a second.
 *
 * @param options.missing gives an error if the networks cannot be started
 * @param options.idleMilliseconds time without a request after which the thread ends
 */
export function networkThread(options: {
  readonly missing: () => Error | undefined;
  readonly idleMilliseconds: number;
}): NetworkThread {
  const { missing, idleMilliseconds } = options;
  const detections: Task[] = [];
  const embeddings: Task[] = [];
  let current: Task | undefined;
  let loaded = false;
  let ended: Error | undefined;
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let loading = withResolvers();

  /** Starts the thread, unless it runs already or the engine has ended. */
  function wake(): void {
    if (worker !== undefined || ended !== undefined) return;
    const error = missing();
    if (error) stop(error);
    else start();
  }

  /** Ends the idle thread; the next request starts another. */
  function rest(): void {
    const resting = worker;
    [worker, loaded, loading] = [undefined, false, withResolvers()];
    void resting?.terminate();
  }

  function start(): void {
    const started = new Worker(join(__dirname, "worker.js"), { name: "faces" });
    worker = started;
    let cause: Error | undefined;
    started.on("message", (answer: WorkerAnswer) => {
      if (answer.kind === "ready") {
        loaded = true;
        loading.resolve();
      } else {
        settle((task) =>
          answer.kind === "error"
            ? task.reject(engineError(answer.name as EngineErrorName, answer.message))
            : task.resolve(answer),
        );
      }
      next();
    });
    started.on("error", (error) => (cause = error));
    started.on("exit", (code) => {
      if (ended !== undefined || worker !== started) return;
      const error = new Error(`The face engine's thread ended with code ${code}.`, { cause });
      settle((task) => task.reject(error));
      // If it died at the start, it would die again; later, one bad photo must not stop the service.
      if (!loaded) return stop(error);
      loaded = false;
      start();
    });
  }

  function settle(end: (task: Task) => void): void {
    const task = current;
    current = undefined;
    if (task !== undefined) end(task);
  }

  function next(): void {
    if (!loaded || current !== undefined) return;
    current = embeddings.shift() ?? detections.shift();
    clearTimeout(idle);
    if (current === undefined) {
      idle = setTimeout(rest, idleMilliseconds).unref();
      return worker?.unref();
    }
    worker?.ref();
    worker?.postMessage(current.request);
  }

  function ask(request: WorkerRequest): Promise<WorkerAnswer> {
    wake();
    if (ended !== undefined) return Promise.reject(ended);
    return new Promise((resolve, reject) => {
      (request.kind === "embed" ? embeddings : detections).push({ request, resolve, reject });
      worker?.ref();
      next();
    });
  }

  function stop(error: Error): void {
    ended = error;
    clearTimeout(idle);
    loading.reject(error);
    for (const task of [...embeddings.splice(0), ...detections.splice(0)]) task.reject(error);
    settle((task) => task.reject(error));
  }

  return {
    ready() {
      wake();
      return loading.promise;
    },
    isRunning: () => worker !== undefined,
    ask,
    waiting: () => detections.length,
    async stop(error) {
      stop(error);
      await worker?.terminate();
    },
  };
}

/** Promise.withResolvers, which Node.js 20 does not have. */
function withResolvers(): {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
} {
  let resolve!: () => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<void>((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  // Callers that await it receive the failure; one that nobody awaits must not end the process.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
