import type { Retrier } from "./definition";
import { matchesError } from "./errors";

/** The retries of one visit to a state. */
export interface Retries {
  /** Milliseconds to wait before the next attempt; undefined if none is left. */
  next(error: string): number | undefined;
}

/** AWS's defaults: three more attempts, after 1, 2 and 4 seconds. */
const defaults = { attempts: 3, interval: 1, backoff: 2 } as const;

/** @param random from 0 up to 1, for `JitterStrategy: FULL` */
export function createRetries(retriers: readonly Retrier[], ofTask: boolean, random: () => number): Retries {
  const used = retriers.map(() => 0);
  return {
    next(error) {
      const index = retriers.findIndex(({ ErrorEquals }) => matchesError(ErrorEquals, error, ofTask));
      const retrier = retriers[index];
      const attempt = used[index];
      // The first retrier that names the error decides, even if it has no attempts left.
      if (!retrier || attempt === undefined || attempt >= (retrier.MaxAttempts ?? defaults.attempts)) return undefined;
      used[index] = attempt + 1;
      const growing =
        (retrier.IntervalSeconds ?? defaults.interval) * (retrier.BackoffRate ?? defaults.backoff) ** attempt;
      const seconds = Math.min(growing, retrier.MaxDelaySeconds ?? Infinity);
      return seconds * 1000 * (retrier.JitterStrategy === "FULL" ? random() : 1);
    },
  };
}
