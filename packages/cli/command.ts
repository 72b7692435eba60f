/**
 * A command as data: the reader of its arguments, its help text and its page of the reference are generated from it.
 */

/** An option, declared once. */
export interface Option<Value> {
  /** The value's name in the help text, such as `DIR`; undefined for an option without a value. */
  readonly placeholder: string | undefined;
  readonly help: string;
  /**
   * Reads the given texts, in their order; none if the option was left out.
   *
   * @throws UsageError naming the option, its value and the rule
   */
  readonly read: (texts: readonly string[]) => Value;
}

export type Options = Readonly<Record<string, Option<unknown>>>;

export type Values<Own extends Options> = {
  readonly [Name in keyof Own]: Own[Name] extends Option<infer Value> ? Value : never;
};

/** The operands, which follow the options. */
export interface Operands {
  readonly least: number;
  readonly most: number;
  /** The operand's name in a sentence, such as `a photo`. */
  readonly called: string;
  /** Reported if there are too few or too many. */
  readonly rule: string;
  /** A line of help for each kind of operand. */
  readonly help: Readonly<Record<string, string>>;
}

/** Exit statuses and their meanings, in the order of the help text. */
export type Exits = readonly (readonly [status: number, meaning: string])[];

/** The arguments as they were typed. */
export interface Given {
  /** The texts of an option in their order; none if it was left out. */
  readonly texts: (option: string) => readonly string[];
  readonly has: (option: string) => boolean;
  readonly operands: readonly string[];
}

export interface Command<Own extends Options = Options> {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The text after the command's name, one for each form: `PHOTO…`. */
  readonly synopses: readonly string[];
  /** Paragraphs. */
  readonly description: readonly string[];
  /** Without `--help`, which every command has. */
  readonly options: Own;
  readonly operands?: Operands;
  /** Paragraphs after the options. */
  readonly notes?: readonly string[];
  readonly exits: Exits;
  /** Finds problems of several options together; reported with those of single options. */
  readonly check?: (given: Given) => readonly string[];
  /** @returns the exit status */
  run(call: Call<Own>): Promise<number>;
}

/** The arguments after the options have read them. */
export interface Call<Own extends Options> {
  readonly values: Values<Own>;
  readonly operands: readonly string[];
}

/** Types `run` by the options; the caller of the command sees any options. */
export function defineCommand<Own extends Options>(command: Command<Own>): Command {
  return command;
}

/** An option without a value. */
export function flag(help: string): Option<boolean> {
  return { placeholder: undefined, help, read: (texts) => texts.length > 0 };
}

/** An option with one value; if several are given, the last one counts. */
export function option<Value>(
  placeholder: string,
  help: string,
  read: (text: string | undefined) => Value,
): Option<Value> {
  return { placeholder, help, read: (texts) => read(texts.at(-1)) };
}

/** An option that may be given several times. */
export function list<Value>(
  placeholder: string,
  help: string,
  read: (texts: readonly string[]) => Value,
): Option<Value> {
  return { placeholder, help, read };
}
