/** A refusal or failure, with the error name and status of the emulated AWS service. */
export interface CloudError extends Error {
  readonly code: string;
  readonly status: number;
  /** Further members of the wire error, for example `Resource` in S3's XML. */
  readonly details?: Record<string, string> | undefined;
}

/** Makes a {@link CloudError}: `throw cloudError("NoSuchKey", 404, "The specified key does not exist.")`. */
export function cloudError(
  code: string,
  status: number,
  message: string,
  details?: Record<string, string>,
): CloudError {
  return Object.assign(new Error(message), { name: code, code, status, details });
}

export function isCloudError(error: unknown): error is CloudError {
  return error instanceof Error && "code" in error && "status" in error && typeof error.status === "number";
}
