import type { DeclaredApi, DeclaredStage, Throttling } from "./declared";

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

/** The limit of a route in a stage, made with its first request. */
export function throttleOf(
  throttles: Map<string, Throttle>,
  api: DeclaredApi,
  stage: DeclaredStage,
  routeKey: string,
): Throttle {
  const limits = stage.routeThrottling[routeKey] ?? stage.throttling;
  if (!limits) return () => true;
  // Routes without settings of their own share the stage's.
  const key = `${api.id} ${stage.name} ${stage.routeThrottling[routeKey] ? routeKey : ""}`;
  const throttle = throttles.get(key) ?? createThrottle(limits);
  throttles.set(key, throttle);
  return throttle;
}
