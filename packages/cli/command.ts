import { resolve } from "node:path";
import { parseArgs, type ParseArgsConfig } from "node:util";

/** What a person at the keyboard did wrong, or can do something about: one line, without a stack. */
export interface UsageError extends Error {
  readonly name: "UsageError";
}

export function usageError(message: string): UsageError {
  return Object.assign(new Error(message), { name: "UsageError" as const });
}

/**
 * `node:util`'s parseArgs, with its complaints in one line that ends with what to do.
 *
 * @param command for the hint, such as `process`
 * @param operand what the command takes beside its options, such as `a photo`: it may begin with a dash
 */
export function readOptions<Options extends NonNullable<ParseArgsConfig["options"]>>(
  command: string,
  args: readonly string[],
  options: Options,
  operand?: string,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    // Node's own message goes on with advice on `--`, in further sentences.
    const [problem = ""] = (error as Error).message.split(/\. |\n/);
    const help = `see avatar-pipeline ${command} --help.`;
    const ambiguous = /^Option '(?:-\w, )?(--[\w-]+).* is ambiguous/.exec(problem)?.[1];
    const value = ambiguous === undefined ? undefined : args[args.indexOf(ambiguous) + 1];
    if (ambiguous !== undefined && value !== undefined) {
      throw usageError(
        `${ambiguous} is followed by "${value}", which looks like an option; if it is the value, write ` +
          `${ambiguous}=${value}, else ${help}`,
      );
    }
    const unknown = /^Unknown option '(-[^']*)'/.exec(problem)?.[1];
    const given = unknown === undefined ? undefined : argumentWith(unknown, args);
    const hint =
      operand === undefined || given === undefined
        ? ""
        : ` If it is ${operand}, write it last, after "--": avatar-pipeline ${command} -- ${given}`;
    throw usageError(`${problem.replace(/\.$/, "")}; ${help}${hint}`);
  }
}

/** The argument that an unknown option was read from: `-x` may stand in `-SVx`, and `--x` in `--x=1`. */
function argumentWith(option: string, args: readonly string[]): string | undefined {
  const isShort = !option.startsWith("--");
  return args.find((argument) =>
    isShort
      ? /^-[^-]/.test(argument) && argument.includes(option.slice(1))
      : argument === option || argument.startsWith(`${option}=`),
  );
}

/** `--data DIR` as an absolute path. @throws UsageError when it is empty, as a variable that is not set makes it */
export function readData(folder: string): string {
  if (folder !== "") return resolve(folder);
  throw usageError("--data is empty; name the folder that keeps everything, or leave --data out.");
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
