import { createHash } from "node:crypto";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { setupError } from "../../../errors";
import type { AnalysedFace } from "./analysis";
import { engineError, type DetectedFace, type EngineErrorName, type FaceEngine } from "./engine";
import type { WorkerAnswer, WorkerRequest } from "./worker";

interface Task {
  readonly request: WorkerRequest;
  readonly resolve: (answer: WorkerAnswer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * DetectFaces, SearchFacesByImage and IndexFaces each analyse a photo: this many photos are remembered, at about 70 KB
 * a face.
 */
const remembered = 64;

/**
 * Maximum number of waiting photos. A detection takes a quarter of a second on an idle machine and a full one on a busy
 * machine; with more waiting, callers would run into their own timeouts, so they are asked to retry later.
 */
const defaultWaiting = 24;

/** Optional peers of this package: with their weights they are 150 MB, which a program without faces does not need. */
const packages = ["@vladmandic/face-api", "@tensorflow/tfjs", "@tensorflow/tfjs-backend-wasm"];

/** @returns the error that names them and the fix if some of the networks' packages are not installed */
export function missingNetworks(isInstalled = isResolvable): Error | undefined {
  const missing = packages.filter((name) => !isInstalled(name));
  if (missing.length === 0) return undefined;
  return setupError(
    "FACES_NOT_INSTALLED",
    `The local Rekognition has no face networks: ${missing.join(", ")} cannot be found. Install ` +
      `${packages.join(", ")} (@tensorflow/tfjs may be an alias of @tensorflow/tfjs-core), or give another face engine.`,
  );
}

function isResolvable(name: string): boolean {
  try {
    return require.resolve(`${name}/package.json`) !== "";
  } catch {
    return false;
  }
}

/**
 * The real engine: a detector, a landmark and a recognition network in one worker thread. The first call of `ready` or
 * `detect` starts the thread, which does one thing at a time, in the order asked; embeddings, which end a request under
 * way, go first. An idle engine does not keep the process alive.
 *
 * @param options.waiting maximum number of waiting photos before `detect` throws EngineBusy; default 24
 * @param options.missing see {@link missingNetworks}; such an engine rejects every call with that error
 */
export function networkEngine(
  options: { readonly waiting?: number; readonly missing?: () => Error | undefined } = {},
): FaceEngine {
  const { waiting = defaultWaiting, missing = missingNetworks } = options;
  const detections: Task[] = [];
  const embeddings: Task[] = [];
  const recent = new Map<string, Promise<readonly DetectedFace[]>>();
  let current: Task | undefined;
  let loaded = false;
  let ended: Error | undefined;
  let worker: Worker | undefined;
  let tellReady: () => void;
  let tellFailed: (error: Error) => void;
  const ready = new Promise<void>((resolve, reject) => {
    tellReady = resolve;
    tellFailed = reject;
  });
  // Callers that await it receive the failure; one that nobody awaits must not end the process.
  ready.catch(() => undefined);

  /** Starts the thread, unless it runs already or the engine has ended. */
  function wake(): void {
    if (worker !== undefined || ended !== undefined) return;
    const error = missing();
    if (error) stop(error);
    else start();
  }

  function start(): void {
    const started = new Worker(join(__dirname, "worker.js"), { name: "faces" });
    worker = started;
    let cause: Error | undefined;
    started.on("message", (answer: WorkerAnswer) => {
      if (answer.kind === "ready") {
        loaded = true;
        tellReady();
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
      if (ended !== undefined) return;
      const error = new Error(`The face engine's thread ended with code ${code}.`, { cause });
      settle((task) => task.reject(error));
      // If it died at the start, it would die again; later, one bad photo must not stop the service.
      if (!loaded) return stop(error);
      loaded = false;
      start();
    });
  }

  function settle(tell: (task: Task) => void): void {
    const task = current;
    current = undefined;
    if (task !== undefined) tell(task);
  }

  function next(): void {
    if (!loaded || current !== undefined) return;
    current = embeddings.shift() ?? detections.shift();
    if (current === undefined) return worker?.unref();
    worker?.ref();
    worker?.postMessage(current.request);
  }

  function ask(queue: Task[], request: WorkerRequest): Promise<WorkerAnswer> {
    wake();
    if (ended !== undefined) return Promise.reject(ended);
    return new Promise((resolve, reject) => {
      queue.push({ request, resolve, reject });
      worker?.ref();
      next();
    });
  }

  function stop(error: Error): void {
    ended = error;
    tellFailed(error);
    for (const task of [...embeddings.splice(0), ...detections.splice(0)]) task.reject(error);
    settle((task) => task.reject(error));
  }

  async function detect(image: Buffer): Promise<readonly DetectedFace[]> {
    if (detections.length >= waiting) {
      throw engineError("EngineBusy", `${detections.length} photos are waiting for the face engine; try again later.`);
    }
    const answer = await ask(detections, { kind: "detect", image });
    if (answer.kind !== "faces") throw new Error(`The face engine answered a detection with "${answer.kind}".`);
    return answer.faces.map(({ aligned, ...measures }) => withEmbedding(measures, aligned));
  }

  function withEmbedding(measures: Omit<AnalysedFace, "aligned">, aligned: Uint8Array): DetectedFace {
    let embedding: Promise<Float32Array> | undefined;
    const compute = async (): Promise<Float32Array> => {
      const answer = await ask(embeddings, { kind: "embed", aligned });
      if (answer.kind !== "embedding") throw new Error(`The face engine answered an embedding with "${answer.kind}".`);
      return answer.embedding;
    };
    return {
      ...measures,
      embedding: () => {
        embedding ??= compute().catch((error: unknown) => {
          embedding = undefined;
          throw error;
        });
        return embedding;
      },
    };
  }

  return {
    ready() {
      wake();
      return ready;
    },
    detect: (image) => {
      const key = createHash("sha256").update(image).digest("base64");
      let faces = recent.get(key);
      recent.delete(key);
      if (faces === undefined) {
        faces = detect(image);
        faces.catch(() => recent.delete(key));
      }
      recent.set(key, faces);
      for (const oldest of recent.keys()) {
        if (recent.size <= remembered) break;
        recent.delete(oldest);
      }
      return faces;
    },
    close: async () => {
      stop(engineError("EngineClosed", "The face engine is closed."));
      await worker?.terminate();
    },
  };
}
