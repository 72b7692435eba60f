/** The members of a request: each is read and checked here. */
import { cloudError } from "../../gateway/service";

/** Largest message, in bytes, as on SQS since 2025. */
export const maxMessageBytes = 1024 * 1024;

export function text(input: Record<string, unknown>, parameter: string): string {
  const value = input[parameter];
  if (typeof value === "string" && value !== "") return value;
  throw cloudError("MissingParameter", 400, `The request must contain the parameter ${parameter}.`);
}

export function number(
  input: Record<string, unknown>,
  parameter: string,
  least: number,
  most: number,
): number | undefined {
  const value = input[parameter];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw cloudError(
    "InvalidParameterValue",
    400,
    `Value ${JSON.stringify(value)} for parameter ${parameter} is invalid. Reason: Must be between ${least} and ${most}, if provided.`,
  );
}

export function names(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** A receipt in the form that ReceiveMessage issues; its message may be gone by now. */
export function receipt(input: Record<string, unknown>): string {
  const handle = text(input, "ReceiptHandle");
  if (/^[0-9a-f-]{36}#[0-9a-f-]{36}$/.test(handle)) return handle;
  throw cloudError(
    "ReceiptHandleIsInvalid",
    404,
    `The input receipt handle "${handle}" is not a valid receipt handle.`,
  );
}

/** @throws CloudError InvalidParameterValue, InvalidMessageContents */
export function checkBody(body: string): void {
  if (Buffer.byteLength(body) > maxMessageBytes) {
    throw cloudError(
      "InvalidParameterValue",
      400,
      `One or more parameters are invalid. Reason: Message must be shorter than ${maxMessageBytes} bytes.`,
    );
  }
  const foreign = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.exec(body)?.[0];
  if (foreign === undefined) return;
  throw cloudError(
    "InvalidMessageContents",
    400,
    `Invalid binary character '#x${(foreign.codePointAt(0) ?? 0).toString(16).toUpperCase()}' was found in the message body, the set of allowed characters is #x9 | #xA | #xD | [#x20 to #xD7FF] | [#xE000 to #xFFFD] | [#x10000 to #x10FFFF]`,
  );
}
