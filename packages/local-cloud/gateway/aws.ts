import { createHash, randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FaultInjector } from "../faults";
import type { Authorizer, CredentialStore } from "../iam";
import { readSignature, type RequestHead, type Signature } from "../sigv4";
import { authenticate, type ErrorDialect } from "../sigv4/authenticate";
import { bufferedBody, plainBody, verifiedBody, type Body } from "../sigv4/body";
import { refusalOf } from "./pages";
import { serve } from "./serve";
import { isForJsonOrQueryService, isFormPost, writeGenericError } from "./reply";
import {
  cloudError,
  isCloudError,
  type Caller,
  type CloudError,
  type CloudRequest,
  type CloudService,
} from "./service";

/** Everything that an AWS request is answered with. */
export interface Aws {
  /** By the name in the signature's scope. */
  readonly services: ReadonlyMap<string, CloudService>;
  readonly credentials: CredentialStore;
  readonly authorizer: Pick<Authorizer, "authorize">;
  readonly faults: FaultInjector | undefined;
  /** Aborted when the gateway cuts off what has not finished. */
  readonly cutOff: AbortSignal;
  readonly onError: (error: unknown, what: string) => void;
}

/** The largest body, in bytes, that the gateway hashes itself: DynamoDB's own limit. */
const bufferLimit = 16 * 1024 * 1024;
const anonymous: Caller = { kind: "anonymous", arn: "anonymous" };

/**
 * Finds the service and the caller of a request, and lets the service answer; an error is the answer, never thrown.
 *
 * @param page the origin of the page that sends it, if it is not one of this port's own
 */
export async function answerAws(
  aws: Aws,
  request: IncomingMessage,
  response: ServerResponse,
  head: RequestHead,
  page?: string,
): Promise<void> {
  const id = randomUUID();
  response.setHeader("x-amzn-requestid", id);
  let service: CloudService | undefined;
  let body = plainBody(request);
  let caller = anonymous;
  let signature: Signature | undefined;
  const cloudRequest = () => toCloudRequest({ id, head, request, body, caller, signature, authorizer: aws.authorizer });
  try {
    signature = request.method === "OPTIONS" ? undefined : readSignature(head);
    service = aws.services.get(signature?.service ?? "s3");
    if (!signature && isForJsonOrQueryService(request)) {
      service = undefined;
      throw cloudError("MissingAuthenticationTokenException", 403, "Request is missing Authentication Token");
    }
    if (!service) throw notServed(aws, signature?.service ?? "s3");
    if (page !== undefined && !service.allowsOrigin?.(page, request)) {
      throw cloudError("AccessDenied", 403, refusalOf(page));
    }
    if (signature) {
      const dialect = dialectOf(service.name, request);
      body = await bodyOf(request, signature, dialect);
      const known = await authenticate({
        head,
        signature,
        credentials: aws.credentials,
        dialect,
        bodyHash: async () =>
          createHash("sha256")
            .update(await body.bytes(bufferLimit))
            .digest("hex"),
        now: Date.now(),
      });
      caller = known.caller;
    }
    await serve({ service, cloudRequest: cloudRequest(), request, response }, aws.faults, aws.cutOff);
  } catch (error) {
    // A client that disconnected, such as a killed function, is no fault of ours.
    if (!isCloudError(error) && !request.socket.destroyed) {
      aws.onError(error, `${service?.name ?? "gateway"} ${head.method} ${head.target}`);
    }
    const known = isCloudError(error)
      ? error
      : cloudError("InternalFailure", 500, "Internal error of the local cloud.");
    if (response.headersSent || response.destroyed) response.destroy();
    else if (service) service.writeError(known, cloudRequest(), response);
    else writeGenericError(known, id, request, response);
  }
}

function notServed({ services }: Aws, name: string): CloudError {
  return cloudError(
    "NotImplemented",
    501,
    `The local cloud does not serve "${name}". It serves ${[...services.keys()].join(", ")}.`,
  );
}

/**
 * The body, according to the signature: verified if it signs a hash, plain if it signs a literal, buffered for the
 * gateway to hash if it signs neither.
 */
async function bodyOf(request: IncomingMessage, signature: Signature, dialect: ErrorDialect): Promise<Body> {
  const { payloadHash } = signature;
  if (payloadHash !== undefined && /^[0-9a-f]{64}$/.test(payloadHash)) {
    return verifiedBody(request, payloadHash, dialect);
  }
  const isPresignedS3 = signature.service === "s3" && signature.expiresIn !== undefined;
  if (payloadHash !== undefined || isPresignedS3) return plainBody(request);
  return bufferedBody(await plainBody(request).bytes(bufferLimit));
}

function toCloudRequest(parts: {
  id: string;
  head: RequestHead;
  request: IncomingMessage;
  body: Body;
  caller: Caller;
  signature: Signature | undefined;
  authorizer: Pick<Authorizer, "authorize">;
}): CloudRequest {
  const { id, head, request, body, caller, signature, authorizer } = parts;
  return {
    id,
    method: head.method,
    // Joined, not resolved: `//host/…` as a reference would name another host.
    url: new URL(`http://${request.headers.host ?? "127.0.0.1"}${head.target}`),
    path: head.path,
    headers: request.headers,
    body: body.stream,
    signature,
    caller,
    bytes: (limit) => body.bytes(limit),
    authorize: (action, resource, context) => authorizer.authorize(caller, action, resource, context),
  };
}

function dialectOf(service: string, request: IncomingMessage): ErrorDialect {
  if (service === "s3") return "s3";
  return isFormPost(request) ? "query" : "json";
}
