import { MultiBar, Presets } from "cli-progress";

/** A bar below the printed lines, on a terminal; nothing anywhere else. */
export interface Progress {
  /** Whether there is a bar; without one, a person sees only what is printed. */
  readonly isShown: boolean;
  /** Shows the current step. */
  step(text: string): void;
  /** Counts one more ended photo. */
  done(): void;
  /** Prints a line above the bar. */
  print(stream: NodeJS.WriteStream, line: string): void;
  close(): void;
}

export function openProgress(total: number): Progress {
  if (!process.stderr.isTTY) {
    return {
      isShown: false,
      step: () => undefined,
      done: () => undefined,
      print: (stream, line) => void stream.write(`${line}\n`),
      close: () => undefined,
    };
  }
  // MultiBar with a single bar: only MultiBar can print lines above itself.
  const bars = new MultiBar(
    {
      format: "{bar} {value}/{total}  {step}",
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false,
      // A line printed above the bar may be longer than the terminal is wide.
      linewrap: true,
      barsize: 24,
    },
    Presets.shades_classic,
  );
  const bar = bars.create(total, 0, { step: "" });
  return {
    isShown: true,
    step: (step) => bar.update({ step }),
    done: () => bar.increment(),
    print(stream, line) {
      // The bar prints all lines for the terminal; a file or pipe gets them directly.
      if (stream.isTTY) bars.log(`${line}\n`);
      else stream.write(`${line}\n`);
    },
    close() {
      // Prints the lines that are still buffered.
      bars.update();
      bars.stop();
    },
  };
}
