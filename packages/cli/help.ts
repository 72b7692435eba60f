import type { Command } from "./command";

const lineWidth = 118;
/** The column at which the explanations begin. */
const textColumn = 22;

/** A command's help text. */
export function helpOf(command: Command): string {
  const { description, notes = [], exits } = command;
  const entries = [...Object.entries(command.operands?.help ?? {}), ...optionsOf(command)];
  const statuses = exits.map(([status, meaning]) => `${status} ${meaning}`).join(", ");
  const parts = [
    usageOf(command),
    ...description.map((text) => wrapped(text, lineWidth).join("\n")),
    entries.map(([name, help]) => entry(name, help)).join("\n"),
    ...notes.map((text) => wrapped(text, lineWidth).join("\n")),
    wrapped(`Exit status: ${statuses}.`, lineWidth).join("\n"),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** A command's forms, one a line. */
export function usageOf({ name, synopses }: Command): string {
  return synopses
    .map((synopsis, index) => `${index === 0 ? "Usage:" : "      "} avatar-pipeline ${name} ${synopsis}`.trimEnd())
    .join("\n");
}

/** Options as they are typed, with their explanations; every command has `--help`. */
export function optionsOf({ options }: Command): readonly (readonly [typed: string, help: string])[] {
  const own = Object.entries(options).map(
    ([name, { placeholder, help }]) =>
      [placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`, help] as const,
  );
  return [...own, ["--help", "Prints this text."]];
}

function entry(name: string, help: string): string {
  const lines = wrapped(help, lineWidth - textColumn).map((line) => `${" ".repeat(textColumn)}${line}`);
  const head = `  ${name}`;
  if (head.length >= textColumn - 1) return [head, ...lines].join("\n");
  const [first = "", ...more] = lines;
  return [`${head.padEnd(textColumn)}${first.trimStart()}`, ...more].join("\n");
}

/** Lines of at most `width` characters; a line break in the text stays, and a line that begins with `{` stays whole. */
function wrapped(text: string, width: number): readonly string[] {
  return text.split("\n").flatMap((paragraph) => {
    if (paragraph.startsWith("{")) return [paragraph];
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.split(" ")) {
      if (line !== "" && line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else {
        line = line === "" ? word : `${line} ${word}`;
      }
    }
    return [...lines, line];
  });
}
