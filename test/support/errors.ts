import type { Failures } from "../../handlers/contract/flow-data";

/** An error, and what the SDKs add to it. */
export type ClientError = Error & { readonly Code?: string; readonly $metadata?: { readonly httpStatusCode?: number } };

/** The error that a promise is rejected with; fails if it is not. */
export async function errorOf(promise: Promise<unknown>): Promise<ClientError> {
  try {
    await promise;
  } catch (error) {
    return error as ClientError;
  }
  throw new Error("Expected an error, and there was none.");
}

/** The name, the HTTP status and the message of the error that a client's call is rejected with; fails if it is not. */
export async function failureOf(call: Promise<unknown>): Promise<{ name: string; status: number; message: string }> {
  const { name, message, $metadata } = await errorOf(call);
  return { name, status: $metadata?.httpStatusCode ?? 0, message };
}

/** The name of the error that a promise is rejected with, or "no error". */
export function nameOfError(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "no error",
    (error: unknown) => (error as Error).name,
  );
}

/** The name of the error that a check throws, or "no error". */
export function nameOfThrown(check: () => unknown): string {
  try {
    check();
  } catch (error) {
    return (error as Error).name;
  }
  return "no error";
}

/** What a state's Catch keeps of an error that a step has thrown. */
export function caught(step: string, error: string, errorMessage = "measured"): Failures {
  return { [step]: { Error: error, Cause: JSON.stringify({ errorType: error, errorMessage, trace: [] }) } };
}

/** An Error with the members that Node.js adds to those of the system and of child processes. */
interface Thrown extends Error {
  readonly code?: string;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** For `catch`: what was thrown, which must be an Error. */
export function asError(thrown: unknown): Thrown {
  if (thrown instanceof Error) return thrown;
  throw new Error(`Not an Error was thrown but ${JSON.stringify(thrown)}.`);
}

/** For the second argument of `then`. */
export const nameOf = (thrown: unknown): string => asError(thrown).name;

/** For the second argument of `then`. */
export const messageOf = (thrown: unknown): string => asError(thrown).message;
