import type { Caller, CloudEvent, CloudIdentity } from "../../gateway/service";

/** One CORS rule of a bucket, as `aws.s3.BucketCorsConfiguration` declares it. */
export interface CorsRule {
  /** Origins, each with at most one `*`: `https://*.school.vn`. */
  readonly allowedOrigins: readonly string[];
  /** `GET`, `PUT`, `POST`, `DELETE`, `HEAD`. */
  readonly allowedMethods: readonly string[];
  /** Request headers that a preflight may ask for, each with at most one `*`. */
  readonly allowedHeaders?: readonly string[] | undefined;
  /** Response headers that the page's script may read. */
  readonly exposeHeaders?: readonly string[] | undefined;
  /** How long a browser may remember a preflight's answer, in seconds. */
  readonly maxAgeSeconds?: number | undefined;
}

/** The static website that a bucket declares. */
export interface WebsiteConfiguration {
  /** Appended to a path that ends in `/`, for example `index.html`. */
  readonly indexDocument: string;
  /** The key of the page that answers errors; without it a short page is generated. */
  readonly errorDocument?: string | undefined;
}

/** A bucket of the program. The local S3 has exactly these buckets; it creates and deletes none. */
export interface DeclaredBucket {
  /** 3 to 63 characters of `a-z 0-9 . -`, as on AWS. */
  readonly name: string;
  /** Whether versioning is enabled. Without it every object has the version id `null`. */
  readonly versioned: boolean;
  readonly cors: readonly CorsRule[];
  /** BlockPublicPolicy or RestrictPublicBuckets: the bucket's policy then opens nothing to anonymous callers. */
  readonly publicAccessBlocked: boolean;
  readonly website?: WebsiteConfiguration | undefined;
  /** Whether the bucket's notifications go to EventBridge. Without it no event is made. */
  readonly eventBridge: boolean;
}

/** Condition keys of one action: `{"s3:prefix": "uploads/"}`. */
export type PolicyContext = Readonly<Record<string, string | readonly string[]>>;

/** The keys with which the signature of a browser form or of a body's chunks is verified. */
export interface SigningCredentials {
  readonly secretAccessKey: string;
  readonly caller: Caller;
  readonly expiresAt?: Date | undefined;
}

export interface S3Options {
  readonly identity: CloudIdentity;
  /** The folder that holds everything; made if missing. One process at a time may have it open. */
  readonly storage: string;
  readonly buckets: readonly DeclaredBucket[];
  /**
   * The credentials of an access key; `undefined` if there is no such key, or if its session token is missing or wrong.
   */
  credentials(accessKeyId: string, sessionToken?: string): SigningCredentials | undefined;
  /**
   * Throws AccessDenied unless the caller's own policies and the bucket's policy allow the action: the same decision as
   * `CloudRequest.authorize`, for callers that the gateway does not see, namely the signer of a browser form, and the
   * visitor of a website. It must treat the transport as secure (`aws:SecureTransport`), because the loopback port
   * replaces AWS's HTTPS endpoint.
   */
  authorizeAs(caller: Caller, action: string, resource: string, context: PolicyContext): void;
  /**
   * Accepts an event. It is acknowledged when this returns or its promise fulfils. If this throws or rejects, or the
   * process dies before, the event stays in the outbox and is emitted again: after a second, then at doubling intervals
   * up to a minute, and by {@link S3Service.start} in the next run. So an event arrives at least once, possibly more
   * often, always with the same id.
   */
  readonly emit: (event: CloudEvent) => void | Promise<void>;
  /** The clock of dates, expiry and event times; the system's by default. */
  readonly now?: (() => Date) | undefined;
}
