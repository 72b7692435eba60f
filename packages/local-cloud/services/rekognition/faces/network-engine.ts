import { createHash } from "node:crypto";
import { setupError } from "../../../errors";
import type { AnalysedFace } from "./analysis";
import { engineError, type DetectedFace, type FaceEngine } from "./engine";
import { networkThread } from "./network-thread";

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

export interface NetworkOptions {
  readonly waiting?: number;
  readonly missing?: () => Error | undefined;
  readonly idleMilliseconds?: number;
}

export interface NetworkEngine extends FaceEngine {
  /** Whether the networks are loaded or being loaded. */
  isRunning(): boolean;
}

/**
 * The real engine: a detector, a landmark and a recognition network in one worker thread. The first call of `ready` or
 * `detect` starts the thread, which does one thing at a time, in the order asked; embeddings, which end a request under
 * way, go first. An idle engine does not keep the process alive.
 *
 * @param options.waiting maximum number of waiting photos before `detect` throws EngineBusy; default 24
 * @param options.idleMilliseconds time without a request after which the thread ends; default 60 seconds
 * @param options.missing see {@link missingNetworks}; such an engine rejects every call with that error
 */
export function networkEngine(options: NetworkOptions = {}): NetworkEngine {
  const { waiting = defaultWaiting, missing = missingNetworks, idleMilliseconds = 60_000 } = options;
  const thread = networkThread({ missing, idleMilliseconds });
  const recent = new Map<string, Promise<readonly DetectedFace[]>>();

  async function detect(image: Buffer): Promise<readonly DetectedFace[]> {
    if (thread.waiting() >= waiting) {
      throw engineError("EngineBusy", `${thread.waiting()} photos are waiting for the face engine; try again later.`);
    }
    const answer = await thread.ask({ kind: "detect", image });
    if (answer.kind !== "faces") throw new Error(`The face engine answered a detection with "${answer.kind}".`);
    return answer.faces.map(({ aligned, ...measures }) => withEmbedding(measures, aligned));
  }

  function withEmbedding(measures: Omit<AnalysedFace, "aligned">, aligned: Uint8Array): DetectedFace {
    let embedding: Promise<Float32Array> | undefined;
    const compute = async (): Promise<Float32Array> => {
      const answer = await thread.ask({ kind: "embed", aligned });
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
    ready: () => thread.ready(),
    isRunning: () => thread.isRunning(),
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
    close: () => thread.stop(engineError("EngineClosed", "The face engine is closed.")),
  };
}
