/**
 * The errors of a start that a person can fix by another setting.
 *
 * The cloud does not know how its caller names that setting, so each message ends with the fix ("…, or choose
 * another.") and carries a code by which the caller adds where: an option, a field of a form.
 */
export type SetupErrorCode =
  | "PORT_UNAVAILABLE"
  /** Another process has the data folder. */
  | "FOLDER_IN_USE"
  | "FOLDER_UNUSABLE"
  | "PROGRAM_MISSING"
  /** A value of the stack's configuration that only `pulumi` can decrypt; `key` names it. */
  | "VALUE_ENCRYPTED"
  /** The packages with the face networks are not installed. */
  | "FACES_NOT_INSTALLED";

export interface SetupError extends Error {
  readonly code: SetupErrorCode;
  /** The key of the configuration value, where the error is about one. */
  readonly key?: string | undefined;
}

/** @param message ends with the fix, in a sentence to which the caller can add the name of its setting */
export function setupError(
  code: SetupErrorCode,
  message: string,
  more: { readonly cause?: unknown; readonly key?: string } = {},
): SetupError {
  const { cause, key } = more;
  return Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { code, key });
}
