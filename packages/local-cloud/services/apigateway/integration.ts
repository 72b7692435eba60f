import { isCloudError, type CloudIdentity } from "../../gateway/service";
import type { Authorizer } from "../../iam";
import type { FunctionRuntime } from "../lambda";
import { problem, proxyEvent, responseOf, type ApiRequest, type ApiResponse } from "./payload";

/** Everything that a route's function is called with. */
export interface Integrations {
  readonly identity: CloudIdentity;
  readonly functions: Pick<FunctionRuntime, "invoke">;
  readonly authorizer: Pick<Authorizer, "authorizeService">;
}

/** Calls the function behind a route. */
export async function integrate(
  { identity, functions, authorizer }: Integrations,
  request: ApiRequest,
): Promise<{ answer: ApiResponse; error: string | undefined }> {
  const { route } = request.match;
  if (route.functionArn === undefined || route.authorization !== "NONE" || route.payloadFormatVersion !== "2.0") {
    const what = `The local mode serves routes to functions with payload format 2.0 and no authorizer; ${route.routeKey} is another.`;
    return { answer: problem(501, what), error: what };
  }
  const fail = (error: string, status = 500, message = "Internal Server Error") => ({
    answer: problem(status, message),
    error,
  });
  const [method = "", path = ""] = route.routeKey.split(" ");
  const sourceArn = `${request.api.executionArn}/${request.stage.name}/${path === "" ? method : method + path}`;
  let timer: NodeJS.Timeout | undefined;
  try {
    authorizer.authorizeService("apigateway.amazonaws.com", "lambda:InvokeFunction", route.functionArn, {
      "aws:SourceArn": sourceArn,
    });
    const tooLate = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), route.timeout)));
    const invoked = functions.invoke(route.functionArn, JSON.stringify(proxyEvent(request, identity)));
    const result = await Promise.race([invoked, tooLate]);
    if (result === undefined) {
      invoked.catch(() => undefined);
      return fail(`The function did not answer within ${route.timeout} ms`, 503, "Service Unavailable");
    }
    if (!result.ok) return fail(`${result.error.errorType}: ${result.error.errorMessage}`);
    const answer = responseOf(result.payload);
    return answer ? { answer, error: undefined } : fail("The function's answer is not a response");
  } catch (error) {
    if (!isCloudError(error)) throw error;
    // Throttled by Lambda: the API reports that it is busy. Everything else is a fault behind it.
    return error.status === 429 ? fail(error.message, 503, "Service Unavailable") : fail(error.message);
  } finally {
    clearTimeout(timer);
  }
}
