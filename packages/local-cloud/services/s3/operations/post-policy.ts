import type { Caller } from "../../../gateway/service";
import { isHmac, readCredential, signingKey } from "../../../sigv4";
import { s3Error } from "../wire/errors";
import { nobody } from "../wire/exchange";
import type { S3Options } from "../options";

/**
 * The policy of a browser form: the uploads that its signer allows, and its expiry.
 *
 * Written from "Creating a POST policy" and "Authenticating requests in browser-based uploads" of the S3 API
 * reference.
 */

/** A form's fields before the file, by name in lower case, after `${filename}` was replaced. */
export type FormFields = ReadonlyMap<string, string>;

/** The limits of a form's upload, after its fields have been checked. */
export interface PostGrant {
  readonly caller: Caller;
  /** Bytes; `content-length-range`. */
  readonly min: number;
  readonly max: number;
}

/** Fields that the policy need not mention. */
const uncovered = /^(x-amz-signature|policy|file|x-ignore-.*)$/;

/**
 * Verifies the signature of a form, and checks every field against the policy.
 *
 * @param fields with the final key, and everything else as sent
 * @param bucket that the form was sent to
 * @param max the maximum size of any upload, in bytes
 * @throws CloudError AccessDenied, InvalidAccessKeyId, SignatureDoesNotMatch, InvalidPolicyDocument, …
 */
export function checkForm(fields: FormFields, bucket: string, options: S3Options, now: Date, max: number): PostGrant {
  const document = fields.get("policy");
  if (document === undefined) return anonymousGrant(fields, max);
  const caller = verifySignature(fields, document, options, now);
  const range = checkPolicy(document, fields, bucket, now);
  return { caller, min: range.min, max: Math.min(range.max, max) };
}

/** A form without a policy comes from nobody: the bucket would have to be open to everyone. */
function anonymousGrant(fields: FormFields, max: number): PostGrant {
  if (fields.has("x-amz-signature") || fields.has("signature")) {
    throw s3Error("InvalidArgument", undefined, "Bucket POST must contain a field named 'policy' when it is signed.");
  }
  return { caller: nobody, min: 0, max };
}

function verifySignature(fields: FormFields, document: string, options: S3Options, now: Date): Caller {
  const field = (name: string) => {
    const value = fields.get(name);
    if (value === undefined || value === "") {
      throw s3Error(
        "InvalidArgument",
        { ArgumentName: name },
        `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`,
      );
    }
    return value;
  };
  if (fields.has("awsaccesskeyid")) {
    throw s3Error(
      "InvalidRequest",
      undefined,
      "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    );
  }
  const algorithm = field("x-amz-algorithm");
  if (algorithm !== "AWS4-HMAC-SHA256") {
    throw s3Error(
      "InvalidArgument",
      { ArgumentName: "x-amz-algorithm", ArgumentValue: algorithm },
      'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"',
    );
  }
  const credential = field("x-amz-credential");
  const scope = readCredential(credential);
  if (
    scope?.service !== "s3" ||
    scope.region !== options.identity.region ||
    !field("x-amz-date").startsWith(`${scope.scopeDate}T`)
  ) {
    throw s3Error(
      "InvalidArgument",
      { ArgumentName: "X-Amz-Credential", ArgumentValue: credential },
      `Error parsing the X-Amz-Credential parameter; it has to be "<YOUR-AKID>/<day of X-Amz-Date>/${options.identity.region}/s3/aws4_request".`,
    );
  }
  const { accessKeyId } = scope;
  const credentials = options.credentials(accessKeyId, fields.get("x-amz-security-token"));
  if (!credentials) throw s3Error("InvalidAccessKeyId", { AWSAccessKeyId: accessKeyId });
  if (credentials.expiresAt && credentials.expiresAt <= now) {
    throw s3Error("InvalidToken", undefined, "The provided token has expired.");
  }
  if (!isHmac(field("x-amz-signature"), signingKey(credentials.secretAccessKey, scope), document)) {
    throw s3Error("SignatureDoesNotMatch", { AWSAccessKeyId: accessKeyId });
  }
  return credentials.caller;
}

type Condition =
  | { readonly kind: "eq" | "starts-with"; readonly field: string; readonly value: string; readonly source: unknown }
  | { readonly kind: "content-length-range"; readonly min: number; readonly max: number };

/** Parses and applies a policy document (base64). Returns the sizes that it allows, in bytes. */
export function checkPolicy(
  document: string,
  fields: FormFields,
  bucket: string,
  now: Date,
): { min: number; max: number } {
  const policy = parsePolicy(document);
  if (policy.expiration <= now) throw denied("Policy expired.");
  const range = { min: 0, max: Number.MAX_SAFE_INTEGER };
  const covered = new Set<string>();
  for (const condition of policy.conditions) {
    if (condition.kind === "content-length-range") {
      range.min = Math.max(range.min, condition.min);
      range.max = Math.min(range.max, condition.max);
      continue;
    }
    covered.add(condition.field);
    // The bucket is the one that the form was sent to; a field of that name only satisfies the policy.
    const actual = condition.field === "bucket" ? bucket : (fields.get(condition.field) ?? "");
    if (!holds(condition, actual)) throw denied(`Policy Condition failed: ${JSON.stringify(condition.source)}`);
  }
  const extra = [...fields.keys()].filter((name) => !covered.has(name) && !uncovered.test(name));
  if (extra.length > 0) throw denied(`Extra input fields: ${extra.join(", ")}`);
  if (fields.has("bucket") && fields.get("bucket") !== bucket) {
    throw denied(`The form names the bucket ${fields.get("bucket") ?? ""}, but was sent to ${bucket}.`);
  }
  return range;
}

function holds(condition: Exclude<Condition, { kind: "content-length-range" }>, actual: string): boolean {
  if (condition.kind === "eq") return actual === condition.value;
  // A content type may be a list, of which each element must start with the prefix.
  const values = condition.field === "content-type" ? actual.split(",").map((value) => value.trim()) : [actual];
  return values.every((value) => value.startsWith(condition.value));
}

function parsePolicy(document: string): { expiration: Date; conditions: Condition[] } {
  let policy: unknown;
  try {
    policy = JSON.parse(Buffer.from(document, "base64").toString("utf8"));
  } catch {
    throw invalid("Invalid JSON.");
  }
  if (!isObject(policy)) throw invalid("Invalid JSON.");
  if (typeof policy.expiration !== "string") throw invalid("Policy missing expiration.");
  if (!Array.isArray(policy.conditions)) throw invalid("Policy missing conditions.");
  for (const name of Object.keys(policy)) {
    if (name !== "expiration" && name !== "conditions") throw invalid(`Unexpected: '${name}'`);
  }
  const expiration = new Date(policy.expiration);
  if (!/^\d{4}-\d\d-\d\dT/.test(policy.expiration) || Number.isNaN(expiration.getTime())) {
    throw invalid(`Invalid 'expiration' value: '${policy.expiration}'`);
  }
  return { expiration, conditions: policy.conditions.flatMap(readCondition) };
}

/** `{"acl": "x"}`, `["eq", "$acl", "x"]`, `["starts-with", "$key", "user/"]` or `["content-length-range", 1, 10]`. */
function readCondition(source: unknown): Condition[] {
  if (isObject(source)) {
    const entries = Object.entries(source);
    if (entries.length !== 1) {
      throw invalid("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.");
    }
    return entries.map(([name, value]) => {
      if (typeof value !== "string") {
        throw invalid(`Invalid Simple-Condition: value must be a string: ${JSON.stringify(source)}`);
      }
      return { kind: "eq", field: name.toLowerCase(), value, source: ["eq", `$${name}`, value] };
    });
  }
  const [operator, first, second] = Array.isArray(source) && source.length === 3 ? (source as unknown[]) : [];
  const kind = typeof operator === "string" ? operator.toLowerCase() : "";
  if (kind === "content-length-range") {
    const [min, max] = [Number(first), Number(second)];
    if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || min < 0) {
      throw invalid(`Invalid content-length-range: ${JSON.stringify(source)}`);
    }
    return [{ kind, min, max }];
  }
  if (
    (kind !== "eq" && kind !== "starts-with") ||
    typeof first !== "string" ||
    !first.startsWith("$") ||
    typeof second !== "string"
  ) {
    throw invalid(`Invalid condition: ${JSON.stringify(source)}`);
  }
  return [{ kind, field: first.slice(1).toLowerCase(), value: second, source }];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function denied(why: string) {
  return s3Error("AccessDenied", undefined, `Invalid according to Policy: ${why}`);
}

function invalid(why: string) {
  return s3Error("InvalidPolicyDocument", undefined, `Invalid Policy: ${why}`);
}
