import type { HttpRequest, HttpResponse } from "../../../handlers/api/http";
import type { Signer } from "../../../handlers/api/presign";

/** Shared by the API's tests: requests as API Gateway passes them, and readers of the responses. */
export const signer: Signer = {
  credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
  region: "ap-southeast-1",
};

export const limits = { maxBytes: 10_485_760, maxPixels: 50_000_000, minSide: 160 };

export const dailyLimits = { perStudent: 1000, ifOpen: 100_000 };

export const goodBody = { studentId: "SV001", fileName: "Ảnh thẻ.JPG", contentType: "image/jpeg", bytes: 123_456 };

export function aPost(body: unknown, changes: Partial<HttpRequest> = {}): HttpRequest {
  return {
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
    isBase64Encoded: false,
    requestContext: { requestId: "request-1" },
    ...changes,
  };
}

export function aGet(uploadId: string, changes: Partial<HttpRequest> = {}): HttpRequest {
  return { headers: {}, pathParameters: { uploadId }, requestContext: { requestId: "request-2" }, ...changes };
}

/** @returns the body as the test expects it */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- shorter than a cast at every call
export function bodyOf<Body>(response: HttpResponse): Body {
  return JSON.parse(response.body) as Body;
}

/** Silences the one log line that every request writes, and collects it. */
export function collectLogs(): { lines: string[]; restore: () => void } {
  const lines: string[] = [];
  const { log } = console;
  console.log = (line: string) => void lines.push(line);
  return { lines, restore: () => (console.log = log) };
}
