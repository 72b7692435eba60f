import { MultiBar, Presets } from "cli-progress";

/** A bar below what is printed, on a terminal; nothing anywhere else. */
export interface Progress {
  /** What is being done right now. */
  step(text: string): void;
  /** One more photo has ended. */
  done(): void;
  /** Prints a line above the bar. */
  print(stream: NodeJS.WriteStream, line: string): void;
  close(): void;
}

export function openProgress(total: number): Progress {
  if (!process.stderr.isTTY) {
    return {
      step: () => undefined,
      done: () => undefined,
      print: (stream, line) => void stream.write(`${line}\n`),
      close: () => undefined,
    };
  }
  // The kind for several bars, of which there is one: only it can print lines above itself.
  const bars = new MultiBar(
    {
      format: "{bar} {value}/{total}  {step}",
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false,
      // What is printed above the bar may be longer than the terminal is wide.
      linewrap: true,
      barsize: 24,
    },
    Presets.shades_classic,
  );
  const bar = bars.create(total, 0, { step: "" });
  return {
    step: (step) => bar.update({ step }),
    done: () => bar.increment(),
    print(stream, line) {
      // Whatever goes to the terminal goes through the bar; a file or pipe gets it as it is.
      if (stream.isTTY) bars.log(`${line}\n`);
      else stream.write(`${line}\n`);
    },
    close() {
      // Prints what is still to be printed.
      bars.update();
      bars.stop();
    },
  };
}
