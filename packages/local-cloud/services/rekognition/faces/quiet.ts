/**
 * Imported before the libraries of the worker thread, which print hints of no use to anybody here while they load.
 * Errors reach the engine as errors, not as text.
 */
for (const method of ["debug", "info", "log", "warn", "error"] as const) console[method] = () => undefined;

// node-fetch, which nothing here calls, loads a module that newer Node versions warn about.
process.noDeprecation = true;

export {};
