import { Presets, SingleBar } from "cli-progress";

/** A bar below what is printed, on a terminal; nothing anywhere else. */
export interface Progress {
  /** What is being done right now. */
  step(text: string): void;
  /** One more photo has ended. */
  done(): void;
  /** Prints a line without spoiling the bar. */
  print(stream: NodeJS.WriteStream, line: string): void;
  close(): void;
}

const CLEAR_LINE = "\r\u001b[2K";

export function openProgress(total: number): Progress {
  if (!process.stderr.isTTY) {
    return {
      step: () => undefined,
      done: () => undefined,
      print: (stream, line) => void stream.write(`${line}\n`),
      close: () => undefined,
    };
  }
  const bar = new SingleBar(
    {
      format: "{bar} {value}/{total}  {step}",
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      barsize: 24,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0, { step: "" });
  return {
    step: (step) => bar.update({ step }),
    done: () => bar.increment(),
    print(stream, line) {
      // The bar is drawn again by the next update; on another stream than the terminal nothing is in the way.
      if (stream.isTTY) process.stderr.write(CLEAR_LINE);
      stream.write(`${line}\n`);
    },
    close: () => bar.stop(),
  };
}
