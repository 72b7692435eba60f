import type { ReasonCode } from "../contract/reasons";

/**
 * An error whose name a state can catch. Not a class: a serialized subclass of Error loses its message, its stack
 * and its prototype, so that a `Catch` by name never matches it.
 */
export function namedError(name: string, message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { name });
}

/**
 * The refusal of a photo. The message is for logs and operators: it states the measurement and the broken rule, and
 * never names a face, an address or another student. The student reads the catalogue's text.
 */
export function rejection(code: Exclude<ReasonCode, "INTERNAL">, measured: string): Error {
  return namedError(code, measured);
}
