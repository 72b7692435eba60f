import type { Throttling } from "./declared";

/** Takes one request out of the bucket of tokens; false when it is empty and the answer is 429. */
export type Throttle = () => boolean;

/** A bucket that holds `burst` tokens and is refilled at `rate` per second. */
export function createThrottle({ rate, burst }: Throttling, now: () => number = () => performance.now()): Throttle {
  let tokens = burst;
  let filledAt = now();
  return () => {
    const time = now();
    tokens = Math.min(burst, tokens + ((time - filledAt) / 1000) * rate);
    filledAt = time;
    if (tokens < 1) return false;
    tokens--;
    return true;
  };
}
