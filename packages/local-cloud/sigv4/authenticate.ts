import type { CredentialStore, KnownCredentials } from "../iam";
import { cloudError, type CloudError } from "../gateway/errors";
import { signatureMatches, timeOf, type RequestHead, type Signature } from "./index";

/** Maximum difference of a request's clock, as on AWS. */
const skewMilliseconds = 15 * 60_000;

/** The names of the gateway's refusals: S3, the JSON protocols and the Query protocol each have their own. */
export type ErrorDialect = "s3" | "json" | "query";

interface Refusal {
  readonly code: Readonly<Record<ErrorDialect, string>>;
  readonly status: Readonly<Record<ErrorDialect, number>>;
}

const refusals = {
  unknownKey: {
    code: { s3: "InvalidAccessKeyId", json: "UnrecognizedClientException", query: "InvalidClientTokenId" },
    status: { s3: 403, json: 400, query: 403 },
  },
  expiredToken: {
    code: { s3: "ExpiredToken", json: "ExpiredTokenException", query: "ExpiredToken" },
    status: { s3: 400, json: 400, query: 403 },
  },
  badSignature: {
    code: { s3: "SignatureDoesNotMatch", json: "InvalidSignatureException", query: "SignatureDoesNotMatch" },
    status: { s3: 403, json: 400, query: 403 },
  },
  skewedClock: {
    code: { s3: "RequestTimeTooSkewed", json: "InvalidSignatureException", query: "SignatureDoesNotMatch" },
    status: { s3: 403, json: 400, query: 403 },
  },
  expiredRequest: {
    code: { s3: "AccessDenied", json: "InvalidSignatureException", query: "SignatureDoesNotMatch" },
    status: { s3: 403, json: 400, query: 403 },
  },
  alteredBody: {
    code: { s3: "XAmzContentSHA256Mismatch", json: "InvalidSignatureException", query: "SignatureDoesNotMatch" },
    status: { s3: 400, json: 400, query: 403 },
  },
} satisfies Record<string, Refusal>;

/** A refusal by the gateway with the name and status that the service's clients expect. */
export function refusal(
  which: keyof typeof refusals,
  dialect: ErrorDialect,
  message: string,
  details?: Record<string, string>,
): CloudError {
  return cloudError(refusals[which].code[dialect], refusals[which].status[dialect], message, details);
}

/**
 * Verifies the signer of a request, and its freshness.
 *
 * @param bodyHash returns the SHA-256 of the body, called if the request's head does not have it
 * @param now milliseconds since 1970
 * @returns the credentials that signed it
 * @throws CloudError in the dialect's names: unknown key, bad signature, expired token or URL, clock off by over 15 min
 */
export async function authenticate(options: {
  head: RequestHead;
  signature: Signature;
  credentials: CredentialStore;
  dialect: ErrorDialect;
  bodyHash: () => Promise<string>;
  now: number;
}): Promise<KnownCredentials> {
  const { head, signature, credentials, dialect, now } = options;
  const known = credentials.find(signature.accessKeyId, signature.sessionToken);
  if (!known) {
    throw refusal(
      "unknownKey",
      dialect,
      dialect === "s3"
        ? "The AWS Access Key Id you provided does not exist in our records."
        : "The security token included in the request is invalid.",
      { AWSAccessKeyId: signature.accessKeyId },
    );
  }
  checkTime(signature, dialect, now);
  const payloadHash = signature.payloadHash ?? (await unsaidPayloadHash(options));
  if (
    !signature.signedHeaders.includes("host") ||
    !signatureMatches(head, signature, known.secretAccessKey, payloadHash)
  ) {
    throw refusal(
      "badSignature",
      dialect,
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access " +
        "Key and signing method. Consult the service documentation for details.",
      { AWSAccessKeyId: signature.accessKeyId, SignatureProvided: signature.signature },
    );
  }
  if (known.expiresAt && now >= known.expiresAt.getTime()) {
    throw refusal("expiredToken", dialect, "The provided token has expired.");
  }
  return known;
}

function unsaidPayloadHash(options: {
  signature: Signature;
  bodyHash: () => Promise<string>;
}): Promise<string> | string {
  // A presigned S3 URL is made before there is a body.
  const { expiresIn, service } = options.signature;
  return expiresIn !== undefined && service === "s3" ? "UNSIGNED-PAYLOAD" : options.bodyHash();
}

function checkTime(signature: Signature, dialect: ErrorDialect, now: number): void {
  const signedAt = timeOf(signature.timestamp);
  const serverTime = new Date(now).toISOString();
  const early = signedAt - now > skewMilliseconds;
  if (signature.expiresIn !== undefined) {
    const expires = signedAt + signature.expiresIn * 1000;
    if (early) throw refusal("expiredRequest", dialect, "Request is not valid yet.", { ServerTime: serverTime });
    if (now > expires) {
      throw refusal("expiredRequest", dialect, "Request has expired", {
        "X-Amz-Expires": String(signature.expiresIn),
        Expires: new Date(expires).toISOString(),
        ServerTime: serverTime,
      });
    }
  } else if (early || now - signedAt > skewMilliseconds) {
    throw refusal(
      "skewedClock",
      dialect,
      dialect === "s3"
        ? "The difference between the request time and the current time is too large."
        : `Signature expired or not yet valid: ${signature.timestamp} is more than 15 minutes from ${serverTime}.`,
      {
        RequestTime: signature.timestamp,
        ServerTime: serverTime,
        MaxAllowedSkewMilliseconds: String(skewMilliseconds),
      },
    );
  }
  if (!signature.timestamp.startsWith(signature.scopeDate)) {
    throw refusal(
      "badSignature",
      dialect,
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ` +
        `'${signature.scopeDate}' != '${signature.timestamp.slice(0, 8)}'.`,
    );
  }
}
