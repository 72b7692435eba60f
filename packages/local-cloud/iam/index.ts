/**
 * Permissions in the local cloud: credentials of the declared roles, and IAM's decision on every call.
 *
 *   createCredentialStore({ identity, secret }): CredentialStore
 *     .operator                              { accessKeyId: "local", secretAccessKey: secret }
 *     .issue({ roleArn, sessionName, environment?, expiresAt? }): Credentials
 *     .find(accessKeyId, sessionToken?): KnownCredentials | undefined     (secret, caller, expiry)
 *
 *   createAuthorizer({ identity, roles, resourcePolicies?, keys?, encrypted? }): Authorizer
 *     .authorize(caller, action, resource, context?)                throws CloudError AccessDenied (403)
 *     .authorizeService("events.amazonaws.com", action, resource, context?)    likewise
 *     .authorizeAssume("lambda.amazonaws.com", roleArn)                        likewise
 *     .unknownManagedPolicies: string[]      lines to print
 *
 *   readPolicy(document, name, kind): Policy      checks a document as IAM would
 *   evaluate(question): Decision                  the bare decision
 *   matchesWildcards(text, pattern): boolean      `*` and `?`
 */
export { createAuthorizer, type Authorizer, type DeclaredRole } from "./authorizer";
export {
  createCredentialStore,
  sessionArn,
  type CredentialStore,
  type Credentials,
  type KnownCredentials,
  type Session,
} from "./credentials";
export { evaluate, type Decision, type Principal, type Question } from "./evaluate";
export { keyFinder, type DeclaredKey, type EncryptedResource } from "./keys";
export { matchesWildcards } from "./pattern";
export { refusalOf } from "./refusal";
export { readPolicy, type Policy, type PolicyKind, type DeclaredResourcePolicy } from "./policy";
