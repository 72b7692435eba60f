/**
 * The common part of services with AWS's JSON protocols: `X-Amz-Target` names the operation, body and answer are JSON,
 * an error is `{"__type", "message"}`.
 *
 *   jsonService({ name, targetPrefix, operations, members, version?, … }): CloudService
 *   jsonErrorCode(error): { code, status }      the gateway's AccessDenied in the names of JSON services
 */
import type { ServerResponse } from "node:http";
import { crc32 } from "node:zlib";

import { refuseUnknownMembers, type Members } from "./members";
import { cloudError, isCloudError, type CloudError, type CloudRequest, type CloudService } from "./service";

/** Performs one operation: takes the request's JSON object, returns the answer's. Refuses by throwing a CloudError. */
export type JsonOperation = (input: Record<string, unknown>, request: CloudRequest) => Promise<object> | object;

export interface JsonServiceOptions {
  /** SigV4 name. */
  readonly name: string;
  /** The part before the operation in `X-Amz-Target`: `DynamoDB_20120810`. */
  readonly targetPrefix: string;
  readonly operations: Readonly<Record<string, JsonOperation>>;
  /** The input members of each operation; `operations` if the operations refuse unknown members themselves. */
  readonly members: Readonly<Record<string, Members>> | "operations";
  /** Version of the protocol, default `1.1`. */
  readonly version?: "1.0" | "1.1";
  /** The part before the code in `__type`, for example `com.amazonaws.sqs#`; default nothing. */
  readonly errorPrefix?: string;
  /** Largest request body, default 8 MiB. */
  readonly maxBytes?: number;
  /** Sends `x-amz-crc32` of the answer, as DynamoDB does. */
  readonly crc32?: boolean;
  readonly close?: () => Promise<void>;
}

export function jsonService(options: JsonServiceOptions): CloudService {
  const { name, targetPrefix, operations, members, version = "1.1", errorPrefix = "" } = options;

  function send(response: ServerResponse, status: number, answer: object): void {
    const body = Buffer.from(JSON.stringify(answer));
    response.writeHead(status, {
      "content-type": `application/x-amz-json-${version}`,
      "content-length": body.length,
      ...(options.crc32 ? { "x-amz-crc32": String(crc32(body)) } : {}),
    });
    response.end(body);
  }

  const operationOf = (request: CloudRequest) => {
    const [prefix, operation] = String(request.headers["x-amz-target"] ?? "").split(/\.(?=[^.]*$)/);
    return prefix === targetPrefix && operation ? operation : "Unknown";
  };

  const service: CloudService = {
    name,
    operationOf,
    async handle(request, response) {
      try {
        const operation = operationOf(request);
        const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
        if (!run) {
          const asked = operation === "Unknown" ? `"${String(request.headers["x-amz-target"] ?? "")}"` : operation;
          throw cloudError("NotImplemented", 501, `The local cloud's ${name} does not serve the operation ${asked}.`);
        }
        const input = parseObject(await request.bytes(options.maxBytes));
        if (members !== "operations") {
          const where = `The local cloud's ${name} does not serve ${operation}`;
          refuseUnknownMembers(input, members[operation] ?? {}, where);
        }
        send(response, 200, await run(input, request));
      } catch (error) {
        if (!isCloudError(error)) throw error;
        service.writeError(error, request, response);
      }
    },
    writeError(error, _request, response) {
      const { code, status } = jsonErrorCode(error);
      send(response, status, { __type: `${errorPrefix}${code}`, message: error.message, ...error.details });
    },
    ...(options.close ? { close: options.close } : {}),
  };
  return service;
}

/** `AccessDenied` is S3's name for it; the JSON services say `AccessDeniedException`, and 400. */
export function jsonErrorCode(error: CloudError): { code: string; status: number } {
  return error.code === "AccessDenied"
    ? { code: "AccessDeniedException", status: 400 }
    : { code: error.code, status: error.status };
}

function parseObject(body: Buffer): Record<string, unknown> {
  let input: unknown;
  try {
    input = body.length === 0 ? {} : JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw cloudError("SerializationException", 400, `The request's body is no JSON: ${(error as Error).message}`);
  }
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw cloudError("SerializationException", 400, "The request's body has to be a JSON object.");
  }
  return input as Record<string, unknown>;
}
