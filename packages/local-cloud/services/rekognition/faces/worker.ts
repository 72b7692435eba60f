/**
 * The worker thread of `network-engine.ts`: loads the networks, reports that it is ready, then answers one request
 * after the other.
 */
import { parentPort } from "node:worker_threads";
import "./quiet";
import { analyse, type AnalysedFace } from "./analysis";
import { detectorSide, loadNetworks, type Networks } from "./networks";
import type { Picture } from "./picture";
import { landmarkSide } from "./search";
import { alignedSide } from "./shape";

export type WorkerRequest =
  { readonly kind: "detect"; readonly image: Uint8Array } | { readonly kind: "embed"; readonly aligned: Uint8Array };

export type WorkerAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "faces"; readonly faces: readonly AnalysedFace[] }
  | { readonly kind: "embedding"; readonly embedding: Float32Array }
  | { readonly kind: "error"; readonly name: string; readonly message: string };

async function serve(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error("worker.js is the entry of a worker thread; start it through networkEngine().");
  const networks = await loadNetworks();
  const answer = async (request: WorkerRequest): Promise<WorkerAnswer> => {
    if (request.kind === "detect") {
      return { kind: "faces", faces: await analyse(networks, Buffer.from(request.image)) };
    }
    const aligned = { data: request.aligned, width: alignedSide, height: alignedSide };
    return { kind: "embedding", embedding: await networks.embed(aligned) };
  };
  port.postMessage({ kind: "ready" });
  await warmUp(networks);
  port.on("message", (request: WorkerRequest) => {
    answer(request).then(
      (result) => port.postMessage(result),
      (error: unknown) => {
        const { name, message } = error as Error;
        port.postMessage({ kind: "error", name, message });
      },
    );
  });
}

/** Compiles the networks' kernels on empty pictures: otherwise the first photo would take a second longer. */
async function warmUp(networks: Networks): Promise<void> {
  const blank = (side: number): Picture => ({ data: new Uint8Array(side * side * 3), width: side, height: side });
  await networks.detect(blank(detectorSide), 0.5);
  await networks.landmarks(blank(landmarkSide));
  await networks.embed(blank(alignedSide));
}

void serve();
