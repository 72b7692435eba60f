import { isCloudError } from "../gateway/errors";
import type { Authorizer } from "./authorizer";
import { sessionArn } from "./credentials";

/**
 * The refusal, in IAM's words, of an action that a service performs by itself in a resource's role; undefined if the
 * role may do it.
 *
 * @param resource that has the role; its name becomes the session's
 */
export function refusalOf(
  authorizer: Pick<Authorizer, "authorize">,
  resource: { readonly name: string; readonly roleArn: string },
  action: string,
  on: string,
): string | undefined {
  try {
    authorizer.authorize({ kind: "role", arn: sessionArn(resource.roleArn, resource.name) }, action, on);
    return undefined;
  } catch (error) {
    if (isCloudError(error)) return error.message;
    throw error;
  }
}
