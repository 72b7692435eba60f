import type { FaceEngine } from "../../packages/local-cloud/services/rekognition/faces/engine";
import { embeddingOf, scriptedEngine } from "../../packages/local-cloud/services/rekognition/faces/scripted-engine";

/**
 * An embedding distributed like those of 22 real people in the recognition network: 1.46 from the origin, all to one
 * side of it, and any two about 0.75 apart. In a collection of such faces no part of the search can be skipped for
 * free.
 *
 * @param own a direction of the person's own, of any length
 */
export function lifelike(own: Float32Array): Float32Array {
  const length = Math.hypot(...own);
  return own.map((value, at) => 1.36 * (middle[at] ?? 0) + (0.53 * value) / length);
}

const middle = unitOf(embeddingOf("everybody"));

function unitOf(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** The scripted engine, with embeddings like a network's. */
export function lifelikeEngine(): FaceEngine {
  const engine = scriptedEngine();
  return {
    ...engine,
    detect: async (image) =>
      (await engine.detect(image)).map((face) => ({
        ...face,
        embedding: async () => lifelike(await face.embedding()),
      })),
  };
}

/** A new person's direction, faster than by name. */
export function randomDirection(): Float32Array {
  // The sum of four uniform draws is close enough to a normal distribution.
  return Float32Array.from({ length: 128 }, () => Math.random() + Math.random() + Math.random() + Math.random() - 2);
}
