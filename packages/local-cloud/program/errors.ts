const reported = new WeakSet<object>();

/**
 * True when this very error, or the one it wraps, was already seen: Pulumi rejects one promise for each output that
 * depends on a failed one, all with the same error.
 */
export function isReported(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  if (reported.has(error)) return true;
  reported.add(error);
  return false;
}

/**
 * The program's own message, as the Pulumi CLI would print it: only the message for errors that are meant for the
 * person who runs the program (RunError, ResourceError), message and place for everything else.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error) && !isErrorLike(error)) return String(error);
  const message = error.message.trim();
  if ("__pulumiRunError" in error || ("hideStack" in error && error.hideStack === true)) return message;
  // Places then refer to the program's own text, not to the transpiled one.
  process.setSourceMapsEnabled(true);
  const place = (error.stack ?? "")
    .split("\n")
    .find(
      (line) => /^\s+at /.test(line) && !/node_modules|node:internal|\(node:/.test(line) && !line.includes(__dirname),
    );
  const name = error.name === "Error" ? "" : `${error.name}: `;
  return place ? `${name}${message}\n  ${place.trim()}` : `${name}${message}`;
}

/** An Error of another realm or copy of a package. */
function isErrorLike(error: unknown): error is Error {
  return typeof error === "object" && error !== null && "message" in error && typeof error.message === "string";
}
