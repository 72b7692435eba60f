/** The shapes of the machine's state data, in the order in which they are added. */

/** The S3 event that EventBridge passes to the machine, as far as the flow reads it. */
export interface ObjectCreatedEvent {
  readonly source: "aws.s3";
  /** ISO 8601, UTC, seconds. */
  readonly time: string;
  readonly detail: {
    readonly bucket: { readonly name: string };
    readonly object: {
      /** As stored: EventBridge does not percent-encode keys. */
      readonly key: string;
      /** In bytes. */
      readonly size: number;
      readonly etag: string;
      readonly "version-id"?: string;
    };
  };
}

/** Step Functions' event about an execution that ended, as far as the flow reads it. */
export interface ExecutionEndedEvent {
  readonly detail: {
    readonly executionArn: string;
    /** TIMED_OUT, ABORTED or FAILED. */
    readonly status: string;
    /** The execution's input, as JSON text; null if AWS left it out because of its length. */
    readonly input: string | null;
  };
}

/**
 * The input of an execution that closes the upload that another one left open: made by the rule on execution status.
 */
export interface InterruptedExecution {
  readonly interrupted: ExecutionEndedEvent;
}

/**
 * The last is the form that the rule on execution status may leave in the dead-letter queue: see
 * docs/guides/operate.md.
 */
export type FlowInput = ObjectCreatedEvent | InterruptedExecution | ExecutionEndedEvent;

/** Added by ReceivePhoto: the upload's identity and the location of its bytes. */
export interface Photo {
  readonly bucket: string;
  readonly key: string;
  /** The version that the event named; absent on a bucket without versions. */
  readonly versionId?: string | undefined;
  readonly etag: string;
  readonly bytes: number;
  readonly studentId: string;
  readonly uploadId: string;
  /** ISO 8601, UTC: when the server issued the upload, in milliseconds, or when a plain copy was stored, in seconds. */
  readonly uploadedAt: string;
  /** The execution that has claimed the upload: every later write is conditional on it. */
  readonly executionArn: string;
}

export type ImageFormat = "jpeg" | "png";

/** Added by CheckFormat. */
export interface Format {
  readonly format: ImageFormat;
  /** Pixels of the upright photo: the EXIF orientation is applied, of a PNG as well. */
  readonly width: number;
  readonly height: number;
  /** The whole file's hash, in hex. */
  readonly sha256: string;
  /**
   * Whether every decoder sees the same picture in the file. Rekognition gets any other photo as our own decoder shows
   * it. Absent in executions of earlier versions.
   */
  readonly isPlain?: boolean | undefined;
}

/** Ratios of the upright photo's width and height, as Rekognition gives them; may reach outside of 0..1. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Added by DetectFace: the one usable face. */
export interface Face {
  readonly box: Box;
  /** 0–100. */
  readonly confidence: number;
}

/** Thumbnail keys by their size in pixels. */
export type ThumbnailKeys = Readonly<Record<string, string>>;

/** The shape of a caught error, by the name of the step that threw it. */
export type Failures = Readonly<Record<string, { readonly Error?: string; readonly Cause?: string }>>;
