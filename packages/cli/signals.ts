/** The error that ends a command interrupted before it had anything to end: exit status 130, and no message. */
export function interruption(): Error {
  return Object.assign(new Error("Interrupted."), { name: interrupted });
}

export const interrupted = "Interrupted";

/**
 * Fulfils at the first Ctrl-C or SIGTERM; a second one ends the process at once, in case the first takes too long.
 *
 * @returns a promise with the signal's name
 */
export function onSignals(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        if (asked) process.exit(130);
        asked = true;
        resolve(signal);
      });
    }
  });
}
