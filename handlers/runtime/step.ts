import { namedError } from "./errors";

/**
 * The contract of every step's function with the machine.
 *
 * A handler is `(settings, clients) => async (input) => output`; see define.ts for how it becomes a function.
 */
export type Handler<Input, Output> = (input: Input) => Promise<Output>;

/** The error names that the machine retries; any other name that is not a reason is a permanent fault. */
export const throttled = "Throttled";
export const unavailable = "Unavailable";
export const notYetThere = "NotYetThere";

/**
 * A photo this young, in minutes, that S3 does not know may just not be visible yet: for 15 minutes after versioning
 * was switched on, S3 may answer NoSuchKey (AWS's reference of PutBucketVersioning). An issued upload counts from the
 * moment when its form was issued, and may be posted up to 15 minutes later.
 */
const youngMinutes = 30;

/**
 * Wraps a handler so that the machine sees three kinds of errors only: a reason of the catalogue, `Throttled`,
 * `Unavailable` or `NotYetThere` (all three retried, see handlers/machine.ts), and any other name, which is permanent.
 *
 * Logs one line a call, as JSON: the step and its outcome, with the upload's id. Never an address, a face, a file name
 * or another student.
 */
export function step<Input, Output>(name: string, handle: Handler<Input, Output>): Handler<Input, Output> {
  return async (input) => {
    const started = Date.now();
    const log = (fields: Record<string, unknown>) =>
      console.log(JSON.stringify({ step: name, uploadId: uploadIdOf(input), ...fields, ms: Date.now() - started }));
    try {
      const output = await handle(input);
      log({ outcome: "done" });
      return output;
    } catch (error) {
      const named = asYoung(asMachineError(error), input);
      log({ outcome: "error", error: named.name, message: named.message });
      throw named;
    }
  };
}

/** Names the error after a missing original as one to retry while the photo is young; an older one is gone. */
function asYoung(error: Error, input: unknown): Error {
  const { photo } = input as { photo?: { uploadedAt?: string } };
  // The last is Rekognition's, which reads the photo from S3.
  const isMissing = /^(NoSuchKey|NoSuchVersion|InvalidS3ObjectException)$/.test(error.name);
  const age = Date.now() - Date.parse(photo?.uploadedAt ?? "");
  if (!isMissing || !(age < youngMinutes * 60_000)) return error;
  return namedError(notYetThere, `${error.name}: ${error.message}`, error);
}

function uploadIdOf(input: unknown): string | undefined {
  type WithPhoto = { photo?: { uploadId?: string } };
  const { photo, state } = input as WithPhoto & { state?: WithPhoto };
  return (photo ?? state?.photo)?.uploadId;
}

/**
 * Gives an SDK error one of the names that the machine retries, if a later call may succeed.
 *
 * Rekognition, DynamoDB, SNS, S3 and KMS behind them each have their own names for throttling: the list has those that
 * the SDK treats as throttling too, some of which a service sends with status 400. The last code of an outage is that
 * of a body which broke off while it was read.
 */
export function asMachineError(error: unknown): Error {
  if (!(error instanceof Error)) return namedError("Error", String(error));
  const sdk = error as Error & {
    $metadata?: { httpStatusCode?: number };
    $retryable?: { throttling?: boolean };
    code?: string;
  };
  const status = sdk.$metadata?.httpStatusCode;
  const isThrottle =
    sdk.$retryable?.throttling === true ||
    status === 429 ||
    /Throttl|ProvisionedThroughputExceeded|(Request|Bandwidth)LimitExceeded|TooManyRequests|SlowDown|PriorRequestNotComplete/.test(
      error.name,
    );
  if (isThrottle) return namedError(throttled, `${error.name}: ${error.message}`, error);
  const isOutage =
    (status !== undefined && status >= 500) ||
    /^(TimeoutError|RequestTimeout|NetworkingError)/.test(error.name) ||
    /^(ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_SOCKET|ERR_STREAM_PREMATURE_CLOSE)$/.test(
      sdk.code ?? "",
    );
  if (isOutage) return namedError(unavailable, `${error.name}: ${error.message}`, error);
  return error;
}
