import * as faceapi from "@vladmandic/face-api/dist/face-api.node-wasm.js";
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { dirname, join, sep } from "node:path";
import type { Picture, Point } from "./picture";

/** A candidate of the detector, in pixels of its input picture. */
export interface Candidate {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** The detector's own score, 0 to 1. */
  readonly score: number;
}

/** The three networks, on WebAssembly, their weights read from the package's folder: nothing is downloaded. */
export interface Networks {
  /** Faces of a picture of {@link detectorSide} on each side. */
  detect(square: Picture, minScore: number): Promise<readonly Candidate[]>;
  /** The 68 points of a face (the iBUG 300-W scheme) in a picture cropped to its box, in that crop's pixels. */
  landmarks(face: Picture): Promise<readonly Point[]>;
  /** The 128 numbers of a face aligned in a picture of 150 × 150. */
  embed(aligned: Picture): Promise<Float32Array>;
}

/** The detector's input size, in pixels; it would resize any other without averaging. */
export const detectorSide = 512;

/**
 * `@tensorflow/tfjs` is an alias of tfjs-core here, which saves 200 MB of other backends and training code. The full
 * package also adds the operations to tensors as methods; face-api calls these eight of them.
 */
function giveTensorsMethods(): void {
  const operations = ["div", "mul", "sub", "mean"] as const;
  const methods: Record<string, (this: tf.Tensor, ...args: never[]) => tf.Tensor> = {};
  for (const name of operations) {
    const operation = tf[name] as (tensor: tf.Tensor, ...args: never[]) => tf.Tensor;
    methods[name] = function (...args) {
      return operation(this, ...args);
    };
  }
  for (const name of ["as1D", "as2D", "as3D", "as4D"]) {
    methods[name] = function (...shape: number[]) {
      return tf.reshape(this, name === "as1D" ? [this.size] : shape);
    };
  }
  Object.assign(tf.Tensor.prototype, methods);
}

export async function loadNetworks(): Promise<Networks> {
  giveTensorsMethods();
  setWasmPaths(dirname(require.resolve("@tensorflow/tfjs-backend-wasm")) + sep);
  await tf.setBackend("wasm");
  await tf.ready();
  const weights = join(dirname(require.resolve("@vladmandic/face-api/package.json")), "model");
  const { ssdMobilenetv1, faceLandmark68Net, faceRecognitionNet } = faceapi.nets;
  await Promise.all([ssdMobilenetv1, faceLandmark68Net, faceRecognitionNet].map((net) => net.loadFromDisk(weights)));

  async function withTensor<T>(picture: Picture, use: (tensor: faceapi.tf.Tensor3D) => Promise<T>): Promise<T> {
    const tensor = faceapi.tf.tensor3d(picture.data, [picture.height, picture.width, 3], "int32");
    try {
      return await use(tensor);
    } finally {
      tensor.dispose();
    }
  }

  return {
    detect: (square, minScore) =>
      withTensor(square, async (tensor) => {
        const options = new faceapi.SsdMobilenetv1Options({ minConfidence: minScore, maxResults: 100 });
        const found = await ssdMobilenetv1.locateFaces(tensor, options);
        return found.map(({ box, score }) => ({
          left: box.left,
          top: box.top,
          width: box.width,
          height: box.height,
          score,
        }));
      }),
    landmarks: (face) =>
      withTensor(face, async (tensor) => {
        const found = await faceLandmark68Net.detectLandmarks(tensor);
        if (Array.isArray(found)) throw new Error("The landmark network answered one picture with several faces.");
        return found.positions.map(({ x, y }) => ({ x, y }));
      }),
    embed: (aligned) =>
      withTensor(aligned, async (tensor) => {
        const found = await faceRecognitionNet.computeFaceDescriptor(tensor);
        if (Array.isArray(found)) throw new Error("The recognition network answered one face with several vectors.");
        return found;
      }),
  };
}
