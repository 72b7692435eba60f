import type { ServerResponse } from "node:http";

import { XMLBuilder } from "fast-xml-parser";

import type { CloudError, CloudRequest } from "../../gateway/service";

const namespace = "http://sns.amazonaws.com/doc/2010-03-31/";
// eslint-disable-next-line @typescript-eslint/no-deprecated -- S3 builds its XML with it as well
const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: "@" });

/** The parameters of a request of the Query protocol: a form, as a body or in the URL. */
export async function readParameters(request: CloudRequest): Promise<URLSearchParams> {
  if (request.method === "GET") return request.url.searchParams;
  return new URLSearchParams((await request.bytes()).toString("utf8"));
}

/**
 * The members of a list or map: `MessageAttributes.entry.1.Name`, `MessageAttributes.entry.1.Value.DataType` … with
 * the prefix `MessageAttributes.entry` are one member with `Name` and `Value.DataType`.
 */
export function membersOf(parameters: URLSearchParams, prefix: string): Map<string, string>[] {
  const members = new Map<number, Map<string, string>>();
  for (const [name, value] of parameters) {
    if (!name.startsWith(`${prefix}.`)) continue;
    const [index = "", ...rest] = name.slice(prefix.length + 1).split(".");
    const member = members.get(Number(index)) ?? new Map<string, string>();
    member.set(rest.join("."), value);
    members.set(Number(index), member);
  }
  return [...members].sort(([a], [b]) => a - b).map(([, member]) => member);
}

/** Lists are written as repeated elements: `{ Topics: { member: [{ TopicArn }, …] } }`. */
export function writeResult(response: ServerResponse, operation: string, id: string, result: object): void {
  write(response, 200, {
    [`${operation}Response`]: {
      "@xmlns": namespace,
      [`${operation}Result`]: result,
      ResponseMetadata: { RequestId: id },
    },
  });
}

export function writeQueryError(response: ServerResponse, error: CloudError, code: string, id: string): void {
  const Type = error.status >= 500 ? "Receiver" : "Sender";
  write(response, error.status, {
    ErrorResponse: { "@xmlns": namespace, Error: { Type, Code: code, Message: error.message }, RequestId: id },
  });
}

function write(response: ServerResponse, status: number, document: object): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build(document)}`;
  response.writeHead(status, { "content-type": "text/xml", "content-length": Buffer.byteLength(body) }).end(body);
}
