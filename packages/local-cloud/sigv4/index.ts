/**
 * AWS Signature Version 4, the verifying side. Written from the public specification
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
 *
 *   readHead(request): RequestHead                     a request's target and headers, parsed once
 *   readSignature(head): Signature | undefined         a request's statements about its signer, read once
 *   signatureMatches(head, signature, secret, payloadHash): boolean
 *   readCredential(text): Credential | undefined       of S3's form posts, which carry it in a field
 *   signingKey(secret, scope): Buffer                  for other signed data: form policies, chunks of a body
 *   isHmac(given, key, text): boolean
 *
 * Nothing here knows credentials or HTTP answers (authenticate.ts does), and nothing knows services.
 */
export { readHead, type RawRequest, type RequestHead } from "./head";
export { readCredential, readSignature, timeOf, type Credential, type Scope, type Signature } from "./read";
export { isHmac, scopeText, signatureMatches, signingKey, uriEncode } from "./verify";
