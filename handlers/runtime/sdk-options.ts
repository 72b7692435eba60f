/**
 * How every SDK client of a function is made. A call that hangs must end long before the function's own time does, so
 * that the SDK can make it again: by default it would wait for ever.
 */
export function sdkOptions() {
  return {
    // Of each call: the first, and two after short pauses. Longer patience is the machine's.
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 8_000, throwOnRequestTimeout: true },
  };
}
