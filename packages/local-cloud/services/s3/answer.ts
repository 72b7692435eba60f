import type { ServerResponse } from "node:http";

import { isCloudError, type CloudError, type CloudRequest } from "../../gateway/service";
import { operations } from "./operations";
import type { DeclaredBucket } from "./options";
import { refuseUnowned } from "./operations/operation";
import { checkShared } from "./wire/attributes";
import { drain } from "./wire/body";
import { allowOrigin, answerPreflight } from "./wire/cors";
import { s3Error } from "./wire/errors";
import { headerReader, type Core, type Exchange } from "./wire/exchange";
import { operationName, targetOf } from "./wire/request-line";
import { toXml } from "./wire/xml";

/** The API name of a request's operation, served or not; `Unknown` if it is none. */
export function operationOf(request: CloudRequest): string {
  try {
    return operationName(request.method, targetOf(request.path), request.url.searchParams, request.headers);
  } catch {
    return "Unknown";
  }
}

/** Performs a request's operation. @throws CloudError */
export async function answer(core: Core, request: CloudRequest, response: ServerResponse): Promise<void> {
  const target = targetOf(request.path);
  const name = operationName(request.method, target, request.url.searchParams, request.headers);
  const bucket = target.bucket === undefined ? undefined : core.buckets.get(target.bucket);
  setHead(core, request, response);
  refuseOldSignature(request);
  const missing = () => s3Error("NoSuchBucket", { BucketName: target.bucket ?? "" });
  if (name === "PreflightRequest") {
    if (!bucket) throw missing();
    answerPreflight(bucket, request, response);
    return;
  }
  const operation = operations.get(name);
  if (!operation) throw s3Error("NotImplemented", { Operation: name }, notServed(name, request.method));
  refuseUnowned(operation, request);
  const exchange = exchangeOf(core, request, response, target.key);
  checkShared(exchange.header, core.options.identity.accountId);
  if ("performOnService" in operation) {
    await operation.performOnService(exchange);
    return;
  }
  if (!bucket) throw missing();
  await operation.perform({ ...exchange, bucket });
}

function exchangeOf(core: Core, request: CloudRequest, response: ServerResponse, key = ""): Omit<Exchange, "bucket"> {
  const { searchParams } = request.url;
  const query = (name: string) => searchParams.get(name) ?? undefined;
  return { core, request, response, header: headerReader(request), query, key };
}

/** Signature Version 2, which `aws s3 presign` of AWS CLI version 1 still makes for a custom endpoint. */
function refuseOldSignature({ url }: CloudRequest): void {
  if (!url.searchParams.has("AWSAccessKeyId") || !url.searchParams.has("Signature")) return;
  throw s3Error(
    "InvalidRequest",
    undefined,
    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256 " +
      "(on the command line: aws configure set default.s3.signature_version s3v4).",
  );
}

function notServed(operation: string, method: string): string {
  if (operation === "CreateBucket" || operation === "DeleteBucket") {
    return `The local S3 does not serve ${operation}: it has the buckets that the program declares. Declare the bucket in the program.`;
  }
  return `The local S3 does not serve ${operation === "Unknown" ? `this ${method} request` : operation}.`;
}

/** The bucket that a request's target (`/bucket/key?versionId=1`) names, if there is one. */
export function bucketAt(core: Core, target: string): DeclaredBucket | undefined {
  return core.buckets.get(/^\/([^/?]+)/.exec(target)?.[1] ?? "");
}

/**
 * The headers of every answer: its ids, and the CORS headers, without which a page could not even read an error. An
 * object is on the console's and the websites' origin, so a browser must not run it there as a page.
 */
function setHead(core: Core, request: CloudRequest, response: ServerResponse): void {
  response.setHeader("x-amz-request-id", request.id);
  response.setHeader("x-amz-id-2", Buffer.from(request.id).toString("base64"));
  response.setHeader("server", "AmazonS3");
  response.setHeader("content-security-policy", "sandbox");
  response.setHeader("x-content-type-options", "nosniff");
  allowOrigin(bucketAt(core, request.path), request, response);
}

/** Answers with an error, after the rest of the body has arrived, so that the client is there to read it. */
export async function refuse(
  core: Core,
  request: CloudRequest,
  response: ServerResponse,
  reason: unknown,
): Promise<void> {
  if (response.headersSent) {
    // Too late to report anything: a cut connection shows the client that the answer is incomplete.
    response.destroy();
    return;
  }
  await drain(request.body);
  if (response.destroyed) return;
  const error: CloudError = isCloudError(reason)
    ? reason
    : s3Error(
        "InternalError",
        undefined,
        `We encountered an internal error: ${reason instanceof Error ? reason.message : String(reason)}`,
      );
  setHead(core, request, response);
  const body = toXml(
    "Error",
    {
      Code: error.code,
      Message: error.message,
      ...error.details,
      Resource: request.path,
      RequestId: request.id,
    },
    "",
  );
  response.writeHead(error.status, {
    "content-type": "application/xml",
    ...(request.method === "HEAD" ? {} : { "content-length": String(Buffer.byteLength(body)) }),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}
