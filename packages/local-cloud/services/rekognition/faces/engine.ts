/**
 * The local Rekognition's interface to a face engine. There are two: the networks in a worker thread
 * (`network-engine.ts`), and one that reads from the photo's script who is on it (`scripted-engine.ts`).
 */
export interface FaceEngine {
  /** Resolves when the engine can answer; rejects with the reason when it never will. */
  ready(): Promise<void>;
  /**
   * Finds the faces of a JPEG or PNG file, the largest first.
   *
   * @throws by name: `UnreadableImage` the bytes are no complete JPEG or PNG; `ImageTooManyPixels`; `EngineBusy` too
   * many photos are waiting, retry later
   */
  detect(image: Buffer): Promise<readonly DetectedFace[]>;
  /** Ends the engine; requests under way are rejected. */
  close(): Promise<void>;
}

/** One face. Positions are ratios of the upright photo's width and height: a box may reach past the photo's edge. */
export interface DetectedFace extends FaceMeasures {
  /**
   * The face's embedding: 128 numbers, small Euclidean distance meaning the same person; see `similarity.ts`. Computed
   * at the first call.
   */
  embedding(): Promise<Float32Array>;
}

/** All measures of a face before it is compared with others. */
export interface FaceMeasures {
  readonly box: Box;
  /** Confidence that this is a face at all, in percent. */
  readonly confidence: number;
  readonly landmarks: readonly Landmark[];
  readonly pose: Pose;
  readonly quality: Quality;
  readonly sunglasses: Judgement;
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A point of the face, by Rekognition's name for it; left and right are the picture's, not the person's. */
export interface Landmark {
  readonly type: string;
  readonly x: number;
  readonly y: number;
}

/** Degrees. Roll is positive clockwise, yaw positive towards the picture's right, pitch positive upwards. */
export interface Pose {
  readonly roll: number;
  readonly yaw: number;
  readonly pitch: number;
}

/** 0 to 100 each. */
export interface Quality {
  readonly brightness: number;
  readonly sharpness: number;
}

/** A yes or no, and how sure it is, 50 to 100. */
export interface Judgement {
  readonly value: boolean;
  readonly confidence: number;
}

export type EngineErrorName = "UnreadableImage" | "ImageTooManyPixels" | "EngineBusy" | "EngineClosed";

/** An engine's refusal, known by its name. */
export function engineError(name: EngineErrorName, message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { name });
}
