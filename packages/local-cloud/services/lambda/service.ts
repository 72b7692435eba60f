import type { ServerResponse } from "node:http";
import { cloudError, isCloudError, type CloudError, type CloudRequest, type CloudService } from "../../gateway/service";
import { firstUnowned, type Owned } from "../../gateway/owned";
import type { FunctionRuntime } from "./runtime";

/** Lambda's own limits on payloads, in bytes. */
const maxSynchronousBytes = 6 * 1024 * 1024;
const maxEventBytes = 1024 * 1024;

const invocations = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/** Lambda's REST API, limited to the calls with which an SDK client invokes a function. */
export function lambdaService(runtime: FunctionRuntime): CloudService {
  const service: CloudService = {
    name: "lambda",
    operationOf: (request) =>
      request.method === "POST" && invocations.test(request.url.pathname) ? "Invoke" : "Unknown",
    async handle(request, response) {
      try {
        await invoke(request, response);
      } catch (error) {
        if (!isCloudError(error)) throw error;
        service.writeError(error, request, response);
      }
    },
    writeError(error, _request, response) {
      const code = error.code === "AccessDenied" ? "AccessDeniedException" : error.code;
      const body = JSON.stringify({ Type: "User", ...error.details, Message: error.message, message: error.message });
      response.writeHead(error.status, {
        "content-type": "application/json",
        "x-amzn-errortype": code,
        "content-length": Buffer.byteLength(body),
      });
      response.end(body);
    },
  };

  async function invoke(request: CloudRequest, response: ServerResponse): Promise<void> {
    const name = invocations.exec(request.url.pathname)?.[1];
    if (request.method !== "POST" || name === undefined) {
      const asked = `${request.method} ${request.url.pathname}`;
      throw cloudError("NotImplemented", 501, `The local cloud's lambda serves Invoke alone, not ${asked}.`);
    }
    refuseUnserved(request);
    const declared = runtime.find(decodeURIComponent(name));
    if (!declared) {
      throw cloudError("ResourceNotFoundException", 404, `Function not found: ${decodeURIComponent(name)}`);
    }
    request.authorize("lambda:InvokeFunction", declared.arn);
    const type = String(request.headers["x-amz-invocation-type"] ?? "RequestResponse");
    const payload = await payloadOf(request, type === "Event" ? maxEventBytes : maxSynchronousBytes);
    switch (type) {
      case "DryRun":
        response.writeHead(204).end();
        return;
      case "Event":
        void runtime.invokeEvent(declared.arn, payload);
        response.writeHead(202, { "content-length": 0 }).end();
        return;
      case "RequestResponse": {
        const result = await runtime.invoke(declared.arn, payload);
        const body = Buffer.from(result.ok ? result.payload : JSON.stringify(result.error));
        response.writeHead(200, {
          "content-type": "application/json",
          "content-length": body.length,
          "x-amz-executed-version": "$LATEST",
          ...(result.ok ? {} : { "x-amz-function-error": "Unhandled" }),
        });
        response.end(body);
        return;
      }
      default:
        throw invalid(`Unknown invocation type: ${type}`);
    }
  }
  return service;
}

/** The parameters that Invoke reads beside its path and its payload. */
const invokeMembers: Owned = {
  name: "Invoke",
  query: ["Qualifier"],
  headers: ["x-amz-invocation-type", "x-amz-log-type"],
};

/** @throws CloudError NotImplemented naming an option that would have no effect here */
function refuseUnserved(request: CloudRequest): void {
  const other = firstUnowned(invokeMembers, request);
  const qualifier = request.url.searchParams.get("Qualifier") ?? "$LATEST";
  const logs = String(request.headers["x-amz-log-type"] ?? "None");
  const what = other
    ? `the ${other.kind} ${other.name}`
    : qualifier !== "$LATEST"
      ? `the qualifier ${qualifier}: functions have no versions and no aliases here`
      : logs !== "None"
        ? `the log type ${logs}: the log is in the data folder`
        : undefined;
  if (what === undefined) return;
  throw cloudError("NotImplemented", 501, `The local cloud's lambda does not serve Invoke with ${what}.`);
}

async function payloadOf(request: CloudRequest, limit: number): Promise<string> {
  // One byte more than the limit, so that the refusal is Lambda's own.
  const body = await request.bytes(limit + 1);
  if (body.length > limit) {
    const message = `${body.length} byte payload is too large for the ${limit} byte limit`;
    throw cloudError("RequestTooLargeException", 413, message);
  }
  const text = body.toString("utf8");
  if (text === "") return "{}";
  try {
    JSON.parse(text);
  } catch (error) {
    throw cloudError(
      "InvalidRequestContentException",
      400,
      `Could not parse request body into json: ${(error as Error).message}`,
    );
  }
  return text;
}

function invalid(message: string): CloudError {
  return cloudError("InvalidParameterValueException", 400, message);
}
