import type { IncomingMessage, ServerResponse } from "node:http";
import type { CloudError } from "./errors";

export function endWith(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body);
}

/** Whether the request speaks the JSON or the query protocol, which no anonymous caller does. */
export function isForJsonOrQueryService(request: IncomingMessage): boolean {
  if (request.method !== "POST") return false;
  return request.headers["x-amz-target"] !== undefined || isFormPost(request);
}

export function isFormPost(request: IncomingMessage): boolean {
  return request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded") ?? false;
}

/** Writes an error in the request's protocol, if there is no service that could write it. */
export function writeGenericError(
  error: CloudError,
  id: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (isForJsonOrQueryService(request) && !isFormPost(request)) {
    const body = JSON.stringify({ __type: error.code, message: error.message });
    return endWith(response, error.status, "application/x-amz-json-1.0", body);
  }
  const xml =
    `<?xml version="1.0" encoding="UTF-8"?>\n<ErrorResponse><Error><Type>Sender</Type><Code>${error.code}</Code>` +
    `<Message>${escapeXml(error.message)}</Message></Error><RequestId>${id}</RequestId></ErrorResponse>`;
  return endWith(response, error.status, "text/xml", xml);
}

function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
