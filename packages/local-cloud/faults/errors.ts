import { cloudError, type CloudError } from "../gateway/service";

interface ServiceErrors {
  /** Code and status of a throttled call. */
  readonly throttle: readonly [string, number];
  /** Code of an internal failure (500). */
  readonly internal: string;
  /** Code of an outage (503). */
  readonly unavailable: string;
}

/**
 * Each service's errors for throttling and failures, from the services' API models (botocore). The SDK and the state
 * machine decide by these names whether to retry, so a made-up name would test nothing.
 */
const errors: Readonly<Record<string, ServiceErrors>> = {
  dynamodb: {
    throttle: ["ProvisionedThroughputExceededException", 400],
    internal: "InternalServerError",
    unavailable: "ServiceUnavailable",
  },
  events: { throttle: ["ThrottlingException", 400], internal: "InternalException", unavailable: "ServiceUnavailable" },
  lambda: {
    throttle: ["TooManyRequestsException", 429],
    internal: "ServiceException",
    unavailable: "ServiceException",
  },
  rekognition: {
    throttle: ["ProvisionedThroughputExceededException", 400],
    internal: "InternalServerError",
    unavailable: "ServiceUnavailable",
  },
  s3: { throttle: ["SlowDown", 503], internal: "InternalError", unavailable: "ServiceUnavailable" },
  ses: {
    throttle: ["TooManyRequestsException", 429],
    internal: "InternalServiceErrorException",
    unavailable: "ServiceUnavailable",
  },
  sns: { throttle: ["Throttled", 429], internal: "InternalError", unavailable: "ServiceUnavailable" },
  sqs: { throttle: ["RequestThrottled", 403], internal: "InternalError", unavailable: "ServiceUnavailable" },
};

const others: ServiceErrors = {
  throttle: ["ThrottlingException", 400],
  internal: "InternalServerError",
  unavailable: "ServiceUnavailable",
};

/** The service's own throttling error, or the given code in its place. */
export function throttleError(service: string, code?: string): CloudError {
  const [own, status] = (errors[service] ?? others).throttle;
  return cloudError(code ?? own, status, "Rate exceeded (injected by a fault rule)");
}

/** The service's own internal error (500) or outage (503), or the given code in its place. */
export function serverError(service: string, status: number, code?: string): CloudError {
  const { internal, unavailable } = errors[service] ?? others;
  const own = status === 503 ? unavailable : internal;
  return cloudError(
    code ?? own,
    status,
    "We encountered an internal error. Please try again. (injected by a fault rule)",
  );
}

/**
 * The answer to a read of an object that is stored but not visible yet. Rekognition's covers every way in which it
 * cannot get an object. S3's is 403 `AccessDenied` for callers who may not list the bucket: name it as the code.
 */
export function missingObjectError(service: string, code?: string): CloudError {
  const text = "The object is not visible yet (injected by a fault rule).";
  if (service === "rekognition") return cloudError(code ?? "InvalidS3ObjectException", 400, text);
  return cloudError(code ?? "NoSuchKey", code === "AccessDenied" ? 403 : 404, text);
}
