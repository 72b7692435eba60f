import { parseArgs } from "node:util";
import type { Call, Command, Given, Options } from "./command";
import { messageOfError } from "./system-errors";
import { refuse } from "./usage-error";

/**
 * Reads a command's arguments.
 *
 * @returns `help` if the help text is requested
 * @throws UsageError with every problem, each in one line with its fix
 */
export function readArguments(command: Command, args: readonly string[]): Call<Options> | "help" {
  const { options } = command;
  const flags = { help: { type: "boolean", short: "h" } } as const;
  const known = Object.entries(options).map(([name, { placeholder }]) => [name, typeOf(placeholder)] as const);
  const { tokens, positionals } = parseArgs({
    args: [...args],
    options: { ...Object.fromEntries(known), ...flags },
    allowPositionals: true,
    // Node.js reports only the first problem; the tokens show all of them.
    strict: false,
    tokens: true,
  });
  const given = new Map<string, string[]>();
  const problems: string[] = [];
  const unknown = new Set<number>();
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const { name, index, value, inlineValue } = token;
    if (name === "help") return "help";
    const own = Object.hasOwn(options, name) ? options[name] : undefined;
    if (!own) {
      // parseArgs reads several letters after one dash as one option each; the word is reported once.
      if (!unknown.has(index)) problems.push(unknownOption(command, token.rawName, args[index] ?? token.rawName));
      unknown.add(index);
      continue;
    }
    const problem = valueProblem(command.name, `--${name}`, own.placeholder, value, inlineValue === true);
    if (problem === undefined) given.set(name, [...(given.get(name) ?? []), value ?? ""]);
    else problems.push(problem);
  }
  const texts = (name: string): readonly string[] => given.get(name) ?? [];
  const values: Record<string, unknown> = {};
  for (const [name, { read }] of Object.entries(options)) {
    try {
      values[name] = read(texts(name));
    } catch (error) {
      problems.push(messageOfError(error));
    }
  }
  // The argument after an unknown option may be its value.
  if (unknown.size === 0) {
    problems.push(...operandProblems(command, positionals));
    const asked: Given = { texts, has: (name) => given.has(name), operands: positionals };
    problems.push(...(command.check?.(asked) ?? []));
  }
  refuse(problems);
  return { values, operands: positionals };
}

function typeOf(placeholder: string | undefined) {
  return { type: placeholder === undefined ? "boolean" : "string" } as const;
}

/** @param argument the argument that the option was read from: `-x` may be part of `-SVx` */
function unknownOption({ name, operands }: Command, option: string, argument: string): string {
  const operand =
    operands === undefined
      ? ""
      : ` If it is ${operands.called}, write it last, after "--": avatar-pipeline ${name} -- ${argument}`;
  return `Unknown option '${option}'; ${seeHelp(name)}${operand}`;
}

function valueProblem(
  command: string,
  option: string,
  placeholder: string | undefined,
  value: string | undefined,
  isInline: boolean,
): string | undefined {
  if (placeholder === undefined) {
    return value === undefined ? undefined : `${option} takes no value; ${seeHelp(command)}`;
  }
  if (value === undefined) return `${option} needs a value: ${option} ${placeholder}; ${seeHelp(command)}`;
  if (isInline || !/^-./.test(value)) return undefined;
  return (
    `${option} is followed by "${value}", which looks like an option; if it is the value, write ` +
    `${option}=${value}, else ${seeHelp(command)}`
  );
}

function operandProblems({ name, operands }: Command, given: readonly string[]): readonly string[] {
  if (operands === undefined) {
    return given.map((argument) => `"${argument}" is one argument too many; ${seeHelp(name)}`);
  }
  const { least, most, rule } = operands;
  const extra = given[most];
  if (extra !== undefined) return [`"${extra}" is one argument too many: ${rule}; ${seeHelp(name)}`];
  return given.length < least ? [`${rule}; ${seeHelp(name)}`] : [];
}

function seeHelp(command: string): string {
  return `see avatar-pipeline ${command} --help.`;
}
