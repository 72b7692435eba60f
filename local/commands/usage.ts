import { parseArgs, type ParseArgsConfig } from "node:util";

/** What a person at the keyboard did wrong, or can do something about: one line, without a stack. */
export interface UsageError extends Error {
  readonly name: "UsageError";
}

export function usageError(message: string): UsageError {
  return Object.assign(new Error(message), { name: "UsageError" as const });
}

/**
 * `node:util`'s parseArgs, with its complaints in one line that ends with where to read more.
 *
 * @param command for the hint, such as `process`
 */
export function readOptions<Options extends NonNullable<ParseArgsConfig["options"]>>(
  command: string,
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    // Node's own message goes on with advice on `--`, in further sentences.
    const [problem = ""] = (error as Error).message.split(/\. |\n/);
    throw usageError(`${problem.replace(/\.$/, "")}; see avatar-pipeline ${command} --help.`);
  }
}

/** @throws UsageError unless the text is a port number; 0 lets the system choose one */
export function readPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw usageError(`--port ${text}: a port is a whole number from 0 to 65535, and 0 takes any that is free.`);
}

/** `KEY=VALUE`, any number of them. */
export function readConfig(pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1)
        throw usageError(`--config ${pair}: write it as KEY=VALUE, for example --config duplicateSimilarity=99.`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
