/**
 * The errors at startup that a person can fix by changing a setting.
 *
 * The cloud does not know its caller's name for that setting, so each message ends with the fix ("…, or choose
 * another.") and carries a code to which the caller adds the place: an option, a field of a form.
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
  /** The key of the configuration value, if the error is about one. */
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
