import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";

import type { Signature } from "../sigv4";
import type { CloudError } from "./errors";

export { cloudError, isCloudError, type CloudError } from "./errors";

/**
 * The interface between the gateway and every service of the local cloud.
 *
 * The gateway owns the one 127.0.0.1 port. It finds the service of a request (from the SigV4 credential scope, or
 * S3 for anonymous and presigned requests to a bucket's path), verifies the signature, resolves the caller, asks
 * the fault injector, and hands the request over. A service authorizes each action it performs, does it, and
 * answers in its own wire protocol, success and error alike.
 */
export interface CloudService {
  /** The SigV4 service name: `s3`, `dynamodb`, `rekognition`, `sns`, `states`, … */
  readonly name: string;
  /** The operation's API name (`GetObject`), from the request line and headers; `Unknown` when it is none. */
  operationOf(request: CloudRequest): string | Promise<string>;
  /** Answers the request. A thrown {@link CloudError} must be written by the service in its own protocol. */
  handle(request: CloudRequest, response: ServerResponse): Promise<void>;
  /** Writes an error in the service's own protocol: used for the service's and for the gateway's own refusals. */
  writeError(error: CloudError, request: CloudRequest, response: ServerResponse): void;
  /** Whether the program lets pages of this origin send such a request; by default only the port's own may. */
  allowsOrigin?(origin: string, request: IncomingMessage): boolean;
  /** Finishes writes under way and releases files. */
  close?(): Promise<void>;
}

/** One request, after the gateway has read its head and verified who sends it. */
export interface CloudRequest {
  /** A fresh id, sent back as `x-amzn-RequestId` / `x-amz-request-id`. */
  readonly id: string;
  readonly method: string;
  /** Path and query as sent, resolved against the gateway's own address; percent-encoding is untouched. */
  readonly url: URL;
  /**
   * The path exactly as sent, percent-encoded, without the query: a URL drops the segments `.` and `..`, which an S3
   * key may have.
   */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The raw body, not yet read; a service that needs all of it calls {@link CloudRequest.bytes}. */
  readonly body: Readable;
  /** The signature that identified the caller; undefined for anonymous callers. */
  readonly signature: Signature | undefined;
  readonly caller: Caller;
  /** Reads the whole body, at most `limit` bytes (default 8 MiB), else throws RequestEntityTooLarge. */
  bytes(limit?: number): Promise<Buffer>;
  /**
   * Throws {@link CloudError} `AccessDenied` (status 403), naming caller, action and resource in AWS's own words,
   * unless the caller may perform the action on the resource.
   *
   * @param action for example `s3:GetObject`
   * @param resource the full ARN
   * @param context condition keys that the service knows, for example `{"s3:prefix": "uploads/"}`
   */
  authorize(action: string, resource: string, context?: Record<string, string | readonly string[]>): void;
}

/** The sender of a request. */
export type Caller =
  /** The person at this machine, with the credentials of the data folder; may do everything. */
  | { readonly kind: "operator"; readonly arn: string }
  /** A role that the program declares, with its own credentials and its declared policies. */
  | { readonly kind: "role"; readonly arn: string }
  /** Nobody: no signature at all. Only actions that a resource policy opens to everyone are allowed. */
  | { readonly kind: "anonymous"; readonly arn: string };

/**
 * The names of account and region in the local cloud; the program sees the same from `getRegion` and
 * `getCallerIdentity`.
 */
export interface CloudIdentity {
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
}

/** An event on the default bus, in EventBridge's own shape. */
export interface CloudEvent {
  readonly version: "0";
  readonly id: string;
  readonly "detail-type": string;
  readonly source: string;
  readonly account: string;
  /** ISO 8601, seconds. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Record<string, unknown>;
}
